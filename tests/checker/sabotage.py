"""Damage part 08 on purpose, and see which checks notice.

python3 -m tests.checker.sabotage            each sabotage against the checks listed for it
python3 -m tests.checker.sabotage --report   against all checks; prints a table of both sides
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from dataclasses import dataclass
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent.parent
PART = REPO / "parts" / "08-namespaces"
TABLE = Path(__file__).with_name("sabotages.toml")


@dataclass(frozen=True)
class Sabotage:
    """Replace ``old``, which stands once in ``file``, by ``new``; ``caught`` names checks."""

    name: str
    file: str
    old: str
    new: str
    caught: list[str]


SABOTAGES = [Sabotage(**row) for row in tomllib.loads(TABLE.read_text())["sabotage"]]


class NoLongerFits(Exception):
    """The line that a sabotage replaces is not in the file, or more than once."""


def damaged(sabotage: Sabotage, directory: Path) -> Path:
    """Copy part 08 into a directory, with one sabotage; return the copy. Raises NoLongerFits."""
    copy = directory / "part"
    ignored = shutil.ignore_patterns("__pycache__", "steps")
    shutil.copytree(PART, copy, ignore=ignored, dirs_exist_ok=True)
    path = copy / "anocir" / sabotage.file
    text = path.read_text()
    if text.count(sabotage.old) != 1:
        raise NoLongerFits(
            f"{sabotage.name}: found {text.count(sabotage.old)} times in {path.name}:"
            f" {sabotage.old!r}"
        )
    path.write_text(text.replace(sabotage.old, sabotage.new))
    return copy


def outcomes(copy: Path, *arguments: str) -> dict[str, str]:
    """Run the checker on a copy of part 08; return the status of each check."""
    results = copy / "results.json"
    subprocess.run(
        [
            *(sys.executable, "-m", "anocir_check", "--through", "08"),
            *("--runtime", f"{sys.executable} -P -m anocir", "--json", str(results)),
            *("--timeout", "10", "--rounds", "4", *arguments),
        ],
        cwd=REPO,
        env=os.environ | {"PYTHONPATH": str(copy)},
        stdout=subprocess.DEVNULL,
        check=False,
    )
    checks = json.loads(results.read_text())["checks"]
    return {check["id"]: check["status"] for check in checks}


def missed(sabotage: Sabotage) -> list[str]:
    """Return the checks listed for a sabotage that do not notice it. Raises NoLongerFits."""
    with tempfile.TemporaryDirectory(prefix="sabotage-") as directory:
        copy = damaged(sabotage, Path(directory))
        only = [word for name in sabotage.caught for word in ("--only", name)]
        found = outcomes(copy, *only)
    return [name for name in sabotage.caught if found.get(name) != "failed"]


def report() -> int:
    """Run all checks on all sabotages; print what each is caught by, and what catches none."""
    catches: dict[str, int] = {}
    for sabotage in SABOTAGES:
        with tempfile.TemporaryDirectory(prefix="sabotage-") as directory:
            found = outcomes(damaged(sabotage, Path(directory)))
        by = [name for name, status in found.items() if status == "failed"]
        for name in found:
            catches[name] = catches.get(name, 0) + (name in by)
        print(f"{sabotage.name:42} {len(by):3}  {', '.join(by[:6])}", flush=True)
    print("\nchecks that notice none of these:")
    print("\n".join(f"  {name}" for name, count in catches.items() if count == 0) or "  none")
    return 0


def main() -> int:
    """Run; the exit status is the number of sabotages that went unnoticed, at most 1."""
    parser = argparse.ArgumentParser(description=__doc__, usage="%(prog)s [--report]")
    parser.add_argument("--report", action="store_true", help="run all checks on all sabotages")
    if parser.parse_args().report:
        return report()
    bad = 0
    for sabotage in SABOTAGES:
        names = missed(sabotage)
        print(f"{'missed by ' + ', '.join(names) if names else 'caught':10} {sabotage.name}")
        bad += bool(names)
    return min(bad, 1)


if __name__ == "__main__":
    sys.exit(main())
