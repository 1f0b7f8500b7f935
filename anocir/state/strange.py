"""Directories in a container's state directory: nobody knows what somebody else has put there.

They may be nested deeper than any path is long, so walks hold one descriptor and no path.
"""

from __future__ import annotations

import errno
import os

from anocir.errors import StateError

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def remove(parent_fd: int, name: str) -> None:
    """Delete the directory ``name`` in ``parent_fd`` with all that is in it; no link is followed.

    Raises StateError where something is mounted, which may be the host's own files, and where a
    directory is moved away meanwhile; OSError.
    """
    here = _enter(parent_fd, name)
    # What is left to do in this directory and in those above it; how they are called, and which
    # directory each of them was found in.
    pending, trail = [os.listdir(here)], [(name, _identity(parent_fd))]
    try:
        while trail:
            if pending[-1]:
                inner = pending[-1].pop()
                if _is_unlinked(here, inner):
                    continue
                there = _enter(here, inner)
                trail.append((inner, _identity(here)))
                here = _replaced(here, there)
                pending.append(os.listdir(here))
            else:
                inner, parent = trail.pop()
                pending.pop()
                here = _replaced(here, os.open("..", _DIRECTORY, dir_fd=here))
                if _identity(here) != parent:
                    raise StateError(f"{inner} was moved to {_path(here)} while it was deleted")
                os.rmdir(inner, dir_fd=here)
    finally:
        os.close(here)


def mounted(parent_fd: int, name: str) -> StateError:
    """Return the error for something that is mounted on ``name`` in ``parent_fd``."""
    return StateError(f"something is mounted on {_path(parent_fd)}/{name}")


def _is_unlinked(parent_fd: int, name: str) -> bool:
    """Delete ``name`` unless it is a directory, and say whether it was none."""
    try:
        os.unlink(name, dir_fd=parent_fd)
    except IsADirectoryError:
        return False
    except OSError as error:
        if error.errno != errno.EBUSY:
            raise
        raise mounted(parent_fd, name) from None
    return True


def _enter(parent_fd: int, name: str) -> int:
    """Return a descriptor of a directory that nothing is mounted on."""
    fd = os.open(name, _DIRECTORY, dir_fd=parent_fd)
    if _mount_of(fd) != _mount_of(parent_fd):
        os.close(fd)
        raise mounted(parent_fd, name)
    return fd


def _replaced(old: int, new: int) -> int:
    os.close(old)
    return new


def _identity(fd: int) -> tuple[int, int]:
    found = os.fstat(fd)
    return found.st_dev, found.st_ino


def _mount_of(fd: int) -> str:
    """Return the line that names the mount of an open file (proc(5), fdinfo)."""
    with open(f"/proc/self/fdinfo/{fd}", encoding="ascii") as file:
        return next(line for line in file if line.startswith("mnt_id:"))


def _path(fd: int) -> str:
    try:
        return os.readlink(f"/proc/self/fd/{fd}")
    except OSError:
        return "a directory whose path is too long to be shown"
