"""Each part of the series passes its checks and those before, and is not yet the next part."""

import json
import os
import sys
from pathlib import Path

import pytest

from anocir_check.check import PARTS
from tests.checker.conftest import REPO, Checker

DIRECTORIES = {
    number: REPO / "parts" / f"{number:02}-{slug}"
    for number, slug in PARTS.items()
    if (REPO / "parts" / f"{number:02}-{slug}" / "anocir").is_dir()
}
RUNTIME = f"{sys.executable} -P -m anocir"

pytestmark = pytest.mark.usefixtures("as_root")


def run(checker: Checker, directory: Path, *arguments: str) -> tuple[int, str]:
    """Check the runtime whose package is in a directory; return exit status and output."""
    result = checker("--runtime", RUNTIME, *arguments, env={"PYTHONPATH": str(directory)})
    return result.returncode, result.stdout + result.stderr


@pytest.mark.parametrize("number", DIRECTORIES)
def test_part_passes_all_checks_up_to_its_own(number: int, checker: Checker) -> None:
    status, output = run(checker, DIRECTORIES[number], "--through", f"{number:02}")
    assert status == 0, output


@pytest.mark.parametrize("number", [number for number in DIRECTORIES if number + 1 in PARTS])
def test_part_fails_some_check_of_the_next(number: int, checker: Checker, tmp_path: Path) -> None:
    results = tmp_path / "results.json"
    run(
        *(checker, DIRECTORIES[number], "--part", f"{number + 1:02}"),
        *("--json", str(results), "--timeout", "2", "--stop"),
    )
    checks = json.loads(results.read_text())["checks"]
    assert "failed" in {check["status"] for check in checks}


def test_head_passes_all_checks(checker: Checker) -> None:
    status, output = run(checker, REPO)
    assert status == 0, output


def test_checks_leave_nothing_behind(checker: Checker, tmp_path: Path) -> None:
    before = set(os.listdir("/tmp"))
    run(checker, REPO, "--only", "02-create-valid", "--only", "02-create-types")
    left = {name for name in set(os.listdir("/tmp")) - before if name.startswith("anocir-check")}
    assert left == set()
