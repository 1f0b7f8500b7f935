"""Signals to every process of a cgroup, without ever reaching a stranger."""

from __future__ import annotations

import _signal
import errno
import os
import select
import time

from anocir.cgroup import wait
from anocir.cgroup.tree import close
from anocir.errors import Error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

# Descriptors to leave free, so that the processes can still be listed.
_SPARE = 8


def open_all(pids: Callable[[], list[int]]) -> list[int]:
    """Return pidfds of the processes that ``pids`` lists; fewer if descriptors run out.

    A number is only believed if it is listed before and after its pidfd was opened: either that
    is still the same process, or its end makes the pidfd useless and harmless.
    """
    fds: dict[int, int] = {}
    reserve: list[int] = []
    try:
        for _ in range(_SPARE):
            reserve.append(os.open("/", os.O_PATH | os.O_CLOEXEC))
        for pid in pids():
            try:
                fds[pid] = os.pidfd_open(pid)
            except ProcessLookupError:
                continue
            except OSError as error:
                # At the moment when a process is reaped Linux says EINVAL instead of ESRCH.
                if error.errno == errno.EINVAL:
                    continue
                if error.errno not in (errno.EMFILE, errno.ENFILE) or not fds:
                    raise
                break
        close(reserve)
        reserve.clear()
        still = set(pids())
    except BaseException:
        close([*reserve, *fds.values()])
        raise
    close([fd for pid, fd in fds.items() if pid not in still])
    return [fd for pid, fd in fds.items() if pid in still]


def send_all(pids: Callable[[], list[int]], signal: int) -> None:
    """Send ``signal`` once to each process that ``pids`` lists. Raises OSError."""
    fds = open_all(pids)
    try:
        _send(fds, signal)
    finally:
        close(fds)


def kill_all(pids: Callable[[], list[int]], hold: Callable[[bool], None], where: str) -> None:
    """Send SIGKILL until ``pids`` lists nothing any more.

    ``hold(True)`` stops the processes from forking while they are signalled, ``hold(False)`` lets
    them die. Raises Error when some have not ended after ``wait.PATIENCE`` seconds.
    """
    deadline = time.monotonic() + wait.PATIENCE
    while True:
        hold(True)
        try:
            fds = open_all(pids)
            _send(fds, _signal.SIGKILL)
        finally:
            hold(False)
        try:
            if not fds and not pids():
                return
            if not fds:
                wait.pause()
            wait_ended(fds, deadline)
            left = len(pids())
            if left and time.monotonic() > deadline:
                raise Error(survivors(where, left))
        finally:
            close(fds)


def _send(fds: list[int], signal: int) -> None:
    for fd in fds:
        try:
            _signal.pidfd_send_signal(fd, signal)
        except ProcessLookupError:
            continue


def wait_ended(fds: list[int], deadline: float) -> None:
    """Wait for every process of ``fds`` to end, but not longer than until ``deadline``."""
    for fd in fds:
        poll = select.poll()
        poll.register(fd, select.POLLIN)
        poll.poll(max(0.0, deadline - time.monotonic()) * 1000)


def survivors(where: str, count: int) -> str:
    """Return the words for processes that SIGKILL did not end in time."""
    return (
        f"cgroup {where}: {count} process(es) did not end within {wait.PATIENCE:.0f} s of SIGKILL;"
        " they wait for a device or a network filesystem"
    )
