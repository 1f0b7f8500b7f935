"""The devices that a config asks for on top of the default ones (config-linux.md, Devices)."""

from __future__ import annotations

import os
import stat

from anocir.plan.plan import INIT, Step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.spec import types
    from anocir.spec.types import Config

_KINDS = {"b": stat.S_IFBLK, "c": stat.S_IFCHR, "u": stat.S_IFCHR, "p": stat.S_IFIFO}
_DEFAULT_MODE = 0o666
# Engines send a whole st_mode; its other bits say what `type` says already.
_PERMISSIONS = 0o777


class Node:
    """A device or FIFO to be at ``path`` in the container.

    ``kind`` is a S_IFMT value, ``device`` a dev_t (0 for a FIFO); ``uid`` and ``gid`` are those of
    the container.
    """

    __slots__ = ("device", "gid", "kind", "mode", "path", "uid")

    def __init__(self, entry: types.Device) -> None:
        self.path = entry["path"]
        self.kind = _KINDS[entry["type"]]
        fifo = self.kind == stat.S_IFIFO
        self.device = 0 if fifo else os.makedev(entry["major"], entry["minor"])
        self.mode = entry.get("fileMode", _DEFAULT_MODE) & _PERMISSIONS
        self.uid = entry.get("uid", 0)
        self.gid = entry.get("gid", 0)


def plan(config: Config, container_id: str) -> list[Step]:
    """Return the step that makes what ``linux.devices`` lists."""
    nodes = [Node(entry) for entry in config["linux"]["devices"]]
    paths = ", ".join(node.path for node in nodes)
    return [Step(INIT, "device-nodes", "device nodes", paths, nodes)]
