"""Files of /proc that are surely the kernel's.

A write that sets up or restricts a process must not end in a file that somebody has mounted over
the real one (CVE-2019-16884, CVE-2025-52881). So the filesystem is asked what it is, and no other
mount is entered on the way.
"""

from __future__ import annotations

import errno
import os

from anocir.errors import Error
from anocir.linux import consts, libc, mountapi, paths

_RESOLVE = consts.RESOLVE_BENEATH | consts.RESOLVE_NO_XDEV | consts.RESOLVE_NO_MAGICLINKS


def open_root() -> int:
    """Return an O_PATH descriptor of /proc. Raises Error when that is not the root of a procfs."""
    fd = os.open("/proc", os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    genuine = libc.filesystem_magic(fd) == consts.PROC_SUPER_MAGIC
    if not genuine or os.fstat(fd).st_ino != consts.PROC_ROOT_INO:
        os.close(fd)
        raise Error("/proc is not a procfs: mount one there")
    return fd


def open_private() -> int:
    """Make a procfs that is mounted nowhere, so that nothing can be mounted over its files.

    It shows the pid namespace of the caller. Where the kernel refuses that, as in a user namespace
    that doesn't own the pid namespace, it is what is mounted on /proc. Raises Error, OSError.
    """
    try:
        return mountapi.new_filesystem("proc", "proc", [], 0)
    except PermissionError:
        return open_root()


def open_process(process: int | str) -> int:
    """Return an O_PATH descriptor of /proc/PID, or of /proc/self.

    Raises Error when /proc is no procfs; OSError.
    """
    proc_fd = open_root()
    try:
        return paths.openat2(proc_fd, str(process), os.O_PATH | os.O_DIRECTORY, _RESOLVE)
    finally:
        os.close(proc_fd)


def read(dir_fd: int, path: str) -> bytes:
    """Return what a file below an opened directory of /proc holds. Raises OSError."""
    fd = _open(dir_fd, path, os.O_RDONLY)
    try:
        chunks = []
        while chunk := os.read(fd, 65536):
            chunks.append(chunk)
        return b"".join(chunks)
    finally:
        os.close(fd)


def write(dir_fd: int, path: str, content: bytes) -> None:
    """Write a file below an opened directory of /proc in one call, as most of them want it.

    Raises OSError, with EXDEV when something is mounted over it.
    """
    fd = _open(dir_fd, path, os.O_WRONLY)
    try:
        if os.write(fd, content) != len(content):
            raise OSError(errno.EIO, "only a part of the text was taken")
    finally:
        os.close(fd)


def _open(dir_fd: int, path: str, flags: int) -> int:
    return paths.openat2(dir_fd, path, flags, _RESOLVE)
