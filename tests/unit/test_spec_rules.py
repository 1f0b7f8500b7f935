"""Each rule refuses what its clause refuses, says where, and takes what is next to it."""

from __future__ import annotations

import copy
import importlib
import itertools
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anocir.errors import ConfigError
from anocir.spec import (
    bundle,
    rules,
    rules_devices,
    rules_hooks,
    rules_mappings,
    rules_names,
    rules_process,
    rules_resources,
    rules_seccomp,
    rules_sysctl,
    rules_time,
    rules_userns,
)
from anocir.spec.json import dumps

BASE: dict[str, Any] = {
    "ociVersion": "1.3.0",
    "root": {"path": "rootfs"},
    "process": {"cwd": "/", "args": ["sh"]},
    "linux": {"namespaces": [{"type": "mount"}]},
}
DEVICE = {"type": "c", "path": "/dev/a", "major": 1, "minor": 3}
KINDS = ("pid", "network", "mount", "ipc", "uts", "user", "cgroup", "time")


def changed(path: str, value: object) -> dict[str, Any]:
    """Return the base config with one property set; ``None`` removes it."""
    config = copy.deepcopy(BASE)
    inside = config
    *outer, last = path.split(".")
    for name in outer:
        inside = inside.setdefault(name, {})
    if value is None:
        del inside[last]
    else:
        inside[last] = value
    return config


def spaces(*kinds: str) -> list[dict[str, str]]:
    return [{"type": kind} for kind in kinds]


def refused(config: dict[str, Any]) -> list[str]:
    """Return the violations of a config that has the right shape."""
    try:
        bundle.parse(dumps(config).encode(), "config.json")
    except ConfigError as error:
        return error.violations
    return []


HOOKS = '{"hooks": {"poststop": [{"path": "/bin/true"}]}}'
LIMIT = {"type": "RLIMIT_CORE", "soft": 1, "hard": 1}
MAPPING = [{"containerID": 0, "hostID": 1, "size": 1}]
WEIGHT = "linux.resources.blockIO.weightDevice[0]: needs weight or leafWeight"

