"""Each exercise of parts 01 to 08: the plain part fails its check, and the solution passes."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tools.series import workdir

REPO = Path(__file__).resolve().parents[2]
COURSE = REPO / "course"
EXERCISES = {path.parent.name: path.parent for path in COURSE.glob("exercises/*/exercise.toml")}
NAMES = sorted(EXERCISES)
KINDS = {"extend", "break it"}
# The break-it exercises whose script needs another program to interfere with the runtime.
TOOLS = {"03-killed-between-two-writes": "strace"}
HEADING = re.compile(r"^### (.+)\n\n\*(Extend|Break it) · (\d+) minutes\*$", re.MULTILINE)


def description(name: str) -> dict[str, Any]:
    """What exercise.toml says."""
    return tomllib.loads((EXERCISES[name] / "exercise.toml").read_text(encoding="utf-8"))


def part_of(name: str) -> Path:
    """The directory of the part that the exercise starts from."""
    (found,) = (REPO / "parts").glob(f"{name[:2]}-*")
    return found


def chapter_of(number: str) -> str:
    """The text of a part's chapter."""
    (found,) = (REPO / "docs/series").glob(f"{number}-*.md")
    return found.read_text(encoding="utf-8")


def patch_of(name: str) -> Path:
    """The solution; skips when a teacher has left it out."""
    patch = COURSE / "solutions" / name / "solution.patch"
    if not patch.parent.parent.is_dir():
        pytest.skip("the solutions are left out")
    return patch


@pytest.fixture(name="work")
def work_fixture(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A copy of the part with a command of its own, as a reader has it."""
    name = request.node.callspec.params["name"]
    if not shutil.which(TOOLS.get(name, "sh")):
        pytest.skip(f"{TOOLS[name]} is not installed")
    if name >= "08" and os.geteuid() != 0:
        pytest.skip("making namespaces needs root")
    work = tmp_path / "work"
    shutil.copytree(part_of(name) / "anocir", work / "anocir")
    workdir.write_launcher(work)
    return work


def apply(patch: Path, work: Path) -> None:
    """Apply a patch with git, as if the directory were in no repository."""
    subprocess.run(
        ["git", "apply", patch],
        cwd=work,
        env={**os.environ, "GIT_CEILING_DIRECTORIES": str(work.parent)},
        check=True,
    )


def check(name: str, work: Path, *options: str) -> tuple[int, str]:
    """Run the check of an exercise; its exit status and what it prints."""
    argv = [sys.executable, "-m", "pytest", "-q", "-c", "/dev/null", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*argv, *options, "--rootdir", EXERCISES[name].parent, EXERCISES[name] / "check.py"],
        env={**os.environ, "ANOCIR": str(work / "bin/anocir")},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


def test_every_exercise_of_the_chapters_is_here() -> None:
    numbers = {name[:2] for name in NAMES}
    assert numbers == {"01", "02", "03", "04", "05", "06", "07", "08"}
    for number in numbers:
        listed = [
            {"title": title, "kind": kind.lower(), "minutes": int(minutes)}
            for title, kind, minutes in HEADING.findall(chapter_of(number))
        ]
        here = [
            {key: description(name)[key] for key in ("title", "kind", "minutes")}
            for name in NAMES
            if name.startswith(number)
        ]
        assert sorted(here, key=str) == sorted(listed, key=str), f"chapter {number}"


@pytest.mark.parametrize("name", NAMES)
def test_it_says_what_it_is_and_has_a_hint(name: str) -> None:
    said = description(name)
    assert set(said) == {"title", "part", "kind", "minutes", "hints"}
    assert said["part"] == name[:2] and said["kind"] in KINDS and 0 < said["minutes"] <= 90
    slug = re.sub(r"[^a-z0-9]+", "-", said["title"].lower())
    assert name == f"{said['part']}-{slug}"
    assert said["hints"] and all(hint.strip() for hint in said["hints"])


@pytest.mark.parametrize("name", NAMES)
def test_the_plain_part_fails(name: str, work: Path) -> None:
    code, output = check(name, work, "-x")
    assert code == 1 and re.search(r"\d+ failed", output), output


@pytest.mark.parametrize("name", NAMES)
def test_the_solution_passes_and_is_explained(name: str, work: Path) -> None:
    patch = patch_of(name)
    assert (patch.parent / "notes.md").read_text().startswith(f"# {description(name)['title']}\n")
    apply(patch, work)
    code, output = check(name, work)
    assert code == 0 and "skipped" not in output, output


@pytest.mark.parametrize("name", [n for n in NAMES if description(n)["kind"] == "break it"])
def test_a_script_that_is_only_there_does_not_pass(name: str, work: Path) -> None:
    """The check must look at what is broken, not at whether something was handed in."""
    apply(patch_of(name), work)
    scripts = list(work.glob("*.sh"))
    if not scripts:
        pytest.skip("this exercise hands in no script")
    for script in scripts:
        script.write_text("exit 0\n", encoding="utf-8")
    code, output = check(name, work, "-x")
    assert code == 1 and re.search(r"\d+ failed", output), output
