"""Files of /proc that are surely the kernel's.

A write that sets up or restricts a process must not end in a file that somebody has mounted over
the real one. So the filesystem is asked what it is, and no other mount is entered on the way.
"""

from __future__ import annotations

import os

from anocir.errors import Error
from anocir.linux import consts, libc, paths


def open_process(process: int | str) -> int:
    """Return an O_PATH descriptor of /proc/PID, or of /proc/self.

    Raises Error when /proc is no procfs; OSError.
    """
    proc_fd = os.open("/proc", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        if libc.filesystem_magic(proc_fd) != consts.PROC_SUPER_MAGIC:
            raise Error("/proc is not a procfs: mount one there")
        return paths.openat2(
            proc_fd,
            str(process),
            os.O_PATH | os.O_DIRECTORY,
            consts.RESOLVE_NO_XDEV | consts.RESOLVE_NO_MAGICLINKS,
        )
    finally:
        os.close(proc_fd)


def read(process_fd: int, name: str) -> bytes:
    """Return what a file of an opened process holds. Raises OSError."""
    fd = _open(process_fd, name, os.O_RDONLY)
    try:
        chunks = []
        while chunk := os.read(fd, 65536):
            chunks.append(chunk)
        return b"".join(chunks)
    finally:
        os.close(fd)


def write(process_fd: int, name: str, content: bytes) -> None:
    """Write a file of an opened process in one call, as most of them want it. Raises OSError."""
    fd = _open(process_fd, name, os.O_WRONLY)
    try:
        os.write(fd, content)
    finally:
        os.close(fd)


def _open(process_fd: int, name: str, flags: int) -> int:
    resolve = consts.RESOLVE_NO_XDEV | consts.RESOLVE_NO_SYMLINKS | consts.RESOLVE_BENEATH
    return paths.openat2(process_fd, name, flags, resolve)
