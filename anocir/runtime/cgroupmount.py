"""Showing the container its own control groups (config-linux.md, cgroup mounts)."""

from __future__ import annotations

import os

from anocir.cgroup import detect
from anocir.linux import consts, mountapi

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.cgroup.group import Group
    from anocir.plan.mounts import Mount
    from anocir.runtime.context import Context


def mount(wanted: Mount, context: Context, target_fd: int) -> None:
    """Mount what the host has, the one hierarchy of version 2 or those of version 1.

    Closes ``target_fd``, the directory to mount on.
    """
    if wanted.type == "cgroup" and context.cgroup.version == 1:
        _mount_each(wanted, context.cgroup.groups, target_fd)
    elif (unified := _unified(context)) is not None and _in_initial_namespace():
        _bind(unified.mount, target_fd, wanted.on)
        return
    else:
        # In a cgroup namespace of its own the container finds its group at the root of this.
        mount_fd = mountapi.new_filesystem("cgroup2", "cgroup", wanted.parameters, wanted.on)
        mountapi.attach(mount_fd, target_fd)
        os.close(mount_fd)
    os.close(target_fd)


def _unified(context: Context) -> Group | None:
    return next((group for group in context.cgroup.groups if group.key == detect.UNIFIED), None)


def _in_initial_namespace() -> bool:
    """Tell whether mounting cgroup2 here would change how the host has it mounted.

    There is one such filesystem, and from the first cgroup namespace each mount sets its options
    anew: a container would take nsdelegate away from the whole host (cgroups(7), Cgroups v2
    delegation).
    """
    return os.stat("/proc/self/ns/cgroup").st_ino == consts.PROC_CGROUP_INIT_INO


def _mount_each(wanted: Mount, groups: list[Group], target_fd: int) -> None:
    """Put a tmpfs on the target, and in it the container's group of each hierarchy."""
    writable = wanted.on & ~consts.MOUNT_ATTR_RDONLY
    top_fd = mountapi.new_filesystem("tmpfs", "cgroup", ["mode=755"], writable)
    mountapi.attach(top_fd, target_fd)
    for group in groups:
        name = os.path.basename(group.mount)
        os.mkdir(name, 0o755, dir_fd=top_fd)
        for controller in group.key.split(","):
            # Programs look for cpu and for cpuacct where the hierarchy is named cpu,cpuacct.
            if controller and "=" not in controller and controller != name:
                os.symlink(name, controller, dir_fd=top_fd)
        _bind(group.path, os.open(name, os.O_PATH | os.O_NOFOLLOW, dir_fd=top_fd), wanted.on)
    mountapi.set_attributes(top_fd, on=wanted.on)
    os.close(top_fd)


def _bind(path: str, target_fd: int, attributes: int) -> None:
    source_fd = os.open(path, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
    mount_fd = mountapi.copy_tree(source_fd, recursive=False)
    mountapi.set_attributes(mount_fd, on=attributes)
    mountapi.attach(mount_fd, target_fd)
    for fd in (source_fd, mount_fd, target_fd):
        os.close(fd)
