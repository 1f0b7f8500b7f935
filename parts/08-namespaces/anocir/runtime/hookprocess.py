"""One hook: a program that is started, told the state, waited for and, in time, ended."""

from __future__ import annotations

import _signal
import os
import select
import time

from anocir.errors import StepError, reason
from anocir.linux import consts, libc
from anocir.runtime.init import close_strangers
from anocir.runtime.process import restore_signals

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

    from anocir.plan.hooks import Hook

MOST_SAID = 1000  # bytes: a screenful at most, once control characters are escaped
PIPE_SIZE = 65536
LONGEST_WAIT = 3600.0  # seconds; poll(2) takes no more than 24 days
FAILED = 255


def run(hook: Hook, state: bytes) -> None:
    """Run a hook to its end, with the state document on its stdin (config.md, Hooks).

    Raises StepError when it can't be run, fails, or takes longer than it may.
    """
    try:
        how, said = _run(hook, state)
    except OSError as error:
        raise StepError(hook.name, f"{hook.path}: {reason(error)}") from None
    if how:
        words = said.decode("utf-8", "replace").strip()
        raise StepError(hook.name, f"{hook.path}: {how}" + (f": {words}" if words else ""))


def _run(hook: Hook, state: bytes) -> tuple[str, bytes]:
    """Return how the hook failed, "" if it didn't, and the end of what it said.

    What a failed one has started goes with it; what a good one leaves running is its own affair.
    """
    _signal.signal(_signal.SIGCHLD, _signal.SIG_DFL)
    fds = [_in_memory(state), *os.pipe2(os.O_CLOEXEC)]
    state_fd, said_fd, says_fd = fds
    parent = os.getpid()
    pid = 0
    how = "interrupted"
    try:
        pid = os.fork()
        if pid == 0:
            _become(hook, parent, state_fd, says_fd)
        said = _attend(pid, said_fd, hook.timeout)
        how = _failure(pid)
    finally:
        for fd in fds:
            os.close(fd)
        if pid and how:
            _end(pid)
        elif pid:
            os.waitpid(pid, 0)
    return how, said


def _failure(pid: int) -> str:
    """Return how a process that has ended failed, "" if it didn't; it is left to be reaped."""
    found = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    if found is None or found.si_status == 0:
        return ""
    return f"{'exit status' if found.si_code == os.CLD_EXITED else 'signal'} {found.si_status}"


def _in_memory(text: bytes) -> int:
    """Return a file to read ``text`` from: unlike a pipe it takes any size, read or not."""
    fd = os.memfd_create("state", os.MFD_CLOEXEC)
    with open(fd, "wb", closefd=False) as file:
        file.write(text)
    os.lseek(fd, 0, os.SEEK_SET)
    return fd


def _become(hook: Hook, parent: int, state_fd: int, says_fd: int) -> NoReturn:
    """Turn this fork into the hook. It leads a session of its own, and dies with its parent."""
    try:
        os.setsid()
        libc.prctl(consts.PR_SET_PDEATHSIG, int(_signal.SIGKILL))
        if os.getppid() != parent:
            os._exit(FAILED)
        for number, fd in enumerate((state_fd, says_fd, says_fd)):
            os.dup2(fd, number)
        close_strangers([])
        restore_signals()
        os.execve(hook.path, hook.args, hook.env)
    except BaseException as error:
        os.write(2, reason(error).encode("utf-8", "replace"))
    finally:
        os._exit(FAILED)


def _attend(pid: int, said_fd: int, timeout: int | None) -> bytes:
    """Wait for the end of the process, whoever else may hold its pipe; return what it said last.

    Raises TimeoutError after ``timeout`` seconds.
    """
    deadline = None if timeout is None else time.monotonic() + timeout
    pidfd = os.pidfd_open(pid)
    poll = select.poll()
    for fd in (pidfd, said_fd):
        poll.register(fd, select.POLLIN)
    said = b""
    try:
        while True:
            left = LONGEST_WAIT if deadline is None else deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"ended after its timeout of {timeout} s")
            ready = [fd for fd, _ in poll.poll(min(left, LONGEST_WAIT) * 1000)]
            if said_fd in ready:
                chunk = os.read(said_fd, PIPE_SIZE)
                said = (said + chunk)[-MOST_SAID:]
                if not chunk:
                    poll.unregister(said_fd)
            if pidfd in ready:
                return (said + _rest(said_fd))[-MOST_SAID:]
    finally:
        os.close(pidfd)


def _rest(said_fd: int) -> bytes:
    """Return what is in the pipe, without waiting for more."""
    os.set_blocking(said_fd, False)
    try:
        return os.read(said_fd, PIPE_SIZE)
    except BlockingIOError:
        return b""


def _end(pid: int) -> None:
    """Kill a hook with its process group, and reap it."""
    for kill in (os.killpg, os.kill):  # It may not have made its group yet.
        try:
            kill(pid, _signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass
    os.waitpid(pid, 0)
