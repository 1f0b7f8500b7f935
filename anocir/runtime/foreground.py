"""Standing in for a container's process: signals in, exit status out."""

from __future__ import annotations

import _signal
import os

# A program's own faults, and what can't be held.
_NOT_HELD = {
    _signal.SIGKILL,
    _signal.SIGSTOP,
    _signal.SIGSEGV,
    _signal.SIGBUS,
    _signal.SIGFPE,
    _signal.SIGILL,
    _signal.SIGABRT,
    _signal.SIGTRAP,
    _signal.SIGSYS,
}
HELD = frozenset(_signal.valid_signals()) - _NOT_HELD
# The runtime's own business: its child, its sockets, its terminal.
NOT_FORWARDED = {_signal.SIGCHLD, _signal.SIGURG, _signal.SIGWINCH}


def hold_signals() -> None:
    """Keep signals pending from before there is a child, so that none is lost or kills us."""
    _signal.pthread_sigmask(_signal.SIG_BLOCK, HELD)


def wait(pid: int) -> int:
    """Forward signals to ``pid`` until it ends; return its exit status, 128+n for a signal.

    Other children are reaped too: as a subreaper this process inherits the container's orphans.
    """
    while True:
        status = reap(pid)
        if status is not None:
            return status
        number = _signal.sigwaitinfo(HELD).si_signo
        if number not in NOT_FORWARDED:
            os.kill(pid, number)


def reap(pid: int) -> int | None:
    """Reap what has ended; return the exit status of ``pid`` if that is among it."""
    while True:
        try:
            ended, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return None
        if ended == 0:
            return None
        if ended == pid:
            code = os.waitstatus_to_exitcode(status)
            return 128 - code if code < 0 else code
