"""Hiding and write-protecting paths of the container."""

from __future__ import annotations

import os
import stat

from anocir.errors import StepError
from anocir.linux import consts, mountapi, paths
from anocir.runtime import mounts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.plan.plan import Step
    from anocir.runtime.context import Context

NULL_DEVICE = os.makedev(1, 3)


def open_null(step: Step, context: Context) -> None:
    """Open the host's null device while ``/`` is still the host's (CVE-2025-31133).

    It can't be inherited: a mount is only copied inside the mount namespace that it belongs to.
    """
    context.null_fd = os.open("/dev/null", os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
    found = os.fstat(context.null_fd)
    if not stat.S_ISCHR(found.st_mode) or found.st_rdev != NULL_DEVICE:
        raise StepError(step.name, "the host's /dev/null is not the null device")


def mask(step: Step, context: Context) -> None:
    """Cover a file with the null device, a directory with an empty read-only tmpfs."""
    target_fd = _open_existing(context, step.data)
    if target_fd is None:
        return
    if stat.S_ISDIR(os.fstat(target_fd).st_mode):
        attributes = consts.MOUNT_ATTR_RDONLY
        parameters = ["ro", *mounts.label("tmpfs", context)]
        mount_fd = mountapi.new_filesystem("tmpfs", "tmpfs", parameters, attributes)
    else:
        mount_fd = mountapi.copy_tree(context.null_fd, recursive=False)
    mountapi.attach(mount_fd, target_fd)
    os.close(mount_fd)
    os.close(target_fd)


def make_readonly(step: Step, context: Context) -> None:
    """Put a read-only copy of the path, and all mounted below it, on top of itself."""
    target_fd = _open_existing(context, step.data)
    if target_fd is None:
        return
    mount_fd = mountapi.copy_tree(target_fd, recursive=True)
    mountapi.set_attributes(mount_fd, on=consts.MOUNT_ATTR_RDONLY, recursive=True)
    mountapi.attach(mount_fd, target_fd)
    os.close(mount_fd)
    os.close(target_fd)


def _open_existing(context: Context, path: str) -> int | None:
    """Open a path in the root; None when it isn't there, and so needs no protection."""
    try:
        return paths.open_in_root(context.root_fd, path)
    except (FileNotFoundError, NotADirectoryError):
        return None
