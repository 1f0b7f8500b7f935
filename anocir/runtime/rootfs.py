"""Turning a directory into the container's ``/``."""

from __future__ import annotations

import os

from anocir.linux import consts, libc, mountapi, paths

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.plan.plan import Step
    from anocir.runtime.context import Context


def set_propagation(step: Step, context: Context) -> None:
    """Stop this mount namespace's events from reaching the host.

    All of it, whatever the config wants for the root: a mount that stayed shared would take the
    host's own mounts below it along when the old root is unmounted.
    """
    libc.mount_propagation("/", consts.MS_SLAVE | consts.MS_REC)


def attach_root(step: Step, context: Context) -> None:
    """Make the rootfs a mount of its own, which pivot_root needs, and keep it open.

    From here on files are made in it, and their modes shall not depend on the caller's umask.
    """
    context.umask = os.umask(0)
    copies = context.sources.get((context.record.rootfs, True))
    if copies:
        # The way there may be closed to this process, and any place will do until the pivot.
        context.root_fd = copies.pop(0)
        fd = os.open("/", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        mountapi.attach(context.root_fd, fd)
        os.close(fd)
        return
    fd = os.open(context.record.rootfs, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    context.root_fd = mountapi.copy_tree(fd, recursive=True)
    mountapi.attach(context.root_fd, fd)
    os.close(fd)


def set_root_propagation(step: Step, context: Context) -> None:
    """Give the root mount the type of propagation that the config wants."""
    kind, recursive = step.data
    mountapi.set_attributes(context.root_fd, propagation=kind, recursive=recursive)


def make_directory(step: Step, context: Context) -> None:
    """Make a directory inside the root that the process will need."""
    os.close(paths.make_in_root(context.root_fd, step.data, directory=True))


def pivot(step: Step, context: Context) -> None:
    """Exchange ``/`` with the rootfs and let go of the host's tree (pivot_root(2), Notes).

    Both arguments are ``.``: the old root ends up on top of the new one, in the same place, and
    is taken off from there. No directory for it has to exist in the rootfs.
    """
    os.fchdir(context.root_fd)
    libc.pivot_root(".", ".")
    libc.unmount_detached(".")
    os.chdir("/")


def make_readonly(step: Step, context: Context) -> None:
    """Refuse writes to the root mount itself; mounts below keep their own rules."""
    mountapi.set_attributes(context.root_fd, on=consts.MOUNT_ATTR_RDONLY)
