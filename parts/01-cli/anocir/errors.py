"""What can go wrong, each with the exit code that the caller sees.

This module imports nothing, so that every other module may import it.
"""

from __future__ import annotations


class Error(Exception):
    """Anything the person at the terminal should read as one line, without a traceback."""

    exit_code = 1

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class UsageError(Error):
    """The command line itself is wrong: an unknown flag, a missing argument."""


def reason(error: BaseException) -> str:
    """Return what the kernel said, in the lower-case form that engines look for."""
    if not isinstance(error, OSError) or error.strerror is None:
        return str(error) or type(error).__name__
    text = error.strerror[:1].lower() + error.strerror[1:]
    return text if error.filename is None else f"{error.filename}: {text}"
