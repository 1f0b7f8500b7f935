"""The place of a container's cgroup and its device rules follow from the config alone."""

from __future__ import annotations

import pytest

from anocir.errors import ConfigError
from anocir.plan import cgroup, devicerules


def place(path: str | None) -> tuple[str, bool]:
    linux = {} if path is None else {"cgroupsPath": path}
    plan = cgroup.plan_cgroup({"linux": linux}, "c1")  # type: ignore[typeddict-item]
    return plan.path, plan.relative


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (None, ("c1", True)),
        ("", ("c1", True)),
        ("web/front", ("web/front", True)),
        ("/docker/abc", ("docker/abc", False)),
        ("//docker//abc/", ("docker/abc", False)),
        ("machine.slice:libpod:1", ("machine.slice:libpod:1", True)),
    ],
)
def test_place(asked: str | None, expected: tuple[str, bool]) -> None:
    assert place(asked) == expected


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ("/", "root of the hierarchy"),
        ("//", "root of the hierarchy"),
        ("../x", '".."'),
        ("/a/../../etc", '".."'),
        ("/a/./b", '"."'),
        ("a\nb", "control character"),
        ("a\x7fb", "control character"),
        ("x" * 256, "longer than 255"),
        ("/".join(["y" * 200] * 11), "longer than 2048"),
    ],
)
def test_paths_that_are_refused(asked: str, reason: str) -> None:
    with pytest.raises(ConfigError) as caught:
        place(asked)
    assert "linux.cgroupsPath" in caught.value.message
    assert reason in caught.value.message


def test_steps_name_place_and_devices() -> None:
    steps = cgroup.plan({"linux": {"cgroupsPath": "/a/b"}}, "c1")  # type: ignore[typeddict-item]
    texts = {step.kind: step.text for step in steps}
    assert texts["cgroup"] == texts["cgroup-enter"] == "/a/b"
    assert "allow c 1:3 rwm" in texts["device-rules"]
    assert "allow c 136:* rwm" in texts["device-rules"]


def rules(*entries: dict[str, object]) -> list[devicerules.DeviceRule]:
    config = {"linux": {"resources": {"devices": list(entries)}}}
    return devicerules.device_rules(config)  # type: ignore[arg-type]


def test_without_a_list_the_basic_devices_are_all_there_is() -> None:
    assert devicerules.device_rules({}) == list(devicerules.ALWAYS)  # type: ignore[typeddict-item]
    assert rules() == list(devicerules.ALWAYS)


def test_denying_everything_leaves_the_basic_devices() -> None:
    assert rules({"allow": False, "access": "rwm"}) == list(devicerules.ALWAYS)


def test_absent_fields_mean_all() -> None:
    found = rules({"allow": True, "type": "b", "access": "r"}, {"allow": False, "major": 8})
    assert found[:2] == [(True, "b", -1, -1, "r"), (False, "a", 8, -1, "rwm")]


def test_allowing_everything_makes_earlier_rules_meaningless() -> None:
    found = rules({"allow": False, "type": "b"}, {"allow": True, "type": "a", "access": "mwr"})
    assert found == [(True, "a", -1, -1, "rwm"), *devicerules.ALWAYS]


def test_a_partial_rule_for_all_devices_keeps_earlier_ones() -> None:
    found = rules({"allow": True, "type": "c", "major": 10}, {"allow": False, "access": "w"})
    assert found[:2] == [(True, "c", 10, -1, "rwm"), (False, "a", -1, -1, "w")]


def test_every_wrong_entry_is_named() -> None:
    with pytest.raises(ConfigError) as caught:
        rules(
            {"allow": True, "type": "p"},
            {"allow": True, "type": "c", "major": 4096, "minor": -2},
            {"allow": True, "access": "rx"},
        )
    assert caught.value.violations == [
        'linux.resources.devices[0].type: found "p", allowed "a", "b", "c"',
        "linux.resources.devices[1].major: found 4096, allowed -1 (all) or 0 to 4095",
        "linux.resources.devices[1].minor: found -2, allowed -1 (all) or 0 to 1048575",
        'linux.resources.devices[2].access: found "rx", allowed letters of "rwm"',
    ]
