"""Device files, and the terminal: what a config's words become."""

from __future__ import annotations

import copy
import os
import stat
from typing import Any

import pytest

from anocir.plan import planners
from anocir.plan.devices import DEFAULT_DEVICES
from anocir.plan.plan import FINISH, INIT, PREPARE, Plan
from anocir.spec import default


def plan(**changes: Any) -> Plan:
    """The plan of the default config without a terminal, and with these settings of ``linux``."""
    config: Any = copy.deepcopy(default.default_config())
    config["process"]["terminal"] = False
    config["linux"].update(changes)
    return planners.make(config, "c1", lambda text: None)


def data_of(made: Plan, kind: str) -> Any:
    (step,) = [step for step in made.steps if step.kind == kind]
    return step.data


@pytest.mark.parametrize(
    ("entry", "kind", "device"),
    [
        ({"type": "c", "major": 10, "minor": 229}, stat.S_IFCHR, (10, 229)),
        ({"type": "u", "major": 10, "minor": 229}, stat.S_IFCHR, (10, 229)),
        ({"type": "b", "major": 7, "minor": 300}, stat.S_IFBLK, (7, 300)),
        ({"type": "p"}, stat.S_IFIFO, (0, 0)),
    ],
)
def test_a_device_of_each_type(entry: dict[str, Any], kind: int, device: tuple[int, int]) -> None:
    (node,) = data_of(plan(devices=[{"path": "/dev/x", **entry}]), "device-nodes")
    assert (node.path, node.kind, node.mode, node.uid, node.gid) == ("/dev/x", kind, 0o666, 0, 0)
    assert (os.major(node.device), os.minor(node.device)) == device


def test_a_mode_may_come_with_the_type_in_it() -> None:
    entry = {"path": "/dev/x", "type": "p", "fileMode": 0o10640, "uid": 3, "gid": 4}
    (node,) = data_of(plan(devices=[entry]), "device-nodes")
    assert (node.mode, node.uid, node.gid) == (0o640, 3, 4)


@pytest.mark.parametrize("path", ["/dev/null", "dev/null", "//dev//null", "/dev/../dev/null"])
def test_a_listed_device_takes_the_place_of_a_default_one(path: str) -> None:
    made = plan(devices=[{"path": path, "type": "c", "major": 1, "minor": 3}])
    assert set(data_of(made, "devices")) == set(DEFAULT_DEVICES) - {"null"}
    assert set(data_of(plan(), "devices")) == set(DEFAULT_DEVICES)


def test_no_terminal_unless_it_is_asked_for() -> None:
    assert not [step for step in plan().steps if "console" in step.kind]


def test_a_terminal() -> None:
    config: Any = copy.deepcopy(default.default_config())
    config["process"]["terminal"] = True
    config["process"]["user"] = {"uid": 7, "gid": 8}
    config["process"]["consoleSize"] = {"height": 30, "width": 100}
    made = planners.make(config, "c1", lambda text: None)
    console = data_of(made, "console")
    assert (console.uid, console.rows, console.columns) == (7, 30, 100)
    kinds = [(step.stage, step.kind) for step in made.steps]
    order = [(PREPARE, "console-socket"), (INIT, "device-links"), (INIT, "console")]
    order += [(INIT, "pivot"), (FINISH, "take-terminal")]
    places = [kinds.index(place) for place in order]
    assert places == sorted(places)


def test_a_terminal_of_no_size() -> None:
    config: Any = copy.deepcopy(default.default_config())
    config["process"]["terminal"] = True
    console = data_of(planners.make(config, "c1", lambda text: None), "console")
    assert (console.uid, console.rows, console.columns) == (0, 0, 0)
