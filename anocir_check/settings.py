"""What a run of the checks is told: which runtime, how far it is, how patient to be."""

from __future__ import annotations

import os
import shlex
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from anocir_check.check import PARTS


class UnusableRuntime(Exception):
    """The runtime named can't be run at all."""


@dataclass(frozen=True)
class Settings:
    """``level`` is the part that the runtime has reached.

    ``timeout`` (seconds) bounds each command; ``rounds`` is how often a race is tried; the words
    and numbers that checks use as inputs are drawn from ``seed``.
    """

    command: tuple[str, ...]
    level: int = max(PARTS)
    timeout: float = 20.0
    rounds: int = 12
    seed: str = "0"
    environment: dict[str, str] = field(default_factory=dict)


def command_words(text: str) -> tuple[str, ...]:
    """Split the value of --runtime into words, and make the program's path absolute.

    Raises UnusableRuntime.
    """
    words = shlex.split(text)
    if not words:
        raise UnusableRuntime("--runtime names no program")
    program = shutil.which(words[0])
    if program is None:
        if not os.path.exists(words[0]):
            raise UnusableRuntime(f"{words[0]}: there is no such program")
        raise UnusableRuntime(f"{words[0]}: not an executable file (try chmod +x {words[0]})")
    return (os.path.abspath(program), *words[1:])


def caller_environment() -> dict[str, str]:
    """Return our environment, where PYTHONPATH works from every directory."""
    environment = dict(os.environ)
    for ours in [name for name in environment if name.startswith(("PYTEST_", "ANOCIR_CHECK_"))]:
        del environment[ours]
    if "PYTHONPATH" in environment:
        paths = environment["PYTHONPATH"].split(os.pathsep)
        environment["PYTHONPATH"] = os.pathsep.join(str(Path(path).absolute()) for path in paths)
    return environment
