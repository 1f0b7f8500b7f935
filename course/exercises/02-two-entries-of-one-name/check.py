"""A config in which one object has two entries of one name is refused, and the name is told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

TWICE = {
    "at the top": ('"ociVersion": "1.0.2"', '"ociVersion": "1.0.2", "ociVersion": "1.1.0"'),
    "the same value": ('"ociVersion": "1.0.2"', '"ociVersion": "1.0.2", "ociVersion": "1.0.2"'),
    "the last is wrong": ('"ociVersion": "1.0.2"', '"ociVersion": "1.0.2", "ociVersion": 7'),
    "spelt differently": ('"ociVersion"', r'"oci\u0056ersion": "1.0.2", "ociVersion"'),
    "deeper": ('"cwd": "/"', '"cwd": "/", "cwd": "/tmp"'),
    "in a list": ('"cwd": "/"', '"cwd": "/", "rlimits": [{"type": "RLIMIT_CORE", "type": "x"}]'),
    "unknown to us": ('"cwd": "/"', '"cwd": "/", "extra": {"mine": 1, "mine": 2}'),
}
NAMES = {"deeper": "cwd", "in a list": "type", "unknown to us": "mine"}


@pytest.mark.parametrize("case", TWICE)
def test_it_is_refused_and_named(
    anocir: Any, bundle: Callable[..., Path], root: Path, case: str
) -> None:
    path = bundle()
    old, new = TWICE[case]
    config = path / "config.json"
    assert old in config.read_text()
    config.write_text(config.read_text().replace(old, new, 1))
    done = anocir.create("--bundle", path, "demo")
    text = done.stderr.decode()
    assert done.exit_code == 1, "two entries of one name are an error"
    assert NAMES.get(case, "ociVersion") in text, f"the name is not told: {text}"
    assert text.startswith("anocir: ") and text.count("\n") == 1, "an error is one line"
    assert not list(root.iterdir()), "a create that fails leaves nothing"


def test_one_name_in_two_objects_is_no_error(anocir: Any, bundle: Callable[..., Path]) -> None:
    path = bundle()
    config = path / "config.json"
    text = config.read_text()
    config.write_text(text.replace("{", '{"extra": {"mine": 1}, "mine": {"mine": 1}, ', 1))
    done = anocir.create("--bundle", path, "demo")
    assert done.exit_code == 0, done.stderr.decode()


def test_other_mistakes_are_still_told(anocir: Any, bundle: Callable[..., Path]) -> None:
    path = bundle()
    (path / "config.json").write_text('{"ociVersion": "1.0.2", ')
    done = anocir.create("--bundle", path, "demo")
    assert done.exit_code == 1
    assert done.stderr.startswith(b"anocir: config.json: "), "half a file is refused as before"
