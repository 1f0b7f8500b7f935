"""What the container may use: linux.resources in the files of its cgroup, and in force."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.support import world
from tests.integration.support.bundles import Bundle
from tests.integration.support.driver import Runtime

UNIFIED = os.path.exists("/sys/fs/cgroup/cgroup.controllers")
VERSION = 2 if UNIFIED else 1
KIB, MIB = 1 << 10, 1 << 20
RUNC = shutil.which("runc", path="/usr/sbin:/usr/bin:/sbin:/bin")
DENY = {"allow": False, "access": "rwm"}
# No driver has this number, so that no weight or rate can be set for it.
NO_DEVICE = {"major": 60, "minor": 5}


def controllers() -> set[str]:
    """The controllers that the host can limit a container with."""
    if UNIFIED:
        return set(Path("/sys/fs/cgroup/cgroup.controllers").read_text().split())
    lines = Path("/proc/self/cgroup").read_text().splitlines()
    keys = [key for line in lines if (key := line.split(":", 2)[1])]
    return {name for key in keys if not key.startswith("name=") for name in key.split(",")}


def need(*names: str) -> None:
    missing = set(names) - controllers()
    if missing:
        pytest.skip(f"this host has no {', '.join(sorted(missing))} controller in its cgroups")


def disk() -> tuple[int, int]:
    """The numbers of a whole block device that can be throttled."""
    for name in sorted(os.listdir("/sys/block")):
        if not name.startswith(("ram", "zram", "fd", "sr")):
            major, _, minor = Path(f"/sys/block/{name}/dev").read_text().strip().partition(":")
            return int(major), int(minor)
    pytest.skip("this host has no block device")


def limited(bundle: Bundle, **resources: Any) -> Bundle:
    bundle.linux["resources"] = {"devices": [DENY], **resources}
    return bundle


def files(container_id: str = "c1", below: str = "/anocir/") -> dict[str, str]:
    """What the files of a container's cgroups say, by name."""
    found = {}
    for group in world.look().cgroups:
        if group.endswith(f"{below}{container_id}"):
            for path in Path(group).iterdir():
                if path.is_file() and path.stat().st_mode & 0o444:
                    try:
                        found[path.name] = path.read_text().strip()
                    except OSError:
                        continue
    return found


@pytest.fixture
def created(anocir: Runtime, bundle: Bundle) -> Any:
    """Makes a container with some resources and returns the files of its cgroup."""

    def create(**resources: Any) -> dict[str, str]:
        anocir.quiet("create", "-b", limited(bundle, **resources).args("true"), "c1")
        return files()

    return create


CPU = {"quota": 20000, "period": 50000, "burst": 10000}
# What is asked for, and what the files of version 1 and of version 2 must then say.
VALUES: dict[str, tuple[dict[str, Any], dict[str, str], dict[str, str]]] = {
    "some": (
        {
            "memory": {"limit": 64 * MIB, "swap": 96 * MIB, "reservation": 32 * MIB},
            "cpu": {**CPU, "shares": 512, "cpus": "0", "mems": "0"},
            "pids": {"limit": 5},
        },
        {
            "memory.limit_in_bytes": str(64 * MIB),
            "memory.soft_limit_in_bytes": str(32 * MIB),
            "memory.memsw.limit_in_bytes": str(96 * MIB),
            "cpu.cfs_quota_us": "20000",
            "cpu.cfs_period_us": "50000",
            "cpu.cfs_burst_us": "10000",
            "cpu.shares": "512",
            "cpuset.cpus": "0",
            "cpuset.mems": "0",
            "pids.max": "5",
        },
        {
            "memory.max": str(64 * MIB),
            "memory.swap.max": str(32 * MIB),
            "memory.low": str(32 * MIB),
            "cpu.max": "20000 50000",
            "cpu.max.burst": "10000",
            "cpu.weight": "59",
            "cpuset.cpus": "0",
            "cpuset.mems": "0",
            "pids.max": "5",
        },
    ),
    "none": (
        {
            "memory": {"limit": 64 * MIB, "swap": 64 * MIB},
            "cpu": {"period": 50000, "idle": 1, "shares": 512},
            "pids": {"limit": 0},
        },
        {
            "memory.memsw.limit_in_bytes": str(64 * MIB),
            "cpu.cfs_quota_us": "-1",
            "cpu.cfs_period_us": "50000",
            "cpu.idle": "1",
            "pids.max": "0",
        },
        {"memory.swap.max": "0", "cpu.max": "max 50000", "cpu.idle": "1", "pids.max": "0"},
    ),
    "unlimited": (
        {
            "memory": {"limit": -1, "kernel": -1, "kernelTCP": -1},
            "cpu": {"quota": -1, "burst": 0, "idle": 0},
            "pids": {"limit": -1},
        },
        {
            "memory.limit_in_bytes": "9223372036854771712",
            "cpu.cfs_quota_us": "-1",
            "pids.max": "max",
        },
        {"memory.max": "max", "memory.swap.max": "max", "cpu.max": "max 100000", "pids.max": "max"},
    ),
}


