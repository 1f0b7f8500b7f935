"""Many configs, each run under runc and here: the same output, exit status and surroundings.

One container shows everything at once. ``alike.DIFFERENCES`` says what may differ.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.support import alike
from tests.integration.support.bundles import Bundle
from tests.integration.support.driver import Result, Runtime
from tests.integration.variants import GROUPS, NATIVE, VARIANTS, Variant

CRUN = shutil.which("crun", path="/usr/sbin:/usr/bin:/sbin:/bin")
pytestmark = pytest.mark.skipif(alike.RUNC is None, reason="runc is missing: install Debian's runc")

BATCH = 8
SEEN = """
    /proc/self/status /proc/self/mountinfo /proc/self/limits /proc/self/oom_score_adj
    /proc/self/timerslack_ns /proc/self/personality /proc/self/cgroup /proc/self/uid_map
    /proc/self/gid_map /proc/self/timens_offsets /proc/sys/kernel/hostname
    /proc/sys/kernel/domainname /proc/sys/net/ipv4/ip_forward /proc/sys/net/core/somaxconn
    /proc/sys/kernel/msgmax /proc/sys/kernel/shm_rmid_forced /proc/net/dev
"""
LIMITS = """
    memory.max memory.low memory.high memory.swap.max memory.min cpu.weight cpu.max cpuset.cpus
    cpuset.mems pids.max io.weight hugetlb.2MB.max cgroup.freeze
    memory/memory.limit_in_bytes memory/memory.soft_limit_in_bytes memory/memory.swappiness
    memory/memory.memsw.limit_in_bytes memory/memory.oom_control cpu/cpu.shares
    cpu/cpu.cfs_quota_us cpu/cpu.cfs_period_us cpuset/cpuset.cpus cpuset/cpuset.mems pids/pids.max
    devices/devices.list hugetlb/hugetlb.2MB.limit_in_bytes net_cls/net_cls.classid
    blkio/blkio.bfq.weight
