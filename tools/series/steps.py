"""The states between two runs inside a part: `steps/K.patch`, taken in reverse."""

from __future__ import annotations

import itertools
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tools.series import measure, tree, workdir
from tools.series.carry import carry
from tools.series.tree import PACKAGE, SeriesError, Stage, Tree

MOST = 3

# The version first: importing every module could hide an import that is missing.
_TRY = """
import importlib, pkgutil, runpy, sys
sys.argv = ["anocir", "--version"]
try:
    runpy.run_module("anocir", run_name="__main__", alter_sys=True)
except SystemExit as end:
    if end.code:
        sys.exit(f"anocir --version ends with status {end.code}")
import anocir
for module in pkgutil.walk_packages(anocir.__path__, "anocir."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
"""


def patches(part: Stage) -> list[Path]:
    """The patches in order. Raises SeriesError when they are not 1, 2, 3."""
    found = sorted((part.root / "steps").glob("*"))
    names = [path.name for path in found]
    if names != [f"{k}.patch" for k in range(1, len(found) + 1)] or len(found) > MOST:
        raise SeriesError(
            f"{part.prefix}steps: found {', '.join(names)}; allowed are at most {MOST} patches,"
            " named 1.patch, 2.patch, 3.patch"
        )
    return found


def states(part: Stage) -> list[dict[str, bytes]]:
    """The states that a reader runs, earliest first, the finished part last.

    Raises SeriesError when a patch does not come off.
    """
    found = [part.sources()]
    for patch in reversed(patches(part)):
        found.insert(0, _reverse(part, patch, found[0]))
    return found


def _reverse(part: Stage, patch: Path, files: Tree) -> dict[str, bytes]:
    if shutil.which("git") is None:
        raise SeriesError("the states inside a part are made with git, which is not installed")
    with tempfile.TemporaryDirectory() as name:
        workdir.write(files, Path(name))
        done = subprocess.run(
            ["git", "apply", "--reverse", "--whitespace=nowarn", "-p1", str(patch.resolve())],
            cwd=name,
            # Inside a repository, git apply would skip what lies outside of it.
            env={**os.environ, "GIT_CEILING_DIRECTORIES": str(Path(name).parent)},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise SeriesError(
                f"{part.prefix}steps/{patch.name} does not come off:"
                f" {done.stderr.strip()}; make it again with"
                f" `python3 -m tools.parts steps {part.number}`"
            )
        return tree.sources(tree.read(Path(name)))


def sizes(part: Stage, previous: Tree) -> list[int]:
    """The new net lines before each run, from the part before on. Raises SeriesError."""
    line = [previous, *states(part)]
    return [measure.growth(_package(old), _package(new)) for old, new in itertools.pairwise(line)]


def _package(files: Tree) -> dict[str, bytes]:
    return {p: d for p, d in files.items() if p.startswith(PACKAGE)}


def run(files: Tree) -> str:
    """Run `anocir --version` of a state and import all its modules; '' or what went wrong."""
    if not any(p.startswith(PACKAGE) for p in files):
        return ""
    with tempfile.TemporaryDirectory() as name:
        workdir.write(files, Path(name))
        done = subprocess.run(
            [sys.executable, "-P", "-B", "-c", _TRY],
            cwd=name,
            env={**os.environ, "PYTHONPATH": name},
            capture_output=True,
            text=True,
            check=False,
        )
    said = done.stderr.strip().splitlines() or ["no message"]
    return said[-1] if done.returncode else ""


def lay_out(part: Stage, directory: Path) -> list[Path]:
    """Write each state to a directory of its own, 1 being the earliest. Raises SeriesError."""
    workdir.make(directory)
    found = []
    for number, files in enumerate(states(part), 1):
        workdir.write(files, directory / str(number))
        found.append(directory / str(number))
    return found


def take_in(part: Stage, directory: Path) -> list[Path]:
    """Make the patches again from the states 1, 2, 3 in a directory, and the finished part.

    Raises SeriesError.
    """
    numbers = sorted(p.name for p in directory.iterdir() if p.is_dir())
    line = [tree.sources(tree.read(directory / name)) for name in numbers]
    if line and line[-1] == part.sources():
        line.pop()
    if numbers[: len(line)] != [str(n) for n in range(1, len(line) + 1)] or len(line) > MOST:
        raise SeriesError(f"{directory} has to hold the states 1, 2, 3, and not more")
    return _write(part, [*line, part.sources()])


def follow(part: Stage, changes: Mapping[str, tuple[bytes | None, bytes | None]]) -> list[str]:
    """Bring a change of the finished part into the states before it; returns what to tell.

    changes: what each changed file held before and holds now, None for no file. Raises SeriesError.
    """
    try:
        states(part)
    except SeriesError:
        return _merge(part, changes)
    return []


def _merge(part: Stage, changes: Mapping[str, tuple[bytes | None, bytes | None]]) -> list[str]:
    finished = dict(part.sources())
    before = {path: old for path, (old, _) in changes.items() if old is not None}
    line = [{p: d for p, d in finished.items() if p not in changes} | before]
    for patch in reversed(patches(part)):
        line.insert(0, _reverse(part, patch, line[0]))
    for number, state in enumerate(line[:-1], 1):
        for path in changes.keys() & state.keys():
            outcome = carry(*changes[path], state[path])
            if outcome.stops:
                return [
                    f"{part.number} steps: run {number} has other lines in {path}; make the patches"
                    f" again with `python3 -m tools.parts steps {part.number}`"
                ]
            if outcome.data is None:
                del state[path]
            else:
                state[path] = outcome.data
    _write(part, [*line[:-1], finished])
    return [f"{part.number} steps: merged"]


def _write(part: Stage, line: list[dict[str, bytes]]) -> list[Path]:
    """Make the patches that lead from each state to the next one, in place of the old ones."""
    for old_patch in (part.root / "steps").glob("*.patch"):
        old_patch.unlink()
    written = []
    for number, (old, new) in enumerate(itertools.pairwise(line), 1):
        path = part.root / "steps" / f"{number}.patch"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(_difference(old, new))
        written.append(path)
    return written


def _difference(old: Tree, new: Tree) -> bytes:
    with tempfile.TemporaryDirectory() as name:
        for side, files in (("a", old), ("b", new)):
            (Path(name) / side).mkdir()
            workdir.write(files, Path(name) / side)
        done = subprocess.run(
            ["git", "diff", "--no-index", "--no-prefix", "--no-renames", "--no-color", "a", "b"],
            cwd=name,
            env={**os.environ, "GIT_CEILING_DIRECTORIES": str(Path(name).parent)},
            capture_output=True,
            check=False,
        )
    if done.returncode > 1:
        raise SeriesError(f"git diff: {done.stderr.decode(errors='replace').strip()}")
    # The ids of blobs say nothing here, and their length differs between machines.
    return re.sub(rb"^index [0-9a-f]+\.\.[0-9a-f]+.*\n", b"", done.stdout, flags=re.MULTILINE)