@pytest.mark.parametrize("name", VALUES)
def test_values_reach_the_kernel(created: Any, name: str) -> None:
    resources, one, two = VALUES[name]
    need("memory", "cpu", "cpuset", "pids")
    found, expected = created(**resources), two if UNIFIED else one
    assert {file: found.get(file) for file in expected} == expected


@pytest.mark.skipif(UNIFIED, reason="version 1 only")
def test_what_only_version_1_has(created: Any) -> None:
    need("memory")
    found = created(memory={"swappiness": 0, "disableOOMKiller": True, "kernelTCP": 8 * MIB})
    assert found["memory.swappiness"] == "0"
    assert "oom_kill_disable 1" in found["memory.oom_control"]
    assert found["memory.kmem.tcp.limit_in_bytes"] == str(8 * MIB)


def test_asking_for_nothing_needs_no_controller(created: Any) -> None:
    """As Docker asks for it: zeros, empty lists and -1."""
    created(
        memory={"limit": 0, "swap": 0, "reservation": 0, "kernel": -1, "disableOOMKiller": False},
        cpu={"shares": 0, "quota": 0, "period": 0, "cpus": "", "mems": ""},
        pids={"limit": -1},
        blockIO={"weight": 0, "weightDevice": [], "throttleReadBpsDevice": []},
        network={"classID": 0, "priorities": []},
        hugepageLimits=[],
    )


def test_rates_of_block_devices(created: Any) -> None:
    need("io" if UNIFIED else "blkio")
    major, minor = disk()
    device = {"major": major, "minor": minor}
    found = created(
        blockIO={
            "throttleReadBpsDevice": [{**device, "rate": 1000000}],
            "throttleWriteBpsDevice": [{**device, "rate": 2000000}],
            "throttleReadIOPSDevice": [{**device, "rate": 300}],
            "throttleWriteIOPSDevice": [{**device, "rate": 400}],
        }
    )
    if UNIFIED:
        assert f"{major}:{minor} rbps=1000000 wbps=2000000 riops=300 wiops=400" in found["io.max"]
    else:
        assert f"{major}:{minor} 1000000" in found["blkio.throttle.read_bps_device"]
        assert f"{major}:{minor} 400" in found["blkio.throttle.write_iops_device"]


def test_weight_of_block_devices(anocir: Runtime, bundle: Bundle) -> None:
    """The file depends on the kernel's schedulers; without any it is an error that names it."""
    need("io" if UNIFIED else "blkio")
    limited(bundle, blockIO={"weight": 500}).args("true")
    result = anocir.any("create", "-b", bundle, "c1")
    found = files()
    weights = {
        f: t for f, t in found.items() if f.endswith(("bfq.weight", "io.weight", "blkio.weight"))
    }
    if weights:
        assert result.code == 0
        assert "500" in "".join(weights.values()) or "4950" in "".join(weights.values())
    else:
        assert result.code == 1 and "linux.resources.blockIO.weight" in result.err
        assert "no such file" in result.err


