"""Reading what the kernel says about a process."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

NAMESPACES = {
    "pid": "pid",
    "network": "net",
    "ipc": "ipc",
    "uts": "uts",
    "mount": "mnt",
    "cgroup": "cgroup",
}


def status(text: str) -> dict[str, str]:
    """Return the fields of a /proc/PID/status."""
    return {name: value.strip() for name, _, value in (line.partition(":") for line in
                                                       text.splitlines())}  # fmt: skip


@dataclass(frozen=True)
class Mount:
    """One line of mountinfo: see proc_pid_mountinfo(5)."""

    root: str
    where: str
    options: frozenset[str]
    tags: frozenset[str]
    kind: str
    source: str
    data: frozenset[str]


def mountinfo(text: str) -> list[Mount]:
    """Return the mounts of a /proc/PID/mountinfo, in its order."""
    mounts = []
    for line in text.splitlines():
        before, _, after = line.partition(" - ")
        kind, source, data = after.split(" ")
        _, _, _, root, where, options, *tags = before.split(" ")
        mounts.append(Mount(
            root, where, frozenset(options.split(",")),
            frozenset(tag.partition(":")[0] for tag in tags), kind, source,
            frozenset(data.split(",")),
        ))  # fmt: skip
    return mounts


def namespace(pid: int | str, kind: str) -> str:
    """Return the identity of a process's namespace; ``kind`` as config.json has it."""
    return os.readlink(f"/proc/{pid}/ns/{NAMESPACES.get(kind, kind)}")


def fds(pid: int) -> dict[int, str]:
    """Return what each descriptor of a process leads to."""
    where = Path(f"/proc/{pid}/fd")
    return {int(name): os.readlink(where / name) for name in os.listdir(where)}


def cgroups(pid: int | str) -> dict[str, str]:
    """Return the cgroup of a process in each hierarchy, by the hierarchy's name."""
    lines = Path(f"/proc/{pid}/cgroup").read_text().splitlines()
    return {key: path for _, key, path in (line.split(":", 2) for line in lines)}
