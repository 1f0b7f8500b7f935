"""One hook: a program that is started, told the state, waited for and, in time, ended."""

from __future__ import annotations

import _signal
import os
import select
import time

from anocir.errors import StepError, reason
from anocir.linux import clone, consts, libc, proc, stub
from anocir.runtime.process import restore_signals

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

    from anocir.plan.hooks import Hook

MOST_SAID = 1000  # bytes: a screenful at most, once control characters are escaped
PIPE_SIZE = 65536
LONGEST_WAIT = 3600.0  # seconds; poll(2) takes no more than 24 days
PATIENCE = 0.5  # seconds for a killed process to go
FAILED = 255


class Surroundings:
    """Where a hook runs, apart from the namespaces, which are those of the caller.

    ``directory`` is its working directory, ``/`` when that is gone, and None for the caller's;
    ``umask`` is None for the caller's; ``stub_fd`` is for a program out of the container, NO_STUB
    for one of the host's. The wait for it is given up when something comes on ``until_fd``, or its
    other side closes. ``host`` says that /proc is the host's, so that the hook's whole session can
    be found there.
    """

    __slots__ = ("directory", "host", "stub_fd", "umask", "until_fd")

    def __init__(self, directory: str | None = None, *, host: bool) -> None:
        self.directory = directory
        self.host = host
        self.umask: int | None = None
        self.stub_fd = stub.NO_STUB
        self.until_fd = -1


class _Late(Exception):
    """The hook's time is over."""


def run(hook: Hook, state: bytes, around: Surroundings) -> None:
    """Run a hook to its end, with the state document on its stdin (config.md, Hooks).

    Raises StepError when it can't be run, fails, or takes longer than it may; BrokenPipeError when
    ``until_fd`` says that nobody waits any more.
    """
    try:
        how, said = _run(hook, state, around)
    except _Late:
        text = f"{hook.path}: ended after its timeout of {hook.timeout} s"
        raise StepError(hook.name, text) from None
    except BrokenPipeError:
        raise
    except OSError as error:
        raise StepError(hook.name, f"{hook.path}: {reason(error)}") from None
    if how:
        words = said.decode("utf-8", "replace").strip()
        raise StepError(hook.name, f"{hook.path}: {how}" + (f": {words}" if words else ""))


def _run(hook: Hook, state: bytes, around: Surroundings) -> tuple[str, bytes]:
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
        pid = clone.fork()
        if pid == 0:
            _become(hook, around, parent, state_fd, says_fd)
        said = _attend(pid, said_fd, hook.timeout, around.until_fd)
        how = _failure(pid)
    finally:
        for fd in fds:
            os.close(fd)
        if pid and how:
            _end(pid, around.host)
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


def _become(hook: Hook, around: Surroundings, parent: int, state_fd: int, says_fd: int) -> NoReturn:
    """Turn this fork into the hook. It leads a session of its own, and dies with its parent."""
    try:
        os.setsid()
        libc.prctl(consts.PR_SET_PDEATHSIG, int(_signal.SIGKILL))
        if os.getppid() != parent:
            os._exit(FAILED)
        for number, fd in enumerate((state_fd, says_fd, says_fd)):
            os.dup2(fd, number)
        if around.directory is not None:
            _enter(around.directory)
        if around.umask is not None:
            os.umask(around.umask)
        restore_signals()
        stub.execve(around.stub_fd, hook.path, hook.args, hook.env, stub.NO_ERROR_FD)
    except BaseException as error:
        os.write(2, reason(error).encode("utf-8", "replace"))
    finally:
        os._exit(FAILED)


def _enter(directory: str) -> None:
    try:
        os.chdir(directory)
    except OSError:
        os.chdir("/")


def _attend(pid: int, said_fd: int, timeout: int | None, until_fd: int) -> bytes:
    """Wait for the end of the process, whoever else may hold its pipe; return what it said last.

    Raises _Late after ``timeout`` seconds, and BrokenPipeError when ``until_fd`` has something.
    """
    deadline = None if timeout is None else time.monotonic() + timeout
    pidfd = os.pidfd_open(pid)
    poll = select.poll()
    for fd in (pidfd, said_fd, until_fd):
        if fd >= 0:
            poll.register(fd, select.POLLIN)
    said = b""
    try:
        while True:
            left = LONGEST_WAIT if deadline is None else deadline - time.monotonic()
            if left <= 0:
                raise _Late
            ready = [fd for fd, _ in poll.poll(min(left, LONGEST_WAIT) * 1000)]
            if until_fd in ready:
                raise BrokenPipeError
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


def _end(pid: int, host: bool) -> None:
    """Kill a hook with its process group and, where they can be found, all of its session.

    They are looked for again, since one may fork while others are killed. What made a session of
    its own has left on purpose. Whoever doesn't go even then is left behind.
    """
    until = time.monotonic() + PATIENCE
    for kill in (os.killpg, os.kill):  # It may not have made its group yet.
        try:
            kill(pid, _signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass
    while host and (members := proc.session(pid)) and time.monotonic() < until:
        for pidfd in members:
            _kill(pidfd)
    pidfd = os.pidfd_open(pid)
    poll = select.poll()
    poll.register(pidfd, select.POLLIN)
    if poll.poll(PATIENCE * 1000):
        os.waitpid(pid, 0)
    os.close(pidfd)


def _kill(pidfd: int) -> None:
    try:
        _signal.pidfd_send_signal(pidfd, _signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        pass
    finally:
        os.close(pidfd)
