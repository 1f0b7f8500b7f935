"""Running anocir-check as its users do: as a program."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parent.parent.parent
Checker = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def checker() -> Checker:
    """Run anocir-check with arguments; ``prefix`` goes before it, ``env`` is added."""

    def run(
        *arguments: str, prefix: tuple[str, ...] = (), env: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*prefix, sys.executable, "-m", "anocir_check", *arguments],
            cwd=REPO,
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.fixture
def as_root() -> None:
    """Skip where containers can't be made."""
    from anocir_check import environment

    if problems := environment.problems():
        pytest.skip("; ".join(problems))
