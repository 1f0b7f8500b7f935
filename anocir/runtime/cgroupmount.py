"""Showing the container its own control groups (config-linux.md, cgroup mounts)."""

from __future__ import annotations

import os

from anocir.cgroup import detect
from anocir.errors import StepError
from anocir.linux import consts, mountapi
from anocir.runtime import mounts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.cgroup.group import Group
    from anocir.plan.mounts import Mount
    from anocir.plan.plan import Step
    from anocir.runtime.context import Context


def mount(step: Step, context: Context) -> None:
    """Mount what the host has, the one hierarchy of version 2 or those of version 1."""
    wanted: Mount = step.data
    target_fd = mounts.open_target(step.name, wanted, context, is_directory=True)
    mounts.check_kind(step.name, wanted, target_fd, is_directory=True)
    if wanted.type == "cgroup" and context.cgroup.version == 1:
        _refuse_parameters(step, wanted)
        mount_fd = _mount_each(step.name, wanted, context, target_fd)
    else:
        mount_fd = _mount_unified(step, context)
        mounts.guard_proc(step.name, wanted, mount_fd, target_fd)
        mounts.place(wanted, context, mount_fd, target_fd)
    os.close(mount_fd)
    os.close(target_fd)


def _mount_unified(step: Step, context: Context) -> int:
    """Return a detached mount of the one hierarchy of version 2.

    In a cgroup namespace of its own the container finds its group at the root of this.
    """
    wanted: Mount = step.data
    unified = next((g for g in context.cgroup.groups if g.key == detect.UNIFIED), None)
    if unified is None or not _in_initial_namespace():
        return mountapi.new_filesystem("cgroup2", "cgroup", wanted.parameters, wanted.on)
    _refuse_parameters(step, wanted)
    mount_fd = _copy(unified.mount)
    mountapi.set_attributes(mount_fd, wanted.on, wanted.off)
    return mount_fd


def _in_initial_namespace() -> bool:
    """Tell whether mounting cgroup2 here would change how the host has it mounted.

    There is one such filesystem, and from the first cgroup namespace each mount sets its options
    anew: a container would take nsdelegate away from the whole host (cgroups(7), Cgroups v2
    delegation).
    """
    return os.stat("/proc/self/ns/cgroup").st_ino == consts.PROC_CGROUP_INIT_INO


def _refuse_parameters(step: Step, wanted: Mount) -> None:
    """Raise StepError for parameters of a filesystem that is the host's, and stays as it is."""
    if wanted.parameters:
        names = ", ".join(wanted.parameters)
        raise StepError(step.name, f"{names}: the host's own mount is shown, whose options stay")


def _mount_each(name: str, wanted: Mount, context: Context, target_fd: int) -> int:
    """Put a tmpfs on the target, and in it the container's group of each hierarchy.

    They get their attributes together at the end, when all the directories are made: what is to
    be read-only is so everywhere (CVE-2023-25809).
    """
    parameters = ["mode=755", *mounts.label("tmpfs", context)]
    top_fd = mountapi.new_filesystem("tmpfs", "cgroup", parameters, 0)
    mounts.guard_proc(name, wanted, top_fd, target_fd)
    mountapi.attach(top_fd, target_fd)
    for group in context.cgroup.groups:
        _mount_hierarchy(top_fd, group)
    mountapi.set_attributes(top_fd, wanted.on, wanted.off, recursive=True)
    mountapi.set_attributes(top_fd, wanted.deep_on, wanted.deep_off, recursive=True)
    for kind, _ in wanted.propagation:
        mountapi.set_attributes(top_fd, propagation=kind, recursive=True)
    return top_fd


def _mount_hierarchy(top_fd: int, group: Group) -> None:
    """Mount the container's group of one hierarchy, under the name that the host's mount has."""
    name = os.path.basename(group.mount)
    os.mkdir(name, 0o755, dir_fd=top_fd)
    for controller in group.key.split(","):
        # Programs look for cpu and for cpuacct where the hierarchy is named cpu,cpuacct.
        if controller and "=" not in controller and controller != name:
            os.symlink(name, controller, dir_fd=top_fd)
    place_fd = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=top_fd)
    mount_fd = _copy(group.path)
    mountapi.attach(mount_fd, place_fd)
    os.close(mount_fd)
    os.close(place_fd)


def _copy(path: str) -> int:
    """Return a detached copy of the host's mount, from one directory down."""
    source_fd = os.open(path, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        return mountapi.copy_tree(source_fd, recursive=False)
    finally:
        os.close(source_fd)
