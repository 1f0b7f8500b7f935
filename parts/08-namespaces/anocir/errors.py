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


class ConfigError(Error):
    """A config.json or a state document breaks its rules.

    ``violations`` holds one line per broken rule, each starting with its JSON path.
    """

    def __init__(self, what: str, violations: list[str]) -> None:
        super().__init__(f"{what}: " + "; ".join(violations))
        self.what = what
        self.violations = violations


class InvalidID(Error):
    """The container id is empty, too long, or has a character that a path must not have."""


class ContainerExists(Error):
    """Another container has this id (engines match the wording)."""

    def __init__(self) -> None:
        super().__init__("container with given ID already exists")


class NoSuchContainer(Error):
    """No container has this id (engines match the wording)."""

    def __init__(self) -> None:
        super().__init__("container does not exist")


class StateError(Error):
    """The container's own files are missing or damaged."""


class NotRunning(Error):
    """The operation needs a live process and there is none (engines match the wording)."""

    def __init__(self) -> None:
        super().__init__("container not running")


class Interrupted(Error):
    """A signal ended the command while it waited; its exit code is that of such a death."""

    def __init__(self, name: str, number: int) -> None:
        super().__init__(f"interrupted by {name}")
        self.exit_code = 128 + number


class StepError(Error):
    """A step of the plan failed; its name leads the message."""

    def __init__(self, step: str, reason: str) -> None:
        super().__init__(f"{step}: {reason}")
        self.step = step
        self.reason = reason


def reason(error: BaseException) -> str:
    """Return what the kernel said, in the lower-case form that engines look for."""
    if not isinstance(error, OSError) or error.strerror is None:
        return str(error) or type(error).__name__
    text = error.strerror[:1].lower() + error.strerror[1:]
    return text if error.filename is None else f"{error.filename}: {text}"
