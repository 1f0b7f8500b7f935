"""Making the manager of a container's cgroup: for a new container, or for a known one."""

from __future__ import annotations

import os

from anocir.cgroup import base, detect, kept, mark, v1, v2
from anocir.cgroup.group import Group
from anocir.errors import Error, StateError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Where a relative path, and a container without one, starts. Not the runtime's own cgroup: that
# differs from call to call, and ends with the login session it may be in.
PARENT = "anocir"

_MANAGERS = {1: v1.Manager, 2: v2.Manager}


def new(path: str, relative: bool, owner: str) -> base.Manager:
    """Return the manager for the cgroup ``path`` (plan.cgroup), which is not made yet.

    ``owner`` is the container's state directory, absolute. Raises Error if no cgroup filesystem
    is mounted.
    """
    hierarchies = detect.read()
    version = detect.version(hierarchies)
    below = f"{PARENT}/{path}" if relative else path
    groups = []
    for key, hierarchy in hierarchies.items():
        if version == 2 and key != detect.UNIFIED:
            continue
        # All below our own parent is ours, whoever of us made it.
        made = below.count("/") + 1 if relative else _missing(hierarchy.mount, below)
        where = f"{hierarchy.mount.rstrip('/')}/{below}"
        groups.append(Group(key, where, made, hierarchy.mount, hierarchy.device))
    return _MANAGERS[version](groups, owner)


def load(record: dict[str, Any]) -> base.Manager:
    """Return the manager that ``record`` describes; raises StateError if it is damaged."""
    found = kept.Kept(record)
    try:
        manager = _MANAGERS[record["version"]]
    except (KeyError, TypeError):
        raise StateError("the record of the container's cgroup is damaged") from None
    return manager([Group(*place) for place in found.places], found.owner, found.marked)


def find(path: str, relative: bool, owner: str) -> base.Manager | None:
    """Return the manager of a cgroup whose record is lost; None if ``owner`` has none there.

    Only what carries the owner's mark is believed, and below our own parent also what carries
    nobody's, which remove() takes away if it is empty.
    """
    try:
        manager = new(path, relative, owner)
    except Error:
        # No hierarchy is mounted, so there can't be a cgroup in one.
        return None
    found = []
    for group in manager.groups:
        try:
            fd = group.open()
        except OSError:
            continue
        holder = mark.owner_of(fd)
        os.close(fd)
        if holder == owner or (holder is None and relative):
            found.append(group)
    manager.groups = found
    return manager if found else None


def _missing(mount: str, below: str) -> int:
    """Return how many of the last parts of ``below`` do not exist yet."""
    count, path = 0, f"{mount.rstrip('/')}/{below}"
    while path != mount and not os.path.isdir(path):
        count, path = count + 1, os.path.dirname(path)
    return count
