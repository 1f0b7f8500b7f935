"""Opening and making paths that a container's files can't lead astray.

Every path inside a root filesystem is resolved by the kernel as if that directory were ``/``
(openat2(2), RESOLVE_IN_ROOT): symlinks, absolute ones too, and ``..`` stay inside.
"""

from __future__ import annotations

import errno
import os
import struct

from anocir.linux import consts, libc

MAX_LINKS = 40


def openat2(dir_fd: int, path: str, flags: int, resolve: int) -> int:
    """Open ``path`` below ``dir_fd`` under the RESOLVE_* rules, close-on-exec.

    Raises OSError: EXDEV when a rule of confinement is broken, ELOOP for a forbidden link.
    """
    how = struct.pack("=QQQ", flags | os.O_CLOEXEC, 0, resolve)
    while True:
        try:
            return libc.syscall("openat2", dir_fd, os.fsencode(path), how, len(how))
        except OSError as error:
            # The kernel gives up, rather than guess, when a rename races a `..`.
            if error.errno != errno.EAGAIN:
                raise


def open_in_root(root_fd: int, path: str, flags: int = os.O_PATH) -> int:
    """Open ``path`` as a process whose root is ``root_fd`` would see it."""
    return openat2(root_fd, path or "/", flags, consts.RESOLVE_IN_ROOT)


def open_plain_directory(root_fd: int, path: str) -> int:
    """Open a directory of which no component is a symlink (CVE-2019-19921, CVE-2023-27561)."""
    flags = os.O_PATH | os.O_DIRECTORY
    return openat2(root_fd, path, flags, consts.RESOLVE_IN_ROOT | consts.RESOLVE_NO_SYMLINKS)


def make_in_root(root_fd: int, path: str, directory: bool) -> int:
    """Open ``path`` in the root, making it and its parents when they are missing.

    Makes a directory, or an empty file for anything else to be mounted on. A link to nowhere is
    followed and its target made, inside the root. Returns an O_PATH descriptor. Raises OSError:
    ELOOP when links lead round in a circle, or climb out of what is missing again and again.
    """
    for _ in range(MAX_LINKS):
        fd, there, missing = _open_existing(root_fd, path)
        while missing:
            name = missing.pop()
            parent_fd = fd
            try:
                if name in (".", ".."):
                    # Only the kernel knows where the root ends, and climbs no further.
                    path = os.path.join(there, name, *reversed(missing))
                    break
                target = _make(parent_fd, name, directory or bool(missing))
                if target is not None:
                    path = os.path.join(there, target, *reversed(missing))
                    break
                fd = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent_fd)
            finally:
                os.close(parent_fd)
            there = os.path.join(there, name)
        else:
            return fd
    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path)


def _open_existing(root_fd: int, path: str) -> tuple[int, str, list[str]]:
    """Open as much of ``path`` as exists; return it, its path, and the other names, last first."""
    missing: list[str] = []
    while True:
        try:
            return open_in_root(root_fd, path), path, missing
        except FileNotFoundError:
            path, name = os.path.split(path.rstrip("/"))
            missing.append(name)


def _make(parent_fd: int, name: str, directory: bool) -> str | None:
    """Make one file or directory; return where it leads when a link is there already."""
    try:
        if directory:
            os.mkdir(name, 0o755, dir_fd=parent_fd)
        else:
            os.mknod(name, 0o644, dir_fd=parent_fd)
    except FileExistsError:
        return _link_target(parent_fd, name)
    return None


def _link_target(parent_fd: int, name: str) -> str | None:
    try:
        return os.readlink(name, dir_fd=parent_fd)
    except OSError:
        return None
