"""What is mounted in the container, and how (config.md, Mounts; config-linux.md)."""

from __future__ import annotations

import os

from anocir.errors import ConfigError
from anocir.linux import consts
from anocir.plan.plan import INIT, Step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.spec.types import Config
    from anocir.spec.types import Mount as MountConfig

FILESYSTEMS = ("proc", "sysfs", "tmpfs", "devpts", "mqueue", "cgroup", "cgroup2", "bind")

# option -> (bits to set, bits to clear) of MOUNT_ATTR_*; with a leading r also for all below.
ATTRIBUTES = {
    "ro": (consts.MOUNT_ATTR_RDONLY, 0),
    "rw": (0, consts.MOUNT_ATTR_RDONLY),
    "nosuid": (consts.MOUNT_ATTR_NOSUID, 0),
    "suid": (0, consts.MOUNT_ATTR_NOSUID),
    "nodev": (consts.MOUNT_ATTR_NODEV, 0),
    "dev": (0, consts.MOUNT_ATTR_NODEV),
    "noexec": (consts.MOUNT_ATTR_NOEXEC, 0),
    "exec": (0, consts.MOUNT_ATTR_NOEXEC),
    "nodiratime": (consts.MOUNT_ATTR_NODIRATIME, 0),
    "diratime": (0, consts.MOUNT_ATTR_NODIRATIME),
    "relatime": (consts.MOUNT_ATTR_RELATIME, consts.MOUNT_ATTR__ATIME),
    "norelatime": (0, consts.MOUNT_ATTR__ATIME),
    "noatime": (consts.MOUNT_ATTR_NOATIME, consts.MOUNT_ATTR__ATIME),
    "atime": (0, consts.MOUNT_ATTR__ATIME),
    "strictatime": (consts.MOUNT_ATTR_STRICTATIME, consts.MOUNT_ATTR__ATIME),
    "nostrictatime": (0, consts.MOUNT_ATTR__ATIME),
    "nosymfollow": (consts.MOUNT_ATTR_NOSYMFOLLOW, 0),
    "symfollow": (0, consts.MOUNT_ATTR_NOSYMFOLLOW),
}

PROPAGATION = {
    "shared": consts.MS_SHARED,
    "private": consts.MS_PRIVATE,
    "slave": consts.MS_SLAVE,
    "unbindable": consts.MS_UNBINDABLE,
}

# Flags of the filesystem itself, which the kernel takes by these names.
SUPERBLOCK = ("sync", "dirsync", "lazytime", "mand")
# Asked for by mount(8) habit; they say what is so anyway.
NO_EFFECT = ("defaults", "async", "nolazytime", "nomand", "silent", "loud", "norbind")
REFUSED = ("remount", "idmap", "ridmap", "tmpcopyup")


class Mount:
    """One entry of ``mounts``, with its options sorted out.

    ``on`` and ``off`` are MOUNT_ATTR_* bits for the mount itself, ``deep_on`` and ``deep_off``
    for it and all below; ``propagation`` is a list of (MS_* type, with all below);
    ``parameters`` go to the filesystem as they are.
    """

    __slots__ = (
        "bind",
        "deep_off",
        "deep_on",
        "destination",
        "off",
        "on",
        "parameters",
        "propagation",
        "recursive",
        "source",
        "type",
    )

    def __init__(self, destination: str, kind: str, source: str) -> None:
        self.destination = destination
        self.type = kind
        self.source = source
        self.bind = False
        self.recursive = False
        self.on = self.off = self.deep_on = self.deep_off = 0
        self.propagation: list[tuple[int, bool]] = []
        self.parameters: list[str] = []


def plan(config: Config, container_id: str) -> list[Step]:
    """Return one step per mount, in the order of the config."""
    steps = []
    for index, entry in enumerate(config.get("mounts", [])):
        mount = parse(entry, f"mounts[{index}]")
        options = ",".join(entry.get("options", []))
        text = f"{mount.source} ({mount.type}{', ' if options else ''}{options})"
        # The number keeps the name unique: one destination may be mounted over twice.
        name = f"mount {index} {mount.destination}"
        steps.append(Step(INIT, "mount", name, text, mount))
    return steps


def parse(entry: MountConfig, where: str) -> Mount:
    """Return the sorted form of one mount; raises ConfigError naming what is not supported."""
    options = entry.get("options", [])
    bind = "bind" in options or "rbind" in options or entry.get("type") == "bind"
    kind = "bind" if bind else entry.get("type", "")
    if kind not in FILESYSTEMS:
        raise ConfigError("config.json", [f"{where}.type: found {kind!r}, supported so far:"
                                          f" {', '.join(FILESYSTEMS)}"])  # fmt: skip
    destination = os.path.normpath("/" + entry["destination"].lstrip("/"))
    mount = Mount(destination, kind, entry.get("source", kind))
    mount.bind = bind
    mount.recursive = "rbind" in options
    for option in options:
        if option in REFUSED:
            raise ConfigError("config.json", [f"{where}.options: {option}: not supported yet"])
        _apply(mount, option)
    if bind and mount.parameters:
        names = ", ".join(mount.parameters)
        raise ConfigError("config.json", [f"{where}.options: {names}: unknown for a bind mount"])
    return mount


def _apply(mount: Mount, option: str) -> None:
    deep = option[0:1] == "r" and option[1:] in ATTRIBUTES and option not in ATTRIBUTES
    plain = option[1:] if deep else option
    if plain in ATTRIBUTES:
        on, off = ATTRIBUTES[plain]
        if deep:
            mount.deep_on = mount.deep_on & ~off | on
            mount.deep_off = mount.deep_off & ~on | off
        else:
            mount.on = mount.on & ~off | on
            mount.off = mount.off & ~on | off
    elif option in PROPAGATION:
        mount.propagation.append((PROPAGATION[option], False))
    elif option[0:1] == "r" and option[1:] in PROPAGATION:
        mount.propagation.append((PROPAGATION[option[1:]], True))
    elif option not in ("bind", "rbind", "", *NO_EFFECT):
        mount.parameters.append(option)
