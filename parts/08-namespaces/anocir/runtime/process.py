"""From our own init to the user's program."""

from __future__ import annotations

import _signal
import os
import stat

from anocir.errors import StepError, reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.plan.plan import Step
    from anocir.plan.process import Program
    from anocir.runtime.context import Context


def new_session(step: Step, context: Context) -> None:
    """Leave the caller's session and its terminal (setsid(2))."""
    os.setsid()


def change_directory(step: Step, context: Context) -> None:
    """Go to the working directory."""
    try:
        os.chdir(step.data)
    except OSError as error:
        text = f'chdir to cwd ("{step.data}") set in config.json failed: {_words(error)}'
        raise StepError(step.name, text) from None


def find_executable(step: Step, context: Context) -> None:
    """Find what ``args[0]`` names, so that `create` fails when there is nothing to start."""
    program: Program = step.data
    name = program.args[0]
    try:
        context.executable = _look_up(name, program.search)
    except OSError as error:
        raise StepError(step.name, f'exec: "{name}": {_words(error)}') from None


def execute(step: Step, context: Context) -> None:
    """Become the user's program; nothing after this runs when it succeeds."""
    program: Program | None = step.data
    if program is None:
        raise StepError(step.name, "the config has no process to start")
    restore_signals()
    try:
        os.execve(context.executable, program.args, program.env)
    except OSError as error:
        raise StepError(step.name, f"exec {context.executable}: {_words(error)}") from None


def restore_signals() -> None:
    """Undo what Python and the caller have changed: ignored signals survive an execve.

    Python ignores SIGPIPE and SIGXFSZ, the caller may ignore any.
    """
    for number in range(1, _signal.NSIG):
        if number not in (_signal.SIGKILL, _signal.SIGSTOP):
            try:
                _signal.signal(number, _signal.SIG_DFL)
            except (OSError, ValueError):
                pass
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
