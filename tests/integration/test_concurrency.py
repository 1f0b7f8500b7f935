"""Many commands at once: one winner, no hang, nothing left."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.integration.support import world
from tests.integration.support.bundles import Bundle
from tests.integration.support.driver import Runtime

MANY = 20
# Races are short here and long with -m full; each command must end in a few seconds.
ROUNDS = pytest.mark.parametrize(
    "rounds", [10, pytest.param(1000, marks=pytest.mark.full)], ids=["few", "many"]
)
PATIENCE = 20.0


def together(anocir: Runtime, *commands: list[str]) -> list[tuple[int, str]]:
    """Start all commands, then wait for all; return (code, standard error) of each."""
    running = [anocir.background(*words, timeout=PATIENCE) for words in commands]
    results = [one.wait() for one in running]
    for result in results:
        assert "Traceback" not in result.err and "internal error" not in result.err, result.err
    return [(result.code, result.err) for result in results]


def test_twenty_creates_of_one_id(anocir: Runtime, bundle: Bundle) -> None:
    path = str(bundle.args("sleep", "1000"))
    done = together(anocir, *[["create", "-b", path, "c1"]] * MANY)
    assert Counter(code for code, _ in done) == {0: 1, 1: MANY - 1}
    assert {err for code, err in done if code} == {
        "anocir: container with given ID already exists\n"
    }
    assert anocir.state("c1")["status"] == "created"
    assert len(world.started()) == 1, "the losers' processes are gone"
    anocir.quiet("start", "c1")


def test_twenty_forced_deletes(anocir: Runtime, bundle: Bundle) -> None:
    anocir.quiet("run", "-d", "-b", bundle.args("sleep", "1000"), "c1")
    done = together(anocir, *[["delete", "--force", "c1"]] * MANY)
    assert done == [(0, "")] * MANY
    assert anocir.ids() == []


def test_twenty_starts(anocir: Runtime, bundle: Bundle) -> None:
    bell = bundle.bell()
    anocir.quiet("create", "-b", bundle.script("echo started > /bell; sleep 1000"), "c1")
    done = together(anocir, *[["start", "c1"]] * MANY)
    assert Counter(code for code, _ in done) == {0: 1, 1: MANY - 1}
    assert bell.wait() == "started\n"


@ROUNDS
def test_start_against_delete(anocir: Runtime, bundle: Bundle, rounds: int) -> None:
    path = str(bundle.args("true"))
    for _ in range(rounds):
        anocir.quiet("create", "-b", path, "c1")
        (started, words), deleted = together(anocir, ["start", "c1"], ["delete", "-f", "c1"])
        assert deleted == (0, "")
        assert started in (0, 1) and len(words.splitlines()) <= 1
        assert anocir.ids() == []


@ROUNDS
def test_start_against_kill(anocir: Runtime, bundle: Bundle, rounds: int) -> None:
    path = str(bundle.args("sleep", "1000"))
    for _ in range(rounds):
        anocir.quiet("create", "-b", path, "c1")
        (started, _), killed = together(anocir, ["start", "c1"], ["kill", "c1", "KILL"])
        assert killed == (0, "") and started in (0, 1)
        anocir.wait_stopped("c1")
        anocir.quiet("delete", "c1")


@ROUNDS
def test_create_against_delete(anocir: Runtime, bundle: Bundle, rounds: int) -> None:
    path = str(bundle.args("sleep", "1000"))
    before = world.look()
    for _ in range(rounds):
        (created, words), deleted = together(
            anocir, ["create", "-b", path, "c1"], ["delete", "-f", "c1"]
        )
        assert deleted == (0, "")
        assert created in (0, 1) and len(words.splitlines()) <= 1
        anocir.quiet("delete", "-f", "c1")
        assert (anocir.ids(), world.look().since(before)) == ([], {})


@pytest.mark.parametrize("count", [16, pytest.param(200, marks=pytest.mark.full)])
def test_many_lives_at_once(anocir: Runtime, make_bundle: Callable[[], Bundle], count: int) -> None:
    path = str(make_bundle().args("true"))

    def live(number: int) -> None:
        name = f"c{number}"
        anocir.quiet("create", "-b", path, name)
        anocir.quiet("start", name)
        anocir.wait_stopped(name)
        anocir.quiet("delete", name)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(live, range(count)))
    assert anocir.ids() == []


def test_list_and_state_while_containers_come_and_go(
    anocir: Runtime, make_bundle: Callable[[], Bundle]
) -> None:
    """What is listed is listed right, or not at all: nothing is called broken that is not."""
    path = str(make_bundle().args("true"))
    anocir.quiet("create", "-b", path, "stays")

    def live(number: int) -> None:
        anocir.quiet("run", "-b", path, f"c{number}")

    with ThreadPoolExecutor(4) as pool:
        lives = [pool.submit(live, number) for number in range(12)]
        seen: set[str] = set()
        while not all(one.done() for one in lives):
            states = json.loads(anocir("list", "-f", "json").out)
            seen |= {state["status"] for state in states}
            assert "broken" not in seen, states
            result = anocir.any("state", "c5")
            assert result.code == 0 or result.err == "anocir: container does not exist\n"
        for one in lives:
            one.result()
    assert "created" in seen


def test_a_reader_never_sees_half_a_record(
    anocir: Runtime, make_bundle: Callable[[], Bundle]
) -> None:
    """The record is replaced as a whole, while it is read as fast as can be."""
    bundle = make_bundle().args("true")
    bundle.config["annotations"] = {"org.example.long": "x" * 50_000}
    anocir.quiet("create", "-b", bundle, "c0")
    running = [
        anocir.background("run", "-b", bundle, f"c{number}", timeout=PATIENCE)
        for number in range(1, 4)
    ]
    reads = 0
    while any(world.stat_of(one.pid) for one in running):
        for name in os.listdir(anocir.root):
            try:
                text = (anocir.root / name / "state.json").read_bytes()
            except FileNotFoundError:
                continue
            json.loads(text)
            reads += 1
    assert reads
    assert [one.wait().code for one in running] == [0, 0, 0]
