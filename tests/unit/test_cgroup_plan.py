"""The place of a container's cgroup and its device rules follow from the config alone."""

from __future__ import annotations

import pytest

from anocir.errors import ConfigError
from anocir.plan import cgroup, devicerules, ownership


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


MAPPED = {
    "process": {"user": {"uid": 7, "gid": 0}},
    "mounts": [{"destination": "/sys/fs/cgroup/", "type": "cgroup", "options": ["nosuid"]}],
    "linux": {
        "namespaces": [{"type": "cgroup"}, {"type": "user"}],
        "uidMappings": [
            {"containerID": 0, "hostID": 1000, "size": 7},
            {"containerID": 7, "hostID": 5000, "size": 1},
        ],
    },
}


def owner(**changes: object) -> int | None:
    steps = ownership.plan({**MAPPED, **changes}, "c1")  # type: ignore[typeddict-item]
    return steps[0].data if steps else None


def linux(**changes: object) -> dict[str, object]:
    return {**MAPPED["linux"], **changes}  # type: ignore[dict-item]


def user(uid: int) -> dict[str, object]:
    return {"user": {"uid": uid, "gid": 0}}


def test_who_owns_the_cgroup() -> None:
    assert owner() == 5000
    assert owner(process=user(3)) == 1003
    assert owner(process=user(8)) is None
    assert owner(linux=linux(namespaces=[{"type": "cgroup"}])) == 7
    assert owner(linux=linux(namespaces=[{"type": "cgroup"}]), process=user(0)) is None
    joined = [{"type": "cgroup"}, {"type": "user", "path": "/x"}]
    assert owner(linux=linux(namespaces=joined, uidMappings=[])) is None
    assert owner(linux=linux(namespaces=[{"type": "user"}])) is None
    assert owner(linux=linux(namespaces=[{"type": "cgroup", "path": "/x"}])) is None


@pytest.mark.parametrize(
    "mounts",
    [
        [],
        [{"destination": "/sys/fs/cgroup", "type": "cgroup", "options": ["ro"]}],
        [{"destination": "/cgroup", "type": "cgroup"}],
        [{"destination": "/sys/fs/cgroup", "type": "tmpfs"}],
    ],
)
def test_what_the_container_cannot_write_it_does_not_own(mounts: list[object]) -> None:
    assert owner(mounts=mounts) is None
