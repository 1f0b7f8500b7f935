"""Mounts with the options remount, tmpcopyup, idmap or ridmap, or with very long ones.

See config.md, Linux mount options.
"""

from __future__ import annotations

import os

from anocir.errors import ConfigError
from anocir.linux import consts
from anocir.plan import mounts
from anocir.plan.plan import PREPARE, Step
from anocir.plan.userns import ranges, words

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.plan.mounts import Mount
    from anocir.plan.userns import Range
    from anocir.spec.types import Config

# One filesystem of each is shared with the host, or with all that use the same namespace.
SHARED = ("sysfs", "cgroup", "cgroup2")
# mount(2) has numbers for these, and takes the others as text, less than a page of it.
FLAGS = {
    "sync": consts.MS_SYNCHRONOUS,
    "dirsync": consts.MS_DIRSYNC,
    "lazytime": consts.MS_LAZYTIME,
    "mand": consts.MS_MANDLOCK,
}
LONGEST_DATA = 4095
# No files of these belong to anyone who could be mapped.
NOT_MAPPED = ("proc", "sysfs", "devpts", "mqueue", "cgroup", "cgroup2")


class Remount:
    """A change of what is mounted already: ``whole`` if of the filesystem too, not the mount only.

    ``mount`` holds what to change, ``parameters`` among it if it is the whole.
    """

    __slots__ = ("mount", "whole")

    def __init__(self, mount: Mount, whole: bool) -> None:
        self.mount = mount
        self.whole = whole


class LongMount:
    """A mount by mount(2): ``flags`` are MS_* bits of the filesystem, ``data`` is its text."""

    __slots__ = ("data", "flags", "mount")

    def __init__(self, mount: Mount, flags: int, data: str) -> None:
        self.mount = mount
        self.flags = flags
        self.data = data


class IDMap:
    """The id maps of one mount.

    ``uids`` and ``gids`` are those of a user namespace that is made for the mount, or else
    ``namespace`` is the path of one that has them already. With ``recursive`` they are those of
    all mounts below, too. ``key`` is the name of the step that puts the mount in its place.
    """

    __slots__ = ("gids", "key", "mount", "namespace", "recursive", "uids")

    def __init__(self, mount: Mount, key: str, recursive: bool) -> None:
        self.mount = mount
        self.key = key
        self.recursive = recursive
        self.uids: list[Range] = []
        self.gids: list[Range] = []
        self.namespace = ""


def plan(config: Config, index: int, mount: Mount, step: Step) -> list[Step]:
    """Return the steps for one mount; ``step`` is the one that an ordinary mount would have.

    Raises ConfigError for options that do not go together.
    """
    where = f"mounts[{index}]"
    mapped = "idmap" in mount.rare or "ridmap" in mount.rare
    mapped = mapped or bool(config["mounts"][index].get("uidMappings"))
    chosen = [name for name in mount.rare if name in ("remount", "tmpcopyup")]
    if mapped:
        chosen.append("idmap")
    if mounts.has_long(mount):
        chosen.append(f"an option of more than {mounts.LONGEST} bytes")
    if len(chosen) > 1:
        raise _error(f"{where}.options: {' and '.join(chosen)} do not go together")
    if mapped:
        return _plan_mapped(config, index, mount, step)
    if "tmpcopyup" in mount.rare:
        if mount.type != "tmpfs":
            raise _error(f"{where}.options: tmpcopyup: needs a tmpfs, found type {mount.type!r}")
        # Read-only comes when the copy is made.
        mount.deep_on |= mount.on & consts.MOUNT_ATTR_RDONLY
        mount.on &= ~consts.MOUNT_ATTR_RDONLY
        return [Step(step.stage, "mount-copyup", step.name, step.text, mount)]
    if "remount" not in mount.rare:
        return [Step(step.stage, "mount-long", step.name, step.text, _plan_long(where, mount))]
    change = _plan_remount(config, index, mount)
    return [Step(step.stage, "remount", step.name, step.text, change)]


def _plan_long(where: str, mount: Mount) -> LongMount:
    flags = consts.MS_RDONLY if mount.on & consts.MOUNT_ATTR_RDONLY else 0
    texts = []
    for parameter in mount.parameters:
        if parameter in mounts.SUPERBLOCK:
            name = parameter.removeprefix("no").replace("async", "sync")
            flags &= ~FLAGS[name]
            flags |= FLAGS[name] if name == parameter else 0
        else:
            texts.append(parameter)
    data = ",".join(texts)
    size = len(os.fsencode(data))
    if size > LONGEST_DATA:
        raise _error(f"{where}.options: found {size} bytes for the filesystem, allowed: at most"
                     f" {LONGEST_DATA}")  # fmt: skip
    return LongMount(mount, flags, data)


def _plan_remount(config: Config, index: int, mount: Mount) -> Remount:
    """Return the change that a remount makes.

    Without bind it is the filesystem's, which the config must have made: of another one it would
    be the host's, too.
    """
    if mount.bind:
        return Remount(mount, whole=False)
    where = f"mounts[{index}]"
    kinds = [
        earlier.type
        for number, entry in enumerate(config["mounts"][:index])
        for earlier in [mounts.parse(entry, f"mounts[{number}]")]
        if earlier.destination == mount.destination and "remount" not in earlier.rare
    ]
    if not kinds or kinds[-1] == "bind":
        raise _error(f"{where}.options: remount: no earlier mount makes a filesystem at"
                     f" {mount.destination}; to change the mount alone add bind")  # fmt: skip
    if kinds[-1] not in SHARED:
        return Remount(mount, whole=True)
    if mount.parameters:
        names = ", ".join(mount.parameters)
        raise _error(f"{where}.options: {names}: {kinds[-1]} is shared with the host, and is not"
                     " changed by a remount")  # fmt: skip
    return Remount(mount, whole=False)


def _plan_mapped(config: Config, index: int, mount: Mount, step: Step) -> list[Step]:
    where = f"mounts[{index}]"
    if mount.type in NOT_MAPPED:
        raise _error(f"{where}.options: idmap: {mount.type} takes no id maps")
    map_ = IDMap(mount, step.name, "ridmap" in mount.rare)
    entry = config["mounts"][index]
    linux = config.get("linux", {})
    user = [space for space in linux.get("namespaces", []) if space["type"] == "user"]
    uids, gids = entry.get("uidMappings", []), entry.get("gidMappings", [])
    if not uids and user:
        uids, gids = linux.get("uidMappings", []), linux.get("gidMappings", [])
        map_.namespace = user[0].get("path", "")
    if not map_.namespace and not (uids and gids):
        raise _error(f"{where}.options: idmap: found no uidMappings and gidMappings here, nor a"
                     " user namespace of the container's to take them from")  # fmt: skip
    map_.uids, map_.gids = ranges(uids), ranges(gids)
    text = map_.namespace or f"uids {_short(map_.uids)}; gids {_short(map_.gids)}"
    return [
        Step(PREPARE, "id-map", f"id map {index} {mount.destination}", text, map_),
        Step(step.stage, "mount-idmapped", step.name, step.text, mount),
    ]


def _short(ids: list[Range]) -> str:
    """Return an id map in words, cut after the third range."""
    return words(ids[:3]) + (", ..." if len(ids) > 3 else "")


def _error(violation: str) -> ConfigError:
    return ConfigError("config.json", [violation])
