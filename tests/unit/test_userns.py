"""User and time namespaces: the plan, and the texts that the kernel gets."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anocir.errors import ConfigError
from anocir.linux import consts
from anocir.plan import planners, timens, userns
from anocir.plan.plan import ATTACH, INIT, PREPARE, Plan, Step
from anocir.runtime import appliers
from anocir.spec import default

IDS = st.integers(0, 2**32 - 2)
MAPPINGS = st.lists(
    st.builds(
        lambda inside, outside, size: {"containerID": inside, "hostID": outside, "size": size},
        IDS,
        IDS,
        IDS,
    ),
    max_size=400,
)


def plan(*extra: dict[str, str], **linux: Any) -> Plan:
    made: Any = copy.deepcopy(default.default_config())
    kinds = {entry["type"] for entry in extra}
    kept = [entry for entry in made["linux"]["namespaces"] if entry["type"] not in kinds]
    made["linux"]["namespaces"] = [*kept, *extra]
    made["linux"].update(linux)
    return planners.make(made, "c1", lambda text: None)


def mapped(*extra: dict[str, str], **linux: Any) -> Plan:
    ids = [{"containerID": 0, "hostID": 100000, "size": 65536}]
    if all(entry["type"] != "user" for entry in extra):
        extra = ({"type": "user"}, *extra)
    return plan(*extra, uidMappings=ids, gidMappings=ids, **linux)


def kinds(made: Plan) -> list[str]:
    return [step.kind for step in made.steps]


def one(made: Plan, kind: str) -> Step:
    (step,) = [step for step in made.steps if step.kind == kind]
    return step


def test_other_containers_pay_nothing_for_it() -> None:
    rare = {"sources", "middle", "id-maps", "become-root", "check-time", "time-offsets"}
    assert not rare & set(kinds(plan()))
    assert all(isinstance(appliers.APPLIERS[kind], str) for kind in rare)


def test_a_new_user_namespace_is_made_by_the_clone_with_all_that_shall_belong_to_it() -> None:
    made = mapped()
    assert one(made, "clone-flags").data == (
        consts.CLONE_NEWUSER | consts.CLONE_NEWPID | consts.CLONE_NEWNET
        | consts.CLONE_NEWUTS | consts.CLONE_NEWNS
    )  # fmt: skip
    later = [step.data for step in made.steps if step.kind == "unshare"]
    assert later == [consts.CLONE_NEWIPC, consts.CLONE_NEWCGROUP]
    assert "middle" not in kinds(made)


def test_ids_are_mapped_before_the_process_goes_on_and_it_is_root_before_it_makes_anything() -> (
    None
):
    made = mapped()
    assert one(made, "id-maps").stage == ATTACH
    order = ["sources", "clone", "id-maps", "ready", "become-root", "session", "unshare", "root"]
    places = [kinds(made).index(kind) for kind in order]
    assert places == sorted(places)


@pytest.mark.parametrize(
    "extra",
    [
        [{"type": "user", "path": "/proc/7/ns/user"}],
        [{"type": "user"}, {"type": "network", "path": "/run/netns/x"}],
    ],
)
def test_where_namespaces_are_joined_there_is_a_process_in_the_middle(
    extra: list[dict[str, str]],
) -> None:
    made = mapped(*extra)
    assert one(made, "middle").stage == PREPARE
    assert ("id-maps" in kinds(made)) == ("path" not in extra[0])
    assert "become-root" in kinds(made)


def test_a_cgroup_namespace_is_joined_by_init_itself() -> None:
    made = mapped({"type": "cgroup", "path": "/proc/7/ns/cgroup"})
    assert "middle" not in kinds(made) and "join-namespaces" in kinds(made)


def test_clocks_are_set_before_the_process_changes_its_ids_or_hides() -> None:
    offsets = {"monotonic": {"secs": -5, "nanosecs": 7}, "boottime": {"secs": 3}}
    made = mapped({"type": "time"}, timeOffsets=offsets)
    assert one(made, "time-offsets").data == b"monotonic -5 7\nboottime 3 0\n"
    assert not one(made, "clone-flags").data & consts.CLONE_NEWTIME
    order = ["check-time", "clone", "time-offsets", "become-root", "session"]
    places = [kinds(made).index(kind) for kind in order]
    assert places == sorted(places)
    assert one(made, "time-offsets").stage == INIT


def test_without_offsets_the_clone_makes_the_time_namespace() -> None:
    made = plan({"type": "time"})
    assert one(made, "clone-flags").data & consts.CLONE_NEWTIME
    assert "time-offsets" not in kinds(made) and "check-time" in kinds(made)


def test_what_is_mounted_from_the_host_is_listed() -> None:
    made: Any = copy.deepcopy(default.default_config())
    made["mounts"] += [
        {"destination": "/a", "source": "/srv/a", "options": ["rbind", "ro"]},
        {"destination": "/b", "source": "b", "type": "bind"},
    ]
    made["linux"]["namespaces"].append({"type": "user", "path": "/proc/7/ns/user"})
    (sources, *_) = userns.plan(made, "c1")
    assert sources.data == [("/srv/a", True), ("b", False)]


@pytest.mark.parametrize(
    ("linux", "names"),
    [
        ({}, ["uidMappings", "gidMappings"]),
        ({"uidMappings": [{"containerID": 0, "hostID": 1, "size": 1}]}, ["gidMappings"]),
        ({"gidMappings": [{"containerID": 1, "hostID": 1, "size": 9}]}, ["uidMappings", "gid"]),
    ],
)
def test_a_new_namespace_has_a_root(linux: dict[str, Any], names: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        plan({"type": "user"}, **linux)
    assert len(caught.value.violations) == len(names)
    for line, name in zip(caught.value.violations, names, strict=True):
        assert line.startswith(f"linux.{name}") and "id 0 of the container is not mapped" in line


@given(MAPPINGS)
def test_a_map_is_one_line_of_three_numbers_for_each_range(mappings: list[Any]) -> None:
    text = userns.encode(userns.ranges(mappings))
    lines = [tuple(map(int, line.split())) for line in text.decode().splitlines()]
    assert lines == [(m["containerID"], m["hostID"], m["size"]) for m in mappings]
    assert text == b"" or text.endswith(b"\n")


@given(
    st.fixed_dictionaries(
        {},
        optional={
            clock: st.fixed_dictionaries(
                {},
                optional={
                    "secs": st.integers(-(2**63), 2**63 - 1),
                    "nanosecs": st.integers(0, 10**9 - 1),
                },
            )
            for clock in timens.CLOCKS
        },
    )
)
def test_an_offset_is_a_line_of_clock_and_two_numbers(offsets: Any) -> None:
    lines = [line.split() for line in timens.encode(offsets).decode().splitlines()]
    assert {clock: (int(s), int(n)) for clock, s, n in lines} == {
        clock: (offset.get("secs", 0), offset.get("nanosecs", 0))
        for clock, offset in offsets.items()
    }


@pytest.mark.parametrize(
    ("user", "mount"),
    [("", None), ("", "/run/mnt"), ("/run/user", None)],
)
def test_the_root_of_a_user_namespace_has_no_rights_over_a_mount_namespace_of_the_hosts(
    user: str, mount: str | None
) -> None:
    spaces = [{"type": "user", "path": user}, {"type": "pid"}]
    spaces += [{"type": "mount", "path": mount}] if mount else []
    ids = [] if user else [{"containerID": 0, "hostID": 100000, "size": 65536}]
    with pytest.raises(ConfigError, match="a user namespace needs a new mount namespace"):
        plan(namespaces=spaces, uidMappings=ids, gidMappings=ids)


def test_a_mount_namespace_of_the_user_namespaces_own_is_not_joined_on_the_way_there() -> None:
    made = plan({"type": "user", "path": "/run/user"}, {"type": "mount", "path": "/run/mnt"})
    assert one(made, "middle").text.startswith("joins user before")
    assert one(made, "open-mount-namespace").data == "/run/mnt"
    assert [kind for kind, *_ in one(made, "open-namespaces").data] == ["user"]
