"""Filling /dev."""

from __future__ import annotations

import errno
import os
import stat

from anocir.linux import mountapi, paths

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.plan.plan import Step
    from anocir.runtime.context import Context

PTMX = "ptmx"
MODE = stat.S_IFCHR | 0o666


def make_devices(step: Step, context: Context) -> None:
    """Make the character devices, in place of whatever the image has under their names."""
    dev_fd = _open_dev(context)
    for name, (major, minor) in step.data.items():
        device = os.makedev(major, minor)
        try:
            _make_device(dev_fd, name, device)
        except FileExistsError:
            if _is_device(dev_fd, name, device):
                continue
            os.unlink(name, dir_fd=dev_fd)
            _make_device(dev_fd, name, device)
    os.close(dev_fd)


def make_links(step: Step, context: Context) -> None:
    """Make the symbolic links that lead somewhere, but leave alone what the image already has.

    See runtime-linux.md, Dev symbolic links: only if the source file exists. But an image's ptmx
    could lead to terminals that aren't the container's (config-linux.md, Default Devices).
    """
    dev_fd = _open_dev(context)
    for name, target in step.data.items():
        if target.startswith("/") and not _exists(context, target):
            continue
        try:
            os.symlink(target, name, dir_fd=dev_fd)
        except FileExistsError:
            if name == PTMX:
                _replace(dev_fd, name, target)
    os.close(dev_fd)


def _make_device(dev_fd: int, name: str, device: int) -> None:
    try:
        os.mknod(name, MODE, device, dir_fd=dev_fd)
    except PermissionError:
        # Root of a user namespace makes no devices (user_namespaces(7)); the host's will do.
        bind(f"/dev/{name}", stat.S_IFCHR, device, dev_fd, name)


def _replace(dev_fd: int, name: str, target: str) -> None:
    """Put a link in the place of what is there, unless the config has mounted something there."""
    try:
        if os.readlink(name, dir_fd=dev_fd) == target:
            return
    except OSError:
        pass
    try:
        os.unlink(name, dir_fd=dev_fd)
    except OSError as error:
        if error.errno == errno.EBUSY:
            return
        raise
    os.symlink(target, name, dir_fd=dev_fd)


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


def bind(source: str, kind: int, device: int, dir_fd: int, name: str) -> None:
    """Mount the host's device ``source`` on a new file, while ``/`` is still the host's.

    ``kind`` is S_IFCHR or S_IFBLK, and ``device`` the number it must have. Raises OSError.
    """
    source_fd = os.open(source, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        found = os.fstat(source_fd)
        if stat.S_IFMT(found.st_mode) != kind or found.st_rdev != device:
            raise OSError(errno.ENODEV, f"the host's {source} is not that device")
        os.mknod(name, 0o644, dir_fd=dir_fd)
        target_fd = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=dir_fd)
        mount_fd = mountapi.copy_tree(source_fd, recursive=False)
        mountapi.attach(mount_fd, target_fd)
        os.close(mount_fd)
        os.close(target_fd)
    finally:
        os.close(source_fd)
