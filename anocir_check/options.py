"""The command line of anocir-check."""

from __future__ import annotations

import argparse
from pathlib import Path

from anocir_check.check import KINDS, PARTS

EPILOG = """\
exit status: 0 all checks passed (or fail as listed); 1 some failed; 2 the command line is wrong,
or the runtime can't be run; 3 nothing failed, but some checks could not be made on this machine

examples:
  anocir-check --runtime ./mine --through 03
  anocir-check --runtime "python3 mine.py" --part 04 --watch .
  anocir-check --explain 02-create-duplicate-id
"""


def parser() -> argparse.ArgumentParser:
    """Return the parser."""
    result = argparse.ArgumentParser(
        prog="anocir-check",
        description="Check an OCI runtime, in any language, part by part.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    what = result.add_argument_group("what to check")
    what.add_argument(
        "--runtime", metavar="COMMAND", help="the runtime: a program or a command line"
    )
    what.add_argument("--through", metavar="NN", type=_part, help="all checks up to part NN")
    what.add_argument("--part", metavar="NN", type=_part, help="the checks of part NN alone")
    what.add_argument(
        "--only", metavar="ID", action="append", default=[], help="this check alone (repeatable)"
    )
    what.add_argument(
        "--kinds",
        type=_kinds,
        default=tuple(KINDS),
        help=f"kinds of checks, with commas between (default: all: {','.join(KINDS)})",
    )
    what.add_argument(
        "--spec-only",
        dest="kinds",
        action="store_const",
        const=("spec",),
        help="only what the specification asks for",
    )
    what.add_argument(
        "--deviations", metavar="FILE", type=Path, help="TOML list of checks known to fail"
    )
    how = result.add_argument_group("how")
    how.add_argument("--watch", metavar="DIR", type=Path, help="again whenever DIR changes")
    how.add_argument("--stop", action="store_true", help="stop at the first failure")
    how.add_argument(
        "--details", metavar="N", type=int, default=5, help="failures to show in full (5)"
    )
    how.add_argument("--timeout", type=float, default=20.0, help="seconds for a command (20)")
    how.add_argument("--rounds", type=int, default=12, help="tries for each race (12)")
    how.add_argument("--seed", default="0", help="varies the names and words that checks use")
    how.add_argument("--json", metavar="FILE", type=Path, help="write the results as JSON")
    how.add_argument("--junit", metavar="FILE", type=Path, help="write them as JUnit XML")
    how.add_argument("--checks", metavar="DIR", type=Path, help="where the checks are")
    tell = result.add_argument_group("without a runtime")
    tell.add_argument("--list", action="store_true", help="list the checks")
    tell.add_argument("--explain", metavar="ID", help="explain a check: why, clause, hints")
    return result


def _part(text: str) -> int:
    number = int(text) if text.isdecimal() else -1
    if number not in PARTS:
        parts = ", ".join(f"{part:02}" for part in PARTS)
        raise argparse.ArgumentTypeError(f"there are no checks of part {text} (there are: {parts})")
    return number


def _kinds(text: str) -> tuple[str, ...]:
    kinds = tuple(text.split(","))
    for kind in kinds:
        if kind not in KINDS:
            raise argparse.ArgumentTypeError(f"unknown kind {kind!r} (of {', '.join(KINDS)})")
    return kinds
