"""From linux.resources to the files of both cgroup versions."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anocir.cgroup import base, cpu, io, limits, v1, v2
from anocir.cgroup.group import Group
from anocir.errors import ConfigError, Error
from anocir.plan import limits as limits_plan
from anocir.spec import rules

UINT16 = st.integers(0, 2**16 - 1)
VALID = {"ociVersion": "1.3.0", "root": {"path": "rootfs"}}
INT64 = st.integers(-(2**63), 2**63 - 1)
UINT64 = st.integers(0, 2**64 - 1)


def encoded(version: int, **resources: Any) -> list[tuple[str, str]]:
    return [(w.file, w.text) for w in limits.encode(version, resources)]  # type: ignore[arg-type]


def refused(version: int, **resources: Any) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        limits.encode(version, resources)  # type: ignore[arg-type]
    return caught.value.violations


NOTHING: list[dict[str, Any]] = [
    {},
    {"memory": {}, "cpu": {}, "blockIO": {}, "network": {}, "hugepageLimits": [], "rdma": {}},
    # What Docker sends for a container without limits.
    {"cpu": {"shares": 0, "quota": 0, "period": 0, "cpus": "", "mems": ""}},
    {"memory": {"limit": 0, "swap": 0, "reservation": 0, "kernel": 0, "disableOOMKiller": False}},
    {"blockIO": {"weight": 0, "weightDevice": [], "throttleReadBpsDevice": []}},
    {"network": {"classID": 0, "priorities": []}},
    {"devices": [{"allow": False}]},
    {"memory": {"useHierarchy": True, "checkBeforeUpdate": True}},
]


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize("resources", NOTHING, ids=str)
def test_asking_for_nothing_writes_nothing(version: int, resources: dict[str, Any]) -> None:
    assert encoded(version, **resources) == []


MEMORY = {"limit": 1000, "reservation": 500, "swap": 3000}
BLOCK: dict[str, Any] = {
    "weight": 500,
    "weightDevice": [{"major": 8, "minor": 0, "weight": 10}],
    "throttleReadBpsDevice": [{"major": 8, "minor": 0, "rate": 100}],
    "throttleWriteBpsDevice": [{"major": 8, "minor": 0, "rate": 200}],
    "throttleReadIOPSDevice": [{"major": 8, "minor": 16, "rate": 300}],
    "throttleWriteIOPSDevice": [{"major": 8, "minor": 16, "rate": 0}],
}
RDMA = {"mlx5_1": {"hcaHandles": 3, "hcaObjects": 10000}, "rxe3": {"hcaObjects": 0}}
RDMA_LINES = [
    ("rdma.max", "mlx5_1 hca_handle=3 hca_object=10000"),
    ("rdma.max", "rxe3 hca_object=0"),
]
PAGES = [{"pageSize": "2MB", "limit": 4194304}]
CASES: list[tuple[str, Any, Any, Any]] = [
    (
        "memory",
        MEMORY,
        [
            ("memory.limit_in_bytes", "1000"),
            ("memory.memsw.limit_in_bytes", "3000"),
            ("memory.soft_limit_in_bytes", "500"),
        ],
        [("memory.swap.max", "2000"), ("memory.max", "1000"), ("memory.low", "500")],
    ),
    (
        "memory",
        {"limit": 1000, "swap": 1000},
        [("memory.limit_in_bytes", "1000"), ("memory.memsw.limit_in_bytes", "1000")],
        [("memory.swap.max", "0"), ("memory.max", "1000")],
    ),
    (
        "memory",
        {"limit": 1000, "swap": -1},
        [("memory.limit_in_bytes", "1000"), ("memory.memsw.limit_in_bytes", "-1")],
        [("memory.swap.max", "max"), ("memory.max", "1000")],
    ),
    (
        "memory",
        {"limit": -1},
        [("memory.limit_in_bytes", "-1"), ("memory.memsw.limit_in_bytes", "-1")],
        [("memory.swap.max", "max"), ("memory.max", "max")],
    ),
    (
        "memory",
        {"kernel": -1, "kernelTCP": -1},
        [("memory.kmem.limit_in_bytes", "-1"), ("memory.kmem.tcp.limit_in_bytes", "-1")],
        [],
    ),
    ("memory", {"kernelTCP": 5}, [("memory.kmem.tcp.limit_in_bytes", "5")], "can't limit TCP"),
    ("memory", {"kernel": 5}, [("memory.kmem.limit_in_bytes", "5")], "can't limit kernel"),
    ("memory", {"swappiness": 0}, [("memory.swappiness", "0")], "memory.swappiness: cgroup"),
    ("memory", {"disableOOMKiller": True}, [("memory.oom_control", "1")], "can't disable it"),
    ("cpu", {"shares": 1024}, [("cpu.shares", "1024")], [("cpu.weight", "100")]),
    ("cpu", {"shares": 1}, "allowed: 2 to 262144", [("cpu.weight", "1")]),
    ("cpu", {"shares": 262145}, "allowed: 2 to 262144", [("cpu.weight", "10000")]),
    (
        "cpu",
        {"shares": 1024, "idle": 1},
        [("cpu.shares", "1024"), ("cpu.idle", "1")],
        [("cpu.idle", "1")],
    ),
    ("cpu", {"idle": 0}, [("cpu.idle", "0")], [("cpu.idle", "0")]),
    (
        "cpu",
        {"quota": 5000, "period": 10000, "burst": 1000},
        [
            ("cpu.cfs_period_us", "10000"),
            ("cpu.cfs_quota_us", "5000"),
            ("cpu.cfs_burst_us", "1000"),
        ],
        [("cpu.max", "5000 10000"), ("cpu.max.burst", "1000")],
    ),
    ("cpu", {"quota": 5000}, [("cpu.cfs_quota_us", "5000")], [("cpu.max", "5000")]),
    ("cpu", {"quota": -1}, [("cpu.cfs_quota_us", "-1")], [("cpu.max", "max")]),
    ("cpu", {"period": 5000}, [("cpu.cfs_period_us", "5000")], [("cpu.max", "max 5000")]),
    (
        "cpu",
        {"realtimeRuntime": 5, "realtimePeriod": 9},
        [("cpu.rt_period_us", "9"), ("cpu.rt_runtime_us", "5")],
        "cpu.realtimeRuntime: cgroup version 2",
    ),
    (
        "cpu",
        {"cpus": "0-1", "mems": "0"},
        [("cpuset.cpus", "0-1"), ("cpuset.mems", "0")],
        [("cpuset.cpus", "0-1"), ("cpuset.mems", "0")],
    ),
    ("pids", {"limit": 5}, [("pids.max", "5")], [("pids.max", "5")]),
    ("pids", {"limit": 0}, [("pids.max", "0")], [("pids.max", "0")]),
    ("pids", {"limit": -1}, [("pids.max", "max")], [("pids.max", "max")]),
    ("pids", {"other": 1}, [], []),
    (
        "blockIO",
        BLOCK,
        [
            ("blkio.weight", "500"),
            ("blkio.weight_device", "8:0 10"),
            ("blkio.throttle.read_bps_device", "8:0 100"),
            ("blkio.throttle.write_bps_device", "8:0 200"),
            ("blkio.throttle.read_iops_device", "8:16 300"),
            ("blkio.throttle.write_iops_device", "8:16 0"),
        ],
        [
            ("io.bfq.weight", "default 500"),
            ("io.bfq.weight", "8:0 10"),
            ("io.max", "8:0 rbps=100"),
            ("io.max", "8:0 wbps=200"),
            ("io.max", "8:16 riops=300"),
            ("io.max", "8:16 wiops=max"),
        ],
    ),
    (
        "blockIO",
        {"leafWeight": 10, "weightDevice": [{"major": 8, "minor": 1, "leafWeight": 20}]},
        [("blkio.leaf_weight", "10"), ("blkio.leaf_weight_device", "8:1 20")],
        "blockIO.weightDevice[0].leafWeight: cgroup version 2",
    ),
    (
        "hugepageLimits",
        PAGES,
        [
            ("hugetlb.2MB.limit_in_bytes", "4194304"),
            ("hugetlb.2MB.rsvd.limit_in_bytes", "4194304"),
        ],
        [("hugetlb.2MB.max", "4194304"), ("hugetlb.2MB.rsvd.max", "4194304")],
    ),
    (
        "network",
        {"classID": 1048577, "priorities": [{"name": "eth0", "priority": 5}]},
        [("net_cls.classid", "1048577"), ("net_prio.ifpriomap", "eth0 5")],
        "network.priorities: cgroup version 2",
    ),
    ("rdma", RDMA, RDMA_LINES, RDMA_LINES),
    (
        "unified",
        {"io.max": "8:0 rbps=1\n8:16 wiops=2\n", "memory.high": "max"},
        "unified: this host has cgroup version 1",
        [("io.max", "8:0 rbps=1"), ("io.max", "8:16 wiops=2"), ("memory.high", "max")],
    ),
    ("unified", {"../x": "1"}, "version 1", 'unified["../x"]: allowed: the name of a file'),
    ("unified", {"..": "1"}, "version 1", 'unified[".."]: allowed: the name of a file'),
    ("unified", {"a\0b": "1"}, "version 1", "allowed: the name of a file"),
    ("unified", {"cgroup.procs": "1"}, "version 1", "it is no limit"),
]


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize(("part", "asked", "one", "two"), CASES, ids=lambda x: str(x)[:40])
def test_encoders(version: int, part: str, asked: Any, one: Any, two: Any) -> None:
    expected = one if version == 1 else two
    if isinstance(expected, str):
        assert expected in "; ".join(refused(version, **{part: asked}))
        assert all(
            line.startswith("linux.resources.") for line in refused(version, **{part: asked})
        )
    else:
        assert encoded(version, **{part: asked}) == expected


def test_where_a_weight_goes_without_its_first_file() -> None:
    writes = limits.encode(2, {"blockIO": {"weight": 500}})
    assert writes[0].otherwise is not None
    assert (writes[0].otherwise.file, writes[0].otherwise.text) == ("io.weight", "default 4950")
    writes = limits.encode(1, {"blockIO": {"weight": 500}})
    assert writes[0].otherwise is not None
    assert (writes[0].otherwise.file, writes[0].otherwise.text) == ("blkio.bfq.weight", "500")


def test_the_kernels_own_words_come_last() -> None:
    order = encoded(2, unified={"memory.max": "5"}, memory={"limit": 4}, pids={"limit": 3})
    assert order == [("pids.max", "3"), ("memory.max", "4"), ("memory.max", "5")]


# What runc 1.3 and crun 1.23 make of these.
@pytest.mark.parametrize(
    ("shares", "expected"),
    [(0, 1), (2, 1), (3, 2), (10, 4), (102, 17), (512, 59), (1024, 100), (2048, 174),
     (4096, 303), (100000, 4340), (262143, 10000), (262144, 10000), (2**64 - 1, 10000)],
)  # fmt: skip
def test_weight_of_shares(shares: int, expected: int) -> None:
    assert cpu.weight(shares) == expected


@given(UINT64, UINT64)
def test_more_shares_are_never_less_weight(one: int, other: int) -> None:
    small, large = sorted((one, other))
    assert 1 <= cpu.weight(small) <= cpu.weight(large) <= 10000


@given(st.integers(10, 1000))
def test_block_weights_stay_in_range(value: int) -> None:
    assert 1 <= io.weight(value) <= 10000
    assert (io.weight(10), io.weight(1000)) == (1, 10000)


@given(limit=INT64, swap=INT64, reservation=INT64, version=st.sampled_from([1, 2]))
def test_memory_that_the_rules_allow_has_an_encoding(
    limit: int, swap: int, reservation: int, version: int
) -> None:
    asked: Any = {"memory": {"limit": limit, "swap": swap, "reservation": reservation}}
    config: Any = {**VALID, "linux": {"resources": asked}}
    if rules.violations(config):
        return
    files = dict(encoded(version, **asked))
    for text in files.values():
        assert text == "max" or int(text) >= -1
    if version == 2 and "memory.swap.max" in files and limit > 0 and swap > 0:
        assert int(files["memory.swap.max"]) == swap - limit


@pytest.mark.parametrize("case", CASES, ids=lambda x: str(x)[:40])
def test_what_the_encoders_take_breaks_no_rule(case: tuple[str, Any, Any, Any]) -> None:
    config: Any = {**VALID, "linux": {"resources": {case[0]: case[1]}}}
    assert case[0] == "unified" or rules.violations(config) == []


def test_the_plan_names_what_is_limited() -> None:
    resources = {
        "devices": [],
        "memory": {"limit": 4 << 20},
        "hugepageLimits": PAGES,
        "pids": {"limit": 0},
    }
    steps = limits_plan.plan({"linux": {"resources": resources}}, "c1")  # type: ignore[typeddict-item]
    assert [step.stage for step in steps] == ["prepare", "finish"]
    assert steps[1].text == "memory (limit), hugepageLimits, pids (limit)"
    assert set(steps[0].data) == {"memory", "hugepageLimits", "pids"}


@pytest.mark.parametrize(("limit", "counts"), [(1, True), ((4 << 20) - 1, True), (-1, False)])
def test_shared_pages_are_copied_where_they_count(limit: int, counts: bool) -> None:
    resources = {"memory": {"limit": limit}}
    steps = limits_plan.plan({"linux": {"resources": resources}}, "c1")  # type: ignore[typeddict-item]
    assert [step.stage for step in steps if step.kind == "copy-pages"] == ["attach"] * counts


@pytest.mark.parametrize(
    ("limit", "counts"),
    [
        ("0", True),
        ("4194303", True),
        ("4194304", False),
        (" 4095k\n", True),
        ("3M", True),
        ("4M", False),
        ("1G", False),
        ("max", False),
        ("", False),
        ("M", False),
        ("-1", False),
    ],
)
def test_shared_pages_are_copied_for_little_memory_of_version_2(limit: str, counts: bool) -> None:
    resources = {"unified": {"memory.max": limit}}
    steps = limits_plan.plan({"linux": {"resources": resources}}, "c1")  # type: ignore[typeddict-item]
    assert [step.stage for step in steps if step.kind == "copy-pages"] == ["attach"] * counts


# Applying, to directories that look like cgroups


def directory(where: Path, **files: str) -> Path:
    where.mkdir()
    for name, text in files.items():
        (where / name.replace("__", ".")).write_text(text)
    return where


def unified(where: Path) -> base.Manager:
    return v2.Manager([Group("", str(where), 1)], "/owner")


def test_values_are_written(tmp_path: Path) -> None:
    where = directory(tmp_path / "g", memory__max="max", memory__swap__max="max", pids__max="max")
    manager = unified(where)
    manager.load_limits({"memory": {"limit": 5, "swap": 8}, "pids": {"limit": 1}})
    assert (where / "memory.max").read_text() == "max"
    manager.apply_limits()
    found = {p.name: p.read_text() for p in where.iterdir()}
    assert found["memory.max"][0] == "5" and found["memory.swap.max"][0] == "3"


def test_each_controller_has_its_group_on_version_1(tmp_path: Path) -> None:
    both = directory(tmp_path / "cpu,cpuacct", cpu__shares="")
    sets = directory(tmp_path / "cpuset", cpuset__cpus="")
    groups = [Group("cpu,cpuacct", str(both), 1), Group("cpuset", str(sets), 1)]
    manager = v1.Manager(groups, "/owner")
    manager.load_limits({"cpu": {"shares": 7, "cpus": "0"}})
    manager.apply_limits()
    assert ((both / "cpu.shares").read_text(), (sets / "cpuset.cpus").read_text()) == ("7", "0")
    manager.load_limits({"pids": {"limit": 1}})
    with pytest.raises(Error, match=r"linux\.resources\.pids\.limit: .*pids\.max.*mount"):
        manager.apply_limits()
    manager.load_limits({"pids": {"limit": -1}})
    manager.apply_limits()


def test_a_missing_file_is_named_with_what_asked_for_it(tmp_path: Path) -> None:
    where = directory(tmp_path / "g", cgroup__controllers="cpu pids\n", io__weight="")
    manager = unified(where)
    manager.load_limits({"memory": {"limit": 5}})
    with pytest.raises(Error) as caught:
        manager.apply_limits()
    assert "linux.resources.memory.limit" in caught.value.message
    assert f"{where}/memory.max" in caught.value.message
    assert "the memory controller is not enabled" in caught.value.message
    manager.load_limits({"unified": {"pids.nosuch": "1"}})
    with pytest.raises(Error, match=r'unified\["pids\.nosuch"\].*this kernel has no such file'):
        manager.apply_limits()
    manager.load_limits({"blockIO": {"weight": 500}, "memory": {"swap": -1}})
    manager.apply_limits()
    assert (where / "io.weight").read_text() == "default 4950"


def test_a_limit_below_what_is_used_is_refused_when_that_is_asked(tmp_path: Path) -> None:
    where = directory(tmp_path / "g", memory__current="6\n", memory__max="max")
    manager = unified(where)
    manager.load_limits({"memory": {"limit": 5, "checkBeforeUpdate": True}})
    with pytest.raises(Error, match=r"6 are in use"):
        manager.apply_limits()
    assert (where / "memory.max").read_text() == "max"
    manager.load_limits({"memory": {"limit": 7, "checkBeforeUpdate": True}})
    manager.apply_limits()
    assert (where / "memory.max").read_text() == "7ax"


def test_what_is_wrong_before_its_neighbour_changes_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The kernel's rule for memory <= memory+swap, in a model of these two files."""
    values = {"memory.limit_in_bytes": 10, "memory.memsw.limit_in_bytes": 10}

    def write(fd: int, name: str, text: str) -> None:
        after = values | {name: int(text)}
        if after["memory.limit_in_bytes"] > after["memory.memsw.limit_in_bytes"]:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        values.update(after)

    monkeypatch.setattr("anocir.cgroup.tree.write", write)
    manager = v1.Manager([Group("memory", str(directory(tmp_path / "g")), 1)], "/owner")
    for limit, swap in ((20, 30), (5, 6), (25, 25)):
        manager.load_limits({"memory": {"limit": limit, "swap": swap}})
        manager.apply_limits()
        assert list(values.values()) == [limit, swap]
    manager.load_limits({"memory": {"limit": 30}})
    with pytest.raises(Error, match=r"not together with the others"):
        manager.apply_limits()
