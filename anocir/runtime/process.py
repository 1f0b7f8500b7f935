"""From our own init to the user's program."""

from __future__ import annotations

import _signal
import fcntl
import os
import stat

from anocir.errors import StepError, reason
from anocir.linux import consts, libc, stub

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.plan.plan import Step
    from anocir.plan.process import Program
    from anocir.runtime.context import Context


def new_session(step: Step, context: Context) -> None:
    """Leave the caller's session, and close /proc/PID of this process to the container.

    A process that can't be dumped can't be traced either, nor can its open files and its
    executable be reached through /proc; execve of the user's program lifts that.
    """
    os.setsid()
    libc.prctl(consts.PR_SET_DUMPABLE, 0)


def open_stub(step: Step, context: Context) -> None:
    """Make the program that stands between this interpreter and the user's.

    Not for a program with an exec label, which the stub would use up: docs/design/exec-stub.md.
    """
    context.interpreter = stub.interpreter()
    labelled: bool = step.data
    if not labelled:
        context.stub_fd = stub.open_stub(context.late_filter)


def change_directory(step: Step, context: Context) -> None:
    """Go to the working directory and make sure that it is inside the root.

    A descriptor of the host that is still open would do as a way out: /proc/self/fd/7 is a path
    too (CVE-2024-21626). The kernel names a directory outside the root in a way that getcwd
    reports as an error.
    """
    try:
        os.chdir(step.data)
        os.getcwd()
    except OSError as error:
        text = f'chdir to cwd ("{step.data}") set in config.json failed: {_words(error)}'
        raise StepError(step.name, text) from None


def find_executable(step: Step, context: Context) -> None:
    """Find what ``args[0]`` names, so that `create` fails when there is nothing to start."""
    program: Program = step.data
    name = program.args[0]
    try:
        context.executable = _look_up(name, program.search)
        if context.stub_fd == stub.NO_STUB:
            stub.check_target(context.executable, context.interpreter)
    except OSError as error:
        raise StepError(step.name, f'exec: "{name}": {_words(error)}') from None


def execute(step: Step, context: Context) -> None:
    """Become the user's program; nothing after this runs when it succeeds."""
    program: Program | None = step.data
    if program is None:
        raise StepError(step.name, "the config has no process to start")
    restore_signals()
    for fd in context.handover.fds:
        fcntl.fcntl(fd, fcntl.F_SETFD, 0)
    stub.execve(
        context.stub_fd,
        context.executable,
        program.args,
        {**program.env, **context.handover.environment},
        context.error_fd,
        filter=context.late_filter,
    )


def restore_signals() -> None:
    """Undo what Python and the caller have changed: ignored signals survive an execve."""
    for number in range(1, _signal.NSIG):
        # Python knows how each signal stands, but for those that glibc keeps to itself (None).
        standing = _signal.getsignal(number)
        if standing is None:
            libc.default_signal(number)
        elif standing != _signal.SIG_DFL:
            _signal.signal(number, _signal.SIG_DFL)
    _signal.pthread_sigmask(_signal.SIG_SETMASK, ())


def _look_up(name: str, search: str) -> str:
    """Return the path of an executable; raises OSError in the words that engines know."""
    if "/" in name:
        _check_executable(name)
        return name
    for directory in search.split(":"):
        path = os.path.join(directory or ".", name)
        try:
            _check_executable(path)
        except OSError:
            continue
        return path
    raise FileNotFoundError(2, "executable file not found in $PATH")


def _check_executable(path: str) -> None:
    try:
        found = os.stat(path)
    except OSError as error:
        raise OSError(error.errno, f"stat {path}: {_words(error)}") from None
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(21, "is a directory")
    if not stat.S_ISREG(found.st_mode) or not found.st_mode & 0o111:
        raise PermissionError(13, "permission denied")


def _words(error: OSError) -> str:
    return reason(OSError(error.errno, error.strerror))
