"""Write a stage out as a directory that people and checks can run."""

from __future__ import annotations

from pathlib import Path

from tools.series.tree import SeriesError, Tree

LAUNCHER = """#!/bin/sh
# Runs the package of the directory above. -P: not the one of the current directory.
here=$(dirname "$(dirname "$(readlink -f "$0")")")
PYTHONPATH=$here exec /usr/bin/python3 -P -m anocir "$@"
"""


def make(directory: Path) -> None:
    """Make an empty directory, or take one that is empty. Raises SeriesError."""
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise SeriesError(f"{directory} is not an empty directory")
    directory.mkdir(parents=True, exist_ok=True)


def write(files: Tree, directory: Path) -> None:
    """Write files below a directory."""
    for path, data in files.items():
        file = directory / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)


def write_launcher(directory: Path) -> Path:
    """Write `bin/anocir`, which runs the package in this directory."""
    launcher = directory / "bin" / "anocir"
    launcher.parent.mkdir(exist_ok=True)
    launcher.write_text(LAUNCHER, encoding="utf-8")
    launcher.chmod(0o755)
    return launcher
