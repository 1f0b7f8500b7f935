"""Showing the container its own control groups."""

from __future__ import annotations

import os

from anocir.linux import mountapi, paths

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.plan.mounts import Mount
    from anocir.runtime.context import Context


def mount(wanted: Mount, context: Context) -> None:
    """Mount the hierarchy, rooted in the container's group when it has a cgroup namespace."""
    target_fd = paths.make_in_root(context.root_fd, wanted.destination, directory=True)
    mount_fd = mountapi.new_filesystem("cgroup2", "cgroup", wanted.parameters, wanted.on)
    mountapi.attach(mount_fd, target_fd)
    os.close(mount_fd)
    os.close(target_fd)