def test_limits_of_huge_pages(created: Any) -> None:
    need("hugetlb")
    size = max(os.listdir("/sys/kernel/mm/hugepages"), key=lambda name: name == "hugepages-2048kB")
    if size != "hugepages-2048kB":
        pytest.skip("this machine has no huge pages of 2 MB")
    found = created(hugepageLimits=[{"pageSize": "2MB", "limit": 4 * MIB}])
    suffix = "max" if UNIFIED else "limit_in_bytes"
    assert found[f"hugetlb.2MB.{suffix}"] == found[f"hugetlb.2MB.rsvd.{suffix}"] == str(4 * MIB)


@pytest.mark.skipif(not UNIFIED, reason="version 2 only")
def test_unified_values(created: Any) -> None:
    need("memory", "pids")
    found = created(
        memory={"limit": 64 * MIB}, unified={"memory.high": str(32 * MIB), "pids.max": "7"}
    )
    assert (found["memory.high"], found["memory.max"]) == (str(32 * MIB), str(64 * MIB))
    assert found["pids.max"] == "7"


IMPOSSIBLE: list[tuple[int, dict[str, Any], str]] = [
    (1, {"unified": {"memory.max": "1"}}, "linux.resources.unified: this host has"),
    (1, {"cpu": {"shares": 1}}, "linux.resources.cpu.shares: found 1, allowed: 2 to 262144"),
    (2, {"memory": {"swappiness": 50}}, "linux.resources.memory.swappiness: cgroup version 2"),
    (2, {"memory": {"kernel": 1}}, "linux.resources.memory.kernel: cgroup version 2"),
    (2, {"memory": {"disableOOMKiller": True}}, "linux.resources.memory.disableOOMKiller"),
    (2, {"network": {"classID": 1}}, "linux.resources.network.classID: cgroup version 2"),
    (2, {"cpu": {"realtimeRuntime": 1}}, "linux.resources.cpu.realtimeRuntime"),
    (2, {"blockIO": {"leafWeight": 10}}, "linux.resources.blockIO.leafWeight"),
    (2, {"unified": {"nosuch.file": "1"}}, 'linux.resources.unified["nosuch.file"]'),
    (2, {"unified": {"cgroup.kill": "1"}}, "it is no limit"),
    (0, {"unified": {"../cgroup.procs": "1"}}, "without slashes"),
    (0, {"unified": {"..": "1"}}, "without slashes"),
    (0, {"hugepageLimits": [{"pageSize": "3MB", "limit": 1}]}, "linux.resources.hugepageLimits[0]"),
    (0, {"hugepageLimits": [{"pageSize": "../2MB", "limit": 1}]}, "hugepageLimits[0].pageSize"),
    (0, {"rdma": {"nosuch": {"hcaHandles": 1}}}, "linux.resources.rdma.nosuch"),
    (0, {"cpu": {"cpus": "99999"}}, "linux.resources.cpu.cpus"),
    (0, {"cpu": {"realtimeRuntime": 1, "realtimePeriod": 1}}, "linux.resources.cpu.realtime"),
    (0, {"blockIO": {"throttleReadBpsDevice": [{**NO_DEVICE, "rate": 1}]}},
     "linux.resources.blockIO.throttleReadBpsDevice[0]"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("version", "resources", "words"), IMPOSSIBLE, ids=[str(e[1])[:45] for e in IMPOSSIBLE]
)
def test_what_cannot_be_had_is_refused(
    anocir: Runtime, bundle: Bundle, version: int, resources: dict[str, Any], words: str
) -> None:
    if version not in (0, VERSION):
        pytest.skip(f"version {version} only")
    if "cpus" in str(resources) and "cpuset" not in controllers():
        words = "cpuset"
    bundle.linux["resources"] = resources
    bundle.write(valid=False)
    assert words in anocir.fails("create", "-b", bundle.path, "c1")


def test_a_missing_controller_is_named(anocir: Runtime, bundle: Bundle) -> None:
    wanted = {
        "memory": {"memory": {"limit": MIB}},
        "pids": {"pids": {"limit": 1}},
        "rdma": {"rdma": {"x": {"hcaHandles": 1}}},
        "hugetlb": {"hugepageLimits": [{"pageSize": "2MB", "limit": 0}]},
    }
    missing = [name for name in wanted if name not in controllers()]
    if not missing:
        pytest.skip("this host has every controller")
    for name in missing:
        message = anocir.fails("create", "-b", limited(bundle, **wanted[name]), "c1")
        assert f"the {name} controller" in message or f"with the {name} controller" in message


# In force


def test_memory_is_limited(anocir: Runtime, bundle: Bundle) -> None:
    need("memory")
    limited(bundle, memory={"limit": 16 * MIB}).args("tail", "/dev/zero")
    assert anocir.any("run", "-b", bundle, "c1").code == 137


def test_processes_are_limited(anocir: Runtime, bundle: Bundle) -> None:
    need("pids")
    limited(bundle, pids={"limit": 1}).script("echo alone; /bin/true && echo more")
    result = anocir.any("run", "-b", bundle, "c1")
    assert result.out == "alone\n" and "fork" in result.err
    limited(bundle, pids={"limit": 2})
    assert anocir.output(bundle) == "alone\nmore\n"


@pytest.mark.parametrize("limit", [0, 1])
def test_one_process_is_enough_to_start(anocir: Runtime, bundle: Bundle, limit: int) -> None:
    need("pids")
    limited(bundle, pids={"limit": limit}).args("echo", "hello")
    assert anocir.output(bundle) == "hello\n"
    anocir.quiet("create", "-b", bundle, "c1", stdin="/dev/null")
    anocir.quiet("start", "c1")


@pytest.fixture
def installed(anocir: Runtime, launcher: tuple[str, ...]) -> Runtime:
    """What users have: it doesn't compile anything, which costs memory as well."""
    return Runtime(anocir.root, anocir.work, launcher)


def test_little_memory_is_enough_to_start(installed: Runtime, bundle: Bundle) -> None:
    """What init shares with the runtime must not count, and its own is a third of this at most."""
    need("memory")
    for limit, command in ((768 * KIB, "create"), (MIB, "run")):
        bundle.args("/bin/true")
        limited(bundle, memory={"limit": limit, "swap": limit})
        installed.quiet(command, "-b", bundle, command)
    installed.quiet("start", "create")
    installed.wait_stopped("create")


def test_too_little_memory_is_said(anocir: Runtime, bundle: Bundle) -> None:
    need("memory")
    limited(bundle, memory={"limit": 16 * KIB, "swap": 16 * KIB})
    message = anocir.fails("create", "-b", bundle, "c1")
    assert message.startswith("linux.resources.memory.limit: ") and "give it more" in message


def test_an_init_that_runs_out_of_memory_is_said(anocir: Runtime, bundle: Bundle) -> None:
    """The kernel copies the environment before the program is executed: more than there is.

    `run` reaps its init itself. `start` may find it reaped by another, and can't tell then.
    """
    need("memory")
    bundle.process["env"] += [f"LONG{n}={'x' * 100 * KIB}" for n in range(19)]
    limited(bundle, memory={"limit": 1700 * KIB, "swap": 1700 * KIB}).args("true")
    words = "died before its program started: killed for lack of memory"
    assert words in anocir.fails("run", "-b", bundle, "c1", code=255)


# Groups that are there before


@pytest.fixture
def prepared() -> Iterator[list[Path]]:
    """Groups named anocir-test that an administrator has made, with limits in them."""
    groups = []
    before = {
        "memory.limit_in_bytes": 32 * MIB,
        "memory.memsw.limit_in_bytes": 32 * MIB,
        "memory.max": 32 * MIB,
        "pids.max": 100,
        "cpu.cfs_quota_us": 10000,
        "cpu.cfs_burst_us": 10000,
        "cpu.max": 10000,
        "cpu.max.burst": 10000,
    }
    for top in sorted(world.look().cgroups):
        if os.path.ismount(top):
            groups.append(Path(top, "anocir-test"))
            groups[-1].mkdir()
            if UNIFIED:
                continue
            for name, value in before.items():
                if (groups[-1] / name).exists():
                    (groups[-1] / name).write_text(str(value))
    yield groups
    for group in groups:
        group.rmdir()


@pytest.mark.parametrize("factor", [0.5, 2])
def test_a_group_that_is_there_takes_other_limits(
    anocir: Runtime, bundle: Bundle, prepared: list[Path], factor: float
) -> None:
    """Both ways: of two values that bound each other, either may have to be the first."""
    need("memory", "cpu", "pids")
    bundle.linux["cgroupsPath"] = "/anocir-test"
    memory, quota = int(32 * MIB * factor), int(10000 * factor)
    limited(
        bundle,
        memory={"limit": memory, "swap": memory},
        cpu={"quota": quota, "burst": quota},
        pids={"limit": int(100 * factor)},
    )
    anocir.quiet("create", "-b", bundle.args("true"), "c1")
    found = files("anocir-test", "/")
    assert found["pids.max"] == str(int(100 * factor))
    if UNIFIED:
        assert found["memory.max"] == str(memory)
        assert found["cpu.max"] == f"{quota} 100000"
    else:
        assert found["memory.limit_in_bytes"] == str(memory)
        assert (found["cpu.cfs_quota_us"], found["cpu.cfs_burst_us"]) == (str(quota), str(quota))
    anocir.quiet("delete", "--force", "c1")


@pytest.mark.skipif(not UNIFIED, reason="version 2 only")
def test_a_parent_with_processes_hands_nothing_down(
    anocir: Runtime, bundle: Bundle, make_bundle: Any
) -> None:
    need("memory")
    bundle.linux["cgroupsPath"] = "/anocir-busy"
    anocir.quiet("run", "-d", "-b", bundle.args("sleep", "1000"), "c1")
    other = limited(make_bundle(), memory={"limit": 64 * MIB})
    other.linux["cgroupsPath"] = "/anocir-busy/below"
    message = anocir.fails("create", "-b", other, "c2")
    assert "linux.resources.memory.limit" in message
    assert "the memory controller is not enabled in the cgroups above" in message


# The same under runc

# Of runc 1.1: it rounds shares and weights to version 2 in another way, see docs/design/limits.md.
DIFFERENT = {"cpu.weight", "cpu.weight.nice"}
SETTINGS = ("cpu.", "cpuset.", "memory.", "pids.", "blkio.", "io.", "hugetlb.")
PASSING = ("stat", "usage", "current", "peak", "events", "pressure", "numa", "failcnt", "effective",
           "oom_control", "local", "serviced", "service_bytes", "reclaim", "slabinfo", "swap.high",
           "acct")  # fmt: skip
FEW: list[dict[str, Any]] = [
    {},
    {
        "memory": {"limit": 64 * MIB + 1, "swap": 64 * MIB + 1, "reservation": 5 * MIB},
        "cpu": {"shares": 700, "quota": 20000, "period": 50000, "cpus": "0"},
        "pids": {"limit": 77},
    },
]
MORE: list[dict[str, Any]] = [
    {"memory": {"limit": 64 * MIB}},
    {"memory": {"limit": 64 * MIB, "swap": 64 * MIB, "reservation": 5 * MIB}},
    {"memory": {"limit": 64 * MIB + 1}, "pids": {"limit": 77}},
    {"cpu": {"shares": 700, "quota": 20000, "period": 50000}},
    {"cpu": {"quota": -1, "period": 70000, "cpus": "0"}},
    {"memory": {"limit": -1}},
    {"memory": {"limit": 64 * MIB, "swap": -1}},
    {"memory": {"reservation": 9 * MIB}},
    {"memory": {"reservation": -1, "limit": 90 * MIB}},
    {"memory": {"limit": 64 * MIB, "swap": 100 * MIB, "disableOOMKiller": False}},
    {"memory": {"limit": 64 * MIB, "kernelTCP": -1}},
    {"cpu": {"shares": 2}},
    {"cpu": {"shares": 262144}},
    {"cpu": {"quota": 1000, "period": 1000}},
    {"cpu": {"quota": 1000000, "period": 1000000}},
    {"cpu": {"quota": 150000}},
    {"cpu": {"cpus": "0-1", "mems": "0"}},
    {"cpu": {"mems": "0"}},
    {"pids": {"limit": -1}},
    {"pids": {"limit": 1}},
    {"pids": {"limit": 4194304}},
    {"blockIO": {"throttleReadBpsDevice": [{"rate": 12345}]}},
    {"blockIO": {"throttleWriteIOPSDevice": [{"rate": 7}]}},
    {"hugepageLimits": [{"pageSize": "2MB", "limit": 4 * MIB}]},
    {"hugepageLimits": [{"pageSize": "2MB", "limit": 0}]},
]
PARTS = {"memory": "memory", "cpu": "cpu", "pids": "pids", "hugepageLimits": "hugetlb"}


def settings(container_id: str, below: str) -> dict[str, str]:
    """What the files say that hold limits."""
    return {
        name: text
        for name, text in files(container_id, below).items()
        if name.startswith(SETTINGS) and not any(word in name for word in PASSING)
        if name not in DIFFERENT
    }


def same_as_runc(anocir: Runtime, runc: Runtime, bundle: Bundle, asked: dict[str, Any]) -> None:
    asked = json.loads(json.dumps(asked))
    need("memory", "cpu", "pids")
    for part in asked:
        need(PARTS.get(part, "io" if UNIFIED else "blkio"))
    if "cpus" in str(asked) or "mems" in str(asked):
        need("cpuset")
    for devices in asked.get("blockIO", {}).values():
        devices[0]["major"], devices[0]["minor"] = disk()
    limited(bundle, **asked).args("true")
    bundle.linux["cgroupsPath"] = "/anocir-test-theirs"
    assert runc.any("create", "-b", bundle, "c1").code == 0
    theirs = settings("anocir-test-theirs", "/")
    # runc gives up on a cgroup whose process takes long to end.
    pid = json.loads(runc("state", "c1").out)["pid"]
    os.kill(pid, 9)
    world.wait_end(pid)
    runc("delete", "--force", "c1")
    bundle.linux["cgroupsPath"] = "/anocir-test-ours"
    anocir.quiet("create", "-b", bundle, "c1")
    assert settings("anocir-test-ours", "/") == theirs and theirs


@pytest.fixture
def runc(tmp_path: Path, before: world.View) -> Iterator[Runtime]:
    if RUNC is None:
        pytest.skip("runc is missing: install Debian's runc")
    runtime = Runtime(
        tmp_path / "runc-state", tmp_path / "runc-out", (RUNC,), {"PATH": os.environ["PATH"]}
    )
    yield runtime
    for container_id in runtime.ids():
        runtime.any("delete", "--force", container_id)


@pytest.mark.parametrize("asked", FEW, ids=str)
def test_as_runc(anocir: Runtime, runc: Runtime, bundle: Bundle, asked: dict[str, Any]) -> None:
    same_as_runc(anocir, runc, bundle, asked)


@pytest.mark.full
@pytest.mark.parametrize("asked", MORE, ids=str)
def test_more_as_runc(
    anocir: Runtime, runc: Runtime, bundle: Bundle, asked: dict[str, Any]
) -> None:
    same_as_runc(anocir, runc, bundle, asked)
