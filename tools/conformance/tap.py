"""What a program of the suite said: TAP, the Test Anything Protocol, version 13."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any

PLAN = re.compile(r"1\.\.(\d+)")
POINT = re.compile(r"(not )?ok\b(.*)")
SKIP = re.compile(r"#\s*skip", re.IGNORECASE)


@dataclass(frozen=True)
class Verdict:
    """One program with one runtime.

    ok, failed, skipped: numbers of checks. planned: whether there was a plan that was kept.
    status: the exit status, -n for signal n, None when it had to be ended.
    """

    ok: int
    failed: int
    skipped: int
    planned: bool
    status: int | None

    @property
    def passed(self) -> bool:
        """The program ended well, did all that it had planned, and found nothing wrong.

        Some programs announce no checks, and tell by their status alone.
        """
        nothing = self.skipped and not self.ok
        return self.status == 0 and self.planned and not self.failed and not nothing

    @property
    def word(self) -> str:
        """What a table shows: pass, or the checks that held and didn't, and how it ended."""
        if self.passed:
            return "pass"
        if self.status == 0 and self.planned and self.skipped and not self.failed:
            return "skip"
        end = {0: "", None: " hangs"}.get(self.status, " error")
        return f"{self.ok}/{self.failed}{end}" + ("" if self.planned or end else " no plan")

    def to_json(self) -> dict[str, Any]:
        """The verdict for a file."""
        return asdict(self)


def brief(text: str) -> str:
    """The output without the checks that held, and what belongs to them."""
    kept = []
    good = False
    for line in text.splitlines():
        if found := POINT.match(line):
            good = not found[1]
        elif not line.startswith("  "):
            good = False
        if not good:
            kept.append(line)
    return "\n".join(kept)


def read(text: str, status: int | None) -> Verdict:
    """Judge a program by its standard output; checks inside other output don't count."""
    ok = failed = skipped = 0
    plans = []
    for line in text.splitlines():
        if found := PLAN.match(line):
            plans.append(int(found[1]))
        elif found := POINT.match(line):
            if found[1]:
                failed += 1
            elif SKIP.search(found[2]):
                skipped += 1
            else:
                ok += 1
    # Some programs do their work in several rounds, each with a plan of its own.
    planned = bool(plans) and sum(plans) == ok + failed + skipped
    return Verdict(ok, failed, skipped, planned, status)
