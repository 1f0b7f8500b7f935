"""Giving a version 2 cgroup to a user (cgroups(7), Cgroups delegation).

Only what lets it make cgroups of its own below: whoever owns the files of the limits could lift
them. In version 1 delegation isn't safe, so nothing is given away there.
"""

from __future__ import annotations

import os

from anocir.errors import Error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.cgroup.group import Group

# One name a line; the list is the kernel's, and older kernels have none.
_LIST = "/sys/kernel/cgroup/delegate"
_FILES = ("cgroup.procs", "cgroup.subtree_control", "cgroup.threads")


def give(group: Group, uid: int) -> None:
    """Make ``uid`` the owner of the directory and of the files that may be delegated.

    Raises Error.
    """
    try:
        fd = group.open()
        try:
            os.chown(fd, uid, -1)
            for name in _delegated():
                _give_file(fd, name, uid)
        finally:
            os.close(fd)
    except OSError as error:
        raise Error(f"giving cgroup {group.path} to user {uid}: {error.strerror}") from None


def _delegated() -> tuple[str, ...] | list[str]:
    try:
        with open(_LIST, "rb") as file:
            names = os.fsdecode(file.read()).split()
    except FileNotFoundError:
        return _FILES
    return [name for name in names if "/" not in name]


def _give_file(directory: int, name: str, uid: int) -> None:
    try:
        os.chown(name, uid, -1, dir_fd=directory, follow_symlinks=False)
    except FileNotFoundError:
        # Not each of them exists in every cgroup.
        pass
