"""The rules for user namespaces and their id mappings."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anocir.errors import ConfigError
from anocir.spec import bundle, rules_userns
from anocir.spec.json import dumps

ALL = [{"containerID": 0, "hostID": 100000, "size": 65536}]
BASE: dict[str, Any] = {
    "ociVersion": "1.3.0",
    "root": {"path": "rootfs"},
    "process": {"cwd": "/", "args": ["sh"]},
    "linux": {
        "namespaces": [{"type": "mount"}, {"type": "user"}],
        "uidMappings": ALL,
        "gidMappings": ALL,
    },
}


def refused(user: dict[str, Any] | None = None, **linux: Any) -> list[str]:
    config = copy.deepcopy(BASE)
    config["linux"].update(linux)
    config["process"]["user"] = {"uid": 0, "gid": 0, **(user or {})}
    return violations(config)


def violations(config: dict[str, Any]) -> list[str]:
    try:
        bundle.parse(dumps(config).encode(), "config.json")
    except ConfigError as error:
        return error.violations
    return []


def ids(inside: int, outside: int, size: int) -> dict[str, int]:
    return {"containerID": inside, "hostID": outside, "size": size}


def test_a_usual_one_is_taken() -> None:
    assert refused() == []
    assert refused({"uid": 65535, "gid": 5, "additionalGids": [0, 65535]}) == []


@pytest.mark.parametrize("name", ["uidMappings", "gidMappings"])
@pytest.mark.parametrize(
    ("mappings", "words"),
    [
        ([ids(0, 1, 0)], "[0].size: found 0, allowed: at least 1"),
        ([ids(0, 0, 2**32 - 1), ids(1, 2**32 - 1, 1)], "[1].size: found 1, the last id would be"),
        ([ids(0, 2**32 - 2, 2)], "[0].size: found 2, the last id would be above 4294967294"),
        ([ids(0, 5, 2), ids(1, 9, 1)], "[1].containerID: the ids of linux.{}[0] reach into these"),
        ([ids(5, 9, 1), ids(0, 5, 5)], "[0].hostID: the ids of linux.{}[1] reach into these"),
        ([ids(n, n, 1) for n in range(341)], ": found 341 mappings, the kernel takes 340"),
        ([ids(n, n, 1) for n in range(100_000)], ": found 100000 mappings, the kernel takes 340"),
    ],
)
def test_what_the_kernel_would_refuse(name: str, mappings: list[Any], words: str) -> None:
    assert any(line.startswith(f"linux.{name}{words.format(name)}")
               for line in refused(**{name: mappings}))  # fmt: skip


def test_what_the_kernel_takes() -> None:
    many = [ids(n, 2 * n, 1) for n in range(340)]
    assert refused(uidMappings=many, gidMappings=[ids(0, 0, 2**32 - 1)]) == []


@pytest.mark.parametrize(
    ("user", "path"),
    [
        ({"uid": 65536}, "process.user.uid: 65536 is not mapped by linux.uidMappings"),
        ({"gid": 65536}, "process.user.gid: 65536 is not mapped by linux.gidMappings"),
        (
            {"additionalGids": [1, 70000]},
            "process.user.additionalGids[1]: 70000 is not mapped by linux.gidMappings",
        ),
    ],
)
def test_whom_the_process_cannot_become(user: dict[str, Any], path: str) -> None:
    assert refused(user) == [path]


def test_owners_that_a_mount_cannot_have() -> None:
    config = copy.deepcopy(BASE)
    config["linux"]["gidMappings"] = [ids(0, 1000, 1)]
    pts = {"destination": "/dev/pts", "type": "devpts", "options": ["newinstance", "gid=5"]}
    config["mounts"] = [pts]
    assert violations(config) == ["mounts[0].options[1]: 5 is not mapped by linux.gidMappings"]
    config["mounts"] = [{**pts, "options": ["gid=0"]}, {**pts, "type": "nosuch"}]
    assert violations(config) == []


def test_of_a_namespace_that_is_joined_only_the_kernel_knows_who_is_mapped() -> None:
    spaces = [{"type": "mount"}, {"type": "user", "path": "/proc/7/ns/user"}]
    config = copy.deepcopy(BASE)
    config["linux"].update(namespaces=spaces, uidMappings=[ids(0, 0, 1)], gidMappings=[])
    config["process"]["user"] = {"uid": 7, "gid": 7}
    assert violations(config) == []


MAPPINGS = st.lists(
    st.builds(ids, st.integers(0, 30), st.integers(0, 30), st.integers(1, 4)),
    min_size=1,
    max_size=5,
)


@given(MAPPINGS)
def test_overlaps_are_found_wherever_there_are_any(mappings: list[dict[str, int]]) -> None:
    def doubled(side: str) -> bool:
        covered = [n for m in mappings for n in range(m[side], m[side] + m["size"])]
        return len(covered) != len(set(covered))

    config: Any = copy.deepcopy(BASE)
    config["linux"].update(uidMappings=mappings)
    found = list(rules_userns.id_ranges(config))
    for side in ("containerID", "hostID"):
        assert any(f"].{side}: " in line for line in found) == doubled(side)
