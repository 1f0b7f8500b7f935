"""Processors: ``linux.resources.cpu`` (config-linux.md, CPU). A number of 0 means not set."""

from __future__ import annotations

from anocir.cgroup.limits import Write, gone, number, refuse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.spec.types import Cpu

# The kernel's kernel/sched/sched.h: MIN_SHARES, MAX_SHARES
MIN_SHARES = 2
MAX_SHARES = 1 << 18


def v1(cpu: Cpu) -> list[Write]:
    """Return the writes for version 1 (the kernel's scheduler/sched-bwc.rst, cpusets.rst).

    Raises ConfigError for shares that the kernel would round without a word.
    """
    shares = cpu.get("shares", 0)
    if shares and not MIN_SHARES <= shares <= MAX_SHARES:
        refuse([f"cpu.shares: found {shares}, allowed: {MIN_SHARES} to {MAX_SHARES}"])
    files = (
        ("cpu.shares", shares, "shares"),
        ("cpu.cfs_period_us", cpu.get("period", 0), "period"),
        ("cpu.cfs_quota_us", cpu.get("quota", 0), "quota"),
        ("cpu.rt_period_us", cpu.get("realtimePeriod", 0), "realtimePeriod"),
        ("cpu.rt_runtime_us", cpu.get("realtimeRuntime", 0), "realtimeRuntime"),
    )
    writes = [Write(file, value, f"cpu.{name}") for file, value, name in files if value]
    return writes + _burst("cpu.cfs_burst_us", cpu) + _idle(cpu) + _sets(cpu)


def v2(cpu: Cpu) -> list[Write]:
    """Return the writes for version 2 (the kernel's admin-guide/cgroup-v2.rst, CPU, Cpuset).

    Raises ConfigError for what is gone there.
    """
    refuse(
        [
            gone(f"cpu.{name}", "divide realtime")
            for name in ("realtimeRuntime", "realtimePeriod")
            if cpu.get(name)
        ]
    )
    writes = []
    # An idle cgroup has a fixed weight, and the kernel refuses another.
    if cpu.get("shares") and not cpu.get("idle"):
        writes.append(Write("cpu.weight", weight(cpu["shares"]), "cpu.shares"))
    quota, period = cpu.get("quota", 0), cpu.get("period", 0)
    if quota or period:
        text = number(quota or -1) + (f" {period}" if period else "")
        writes.append(Write("cpu.max", text, "cpu.quota" if quota else "cpu.period"))
    return writes + _burst("cpu.max.burst", cpu) + _idle(cpu) + _sets(cpu)


def weight(shares: int) -> int:
    """Return the version 2 weight, 1 to 10000, for version 1 shares, 2 to 262144.

    It runs through the three points that both have in common: least, most, and what a cgroup has
    without asking, 1024 shares and a weight of 100. In between it is a parabola on logarithmic
    scales, 10^((l^2 + 125 l) / 612 - 7 / 34) with l = log2(shares), as in runc 1.3.2 and crun 1.23.
    """
    import math

    if shares <= MIN_SHARES:
        return 1
    if shares >= MAX_SHARES:
        return 10000
    scale = math.log2(shares)
    return math.ceil(10 ** ((scale * scale + 125 * scale) / 612 - 7 / 34))


def _burst(file: str, cpu: Cpu) -> list[Write]:
    if "burst" not in cpu:
        return []
    return [Write(file, cpu["burst"], "cpu.burst", harmless=not cpu["burst"])]


def _idle(cpu: Cpu) -> list[Write]:
    if "idle" not in cpu:
        return []
    return [Write("cpu.idle", cpu["idle"], "cpu.idle", harmless=not cpu["idle"])]


def _sets(cpu: Cpu) -> list[Write]:
    writes = []
    if cpu.get("cpus"):
        writes.append(Write("cpuset.cpus", cpu["cpus"], "cpu.cpus"))
    if cpu.get("mems"):
        writes.append(Write("cpuset.mems", cpu["mems"], "cpu.mems"))
    return writes
