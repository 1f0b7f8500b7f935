"""Namespaces as the kernel shows them, and processes that keep some for a container to join."""

from __future__ import annotations

import ctypes
import os
import signal

from anocir_check import kernel
from anocir_check.expect import expect, fail

# linux/sched.h
FLAGS = {
    "cgroup": 0x02000000,
    "ipc": 0x08000000,
    "network": 0x40000000,
    "pid": 0x20000000,
    "time": 0x00000080,
    "uts": 0x04000000,
}
FILES = {kind: "net" if kind == "network" else kind for kind in FLAGS}
_libc = ctypes.CDLL(None, use_errno=True)


def path(pid: int | str, kind: str) -> str:
    """Where the namespace of a process is in /proc."""
    return f"/proc/{pid}/ns/{FILES[kind]}"


def inode(pid: int | str, kind: str) -> str:
    """Which namespace a process is in: equal words are the same one (namespaces(7))."""
    return os.readlink(path(pid, kind))


def pids(pid: int) -> list[int]:
    """The numbers that a process has, in our pid namespace first, in its own last."""
    text = kernel.status(pid).get("NSpid", "")
    expect(text, f"a line NSpid in /proc/{pid}/status", "there is none")
    return [int(number) for number in text.split()]


def leave(*kinds: str) -> None:
    """Move this process, or its later children, into new namespaces (unshare(2))."""
    if _libc.unshare(sum(FLAGS[kind] for kind in kinds)) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def hold(*kinds: str) -> int:
    """Start a process in new namespaces that waits to be killed; return its pid.

    It is process 1 of a new pid namespace. The end of the check ends it with all other children.
    """
    reader, writer = os.pipe()
    maker = os.fork()
    if maker == 0:
        try:
            leave(*kinds)
            keeper = os.fork()
            if keeper == 0:
                while True:
                    signal.pause()
            os.write(writer, str(keeper).encode())
        finally:
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as file:
        # The keeper has the other end as well: there is no end of file to read to.
        found = os.read(file.fileno(), 20)
    os.waitpid(maker, 0)
    if not found:
        fail(f"a process in new namespaces: {', '.join(kinds)}", "this kernel makes none")
    return int(found)
