"""A time namespace: the container's own monotonic and boottime clocks."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.integration.support import proc
from tests.integration.support.bundles import Bundle
from tests.integration.support.driver import Runtime

pytestmark = pytest.mark.skipif(
    not os.path.exists("/proc/self/ns/time"), reason="this kernel has no time namespaces"
)
DAY = 86400


def with_offsets(bundle: Bundle, **offsets: int) -> Bundle:
    bundle.linux["namespaces"].append({"type": "time"})
    bundle.linux["timeOffsets"] = {clock: {"secs": secs} for clock, secs in offsets.items()}
    return bundle


def host_uptime() -> float:
    return float(Path("/proc/uptime").read_text().split()[0])


def test_offsets_move_the_containers_clocks_and_no_others(anocir: Runtime, bundle: Bundle) -> None:
    with_offsets(bundle, monotonic=7, boottime=1000 * DAY)
    bundle.linux["timeOffsets"]["monotonic"]["nanosecs"] = 5
    before = host_uptime()
    lines = anocir.output(bundle.args("cat", "/proc/uptime", "/proc/self/timens_offsets"))
    after = host_uptime()
    uptime, monotonic, boottime = (line.split() for line in lines.splitlines())
    # /proc/uptime counts hundredths, which no float holds.
    assert before <= round(float(uptime[0]) - 1000 * DAY, 2) <= after
    assert (monotonic, boottime) == (["monotonic", "7", "5"], ["boottime", str(1000 * DAY), "0"])
    assert after < before + DAY


def test_the_process_itself_is_in_the_namespace_and_so_are_its_children(
    anocir: Runtime, bundle: Bundle
) -> None:
    anocir.quiet("create", "-b", with_offsets(bundle, boottime=DAY).args("sleep", "9"), "c1")
    links = [os.readlink(f"/proc/{anocir.pid('c1')}/ns/{n}") for n in ("time", "time_for_children")]
    assert links[0] == links[1] != os.readlink("/proc/self/ns/time")
    assert os.readlink("/proc/self/ns/time") == os.readlink("/proc/self/ns/time_for_children")


def test_without_offsets_the_clocks_are_the_hosts_and_the_namespace_is_new(
    anocir: Runtime, bundle: Bundle
) -> None:
    bundle.linux["namespaces"].append({"type": "time"})
    anocir.quiet("run", "-d", "-b", bundle.args("sleep", "1000"), "c1")
    pid = anocir.pid("c1")
    assert proc.namespace(pid, "time") != proc.namespace("self", "time")
    offsets = Path(f"/proc/{pid}/timens_offsets").read_text().split()
    assert offsets == ["monotonic", "0", "0", "boottime", "0", "0"]


def test_a_time_namespace_is_joined(anocir: Runtime, bundle: Bundle) -> None:
    anocir.quiet("run", "-d", "-b", with_offsets(bundle, boottime=DAY).args("sleep", "1000"), "c1")
    del bundle.linux["timeOffsets"]
    bundle.namespace("time", f"/proc/{anocir.pid('c1')}/ns/time")
    uptime = float(anocir.output(bundle.args("cat", "/proc/uptime"), "c2").split()[0])
    assert DAY < uptime - host_uptime() + 60 < DAY + 120


def test_a_clock_is_never_negative(anocir: Runtime, bundle: Bundle) -> None:
    message = anocir.fails("create", "-b", with_offsets(bundle, boottime=-(10**9)), "c1")
    assert message.startswith("time offsets: linux.timeOffsets: numerical result out of range")


def test_clocks_that_somebody_lives_by_are_not_set(anocir: Runtime, bundle: Bundle) -> None:
    bundle.namespace("time", "/proc/self/ns/time")
    bundle.linux["timeOffsets"] = {"boottime": {"secs": 1}}
    assert "linux.timeOffsets: needs a new time" in anocir.fails("create", "-b", bundle, "c1")
