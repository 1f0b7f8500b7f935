"""The script break.sh shows which reader of `state` a word on which stream breaks.

It lies in the directory with bin/anocir, and is called as `sh break.sh ID`, with ANOCIR in the
environment. It reads the document in four ways, and prints a line for each, in any order:

    1 alone broken        the noise is on stream 1; the reader takes standard output alone
    1 joined broken       ... the reader takes both streams as one
    2 alone fine          the noise is on stream 2
    2 joined broken

Your `state` prints its noise on the stream that NOISE says: 1, 2, or without it 1. Part 01 has no
document yet, so it prints one with the id alone.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sh

FOUND = {
    ("1", "alone"): False,
    ("1", "joined"): False,
    ("2", "alone"): True,
    ("2", "joined"): False,
}


def readable(text: bytes) -> bool:
    """Whether an engine can read it: as one JSON document."""
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("stream", ["1", "2"])
def test_the_noise_is_there(anocir: Any, stream: str) -> None:
    done = anocir.state("demo", _env={**os.environ, "NOISE": stream})
    assert done.exit_code == 0, done.stderr.decode()
    assert readable(done.stdout) == FOUND[stream, "alone"], done.stdout
    assert b"loading ..." in (done.stdout if stream == "1" else done.stderr)
    document = done.stdout.removeprefix(b"loading ...\n")
    assert json.loads(document)["id"] == "demo"


def test_the_script_finds_who_is_hurt(program: Path, handed_in: Callable[[str], Path]) -> None:
    script = handed_in("break.sh")
    out = sh.Command("sh")(script, "demo", _env={**os.environ, "ANOCIR": str(program)})
    lines = [line.split() for line in str(out).splitlines()]
    expected = [[*key, "fine" if good else "broken"] for key, good in FOUND.items()]
    assert sorted(lines) == sorted(expected)


def test_the_script_does_not_call_everything_broken(
    handed_in: Callable[[str], Path], tmp_path: Path
) -> None:
    quiet = tmp_path / "quiet"
    quiet.write_text('#!/bin/sh\necho \'{"id": "demo"}\'\n')
    quiet.chmod(0o755)
    script = handed_in("break.sh")
    out = sh.Command("sh")(script, "demo", _env={**os.environ, "ANOCIR": str(quiet)})
    words = [line.split()[2] for line in str(out).splitlines()]
    assert words == ["fine"] * 4, "a runtime without noise hurts nobody"