"""
# Each program that the shell starts costs an emulated machine as much as all files do that one
# program reads.
LOOK = f"""
    echo "working directory: $PWD"
    cat /proc/self/environ | tr '\\0' '\\n'
    echo
    echo == files
    cd /sys/fs/cgroup 2>/dev/null
    grep -sH '' {" ".join((SEEN + LIMITS).split())}
    cd /
    echo == nodes
    stat -c '%N %F %a %u %g %t:%T' /dev/* /proc/self/ns/* EXTRA 2>&1
    echo == more
"""


def prepare(path: Path, template: Path, config: dict[str, Any], variant: Variant) -> Bundle:
    """A bundle with a variant of a config, whose program looks around."""
    bundle = Bundle(path, template, config)
    variant.edit(bundle)
    look = LOOK.replace("EXTRA", variant.look_at)
    bundle.args("/bin/sh", "-c", f"{look}\n{variant.script}", "sh", *variant.words)
    return bundle


def told(result: Result, bundle: Bundle) -> dict[str, Any]:
    """What a container has shown, part by part, without what can't be the same."""
    text = result.out.replace(str(bundle.path), "BUNDLE")
    first, _, rest = text.partition("== files\n")
    files, _, rest = rest.partition("== nodes\n")
    nodes, _, more = rest.partition("== more\n")
    by_file: dict[str, list[str]] = {}
    for line in files.splitlines():
        name, _, content = line.partition(":")
        by_file.setdefault(name, []).append(content)
    seen: dict[str, Any] = {name: "\n".join(lines) for name, lines in by_file.items()}
    if "/proc/self/status" in seen:
        status = alike.status(seen["/proc/self/status"])
        # How many pids have been used before depends on how a runtime works.
        seen["/proc/self/status"] = {n: v for n, v in status.items() if not n.startswith("NS")}
        seen["/proc/self/mountinfo"] = alike.mounts(seen["/proc/self/mountinfo"])
        lines = seen["/proc/net/dev"].splitlines()
        seen["/proc/net/dev"] = [line.partition(":")[0].strip() for line in lines]
        seen["/proc/self/cgroup"] = alike.cgroups(seen["/proc/self/cgroup"])
    if "devices/devices.list" in seen:
        seen["devices/devices.list"] = sorted(seen["devices/devices.list"].splitlines())
    hosts = {os.readlink(f"/proc/self/ns/{kind}") for kind in os.listdir("/proc/self/ns")}
    spaces = [line.split("'")[3] for line in nodes.splitlines() if "/proc/self/ns/" in line]
    return {
        "code": result.code,
        "error": result.err,
        "process": [line for line in first.splitlines()
                    if not line.startswith("HOME=") or line in bundle.process["env"]],
        **seen,
        "shared namespaces": sorted(hosts.intersection(spaces)),
        "nodes": [line for line in nodes.splitlines() if "/proc/self/" not in line],
        "more": more,
        "beside": sorted((path.name, path.read_text().replace(str(bundle.path), "BUNDLE"))
                         for path in bundle.path.glob("log*")),
    }  # fmt: skip


@pytest.fixture(scope="session")
def specs(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], dict[str, Any]]:
    """The configs that `runc spec` and `crun spec` write, without a terminal."""
    made: dict[str, dict[str, Any]] = {}

    def spec(command: str) -> dict[str, Any]:
        if command not in made:
            where = tmp_path_factory.mktemp("spec")
            subprocess.run([command, "spec"], cwd=where, check=True)
            made[command] = json.loads((where / "config.json").read_text())
            made[command]["process"]["terminal"] = False
        return made[command]

    return spec


Told = Callable[[Runtime, Variant, str], dict[str, Any]]


@pytest.fixture
def tell(tmp_path: Path, template: Path, specs: Callable[[str], dict[str, Any]]) -> Told:
    """Runs a variant with a runtime, in a directory of a name: what it has told, see told()."""

    def run(runtime: Runtime, variant: Variant, name: str) -> dict[str, Any]:
        config = specs(str(CRUN if variant.crun and CRUN else alike.RUNC))
        where = tmp_path / f"{runtime.root.name}-{[*VARIANTS].index(name)}"
        bundle = prepare(where, template, config, variant)
        return told(runtime.any("run", "-b", bundle.write(valid=False), "c1"), bundle)

    return run


def differences(runc: Runtime, anocir: Runtime, tell: Told, name: str) -> Iterator[str]:
    """What is not as it should be with a variant."""
    variant = VARIANTS[name]
    found = tell(anocir, variant, name)
    if not variant.alone:
        expected = tell(runc, variant, name)
        for part in sorted(expected.keys() | found.keys()):
            ours, theirs = found.get(part), expected.get(part)
            if ours != theirs:
                ours, theirs = _without_common(ours, theirs), _without_common(theirs, ours)
                yield f"{name}: {part}: {ours!r}, with runc {theirs!r}"
    if found["code"] != variant.code:
        yield f"{name}: exit status {found['code']}"
    if variant.expects not in found["more"]:
        yield f"{name}: {variant.expects!r} is not in {found['more']!r}"


def _without_common(one: object, other: object) -> object:
    """What is in one list alone, unless the two differ in order only."""
    if not isinstance(one, list) or not isinstance(other, list):
        return one
    return [item for item in one if item not in other] or one


def batches() -> Iterator[Any]:
    """A few variants for each test, which by itself costs more than a variant does."""
    for group, variants in GROUPS.items():
        names = [name for name in variants if not VARIANTS[name].missing()]
        for start in range(0, len(names), BATCH):
            marks = [pytest.mark.native] if group in NATIVE else []
            yield pytest.param(names[start : start + BATCH], id=f"{group} {start}", marks=marks)


@pytest.mark.parametrize("names", [*batches()])
def test_the_same_as_under_runc(
    runc: Runtime, anocir: Runtime, tell: Told, names: list[str]
) -> None:
    found = [line for name in names for line in differences(runc, anocir, tell, name)]
    print(*found, sep="\n")
    assert not found


def test_what_is_compared_shows_what_a_config_sets(anocir: Runtime, tell: Told) -> None:
    """The control: with another config, it is not the same."""
    usual = tell(anocir, VARIANTS["as it is"], "as it is")
    for name, part in {
        "user": "/proc/self/status",
        "limits": "/proc/self/limits",
        "read-only bind": "/proc/self/mountinfo",
        "hostname": "/proc/sys/kernel/hostname",
        "the host's ipc": "shared namespaces",
        "environment": "process",
        "no pts": "nodes",
        "hooks of the runtime": "beside",
    }.items():
        assert tell(anocir, VARIANTS[name], name)[part] != usual[part], name
