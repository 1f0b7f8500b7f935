"""What /proc says about a process."""

from __future__ import annotations

import errno
import os

from anocir.linux.consts import PF_FORKNOEXEC


class Stat:
    """The facts of one /proc/PID/stat line that tell a container's status.

    ``start_time`` is in clock ticks since boot: together with the pid it names one process for
    as long as the machine runs, however often the pid is used again. See proc_pid_stat(5).
    """

    __slots__ = ("flags", "start_time", "state", "threads")

    def __init__(self, state: str, flags: int, threads: int, start_time: int) -> None:
        self.state = state
        self.flags = flags
        self.threads = threads
        self.start_time = start_time

    @property
    def ended(self) -> bool:
        """Whether nothing of the process runs any more, reaped or not.

        A first thread that has ended shows as a zombie while other threads go on, hence the count.
        """
        return self.state in "ZXx" and self.threads <= 1

    @property
    def executed(self) -> bool:
        """Whether the process has called execve since it was forked."""
        return not self.flags & PF_FORKNOEXEC


def parse_stat(line: bytes) -> Stat:
    """Parse one /proc/PID/stat line; raises ValueError when it isn't one.

    The second field is the program's own name and may hold blanks and parentheses, so counting
    starts after the last closing one.
    """
    fields = line[line.rindex(b")") + 2 :].split()
    if len(fields) < 20:
        raise ValueError("a stat line with too few fields")
    return Stat(fields[0].decode("ascii"), int(fields[6]), int(fields[17]), int(fields[19]))


def read_stat(pid: int) -> Stat | None:
    """Return the facts about ``pid``, or None when there is no such process."""
    try:
        fd = os.open(f"/proc/{pid}/stat", os.O_RDONLY | os.O_CLOEXEC)
    except (FileNotFoundError, ProcessLookupError):
        # The second is for a process that goes at this very moment.
        return None
    try:
        return parse_stat(os.read(fd, 4096))
    except ProcessLookupError:
        return None
    finally:
        os.close(fd)


def open_process(pid: int, start_time: int) -> int | None:
    """Return a pidfd of exactly that process, or None when it has ended.

    The pid may have been given to a stranger meanwhile. The start time is compared after the
    pidfd is open: from then on the pidfd can't change its target. See pidfd_open(2).
    """
    if pid <= 1:
        return None
    try:
        pidfd = os.pidfd_open(pid)
    except OSError as error:
        # At the moment when a process is reaped Linux says EINVAL instead of ESRCH.
        if error.errno in (errno.ESRCH, errno.EINVAL):
            return None
        raise
    stat = read_stat(pid)
    if stat is None or stat.start_time != start_time:
        os.close(pidfd)
        return None
    return pidfd
