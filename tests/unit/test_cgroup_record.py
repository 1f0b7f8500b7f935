"""The record of a cgroup is read back exactly, or refused."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from anocir.cgroup import manager
from anocir.errors import StateError

GOOD = {
    "version": 1,
    "owner": "/run/anocir/c1",
    "marked": True,
    "paths": {"memory": "/sys/fs/cgroup/memory/anocir/c1", "": "/sys/fs/cgroup/unified/anocir/c1"},
    "made": {"memory": 2, "": 1},
}


def test_record_survives_json() -> None:
    assert manager.load(json.loads(json.dumps(GOOD))).record() == GOOD


@pytest.mark.parametrize(
    "change",
    [
        {"version": 3},
        {"version": [1]},
        {"owner": "relative"},
        {"owner": None},
        {"marked": "yes"},
        {"paths": {}},
        {"paths": ["/sys"]},
        {"paths": {"memory": "sys/fs/cgroup"}},
        {"paths": {"memory": "/sys/fs/cgroup/../../etc"}},
        {"paths": {"memory": "/"}},
        {"paths": {"memory": 7}},
        {"made": {}},
        {"made": {"memory": "many", "": 1}},
    ],
)
def test_damaged_record_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(StateError, match="record of the container's cgroup is damaged"):
        manager.load({**GOOD, **change})


@pytest.mark.parametrize("key", sorted(GOOD))
def test_incomplete_record_is_refused(key: str) -> None:
    with pytest.raises(StateError):
        manager.load({k: v for k, v in GOOD.items() if k != key})


def test_loading_and_removing_need_no_slow_module() -> None:
    # kill and delete come through here, and pay for every module.
    program = (
        "import sys; from anocir.cgroup import manager;"
        " manager.load(eval(sys.argv[1])).remove(); print(*sorted(sys.modules))"
    )
    record = {**GOOD, "paths": {"": "/nowhere/anocir/c1"}, "made": {"": 0}}
    result = subprocess.run(
        [sys.executable, "-S", "-c", program, repr(record)],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    slow = {"ctypes", "json", "re", "enum", "typing", "signal", "socket", "pathlib", "functools",
            "collections", "contextlib", "subprocess", "logging"}  # fmt: skip
    assert slow & set(result.stdout.split()) == set()
