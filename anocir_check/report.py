"""What a person reads: progress, failures, and the table at the end."""

from __future__ import annotations

import os
import sys
import textwrap
from collections.abc import Iterable, Sequence
from typing import TextIO

from anocir_check.check import KINDS, PARTS, Check
from anocir_check.outcome import DEVIATES, FAILED, PASSED, SKIPPED, Outcome, tally
from anocir_check.result import Result

WORDS = {PASSED: "ok", FAILED: "FAIL", SKIPPED: "skip", DEVIATES: "known"}
COLOURS = {PASSED: "32", FAILED: "1;31", SKIPPED: "33", DEVIATES: "36"}
SHOWN_COMMANDS = 6
SHOWN_LINES = 12
SHOWN_CHARACTERS = 1500


class Terminal:
    """Prints outcomes as they come. Colours only on a terminal, and not with NO_COLOR set."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = stream or sys.stdout
        self.colours = self.stream.isatty() and not os.environ.get("NO_COLOR")
        self._part = 0

    def line(self, text: str = "") -> None:
        """Print one line, at once."""
        print(text, file=self.stream, flush=True)

    def outcome(self, outcome: Outcome) -> None:
        """Print the line of one check."""
        if outcome.check.since != self._part:
            self._part = outcome.check.since
            self.line(f"\npart {part_name(self._part)}")
        word = self._painted(f"{WORDS[outcome.status]:5}", outcome.status)
        note = f"  ({outcome.reason})" if outcome.reason else ""
        self.line(f"  {word} {outcome.check.id:36} {outcome.check.title}{note}")

    def failures(self, outcomes: Iterable[Outcome], most: int) -> None:
        """Print up to ``most`` failures, with all that one needs to look into them."""
        failed = [outcome for outcome in outcomes if outcome.status == FAILED]
        for outcome in failed[:most]:
            self.line()
            self.line(self._painted(f"FAIL {outcome.check.id}", FAILED))
            self.line(failure(outcome))
        if len(failed) > most:
            self.line(f"\n{len(failed) - most} failures are not shown here (--details N)")

    def table(self, outcomes: Sequence[Outcome], seconds: float) -> None:
        """Print how many checks of each part came out how."""
        self.line()
        self.line(f"{'part':20} {'passed':>7} {'failed':>7} {'known':>7} {'skipped':>7}")
        parts = sorted({outcome.check.since for outcome in outcomes})
        for part in parts:
            self._row(part_name(part), [o for o in outcomes if o.check.since == part])
        if len(parts) > 1:
            self._row("all", outcomes)
        self.line(f"{seconds:.1f} s")

    def _row(self, name: str, outcomes: Iterable[Outcome]) -> None:
        counts = tally(outcomes)
        numbers = [counts[status] for status in (PASSED, FAILED, DEVIATES, SKIPPED)]
        self.line(f"{name:20} " + " ".join(f"{number:7}" for number in numbers))

    def _painted(self, text: str, status: str) -> str:
        return f"\033[{COLOURS[status]}m{text}\033[0m" if self.colours else text


def part_name(part: int) -> str:
    """Return a part's number and slug."""
    return f"{part:02} {PARTS.get(part, '')}".rstrip()


def failure(outcome: Outcome) -> str:
    """Return what was run, what was expected, what came, the clause, and a hint."""
    check = outcome.check
    rows = [("should", check.title)]
    shown = outcome.transcript[-SHOWN_COMMANDS:]
    if len(shown) < len(outcome.transcript):
        rows.append(("ran", f"({len(outcome.transcript) - len(shown)} commands before)"))
    for result in shown:
        rows.append(("ran", command(result)))
    rows += [
        ("expected", outcome.expected),
        ("came", outcome.came),
        ("clause", f"{check.clause}  {check.link}"),
        ("hint", check.hints[0]),
        ("more", f"anocir-check --explain {check.id}"),
        ("check", outcome.where),
    ]
    lines = []
    for name, text in rows:
        first, *more = text[:SHOWN_CHARACTERS].splitlines() or [""]
        lines += [f"  {name:9} {first}", *(" " * 12 + line for line in more)]
    return "\n".join(lines)


def command(result: Result) -> str:
    """Return a command line and what it gave back, in at most a few lines."""
    lines = [f"$ {result.line}"]
    for name, text in (("", result.stdout), ("stderr: ", result.stderr)):
        rows = text.strip().splitlines()
        lines += [f"  {name}{row}" for row in rows[:SHOWN_LINES]]
        lines += [f"  {name}..."] * (len(rows) > SHOWN_LINES)
    if result.code != 0:
        lines.append(f"  {result.came.partition(';')[0]}")
    return "\n".join(lines)


def listing(checks: Iterable[Check]) -> str:
    """Return the table of ``--list``."""
    lines = [f"{'check':36} {'kind':7} {'parts':8} {'clause':34} what is right"]
    for check in checks:
        parts = f"{check.since:02}-" + ("" if check.until is None else f"{check.until:02}")
        lines.append(f"{check.id:36} {check.kind:7} {parts:8} {check.clause:34} {check.title}")
    return "\n".join(lines)


def explanation(check: Check) -> str:
    """Return all that is known of a check."""
    until = "and stays so" if check.until is None else f"until part {part_name(check.until)}"
    lines = [
        check.id,
        "",
        *textwrap.wrap(check.title + ".", 96),
        "",
        *([check.text, ""] if check.text else []),
        f"part    from {part_name(check.since)} on, {until}",
        f"kind    {check.kind}: {KINDS[check.kind]}",
        f"clause  {check.clause}",
        f"        {check.link}",
        f"code    {check.source}",
        "",
        "hints",
        *(f"  {number}. {hint}" for number, hint in enumerate(check.hints, 1)),
    ]
    return "\n".join(lines)
