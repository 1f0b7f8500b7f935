"""Making a process in namespaces that only another process can be in at the time.

A namespace belongs to the user namespace in which it was made. New ones of a container must belong
to the container's, so it has to be joined before they are made, and there is no way back out of a
user namespace. So a process in the middle does the joining, makes the container's process as a
child of its own parent, and ends.
"""

from __future__ import annotations

import os

from anocir.errors import Error, reason
from anocir.linux import clone, consts, libc

# What a line from the process in the middle begins with: the pid, or an errno and words.
_MADE = b"pid "
_FAILED = b"error "


def make(flags: int, cgroup_fd: int, joins: list[tuple[str, int, int]]) -> int:
    """Fork into joined and new namespaces and return the child's pid, or 0 in the child.

    ``joins`` are (type, descriptor, CLONE_NEW* bit) of existing namespaces; ``flags`` and
    ``cgroup_fd`` are as for ``clone``. The child is the caller's own, as after a plain clone.
    Raises OSError with the namespace that could not be joined in its text, Error.
    """
    read_fd, write_fd = os.pipe2(os.O_CLOEXEC)
    middle = clone.clone()
    if middle == 0:
        return _stand_between(flags, cgroup_fd, joins, write_fd)
    os.close(write_fd)
    answer = b""
    while chunk := os.read(read_fd, 4096):
        answer += chunk
    os.close(read_fd)
    os.waitpid(middle, 0)
    if answer.startswith(_MADE):
        return int(answer[len(_MADE) :])
    if answer.startswith(_FAILED):
        number, _, text = answer[len(_FAILED) :].decode().partition(" ")
        raise OSError(int(number), text)
    raise Error("the process in the middle died")


def _stand_between(
    flags: int, cgroup_fd: int, joins: list[tuple[str, int, int]], write_fd: int
) -> int:
    """Return 0 in the new process, and not at all in the one in the middle."""
    pid = -1
    try:
        _join(joins)
        pid = clone.clone(flags | consts.CLONE_PARENT, cgroup_fd)
        if pid:
            os.write(write_fd, _MADE + b"%d" % pid)
    except OSError as error:
        os.write(write_fd, _FAILED + f"{error.errno} {reason(error)}".encode())
    finally:
        if pid:
            os._exit(0)
    os.close(write_fd)
    return 0


def _join(joins: list[tuple[str, int, int]]) -> None:
    """Join with the rights at hand first, and what takes those of the user namespace after it.

    Whoever is root in that one must not be able to trace this process, which still is a process
    of the host in all else.
    """
    libc.prctl(consts.PR_SET_DUMPABLE, 0)
    refused = []
    inner = [join for join in joins if join[2] == consts.CLONE_NEWUSER]
    for join in joins:
        if join not in inner and not _joined(join, final=not inner):
            refused.append(join)
    for join in (*inner, *refused):
        _joined(join, final=True)


def _joined(join: tuple[str, int, int], final: bool) -> bool:
    """Join one namespace; return False where another try may succeed."""
    kind, fd, flag = join
    try:
        libc.setns(fd, flag)
    except OSError as error:
        if error.errno == 1 and not final:
            return False
        words = f"joining the {kind} namespace: {reason(error)}"
        raise OSError(error.errno, words + _HINTS.get((kind, error.errno or 0), "")) from None
    return True


_HINTS = {
    ("user", 22): " (it is the runtime's own already: leave the entry out)",
}
