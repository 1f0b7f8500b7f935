"""What is mounted in the container, and how (config.md, Mounts; config-linux.md)."""

from __future__ import annotations

import os

from anocir.errors import ConfigError
from anocir.linux import consts
from anocir.plan.plan import INIT, Step
from anocir.spec.rules import FILESYSTEM_VALUES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.spec.types import Config
    from anocir.spec.types import Mount as MountConfig

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

# Flags of the filesystem itself, which the kernel takes by these names. A bind mount shows a
# filesystem that has its flags already: mount(8) leaves them as they are.
SUPERBLOCK = ("sync", "async", "dirsync", "lazytime", "nolazytime", "mand", "nomand")
# They say what is so anyway: the kernel's messages about a mount are read and not printed, and
# since Linux 6.1 every filesystem that can count versions of its inodes does (mount(8), iversion).
NO_EFFECT = ("defaults", "silent", "loud", "iversion", "noiversion", "norbind")
# fsconfig(2) takes values of less than 256 bytes.
LONGEST = 255
# Asked for rarely, and so planned by a module of their own.
RARE = ("remount", "idmap", "ridmap", "tmpcopyup")


class Mount:
    """One entry of ``mounts``, with its options sorted out.

    ``on`` and ``off`` are MOUNT_ATTR_* bits for the mount itself, ``deep_on`` and ``deep_off``
    for it and all below; ``propagation`` is a list of (MS_* type, with all below);
    ``parameters`` go to the filesystem as they are. ``rare`` are the options among RARE.
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
        "rare",
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
        self.rare: list[str] = []


def plan(config: Config, container_id: str) -> list[Step]:
    """Return one step per mount, in the order of the config."""
    steps = []
    for index, entry in enumerate(config.get("mounts", [])):
        mount = parse(entry, f"mounts[{index}]")
        options = ",".join(entry.get("options", []))
        text = f"{mount.source} ({mount.type}{', ' if options else ''}{options})"
        # The number keeps the name unique: one destination may be mounted over twice.
        name = f"mount {index} {mount.destination}"
        kind = "mount-cgroup" if mount.type in ("cgroup", "cgroup2") else "mount"
        if mount.rare or entry.get("uidMappings") or has_long(mount):
            from anocir.plan import raremounts

            steps += raremounts.plan(config, index, mount, Step(INIT, kind, name, text, mount))
        else:
            steps.append(Step(INIT, kind, name, text, mount))
    return steps


def has_long(mount: Mount) -> bool:
    """Tell whether a parameter is too long for the interface by descriptor."""
    return any(len(os.fsencode(parameter)) > LONGEST for parameter in mount.parameters)


def parse(entry: MountConfig, where: str) -> Mount:
    """Return the sorted form of one mount; raises ConfigError naming what makes no sense."""
    options = entry.get("options", [])
    bind = "bind" in options or "rbind" in options or entry.get("type") == "bind"
    kind = "bind" if bind else entry.get("type", "")
    if not kind and "remount" not in options:
        raise _error(f"{where}.type: found nothing, allowed: a type of filesystem, or the option"
                     " bind")  # fmt: skip
    if bind and not entry.get("source") and "remount" not in options:
        raise _error(f"{where}.source: found nothing, allowed: what to bind, a file or directory")
    destination = os.path.normpath("/" + entry["destination"].lstrip("/"))
    mount = Mount(destination, kind, entry.get("source") or kind)
    mount.bind = bind
    mount.recursive = "rbind" in options
    for option in options:
        _apply(mount, option)
    if bind:
        # What would only be for a new filesystem has no effect: rules.bind_flags warns of it.
        names = ", ".join(
            name
            for name in mount.parameters
            if name not in SUPERBLOCK and not name.startswith(FILESYSTEM_VALUES)
        )
        if names:
            raise _error(f"{where}.options: {names}: unknown for a bind mount")
        mount.parameters.clear()
    return mount


def _error(violation: str) -> ConfigError:
    return ConfigError("config.json", [violation])


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
    elif option in RARE:
        if option not in mount.rare:
            mount.rare.append(option)
    elif option not in ("bind", "rbind", "", *NO_EFFECT):
        mount.parameters.append(option)
