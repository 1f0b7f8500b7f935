"""tools/vmtests.sh: no file of integration tests is left out."""

from __future__ import annotations

import re
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]


def test_every_file_runs_in_some_machine() -> None:
    script = (REPO / "tools/vmtests.sh").read_text(encoding="utf-8")
    named = re.findall(r'^(?:both|first|second|some|others)="([^"]*)"$', script, re.MULTILINE)
    words = [word for line in named for word in line.split()]
    files = (REPO / "tests/integration").glob("test_*.py")
    assert sorted(words) == sorted(path.stem.removeprefix("test_") for path in files)
