"""Which cgroup hierarchies this host has mounted, and where (cgroups(7), proc(5)).

Three kinds of host exist. A *unified* one has version 2 alone. A *version 1* one has a hierarchy
per controller or group of controllers. A *hybrid* one has version 1 for the controllers and a
version 2 mount beside it, which can still list, watch and kill processes.
"""

from __future__ import annotations

import os

from anocir.errors import Error

# The key of the version 2 hierarchy; version 1 hierarchies go by their controllers or name=.
UNIFIED = ""


class Hierarchy:
    """One mounted hierarchy.

    ``key`` is the second field of /proc/self/cgroup: ``""`` for version 2, ``"cpu,cpuacct"`` or
    ``"name=systemd"`` for version 1. ``mount`` is a host path, ``device`` the st_dev of what is
    mounted there.
    """

    __slots__ = ("device", "key", "mount")

    def __init__(self, key: str, mount: str, device: int) -> None:
        self.key = key
        self.mount = mount
        self.device = device


def parse(mountinfo: str, cgroup: str) -> list[Hierarchy]:
    """Return the mounts of each hierarchy that this process is in, the best mount of each first.

    The arguments are the texts of /proc/self/mountinfo and /proc/self/cgroup. A hierarchy that is
    mounted several times is listed several times; one that is not mounted is absent.
    """
    # Not splitlines: a name may hold other characters that it takes for ends of lines.
    mounts = [mount for line in mountinfo.split("\n") if (mount := _cgroup_mount(line))]
    found = []
    for line in filter(None, cgroup.split("\n")):
        _, key, _ = line.split(":", 2)
        candidates = [mount for mount in mounts if mount.carries(key)]
        candidates.sort(key=_Mount.preference)
        found += [Hierarchy(key, mount.point, mount.device) for mount in candidates]
    return found


def read() -> dict[str, Hierarchy]:
    """Return one mount of each hierarchy by key, each checked to be what is really there.

    A mount can be hidden by a later one at the same place; st_dev tells.
    """
    hierarchies: dict[str, Hierarchy] = {}
    for hierarchy in parse(_text("/proc/self/mountinfo"), _text("/proc/self/cgroup")):
        if hierarchy.key in hierarchies:
            continue
        try:
            device = os.stat(hierarchy.mount).st_dev
        except OSError:
            continue
        if device == hierarchy.device:
            hierarchies[hierarchy.key] = hierarchy
    return hierarchies


def version(hierarchies: dict[str, Hierarchy]) -> int:
    """Return 1 if version 1 has any controller, else 2. Raises Error if nothing is mounted."""
    if any(key != UNIFIED and not key.startswith("name=") for key in hierarchies):
        return 1
    if UNIFIED in hierarchies:
        return 2
    raise Error("no cgroup filesystem is mounted; try: mount -t cgroup2 cgroup2 /sys/fs/cgroup")


class _Mount:
    """One line of mountinfo."""

    __slots__ = ("device", "kind", "options", "point", "root", "writable")

    def __init__(self, before: list[str], kind: str, options: list[str]) -> None:
        major, minor = before[2].split(":")
        self.kind = kind
        self.options = options
        self.device = os.makedev(int(major), int(minor))
        self.root = _unescape(before[3])
        self.point = _unescape(before[4])
        self.writable = "rw" in before[5].split(",") and "rw" in options

    def carries(self, key: str) -> bool:
        if key == UNIFIED:
            return self.kind == "cgroup2"
        return self.kind == "cgroup" and set(key.split(",")) <= set(self.options)

    def preference(self) -> tuple[bool, bool, bool]:
        """Sort what can be written, shows the whole hierarchy and is in the usual place first."""
        return not self.writable, self.root != "/", not self.point.startswith("/sys/fs/cgroup")


def _cgroup_mount(line: str) -> _Mount | None:
    before, _, after = line.partition(" - ")
    kind, _, rest = after.partition(" ")
    if kind not in ("cgroup", "cgroup2"):
        return None
    return _Mount(before.split(" "), kind, rest.split(" ")[-1].split(","))


def _unescape(text: str) -> str:
    """Undo the kernel's octal escapes of blank, tab, newline and backslash."""
    if "\\" not in text:
        return text
    first, *rest = text.split("\\")
    return first + "".join(chr(int(part[:3], 8)) + part[3:] for part in rest)


def _text(path: str) -> str:
    with open(path, "rb") as file:
        return os.fsdecode(file.read())
