"""Filling /dev."""

from __future__ import annotations

import os
import stat

from anocir.linux import paths

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.plan.plan import Step
    from anocir.runtime.context import Context

MODE = stat.S_IFCHR | 0o666


def make_devices(step: Step, context: Context) -> None:
    """Make the character devices, in place of whatever the image has under their names."""
    dev_fd = _open_dev(context)
    for name, (major, minor) in step.data.items():
        device = os.makedev(major, minor)
        try:
            os.mknod(name, MODE, device, dir_fd=dev_fd)
        except FileExistsError:
            if _is_device(dev_fd, name, device):
                continue
            os.unlink(name, dir_fd=dev_fd)
            os.mknod(name, MODE, device, dir_fd=dev_fd)
    os.close(dev_fd)


def make_links(step: Step, context: Context) -> None:
    """Make the symbolic links that lead somewhere, but leave alone what the image already has.

    See runtime-linux.md, Dev symbolic links: only if the source file exists.
    """
    dev_fd = _open_dev(context)
    for name, target in step.data.items():
        if target.startswith("/") and not _exists(context, target):
            continue
        try:
            os.symlink(target, name, dir_fd=dev_fd)
        except FileExistsError:
            pass
    os.close(dev_fd)


def _open_dev(context: Context) -> int:
    # A descriptor of the directory itself: each name below is one component, never a path.
    path_fd = paths.make_in_root(context.root_fd, "/dev", directory=True)
    os.close(path_fd)
    return paths.open_in_root(context.root_fd, "/dev", os.O_RDONLY | os.O_DIRECTORY)


def _exists(context: Context, path: str) -> bool:
    try:
        fd = paths.open_in_root(context.root_fd, path, os.O_PATH | os.O_NOFOLLOW)
    except OSError:
        return False
    os.close(fd)
    return True


def _is_device(dev_fd: int, name: str, device: int) -> bool:
    found = os.stat(name, dir_fd=dev_fd, follow_symlinks=False)
    return stat.S_ISCHR(found.st_mode) and found.st_rdev == device
