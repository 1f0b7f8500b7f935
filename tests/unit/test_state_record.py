"""The record of a container: saved, loaded, damaged; and the status that the kernel tells."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from anocir.errors import NoSuchContainer, StateError
from anocir.linux import proc
from anocir.state import record as records
from anocir.state.record import Record
from anocir.state.store import STATE_FILE, Entry, Store

CREATED = "2026-01-02T03:04:05.000000006Z"


@pytest.fixture
def entry(tmp_path: Path) -> Entry:
    return Store(str(tmp_path / "root")).reserve("a")


def record() -> Record:
    made = Record("a", "1.3.0", "/bundle", "/bundle/rootfs", CREATED)
    made.annotations = {"org.example.ü": "v\n"}
    made.pid = 4242
    made.start_time = 99
    made.cgroup = {"version": 2, "paths": {"": "/sys/fs/cgroup/anocir/a"}}
    return made


def fields(of: Record) -> dict[str, object]:
    return {name: getattr(of, name) for name in Record.__slots__}


def test_what_is_saved_is_loaded(entry: Entry) -> None:
    record().save(entry)
    assert fields(records.load(entry)) == fields(record())


def test_a_record_without_a_process(entry: Entry) -> None:
    Record("a", "1.3.0", "/b", "/r", CREATED).save(entry)
    loaded = records.load(entry)
    assert (loaded.pid, loaded.start_time, loaded.cgroup) == (None, None, None)
    assert loaded.status() == "creating"


def test_cut_off_at_any_byte_it_is_damaged(entry: Entry) -> None:
    record().save(entry)
    whole = entry.read(STATE_FILE)
    for length in range(len(whole)):
        entry.write(STATE_FILE, whole[:length])
        with pytest.raises(StateError, match="is damaged"):
            records.load(entry)


def test_with_any_byte_changed_it_is_damaged_or_says_something_else(entry: Entry) -> None:
    record().save(entry)
    whole = entry.read(STATE_FILE)
    for place in range(len(whole)):
        for value in (0, 0x22, 0x5C, 0x7B, 0xFF):
            entry.write(STATE_FILE, whole[:place] + bytes([value]) + whole[place + 1 :])
            try:
                loaded = records.load(entry)
            except StateError:
                continue
            assert isinstance(loaded.annotations, dict)


@pytest.mark.parametrize(
    "text", ["", "null", "[]", '"x"', "5", "{}", "{", "\ufeff{}", "[" * 100_000, "NaN", "{}{}"]
)
def test_what_is_no_record(entry: Entry, text: str) -> None:
    entry.write(STATE_FILE, text.encode())
    with pytest.raises(StateError, match="is damaged") as caught:
        records.load(entry)
    message = caught.value.message
    assert f"{entry.path}/{STATE_FILE}" in message and "delete --force a" in message
    assert "\n" not in message


WRONG: list[tuple[str, object]] = [
    ("ociVersion", 1),
    ("id", None),
    ("id", "b"),
    ("bundle", []),
    ("created", 5),
    ("annotations", None),
    ("annotations", ["a"]),
    ("pid", "5"),
    ("pid", True),
    ("pid", 5.0),
    ("pid", 1),
    ("pid", 0),
    ("pid", -7),
    ("pid", 1 << 70),
    ("startTime", "x"),
    ("startTime", False),
    ("cgroup", "x"),
    ("cgroup", []),
]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_fields_of_the_wrong_kind(entry: Entry, name: str, value: object) -> None:
    record().save(entry)
    document = json.loads(entry.read(STATE_FILE))
    entry.write(STATE_FILE, json.dumps(document | {name: value}).encode())
    with pytest.raises(StateError, match="is damaged"):
        records.load(entry)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(st.binary(max_size=200))
def test_any_bytes_at_all(entry: Entry, text: bytes) -> None:
    entry.write(STATE_FILE, text)
    with pytest.raises(StateError):
        records.load(entry)


def test_a_missing_record_is_damage_when_nobody_is_at_work(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "root"))
    maker = store.reserve("a")
    maker.write("config.json", b"")
    reader = store.open("a")
    with pytest.raises(NoSuchContainer):
        records.load(reader)
    maker.close()
    with pytest.raises(StateError, match="it is missing"):
        records.load(reader)


def test_a_record_that_comes_between_two_looks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(str(tmp_path / "root"))
    maker = store.reserve("a")
    reader = store.open("a")

    def finish(_: Entry) -> bool:
        record().save(maker)
        return False

    monkeypatch.setattr(Entry, "busy", finish)
    assert records.load(reader).pid == 4242


def test_a_directory_in_place_of_the_record(entry: Entry) -> None:
    os.mkdir(STATE_FILE, dir_fd=entry.fd)
    with pytest.raises(StateError, match="is damaged"):
        records.load(entry)


@pytest.fixture
def child() -> Iterator[Callable[[bool], Record]]:
    """Makes the record of a child that has called execve, or that has only been forked."""
    pids = []

    def make(executed: bool) -> Record:
        read, write = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.write(write, b".")
            if executed:
                os.execv("/bin/sleep", ["sleep", "1000"])
            signal.pause()
        os.read(read, 1)
        for fd in (read, write):
            os.close(fd)
        pids.append(pid)
        made = record()
        stat = proc.read_stat(pid)
        while executed and stat is not None and not stat.executed:
            stat = proc.read_stat(pid)
        assert stat is not None
        made.pid, made.start_time = pid, stat.start_time
        return made

    yield make
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        except (ProcessLookupError, ChildProcessError):
            pass


def test_forked_is_created_and_executed_is_running(child: Callable[[bool], Record]) -> None:
    assert child(False).status() == "created"
    assert child(True).status() == "running"


def test_ended_is_stopped_reaped_or_not(child: Callable[[bool], Record]) -> None:
    made = child(True)
    assert made.pid is not None
    os.kill(made.pid, signal.SIGKILL)
    os.waitid(os.P_PID, made.pid, os.WEXITED | os.WNOWAIT)
    assert made.status() == "stopped", "a zombie"
    os.waitpid(made.pid, 0)
    assert made.status() == "stopped", "nothing at all"


def test_another_start_time_is_another_process(child: Callable[[bool], Record]) -> None:
    made = child(True)
    assert made.start_time is not None
    made.start_time += 1
    assert made.status() == "stopped"


def test_timestamp() -> None:
    assert records.timestamp(0) == "1970-01-01T00:00:00.000000000Z"
    assert records.timestamp(1_767_323_045_000_000_006) == CREATED
