"""What became of each check."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from anocir_check.check import Check
from anocir_check.result import Result

PASSED, FAILED, SKIPPED, DEVIATES = "passed", "failed", "skipped", "deviates"


@dataclass(frozen=True)
class Outcome:
    """``expected`` and ``came`` say what is wrong; ``reason`` why it was skipped, or deviates."""

    check: Check
    status: str
    seconds: float
    expected: str = ""
    came: str = ""
    where: str = ""
    reason: str = ""
    transcript: tuple[Result, ...] = field(default=())


def tally(outcomes: Iterable[Outcome]) -> dict[str, int]:
    """Count outcomes by status."""
    counts = dict.fromkeys((PASSED, FAILED, SKIPPED, DEVIATES), 0)
    for outcome in outcomes:
        counts[outcome.status] += 1
    return counts
