"""The descriptor-based mount interface of Linux 5.2 to 5.12.

A mount is made as a descriptor, gets its attributes while no one can see it, and is then put in
its place, which is a descriptor too. No step of that takes a path that could be swapped.
"""

from __future__ import annotations

import errno
import os
import struct

from anocir.linux import consts, libc


def new_filesystem(kind: str, source: str, parameters: list[str], attributes: int) -> int:
    """Make a filesystem of type ``kind`` and return its detached mount as a descriptor.

    ``parameters`` are ``key`` or ``key=value`` as mount(8) takes them; ``attributes`` are
    MOUNT_ATTR_* bits. Raises OSError, with the kernel's own words about a bad parameter when it
    has any. See fsopen(2), fsconfig(2), fsmount(2).
    """
    context = _open_kind(kind)
    try:
        configure(context, [f"source={source}", *parameters], consts.FSCONFIG_CMD_CREATE)
        return libc.syscall("fsmount", context, consts.FSMOUNT_CLOEXEC, attributes)
    except OSError as error:
        if error.errno == errno.EPERM and kind in _NEEDS:
            raise OSError(error.errno, f"{error.strerror} ({_NEEDS[kind]})") from None
        raise explained(context, error) from None
    finally:
        os.close(context)


def _open_kind(kind: str) -> int:
    try:
        return libc.syscall("fsopen", os.fsencode(kind), consts.FSOPEN_CLOEXEC)
    except OSError as error:
        if error.errno != errno.ENODEV:
            raise
        text = f"The kernel has no filesystem {kind!r}, see /proc/filesystems"
        raise OSError(error.errno, text) from None


def configure(context: int, parameters: list[str], command: int) -> None:
    """Hand parameters to a filesystem, and have it take them by a FSCONFIG_CMD_* command."""
    for parameter in parameters:
        _set_parameter(context, parameter)
    libc.syscall("fsconfig", context, command, None, None, 0)


# What must belong to the user namespace that such a filesystem is mounted in (user_namespaces(7)).
_NEEDS = {
    "sysfs": "in a user namespace that takes a new network namespace, or a bind mount of /sys",
    "proc": "in a user namespace that takes a new pid namespace, and an uncovered /proc outside",
    "mqueue": "in a user namespace that takes a new ipc namespace",
    "cgroup2": "in a user namespace that takes a new cgroup namespace",
}


def _set_parameter(context: int, parameter: str) -> None:
    key, equals, value = parameter.partition("=")
    command = consts.FSCONFIG_SET_STRING if equals else consts.FSCONFIG_SET_FLAG
    text = os.fsencode(value) if equals else None
    libc.syscall("fsconfig", context, command, os.fsencode(key), text, 0)


def explained(context: int, error: OSError) -> OSError:
    """Return the error with what the filesystem itself has to say about it."""
    words = _complaint(context)
    return OSError(error.errno, f"{error.strerror} ({words})") if words else error


def _complaint(context: int) -> str:
    """Read what the filesystem has logged: one line a read, like ``e tmpfs: Bad value``."""
    lines: list[str] = []
    while True:
        try:
            line = os.read(context, 1024)
        except OSError:
            return "; ".join(lines)
        lines.append(line.decode(errors="replace").strip().removeprefix("e "))


def copy_tree(fd: int, recursive: bool) -> int:
    """Return a detached copy of the mount at ``fd``, as a bind mount makes it (open_tree(2))."""
    flags = consts.OPEN_TREE_CLONE | consts.OPEN_TREE_CLOEXEC | consts.AT_EMPTY_PATH
    if recursive:
        flags |= consts.AT_RECURSIVE
    return libc.syscall("open_tree", fd, b"", flags)


def attach(mount_fd: int, target_fd: int) -> None:
    """Put a detached mount on top of ``target_fd`` (move_mount(2))."""
    flags = consts.MOVE_MOUNT_F_EMPTY_PATH | consts.MOVE_MOUNT_T_EMPTY_PATH
    libc.syscall("move_mount", mount_fd, b"", target_fd, b"", flags)


def attach_on_root(mount_fd: int) -> None:
    """Move a mount from where it is to the top of ``/`` (move_mount(2))."""
    flags = consts.MOVE_MOUNT_F_EMPTY_PATH
    libc.syscall("move_mount", mount_fd, b"", consts.AT_FDCWD, b"/", flags)


def set_attributes(
    mount_fd: int, on: int = 0, off: int = 0, propagation: int = 0, recursive: bool = False
) -> None:
    """Switch MOUNT_ATTR_* bits on and off, and set the propagation type (mount_setattr(2))."""
    if not on and not off and not propagation:
        return
    attributes = struct.pack("=QQQQ", on, off, propagation, 0)
    flags = consts.AT_EMPTY_PATH | (consts.AT_RECURSIVE if recursive else 0)
    libc.syscall("mount_setattr", mount_fd, b"", flags, attributes, len(attributes))
