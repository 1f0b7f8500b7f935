"""Three weak checks stay green on a runtime that breaks all three of their clauses.

ANOCIR is the command of your copy. The tests that begin with `test_weak` are the weak checks, and
have to pass with it as they do with the plain part. All the same your copy has to break each of the
three clauses, and the others show whether it does: they look closer.
"""

from __future__ import annotations

import json
import os
import select
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

PATIENCE = 10  # seconds
QUIET = {"_out": os.devnull, "_err": os.devnull}
NOTES = {"org.example.note": "seen"}
FOREVER = ("/usr/bin/tail", "-f", "/dev/null")

Make = Callable[..., Path]
Create = Callable[..., int]
CASES = ("anocir", "part")


@pytest.fixture(name="create")
def create_fixture(tmp_path: Path) -> Iterator[Create]:
    """Create a container, and keep hold of its process; return the exit status."""
    held = []

    def create(command: Any, bundle: Path) -> int:
        pid_file = tmp_path / "pid"
        pid_file.unlink(missing_ok=True)
        done = command.create("--bundle", bundle, "--pid-file", pid_file, "demo", **QUIET)
        if pid_file.exists():
            held.append(os.pidfd_open(int(pid_file.read_text())))
        status: int = done.exit_code
        return status

    create.held = held  # type: ignore[attr-defined]
    yield create
    for pidfd in held:
        try:
            signal.pidfd_send_signal(pidfd, signal.SIGKILL)
        except ProcessLookupError:
            pass
        os.close(pidfd)


def ended(create: Any, seconds: int) -> bool:
    """Whether the process of the container that was created last ends in time."""
    poll = select.poll()
    poll.register(create.held[-1], select.POLLIN)
    return bool(poll.poll(seconds * 1000))


def state(command: Any) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(command.state("demo").stdout)
    return document


def noted(bundle: Path) -> Path:
    """Put annotations into a bundle's config."""
    file = bundle / "config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"annotations": NOTES}))
    return bundle


# The weak checks.


@pytest.mark.parametrize("which", CASES)
def test_weak_an_id_is_unique(
    request: pytest.FixtureRequest, which: str, bundle: Make, create: Create, tmp_path: Path
) -> None:
    """runtime.md, Create: an id that is not unique is an error."""
    command = request.getfixturevalue(which)
    assert create(command, bundle()) == 0
    other = tmp_path / "other"
    other.mkdir()
    assert create(command, other) == 1


@pytest.mark.parametrize("which", CASES)
def test_weak_kill_ends_the_process(
    request: pytest.FixtureRequest, which: str, bundle: Make, create: Create
) -> None:
    """runtime.md, Kill: the signal is sent to the process."""
    command = request.getfixturevalue(which)
    assert create(command, bundle("/bin/sh", "-c", "exit 0")) == 0
    command.start("demo")
    command.kill("demo", "KILL")
    assert ended(create, PATIENCE)
    assert state(command)["status"] == "stopped"


@pytest.mark.parametrize("which", CASES)
def test_weak_annotations_are_right(
    request: pytest.FixtureRequest, which: str, bundle: Make, create: Create
) -> None:
    """runtime.md, State: annotations are those of the config."""
    command = request.getfixturevalue(which)
    assert create(command, noted(bundle())) == 0
    for name, value in state(command).get("annotations", {}).items():
        assert value == NOTES[name]


# What the copy has to break.


def test_the_copy_takes_an_id_twice(anocir: Any, bundle: Make, create: Create) -> None:
    assert create(anocir, bundle(*FOREVER)) == 0
    assert create(anocir, bundle(*FOREVER, name="second")) == 0, "an id that is taken is refused"


def test_the_copy_kills_nobody(anocir: Any, bundle: Make, create: Create) -> None:
    assert create(anocir, bundle(*FOREVER)) == 0
    assert anocir.start("demo").exit_code == 0
    anocir.kill("demo", "KILL")
    assert not ended(create, 1), "the program is killed"


def test_the_copy_shows_no_annotations(anocir: Any, bundle: Make, create: Create) -> None:
    assert create(anocir, noted(bundle())) == 0
    assert state(anocir).get("annotations", {}) != NOTES, "the annotations are right"


def test_the_plain_part_breaks_nothing(part: Any, bundle: Make, create: Create) -> None:
    assert create(part, noted(bundle(*FOREVER))) == 0
    assert state(part)["annotations"] == NOTES
    assert create(part, bundle(*FOREVER, name="second")) == 1
    assert part.start("demo").exit_code == 0
    assert part.kill("demo", "KILL").exit_code == 0
    assert ended(create, PATIENCE)
