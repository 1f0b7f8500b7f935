"""A slip in the name of a command is answered with the only command that is near."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

SLIPS = {"creat": "create", "crate": "create", "delte": "delete", "kil": "kill", "strt": "start"}


def refused(done: Any) -> str:
    """Return what is said of a command that there isn't."""
    text: str = done.stderr.decode()
    assert done.exit_code != 0 and not done.stdout, "a wrong command is an error, on stderr"
    assert text.startswith("anocir: ") and text.count("\n") == 1, "an error is one line"
    return text


@pytest.mark.parametrize("slip", SLIPS)
def test_the_command_that_is_near_is_named(anocir: Any, slip: str) -> None:
    text = refused(anocir(slip, "demo"))
    assert f"did you mean {SLIPS[slip]}?" in text
    assert slip in text.replace(f"mean {SLIPS[slip]}?", ""), "say what was typed, as before"


@pytest.mark.parametrize(("word", "why"), [("frobnicate", "none is near"), ("stat", "two are")])
def test_nothing_is_guessed(anocir: Any, word: str, why: str) -> None:
    assert "did you mean" not in refused(anocir(word, "demo")), why


def test_a_right_command_is_no_slip(anocir: Any) -> None:
    assert anocir("state", "--help").exit_code == 0
    assert "did you mean" not in anocir("state").stderr.decode(), "its argument is missing"


def test_an_engine_reads_it_too(anocir: Any, tmp_path: Path) -> None:
    log = tmp_path / "log"
    anocir("--log", log, "--log-format", "json", "delte", "demo")
    (line,) = log.read_text().splitlines()
    assert "did you mean delete?" in json.loads(line)["msg"]
