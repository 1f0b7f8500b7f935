"""A throw-away container: `toy.py BUNDLE` runs the program of a bundle, and forgets it."""

import ctypes
import json
import os
import sys
from typing import Any

CLONE_NEWNS = 0x00020000  # the three from linux/sched.h
CLONE_NEWUTS = 0x04000000
CLONE_NEWPID = 0x20000000
MS_REC = 0x4000  # the two from linux/mount.h
MS_PRIVATE = 0x40000

libc = ctypes.CDLL(None, use_errno=True)


def call(name: str, *arguments: bytes | int | None) -> None:
    """Call the C library's function of that name; OSError when it returns -1."""
    if getattr(libc, name)(*arguments) == -1:
        errno = ctypes.get_errno()
        raise OSError(errno, os.strerror(errno), name)


def become(root: str, config: dict[str, Any]) -> None:
    """Turn this process, the first of its pid namespace, into the container's program."""
    hostname = config["hostname"].encode()
    call("sethostname", hostname, len(hostname))
    call("mount", b"none", b"/", None, MS_REC | MS_PRIVATE, None)
    call("mount", b"proc", os.fsencode(root) + b"/proc", b"proc", 0, None)
    os.chroot(root)
    process = config["process"]
    os.chdir(process["cwd"])
    env = dict(word.split("=", 1) for word in process["env"])
    os.execve(process["args"][0], process["args"], env)


def run(bundle: str) -> int:
    """Run the program of a bundle in namespaces of its own; return its exit status."""
    with open(os.path.join(bundle, "config.json"), encoding="utf-8") as file:
        config = json.load(file)
    call("unshare", CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWPID)
    pid = os.fork()
    if pid == 0:
        become(os.path.join(bundle, config["root"]["path"]), config)
    status = os.waitpid(pid, 0)[1]
    return os.waitstatus_to_exitcode(status)


sys.exit(run(sys.argv[1]))
