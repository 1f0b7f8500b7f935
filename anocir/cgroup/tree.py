"""A cgroup directory and what is below it, by file descriptor.

A container that may write its own cgroup can nest cgroups deeper than any path name or any limit
of open files, so walks hold one descriptor and no paths.
"""

from __future__ import annotations

import errno
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC

# What the kernel says of a cgroup that somebody removed meanwhile.
GONE = (errno.ENOENT, errno.ENODEV)


def close(fds: list[int]) -> None:
    """Close all of ``fds``."""
    for fd in fds:
        os.close(fd)


def read(fd: int, name: str) -> str:
    """Return the text of the file ``name`` in the directory ``fd``. Raises OSError."""
    file = os.open(name, os.O_RDONLY | os.O_CLOEXEC, dir_fd=fd)
    try:
        chunks = []
        while chunk := os.read(file, 65536):
            chunks.append(chunk)
    finally:
        os.close(file)
    return os.fsdecode(b"".join(chunks))


def write(fd: int, name: str, text: str) -> None:
    """Write ``text`` to the file ``name`` in the directory ``fd`` in one call. Raises OSError."""
    file = os.open(name, os.O_WRONLY | os.O_CLOEXEC, dir_fd=fd)
    try:
        os.write(file, text.encode())
    finally:
        os.close(file)


def enter(doors: list[int]) -> None:
    """Move this process, which has one thread, through ``doors``, and close them. Raises OSError.

    A door is an open ``tasks`` file. A thread that moves itself needs no lock; whoever writes the
    number of a process, or writes to ``cgroup.procs``, makes the kernel wait 10 ms until no
    process anywhere is just forking (cgroup_procs_write_start in kernel/cgroup/cgroup.c).
    """
    try:
        for door in doors:
            os.write(door, b"0")
    finally:
        close(doors)


def subdirectories(fd: int) -> list[str]:
    """Return the names of the cgroups directly below ``fd``."""
    try:
        with os.scandir(fd) as entries:
            return [entry.name for entry in entries if entry.is_dir(follow_symlinks=False)]
    except OSError as error:
        if error.errno in GONE:
            return []
        raise


def walk(top: int) -> Iterator[tuple[int, str]]:
    """Yield (open parent, name) of each cgroup below ``top``, children before their parents.

    The parent's descriptor is good until the next step.
    """
    here = os.dup(top)
    pending, trail = [subdirectories(here)], []
    try:
        while True:
            if pending[-1]:
                name = pending[-1].pop()
                try:
                    here = _move(here, name)
                except OSError as error:
                    if error.errno not in GONE:
                        raise
                    continue
                trail.append(name)
                pending.append(subdirectories(here))
            elif trail:
                here = _move(here, "..")
                pending.pop()
                yield here, trail.pop()
            else:
                return
    finally:
        os.close(here)


def _move(here: int, name: str) -> int:
    there = os.open(name, DIRECTORY, dir_fd=here)
    os.close(here)
    return there


def pids(top: int) -> list[int]:
    """Return the processes in ``top`` and below, without those of foreign pid namespaces (0)."""
    found = _pids_in(top, "cgroup.procs")
    for parent, name in walk(top):
        found += _pids_in(parent, name + "/cgroup.procs")
    return sorted(set(found) - {0})


def _pids_in(fd: int, name: str) -> list[int]:
    try:
        return [int(word) for word in read(fd, name).split()]
    except OSError as error:
        # A threaded cgroup has no list; its processes are in the list of a cgroup above it.
        if error.errno in (*GONE, errno.EOPNOTSUPP):
            return []
        raise


def remove_below(top: int) -> None:
    """Remove every cgroup below ``top``. Raises OSError, EBUSY for one that holds a process."""
    for parent, name in walk(top):
        try:
            os.rmdir(name, dir_fd=parent)
        except OSError as error:
            if error.errno not in GONE:
                raise
