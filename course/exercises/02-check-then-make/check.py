"""Of two creates of one id at once, both succeed in the changed copy.

ANOCIR is the command of your copy, in which the directory is looked for and then made. Between
the two it sleeps for as many seconds as GAP in the environment says, and without GAP for 0.01. So
the check doesn't depend on luck. In the plain part exactly one create succeeds.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

GAPS = (2, 5, 15)  # seconds; the longer ones are for a machine with much else to do


def winners(command: Any, bundle: Path, container_id: str, at_once: int, gap: int) -> int:
    """Return how many of the creates of one id, all started together, succeed."""
    words = ("--bundle", bundle, container_id)
    env = {**os.environ, "GAP": str(gap)}
    started = [command.create(*words, _bg=True, _env=env) for _ in range(at_once)]
    return [running.wait().exit_code for running in started].count(0)


def test_two_can_have_one_id_in_the_copy(anocir: Any, bundle: Callable[..., Path]) -> None:
    path = bundle()
    found = (winners(anocir, path, f"id{gap}", at_once=2, gap=gap) for gap in GAPS)
    assert 2 in found, "no two creates succeeded: is the gap there, and as wide as GAP says?"


def test_one_at_a_time_the_copy_works(anocir: Any, bundle: Callable[..., Path]) -> None:
    path = bundle()
    assert anocir.create("--bundle", path, "demo").exit_code == 0
    second = anocir.create("--bundle", path, "demo")
    assert second.exit_code == 1 and b"already exists" in second.stderr


def test_the_plain_part_has_one_winner(part: Any, bundle: Callable[..., Path]) -> None:
    assert winners(part, bundle(), "demo", at_once=8, gap=0) == 1
