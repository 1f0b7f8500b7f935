"""Marks on cgroup directories that say who made them and whose they are.

A path alone does not tell whether a cgroup is this container's: two state roots can use the same
id, an administrator's cgroup can be named in cgroupsPath, a record can be damaged. So the runtime
writes two extended attributes into the kernel's own object: ``made`` on every directory that it
made, ``owner`` (the container's state directory) on the container's cgroup. Nothing is signalled
in, and nothing removed below, a cgroup that another owner holds.

``trusted.`` attributes need CAP_SYS_ADMIN, so no container can forge them; ``user.`` ones (Linux
5.7) stand in for them where the runtime has less.
"""

from __future__ import annotations

import errno
import os
import sys

from anocir.errors import Error

_PREFIXES = ("trusted.", "user.")
_MADE = "anocir.made"
_OWNER = "anocir.owner"
_UNSUPPORTED = (errno.EPERM, errno.EACCES, errno.EOPNOTSUPP)


def set_made(fd: int) -> None:
    """Say that this runtime made the directory ``fd``."""
    _set(fd, _MADE, b"1", 0)


def is_made(where: int | str) -> bool:
    """Tell whether this runtime made the directory ``where``, a descriptor or a path.

    Raises FileNotFoundError if a path is gone.
    """
    return _get(where, _MADE) is not None


def claim(fd: int, owner: str, path: str) -> bool:
    """Make ``owner`` the owner of the cgroup ``fd``; of several at once, exactly one succeeds.

    Returns False if the filesystem takes no marks. Raises Error, which names the cgroup by
    ``path``, if another owner whose directory still exists holds it; OSError.
    """
    value = os.fsencode(owner)
    try:
        return _set(fd, _OWNER, value, os.XATTR_CREATE)
    except FileExistsError:
        holder = owner_of(fd)
        if holder is not None and holder != owner and os.path.isdir(holder):
            raise Error(
                f"cgroup {path} belongs to the container in {holder}; delete that container, or"
                " give this one another id or linux.cgroupsPath"
            ) from None
        return _set(fd, _OWNER, value, 0)


def owner_of(where: int | str) -> str | None:
    """Return the owner of the cgroup ``where``, a descriptor or a path, or None.

    Raises FileNotFoundError if a path is gone.
    """
    value = _get(where, _OWNER)
    # As os.fsdecode does it, which comes with the slower half of `import os`.
    coding = sys.getfilesystemencoding(), sys.getfilesystemencodeerrors()
    return None if value is None else value.decode(*coding)


def belongs_to(where: int | str, owner: str, marked: bool) -> bool:
    """Tell whether the cgroup ``where``, a descriptor or a path, is the container's of ``owner``.

    Without ``marked``, the filesystem took no marks, and one without an owner is believed. Raises
    FileNotFoundError if a path is gone.
    """
    holder = owner_of(where)
    return holder == owner or (holder is None and not marked)


def disclaim(fd: int) -> None:
    """Take the owner off a cgroup that is to outlive the container."""
    for prefix in _PREFIXES:
        try:
            os.removexattr(fd, prefix + _OWNER)
        except OSError:
            pass


def _set(fd: int, name: str, value: bytes, flags: int) -> bool:
    for prefix in _PREFIXES:
        try:
            os.setxattr(fd, prefix + name, value, flags)
        except OSError as error:
            if error.errno not in _UNSUPPORTED:
                raise
        else:
            return True
    return False


def _get(where: int | str, name: str) -> bytes | None:
    for prefix in _PREFIXES:
        try:
            return os.getxattr(where, prefix + name, follow_symlinks=type(where) is int)
        except FileNotFoundError:
            raise
        except OSError:
            continue
    return None