# (rule, property, value, beginning of the one violation)
BAD: list[tuple[Any, str, object, str]] = [
    (rules.oci_version, "ociVersion", "2.0.0", 'ociVersion: found "2.0.0" (a string), allowed: a '),
    (rules.oci_version, "ociVersion", "0.5.0-dev", "ociVersion: found"),
    (rules.root_path, "root", None, "root: found nothing"),
    (rules.root_path, "root.path", "", 'root.path: found ""'),
    (rules.process_args, "process.args", [], "process.args: args must not be empty"),
    (rules.process_args, "process.args", None, "process.args: args must not be empty"),
    (rules.process_cwd, "process.cwd", "tmp", 'process.cwd: found "tmp"'),
    (rules.process_cwd, "process.cwd", "", 'process.cwd: found ""'),
    (rules.environment, "process.env", ["A=b", "A"], "process.env[1]: found no NAME="),
    (rules.environment, "process.env", ["=b"], "process.env[0]: found no NAME="),
    (rules.environment, "process.env", [""], "process.env[0]: found no NAME="),
    (
        rules_hooks.hook_environment,
        "hooks.poststop",
        [{"path": "/a", "env": ["x"]}],
        "hooks.poststop[0].env[0]:",
    ),
    (rules.rlimits, "process.rlimits", [LIMIT, LIMIT], "process.rlimits[1].type: RLIMIT_CORE is"),
    (rules.rlimits, "process.rlimits", [{**LIMIT, "soft": 2}], "process.rlimits[0].soft: found 2"),
    (rules.mount_destinations, "mounts", [{"destination": ""}], "mounts[0].destination: found"),
    (
        rules_mappings.mount_mappings,
        "mounts",
        [{"destination": "/a", "gidMappings": MAPPING}],
        "mounts[0]: uidMappings and gidMappings must be given together",
    ),
    (rules.absolute_paths, "linux.maskedPaths", ["/a", "b"], 'linux.maskedPaths[1]: found "b"'),
    (rules.absolute_paths, "linux.readonlyPaths", [""], 'linux.readonlyPaths[0]: found ""'),
    (
        rules_devices.device_paths,
        "linux.devices",
        [{"type": "p", "path": "a"}],
        "linux.devices[0].path:",
    ),
    (
        rules.absolute_paths,
        "linux.namespaces",
        [{"type": "pid", "path": "proc/1/ns/pid"}],
        "linux.namespaces[0].path: found",
    ),
    (
        rules_hooks.hook_paths,
        "hooks.prestart",
        [{"path": "a"}],
        'hooks.prestart[0].path: found "a"',
    ),
    (
        rules.namespace_types,
        "linux.namespaces",
        [{"type": "pid"}, {"type": "pid", "path": "/proc/1/ns/pid"}],
        "linux.namespaces[1].type: pid is given more than once",
    ),
    (rules.namespace_needs, "hostname", "box", "hostname: needs a uts namespace"),
    (rules.namespace_needs, "domainname", "box", "domainname: needs a uts namespace"),
    (rules.namespace_needs, "linux.uidMappings", MAPPING, "linux.uidMappings: needs a user"),
    (rules.namespace_needs, "linux.gidMappings", MAPPING, "linux.gidMappings: needs a user"),
    (rules.namespace_needs, "linux.netDevices", {"a": {}}, "linux.netDevices: needs a network"),
    (
        rules.namespace_needs,
        "linux.timeOffsets",
        {"monotonic": {"secs": 1}},
        "linux.timeOffsets: needs a time namespace",
    ),
    (
        rules_time.time_offsets,
        "linux",
        {
            "namespaces": [{"type": "time", "path": "/proc/1/ns/time"}],
            "timeOffsets": {"monotonic": {"secs": 1}},
        },
        "linux.timeOffsets: needs a new time namespace",
    ),
    (
        rules_time.time_offsets,
        "linux",
        {"namespaces": spaces("time"), "timeOffsets": {"boottime": {"nanosecs": 1000000000}}},
        "linux.timeOffsets.boottime.nanosecs: found 1000000000",
    ),
    (
        rules_userns.id_ranges,
        "linux",
        {"namespaces": spaces("user"), "uidMappings": [*MAPPING, {**MAPPING[0], "containerID": 1}]},
        "linux.uidMappings[1].hostID: the ids of linux.uidMappings[0] reach into these",
    ),
    (
        rules_userns.mapped_ids,
        "linux",
        {"namespaces": spaces("user"), "gidMappings": [{**MAPPING[0], "containerID": 5}]},
        "process.user.gid: 0 is not mapped by linux.gidMappings",
    ),
    (
        rules_sysctl.sysctls,
        "linux.sysctl",
        {"kernel.core_pattern": "|/x"},
        'linux.sysctl["kernel.core_',
    ),
    (
        rules_sysctl.sysctls,
        "linux.sysctl",
        {"net.core.somaxconn": "1"},
        'linux.sysctl["net.core.somaxconn',
    ),
    (
        rules_sysctl.sysctls,
        "linux",
        {"namespaces": spaces("uts"), "sysctl": {"kernel/hostname": "a"}},
        'linux.sysctl["kernel/hostname"]: conflicts with hostname',
    ),
    (
        rules_process.scheduler,
        "process.scheduler",
        {"policy": "SCHED_BATCH", "nice": -21},
        "process.scheduler.nice: found -21, allowed: -20 to 19",
    ),
    (
        rules_process.scheduler,
        "process.scheduler",
        {"policy": "SCHED_IDLE", "priority": 1},
        "process.scheduler.priority: only goes with SCHED_FIFO and SCHED_RR",
    ),
    (
        rules_process.scheduler,
        "process.scheduler",
        {"policy": "SCHED_RR", "priority": 1, "period": 1},
        "process.scheduler.period: only goes with SCHED_DEADLINE",
    ),
    (
        rules_process.console_size,
        "process",
        {"terminal": True, "consoleSize": {"height": 65536, "width": 1}, "args": ["x"], "cwd": "/"},
        "process.consoleSize.height: found 65536",
    ),
    (rules.cgroups_path, "linux.cgroupsPath", "/a/../b", "linux.cgroupsPath: found"),
    (rules.cgroups_path, "linux.cgroupsPath", "..", "linux.cgroupsPath: found"),
    (
        rules_names.file_names,
        "linux.resources.unified",
        {"../a": "1"},
        'linux.resources.unified["../a"]:',
    ),
    (
        rules_names.file_names,
        "linux.resources.unified",
        {"a b": "1"},
        'linux.resources.unified["a b"]:',
    ),
    (
        rules_names.file_names,
        "linux.resources.rdma",
        {"..": {"hcaHandles": 1}},
        'linux.resources.rdma[".."]:',
    ),
    (rules_names.file_names, "linux.intelRdt", {"closID": "a/b"}, "linux.intelRdt.closID:"),
    (
        rules_names.file_names,
        "linux",
        {"namespaces": spaces("network"), "netDevices": {"a/b": {}}},
        'linux.netDevices["a/b"]:',
    ),
    (
        rules_devices.device_numbers,
        "linux.devices",
        [{"type": "c", "path": "/dev/a", "major": 1, "minor": -1}],
        "linux.devices[0].minor: found -1, allowed: 0 to 1048575",
    ),
    (
        rules_devices.device_paths,
        "linux.devices",
        [{"type": "p", "path": "/dev/../a"}],
        "linux.devices[0].path: found",
    ),
    (
        rules_devices.one_device_a_path,
        "linux.devices",
        [{"type": "p", "path": "/a"}, {"type": "p", "path": "/a/./"}, DEVICE | {"path": "//a"}],
        "linux.devices[2].path: ",
    ),
    (
        rules_devices.device_numbers,
        "linux.devices",
        [{"type": "c", "path": "/dev/a", "major": 1}],
        "linux.devices[0].minor: found nothing",
    ),
    (
        rules_resources.memory_limits,
        "linux.resources.memory",
        {"limit": -2},
        "linux.resources.memory.limit: found -2",
    ),
    (
        rules_resources.swap,
        "linux.resources.memory",
        {"swap": 5},
        "linux.resources.memory.swap: needs memory.limit",
    ),
    (
        rules_resources.swap,
        "linux.resources.memory",
        {"swap": 5, "limit": 6},
        "linux.resources.memory.swap: found 5, allowed: at least memory.limit",
    ),
    (
        rules_resources.pids,
        "linux.resources.pids",
        {"limit": -2},
        "linux.resources.pids.limit: found -2",
    ),
    (
        rules_resources.bandwidth,
        "linux.resources.cpu",
        {"quota": 2000, "burst": 2001},
        "linux.resources.cpu.burst: found 2001, allowed: at most cpu.quota",
    ),
    (
        rules_resources.bandwidth,
        "linux.resources.cpu",
        {"quota": 999},
        "linux.resources.cpu.quota: found 999",
    ),
    (
        rules_resources.bandwidth,
        "linux.resources.cpu",
        {"quota": -2},
        "linux.resources.cpu.quota: found -2",
    ),
    (
        rules_resources.bandwidth,
        "linux.resources.cpu",
        {"period": 999},
        "linux.resources.cpu.period: found 999, allowed: 1000 to 1000000",
    ),
    (
        rules_resources.bandwidth,
        "linux.resources.cpu",
        {"period": 1000001},
        "linux.resources.cpu.period: found 1000001",
    ),
    (
        rules_resources.bandwidth,
        "linux.resources.cpu",
        {"idle": 2},
        "linux.resources.cpu.idle: found 2",
    ),
    (
        rules_resources.cpusets,
        "linux.resources.cpu",
        {"cpus": "1-"},
        "linux.resources.cpu.cpus: found ",
    ),
    (
        rules_resources.cpusets,
        "linux.resources.cpu",
        {"cpus": "3-1"},
        "linux.resources.cpu.cpus: found ",
    ),
    (
        rules_resources.cpusets,
        "linux.resources.cpu",
        {"mems": "a"},
        "linux.resources.cpu.mems: found ",
    ),
    (
        rules_resources.cpusets,
        "linux.resources.cpu",
        {"mems": "1,,2"},
        "linux.resources.cpu.mems: found ",
    ),
    (
        rules_resources.block_weights,
        "linux.resources.blockIO",
        {"weight": 9},
        "linux.resources.blockIO.weight: found 9, allowed: 10 to 1000",
    ),
    (
        rules_resources.block_weights,
        "linux.resources.blockIO",
        {"leafWeight": 1001},
        "linux.resources.blockIO.leafWeight: found 1001",
    ),
    (
        rules_resources.block_weights,
        "linux.resources.blockIO",
        {"weightDevice": [{"major": 1, "minor": 1, "weight": 5}]},
        "linux.resources.blockIO.weightDevice[0].weight: found 5",
    ),
    (
        rules_resources.block_devices,
        "linux.resources.blockIO",
        {"throttleReadBpsDevice": [{"major": -1, "minor": 1, "rate": 5}]},
        "linux.resources.blockIO.throttleReadBpsDevice[0].major: found -1",
    ),
    (
        rules_resources.interfaces,
        "linux.resources.network",
        {"priorities": [{"name": "a b", "priority": 1}]},
        "linux.resources.network.priorities[0].name",
    ),
    (
        rules_resources.interfaces,
        "linux.resources.network",
        {"priorities": [{"name": "xxxxxxxxxxxxxxxx", "priority": 1}]},
        "linux.resources.network.priorities[0]",
    ),
    (
        rules_resources.huge_pages,
        "linux.resources.hugepageLimits",
        [{"pageSize": "2MB", "limit": 4194304}, {"pageSize": "2MB", "limit": 4194304}],
        "linux.resources.hugepageLimits[1].pageSize: 2MB is given more than",
    ),
    (
        rules_resources.resource_choices,
        "linux.resources",
        {"blockIO": {"weightDevice": [{"major": 8, "minor": 0}]}},
        WEIGHT,
    ),
    (
        rules_resources.resource_choices,
        "linux.resources.rdma",
        {"a": {}},
        "linux.resources.rdma.a: needs hca",
    ),
    (
        rules_seccomp.seccomp_errno,
        "linux.seccomp",
        {"defaultAction": "SCMP_ACT_ALLOW", "defaultErrnoRet": 1},
        "linux.seccomp.defaultErrnoRet: SCMP_ACT_ALLOW returns no errno",
    ),
    (
        rules_seccomp.seccomp_errno,
        "linux.seccomp",
        {
            "defaultAction": "SCMP_ACT_ALLOW",
            "syscalls": [{"names": ["a"], "action": "SCMP_ACT_KILL", "errnoRet": 1}],
        },
        "linux.seccomp.syscalls[0].errnoRet: SCMP_ACT_KILL returns no errno",
    ),
    (
        rules_seccomp.seccomp_listener,
        "linux.seccomp",
        {"defaultAction": "SCMP_ACT_ALLOW", "listenerMetadata": "x"},
        "linux.seccomp.listenerMetadata: needs listenerPath",
    ),
    (
        rules_seccomp.seccomp_listener,
        "linux.seccomp",
        {"defaultAction": "SCMP_ACT_NOTIFY", "listenerPath": "/a"},
        "linux.seccomp.defaultAction: SCMP_ACT_NOTIFY is only for calls that are named",
    ),
    (
        rules_seccomp.seccomp_listener,
        "linux.seccomp",
        {
            "defaultAction": "SCMP_ACT_ALLOW",
            "syscalls": [{"names": ["mkdir"], "action": "SCMP_ACT_NOTIFY"}],
        },
        "linux.seccomp.syscalls[0].action: SCMP_ACT_NOTIFY needs linux.seccomp.listenerPath",
    ),
    (
        rules_seccomp.seccomp_listener,
        "linux.seccomp",
        {
            "defaultAction": "SCMP_ACT_ALLOW",
            "listenerPath": "/a",
            "syscalls": [{"names": ["mkdir", "write"], "action": "SCMP_ACT_NOTIFY"}],
        },
        "linux.seccomp.syscalls[0].names: SCMP_ACT_NOTIFY can't be for write",
    ),
    (
        rules_seccomp.seccomp_errno,
        "linux.seccomp",
        {"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 4096},
        "linux.seccomp.defaultErrnoRet: found 4096, allowed with SCMP_ACT_ERRNO: 0 to 4095",
    ),
    (
        rules_seccomp.seccomp_arguments,
        "linux.seccomp",
        {
            "defaultAction": "SCMP_ACT_ERRNO",
            "syscalls": [
                {
                    "names": ["read"],
                    "action": "SCMP_ACT_ALLOW",
                    "args": [{"index": 6, "value": 0, "op": "SCMP_CMP_EQ"}],
                }
            ],
        },
        "linux.seccomp.syscalls[0].args[0].index: found 6, allowed: 0 to 5",
    ),
    (
        rules_seccomp.seccomp_flags,
        "linux.seccomp",
        {
            "defaultAction": "SCMP_ACT_ALLOW",
            "flags": ["SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"],
        },
        "linux.seccomp.flags[1]: SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV needs a rule with",
    ),
    (rules.annotation_keys, "annotations", {"": "x"}, 'annotations[""]: a key must not be empty'),
]

GOOD: list[tuple[str, object]] = [
    ("ociVersion", "1.0.0"),
    ("ociVersion", "1.99.0-rc.1+abc"),
    ("process", None),
    ("process.args", [""]),
    ("process.env", ["A=", "B=c=d", "A=again"]),
    ("process.rlimits", [LIMIT, {"type": "RLIMIT_NOFILE", "soft": 2**64 - 1, "hard": 2**64 - 1}]),
    ("mounts", [{"destination": "relative"}]),
    ("mounts", [{"destination": "/a", "uidMappings": MAPPING, "gidMappings": MAPPING}]),
    ("linux.namespaces", [{"type": "mount"}, {"type": "pid", "path": "/proc/1/ns/pid"}]),
    ("linux.namespaces", [{"type": "mount"}, {"type": "pid", "path": ""}]),
    ("linux", {"maskedPaths": ["/proc/kcore"], "readonlyPaths": ["/proc/sys"]}),
    ("hostname", ""),
    ("linux", {"namespaces": spaces("time"), "timeOffsets": {"boottime": {"nanosecs": 999999999}}}),
    ("linux.intelRdt", {"closID": "/"}),
    ("linux.cgroupsPath", "system.slice:anocir:a..b"),
    ("linux.resources.unified", {"memory.high": "1", "a..b": "2"}),
    ("linux.devices", [{"type": "p", "path": "/run/fifo"}]),
    ("linux.seccomp", {"defaultAction": "SCMP_ACT_TRACE", "defaultErrnoRet": 65535}),
    ("linux.seccomp", {"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 0}),
    ("linux", None),
]


@pytest.mark.parametrize(("rule", "path", "value", "line"), BAD)
def test_a_broken_rule_is_told_once_with_its_path(
    rule: Any, path: str, value: object, line: str
) -> None:
    config = changed(path, value)
    lines = refused(config)
    assert lines == list(rule(config))
    assert len(lines) == 1 and lines[0].startswith(line)


@pytest.mark.parametrize(("path", "value"), GOOD)
def test_what_the_spec_allows_is_taken(path: str, value: object) -> None:
    assert refused(changed(path, value)) == []


def test_every_rule_has_a_bad_case() -> None:
    on_demand = [rule for name, *_ in rules.ON_DEMAND for rule in module(name).RULES]
    assert {rule for rule, *_ in BAD} == {*rules.RULES, *on_demand}


def module(name: str) -> Any:
    return importlib.import_module(f"anocir.spec.rules_{name}")


def test_every_module_of_rules_is_loaded_for_its_settings_alone() -> None:
    directory = Path(rules.__file__).parent
    names = [name for name, *_ in rules.ON_DEMAND]
    assert sorted(names) == sorted(f.stem[6:] for f in directory.glob("rules_*.py"))
    assert len(set(names)) == len(names)
    program = (
        "import sys; from anocir.spec import bundle, default, json, rules\n"
        "config = default.default_config()\n"
        "config.update(json.loads(sys.argv[1].encode(), 'x'))\n"
        "bundle.judge(config, 'config.json'); rules.advice(config)\n"
        "print(*sorted(name[18:] for name in sys.modules if 'spec.rules_' in name))"
    )
    for more, loaded in (("{}", ""), ('{"hooks": {}}', ""), (HOOKS, "hooks")):
        done = subprocess.run(
            [sys.executable, "-c", program, more], check=True, capture_output=True, text=True
        )
        assert done.stdout == f"{loaded}\n"


@pytest.mark.parametrize(
    ("config", "setting", "there"),
    [
        ({"linux": {"seccomp": {"defaultAction": "x"}}}, "linux.seccomp", True),
        ({"linux": {"seccomp": {}}}, "linux.seccomp", False),
        ({"linux": {}}, "linux.seccomp", False),
        ({"linux": ["seccomp"]}, "linux.seccomp", False),
        ({"mounts": [{}, {"a": 1}]}, "mounts[].a", True),
        ({"mounts": [{}, {"a": 0}, 7]}, "mounts[].a", False),
        ({"mounts": {"a": 1}}, "mounts[].a", False),
        ({"a": [[], [1]]}, "a[][]", True),
        (7, "linux", False),
    ],
)
def test_a_setting_is_given(config: object, setting: str, there: bool) -> None:
    assert rules.given(config, setting) is there


@pytest.mark.parametrize(
    ("path", "kind", "value"),
    [
        ("hostname", "uts", "box"),
        ("domainname", "uts", "box"),
        ("linux.uidMappings", "user", MAPPING),
        ("linux.gidMappings", "user", MAPPING),
        ("linux.timeOffsets", "time", {"monotonic": {"secs": 1}}),
        ("linux.netDevices", "network", {"a": {}}),
        ("linux.rootfsPropagation", "mount", "slave"),
        ("linux.sysctl", "network", {"net.core.somaxconn": "1"}),
        ("linux.sysctl", "ipc", {"kernel.shmmax": "1"}),
        ("linux.sysctl", "ipc", {"fs/mqueue/msg_max": "1"}),
        ("linux.sysctl", "uts", {"kernel.domainname": "a"}),
    ],
)
def test_only_the_named_namespace_satisfies(path: str, kind: str, value: object) -> None:
    for present in ((), *itertools.combinations(KINDS, 1)):
        config = changed(path, value)
        config["linux"]["namespaces"] = spaces(*present)
        lines = refused(config)
        assert (lines == []) is (kind in present), present
        if lines:
            assert f"needs a {kind} namespace" in lines[0]


@pytest.mark.parametrize(
    "key",
    [
        "",
        "net..core",
        "net/../kernel/core_pattern",
        "net.//.kernel.core_pattern",
        "/net/core/somaxconn",
        "net.core.somaxconn\n",
        "net.core.so maxconn",
        "net.core.sömaxconn",
        "kernel",
        "kernel.shmmax.x",
        "vm.overcommit_memory",
        "net ",
        "network.a",
        "fs.mqueues",
    ],
)
def test_no_sysctl_key_leads_out_of_the_namespaces(key: str) -> None:
    config = changed("linux.sysctl", {key: "1"})
    config["linux"]["namespaces"] = spaces(*KINDS)
    assert len(refused(config)) == 1


@pytest.mark.parametrize(
    ("version", "valid"),
    [
        ("1.3.0", True),
        ("0.0.0", True),
        ("10.20.30-alpha-1.0+exp.sha.5114f85-x", True),
        ("1.0.0-0A.is-legal", True),
        ("1.0.0+001", True),
        ("1.3", False),
        ("1.3.0.0", False),
        ("v1.3.0", False),
        ("01.3.0", False),
        ("1.3.0-", False),
        ("1.3.0+", False),
        ("1.3.0-01", False),
        ("1.3.0-a..b", False),
        ("1.3.0-é", False),
        ("1.3.\u0660", False),
        ("1.3.0\n", False),
        ("", False),
    ],
)
def test_versions_follow_semver(version: str, valid: bool) -> None:
    assert rules.is_semver(version) is valid


def test_advice_is_no_violation() -> None:
    bind = {"destination": "/c", "options": ["sync", "bind", "ro"]}
    mounts = [{"destination": "/a", "options": ["sync"]}, {"destination": "b"}, bind]
    config = changed("mounts", mounts)
    config["linux"]["namespaces"] = spaces("pid")
    sets = {"bounding": ["CAP_KILL", "CAP_NEW_IN_2030", "KILL", "cap_kill"]}
    config["process"]["capabilities"] = sets
    assert refused(config) == []
    advice = rules.advice(config)  # type: ignore[arg-type]
    assert [line.partition(": ")[0] for line in advice] == [
        "mounts[1].destination",
        "mounts[2].options",
        "linux.namespaces",
        "process.capabilities.bounding[2]",
        "process.capabilities.bounding[3]",
    ]
    assert rules.advice(BASE) == []  # type: ignore[arg-type]


@pytest.mark.parametrize("path", [None, "", "/proc/1/ns/mnt"])
def test_a_mount_namespace_that_exists_deserves_a_warning(path: str | None) -> None:
    def advice(*capabilities: str) -> list[str]:
        config = changed("linux.namespaces", [] if path is None else [mount | {"path": path}])
        config["process"]["capabilities"] = {"bounding": list(capabilities)}
        found = rules.advice(config)  # type: ignore[arg-type]
        return [line.partition(": ")[0] for line in found]

    (mount,) = spaces("mount")
    exists = ["linux.namespaces"] if path != "" else []
    leads_out = ["process.capabilities"] if path != "" else []
    assert advice("CAP_SYS_ADMIN") == advice("CAP_SYS_CHROOT") == exists
    assert advice("CAP_SYS_ADMIN", "CAP_SYS_CHROOT") == exists + leads_out


def test_a_rule_with_a_fault_of_its_own_is_not_silenced(monkeypatch: pytest.MonkeyPatch) -> None:
    def faulty(config: object) -> list[str]:
        raise KeyError("x")

    monkeypatch.setattr(rules, "RULES", (faulty,))
    with pytest.raises(KeyError):
        rules.violations(BASE)  # type: ignore[arg-type]
    assert rules.violations(BASE, ["process: found 7"]) == []  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [None, [], "config", 42])
def test_rules_have_nothing_to_say_of_what_is_no_object(value: Any) -> None:
    assert rules.violations(value, ["the document: found something else"]) == []


JUNK: st.SearchStrategy[Any] = st.sampled_from(
    [None, 7, True, "x", "", [], ["x"], [7], {}, {"path": 7}, [{}], [None]]
)
PLACES = st.sampled_from(
    [*(path for _, path, *_ in BAD), "process.capabilities", "linux.timeOffsets.monotonic"]
)


@settings(derandomize=True, deadline=None, max_examples=500)
@given(st.dictionaries(PLACES, JUNK, max_size=4))
def test_rules_stay_quiet_about_a_broken_shape(parts: dict[str, object]) -> None:
    """No traceback, whatever the shape; every line names a path."""
    config = copy.deepcopy(BASE)
    for path, value in parts.items():
        inside: Any = config
        *outer, last = path.split(".")
        for name in outer:
            inside = inside.setdefault(name, {}) if isinstance(inside, dict) else {}
        if isinstance(inside, dict):
            inside[last] = copy.deepcopy(value)
    lines = refused(config)
    assert all(": " in line and "\n" not in line for line in lines)
    if not lines:
        assert rules.advice(config) is not None  # type: ignore[arg-type]
