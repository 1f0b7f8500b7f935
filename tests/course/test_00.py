"""The exercises of part 00: the starter fails, the solution passes, and there are hints."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[2]
PART = REPO / "parts/00-lab"
EXERCISES = REPO / "course/exercises/00"
NAMES = ("signal", "network", "escape")

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="the toy needs root")


def check(name: str, work: Path) -> subprocess.CompletedProcess[str]:
    """Run the check of an exercise on a copy of the part."""
    argv = [sys.executable, "-m", "pytest", "-q", "-c", "/dev/null", "-p", "no:cacheprovider"]
    return subprocess.run(
        [*argv, EXERCISES / name / "check.py"],
        env={**os.environ, "ANOCIR_EXERCISE": str(work)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """A copy of the part, as a reader has it."""
    return Path(shutil.copytree(PART, tmp_path / "work"))


@needs_root
@pytest.mark.parametrize("name", NAMES)
def test_the_starter_fails_and_the_solution_passes(name: str, work: Path) -> None:
    before = check(name, work)
    assert before.returncode == 1, before.stdout
    patch = REPO / "course/solutions/00" / f"{name}.patch"
    if not patch.exists():
        pytest.skip("the solutions are left out")
    subprocess.run(["patch", "-s", "-p1", "-d", work, "-i", patch], check=True)
    after = check(name, work)
    assert after.returncode == 0, after.stdout


@pytest.mark.parametrize("name", NAMES)
def test_it_has_a_hint_and_the_numbers_of_the_part(name: str) -> None:
    exercise = tomllib.loads((EXERCISES / name / "exercise.toml").read_text())
    part = tomllib.loads((PART / "part.toml").read_text())
    listed = {e["check"]: e for e in part["exercises"] if "check" in e}
    assert all(hint.strip() for hint in exercise["hints"]) and exercise["hints"]
    row = listed[f"course/exercises/00/{name}/check.py"]
    assert [row[key] for key in ("title", "kind", "minutes")] == [
        exercise[key] for key in ("title", "kind", "minutes")
    ]
    chapter = (REPO / "docs/series/00-lab.md").read_text()
    kind = exercise["kind"].capitalize()
    assert f"### {exercise['title']}\n\n*{kind} · {exercise['minutes']} minutes*" in chapter
