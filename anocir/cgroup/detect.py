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
    mounted there, ``own`` the runtime's own cgroup below ``mount`` (``"/"`` if not visible there).
    """

    __slots__ = ("device", "key", "mount", "own")

    def __init__(self, key: str, mount: str, device: int, own: str) -> None:
        self.key = key
        self.mount = mount
        self.device = device
        self.own = own


def parse(mountinfo: str, cgroup: str) -> list[Hierarchy]:
    """Return the mounts of each hierarchy that this process is in, the best mount of each first.

    The arguments are the texts of /proc/self/mountinfo and /proc/self/cgroup. A hierarchy that is
    mounted several times is listed several times; one that is not mounted is absent.
    """
    mounts = [fields for line in mountinfo.splitlines() if (fields := _cgroup_mount(line))]
    found = []
    for line in cgroup.splitlines():
        _, key, own = line.split(":", 2)
        candidates = [m for m in mounts if _carries(m, key)]
        candidates.sort(key=lambda m: (not m[4], not m[3].startswith("/sys/fs/cgroup")))
        found += [Hierarchy(key, mount, device, _below(own, root))
                  for _, device, root, mount, _, _ in candidates]  # fmt: skip
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


_Mount = tuple[str, int, str, str, bool, list[str]]


def _cgroup_mount(line: str) -> _Mount | None:
    """Return (type, device, root, mount point, writable, options) of a cgroup mount."""
    before, _, after = line.partition(" - ")
    kind, _, rest = after.partition(" ")
    if kind not in ("cgroup", "cgroup2"):
        return None
    fields = before.split(" ")
    major, _, minor = fields[2].partition(":")
    device = os.makedev(int(major), int(minor))
    options = rest.split(" ")[-1].split(",")
    writable = "rw" in fields[5].split(",") and "rw" in options
    return kind, device, _unescape(fields[3]), _unescape(fields[4]), writable, options


def _carries(mount: _Mount, key: str) -> bool:
    kind, *_, options = mount
    if key == UNIFIED:
        return kind == "cgroup2"
    return kind == "cgroup" and set(key.split(",")) <= set(options)


def _below(own: str, root: str) -> str:
    """Return the cgroup ``own`` as seen below a mount that shows the subtree ``root``."""
    if own == root:
        return "/"
    prefix = root.rstrip("/") + "/"
    return "/" + own[len(prefix) :] if own.startswith(prefix) else "/"


def _unescape(text: str) -> str:
    """Undo the kernel's octal escapes of blank, tab, newline and backslash."""
    if "\\" not in text:
        return text
    first, *rest = text.split("\\")
    return first + "".join(chr(int(part[:3], 8)) + part[3:] for part in rest)


def _text(path: str) -> str:
    with open(path, "rb") as file:
        return os.fsdecode(file.read())
