"""Failing with what was expected and what came, instead of with a bare ``assert``."""

from __future__ import annotations

from collections.abc import Container
from typing import Any, NoReturn


class Failed(AssertionError):
    """A check found the runtime wrong."""

    def __init__(self, expected: str, came: str) -> None:
        super().__init__(f"expected {expected}, came: {came}")
        self.expected = expected
        self.came = came


def fail(expected: str, came: object) -> NoReturn:
    """End the check: the runtime is wrong."""
    raise Failed(expected, came if isinstance(came, str) else repr(came))


def expect(condition: object, expected: str, came: object) -> None:
    """End the check unless ``condition`` holds."""
    if not condition:
        fail(expected, came)


def same(came: object, expected: object, what: str) -> None:
    """Two values must be equal; ``what`` names the value for the reader."""
    expect(came == expected, f"{what} {expected!r}", came)


def within(came: object, allowed: Container[Any], what: str) -> None:
    """A value must be one of ``allowed``."""
    expect(came in allowed, f"{what}: one of {allowed}", came)
