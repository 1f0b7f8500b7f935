"""Doing without a cgroup, as ordinary users mostly have to, root of a user namespace among them."""

from __future__ import annotations

import os

from anocir.cgroup.absent import Absent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.cgroup.base import Manager
    from anocir.cgroup.group import Group
    from anocir.runtime.context import Context


def do_without(cgroup: Manager, context: Context) -> bool:
    """Give the container no cgroup if the user may not make this one and the config can spare it.

    It can when it names no path and limits nothing. Rules for devices don't count: the kernel lets
    no process of a user's make or reach a device that the user couldn't. Return False when the
    cgroup is to be made.
    """
    linux = context.bundle.config.get("linux", {})
    limits = any(part for name, part in linux.get("resources", {}).items() if name != "devices")
    if linux.get("cgroupsPath") or limits or all(map(_writable, cgroup.groups)):
        return False
    context.cgroup = Absent(cgroup.version)
    path = cgroup.groups[0].path
    context.warn(f"no cgroup: user {os.geteuid()} may not make {path}, as none is delegated")
    return True


def _writable(group: Group) -> bool:
    """Tell whether the directory, or what is above it so far, can be written to."""
    path = group.path
    while path != group.mount and not os.path.exists(path):
        path = os.path.dirname(path)
    return os.access(path, os.W_OK)
