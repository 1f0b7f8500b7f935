"""A record that names a stranger's pid: who is killed by `delete --force`?

ANOCIR is the command of your copy, without the line that saves the stranger. Beside it, in the
directory with bin/anocir, lies lie.sh: `sh lie.sh STATE_FILE PID` changes the record so that even
the plain part kills the process PID.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sh

Victim = subprocess.Popen[bytes]


@pytest.fixture(name="victim")
def victim_fixture() -> Iterator[Victim]:
    """A process of ours that is no container's: it waits for input that never comes."""
    process = subprocess.Popen(["/bin/cat"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    yield process
    process.kill()
    process.communicate()


@pytest.fixture(name="record")
def record_fixture(part: Any, bundle: Callable[..., Path], root: Path) -> Path:
    """The record of a created container."""
    # The container holds the streams of create, so a pipe would not end with it.
    streams = {"_out": os.devnull, "_err": os.devnull}
    assert part.create("--bundle", bundle("/bin/cat"), "demo", **streams).exit_code == 0
    return root / "demo/state.json"


def name_the_pid(record: Path, pid: int) -> None:
    """The simple lie: the pid and nothing else."""
    document = json.loads(record.read_text())
    record.write_text(json.dumps({**document, "pid": pid}))


def survives(victim: Victim, command: Any) -> bool:
    """Delete the container by force; whether the victim lives on. The delete waits for an end."""
    assert command.delete("--force", "demo").exit_code == 0
    return victim.poll() is None


def test_the_part_sees_through_the_simple_lie(part: Any, record: Path, victim: Victim) -> None:
    name_the_pid(record, victim.pid)
    assert survives(victim, part)


def test_the_copy_believes_it(anocir: Any, record: Path, victim: Victim) -> None:
    name_the_pid(record, victim.pid)
    assert not survives(victim, anocir), "another line saves it"


def test_the_part_believes_a_better_lie(
    part: Any, handed_in: Callable[[str], Path], record: Path, victim: Victim
) -> None:
    sh.Command("sh")(handed_in("lie.sh"), record, victim.pid)
    assert not survives(victim, part), "the part sees through lie.sh as well"


def test_the_lie_is_in_the_record_alone(
    handed_in: Callable[[str], Path], record: Path, victim: Victim
) -> None:
    sh.Command("sh")(handed_in("lie.sh"), record, victim.pid)
    assert victim.poll() is None, "delete must kill it, not lie.sh"
    assert json.loads(record.read_text())["pid"] == victim.pid
