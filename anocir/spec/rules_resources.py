"""What limits of a cgroup must satisfy beyond their shape.

What only one version of cgroups refuses is for ``cgroup.limits`` to say.
"""

from __future__ import annotations

from anocir.spec.check import described
from anocir.spec.json import dotted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from anocir.spec.types import Config, Resources

DIGITS = frozenset("0123456789")
UNLIMITED = -1
# The kernel's kernel/sched/core.c: what tg_set_cfs_bandwidth takes, in microseconds.
LEAST_TIME, MOST_PERIOD = 1_000, 1_000_000
# The kernel's block/blk-cgroup.h, and linux/blkdev.h for numbers of devices
LEAST_WEIGHT, MOST_WEIGHT = 10, 1000
MAX_MAJOR, MAX_MINOR = (1 << 12) - 1, (1 << 20) - 1
# linux/if.h: IFNAMSIZ, with the NUL
LONGEST_INTERFACE = 15
THROTTLES = (
    "throttleReadBpsDevice",
    "throttleWriteBpsDevice",
    "throttleReadIOPSDevice",
    "throttleWriteIOPSDevice",
)


def memory_limits(config: Config) -> Iterator[str]:
    """-1 is no limit (config-linux.md, Memory); no other number below 0 means anything."""
    memory = _resources(config).get("memory", {})
    named = (
        ("limit", memory.get("limit", 0)),
        ("reservation", memory.get("reservation", 0)),
        ("swap", memory.get("swap", 0)),
        ("kernel", memory.get("kernel", 0)),
        ("kernelTCP", memory.get("kernelTCP", 0)),
    )
    for name, value in named:
        if value < UNLIMITED:
            path = f"linux.resources.memory.{name}"
            yield f"{path}: found {value}, allowed: -1 for no limit, or a number of bytes"


def swap(config: Config) -> Iterator[str]:
    """Swap limits memory and swap together (config-linux.md, Memory: swap)."""
    memory = _resources(config).get("memory", {})
    limit, both = memory.get("limit", 0), memory.get("swap", 0)
    if both > 0 and not limit:
        yield "linux.resources.memory.swap: needs memory.limit, it limits memory and swap together"
    elif both > 0 and limit > both:
        yield f"linux.resources.memory.swap: found {both}, allowed: at least memory.limit, {limit}"


def pids(config: Config) -> Iterator[str]:
    """-1 is no limit (config-linux.md, PIDs)."""
    limit = _resources(config).get("pids", {"limit": 0}).get("limit", 0)
    if limit < UNLIMITED:
        allowed = "-1 for no limit, or a number of tasks"
        yield f"linux.resources.pids.limit: found {limit}, allowed: {allowed}"


def bandwidth(config: Config) -> Iterator[str]:
    """Burst is no larger than quota (config-linux.md, CPU: quota, burst); what the kernel takes."""
    cpu = _resources(config).get("cpu", {})
    quota, period, burst = cpu.get("quota", 0), cpu.get("period", 0), cpu.get("burst", 0)
    if 0 < quota < burst:
        yield f"linux.resources.cpu.burst: found {burst}, allowed: at most cpu.quota, {quota}"
    if 0 < quota < LEAST_TIME or quota < UNLIMITED:
        allowed = f"-1 for no limit, or {LEAST_TIME} and more"
        yield f"linux.resources.cpu.quota: found {quota}, allowed: {allowed}"
    if period and not LEAST_TIME <= period <= MOST_PERIOD:
        allowed = f"{LEAST_TIME} to {MOST_PERIOD}"
        yield f"linux.resources.cpu.period: found {period}, allowed: {allowed}"
    if cpu.get("idle", 0) not in (0, 1):
        yield f"linux.resources.cpu.idle: found {cpu['idle']}, allowed: 0, 1 (config-linux.md, CPU)"


def cpusets(config: Config) -> Iterator[str]:
    """cpus and mems are lists such as 0-3,7 (config-linux.md, CPU)."""
    cpu = _resources(config).get("cpu", {})
    for name, text in (("cpus", cpu.get("cpus", "")), ("mems", cpu.get("mems", ""))):
        if text and not all(map(_is_range, text.split(","))):
            path = f"linux.resources.cpu.{name}"
            yield f"{path}: found {described(text)}, allowed: a list such as 0-3,7"


def _is_range(text: str) -> bool:
    ends = text.strip().split("-")
    if len(ends) > 2 or not all(end and DIGITS.issuperset(end) for end in ends):
        return False
    return len(ends[0]) <= 9 >= len(ends[-1]) and int(ends[0]) <= int(ends[-1])


def block_weights(config: Config) -> Iterator[str]:
    """A weight is 10 to 1000 (the kernel's CFQ; version 2's and BFQ's have room for these)."""
    block = _resources(config).get("blockIO", {})
    places = [("linux.resources.blockIO", block.get("weight", 0), block.get("leafWeight", 0))]
    for index, device in enumerate(block.get("weightDevice", [])):
        where = f"linux.resources.blockIO.weightDevice[{index}]"
        places.append((where, device.get("weight", 0), device.get("leafWeight", 0)))
    for where, weight, leaf in places:
        for name, value in (("weight", weight), ("leafWeight", leaf)):
            if value and not LEAST_WEIGHT <= value <= MOST_WEIGHT:
                yield f"{where}.{name}: found {value}, allowed: {LEAST_WEIGHT} to {MOST_WEIGHT}"


def block_devices(config: Config) -> Iterator[str]:
    """A device has one pair of numbers: there is no "all" here (linux/kdev_t.h)."""
    block = _resources(config).get("blockIO", {})
    for name in ("weightDevice", *THROTTLES):
        for index, device in enumerate(block.get(name, [])):  # type: ignore[arg-type, var-annotated]
            for part, most in (("major", MAX_MAJOR), ("minor", MAX_MINOR)):
                if not 0 <= device[part] <= most:
                    where = f"linux.resources.blockIO.{name}[{index}].{part}"
                    yield f"{where}: found {device[part]}, allowed: 0 to {most}"


def interfaces(config: Config) -> Iterator[str]:
    """A name is that of a network interface (the kernel's dev_valid_name)."""
    network = _resources(config).get("network", {})
    for index, entry in enumerate(network.get("priorities", [])):
        name = entry["name"]
        bad = not name or name in (".", "..") or "/" in name or ":" in name
        if bad or name.split() != [name] or len(name.encode()) > LONGEST_INTERFACE:
            where = f"linux.resources.network.priorities[{index}].name"
            yield f"{where}: found {described(name)}, allowed: the name of an interface"


def huge_pages(config: Config) -> Iterator[str]:
    """A size of pages has one limit: the later one would silently win."""
    seen: set[str] = set()
    for index, limit in enumerate(_resources(config).get("hugepageLimits", [])):
        if limit["pageSize"] in seen:
            where = f"linux.resources.hugepageLimits[{index}].pageSize"
            yield f"{where}: {limit['pageSize']} is given more than once"
        seen.add(limit["pageSize"])


def resource_choices(config: Config) -> Iterator[str]:
    """An entry limits something (config-linux.md, Block IO and RDMA: at least one MUST be)."""
    resources = _resources(config)
    for index, device in enumerate(resources.get("blockIO", {}).get("weightDevice", [])):
        if "weight" not in device and "leafWeight" not in device:
            path = f"linux.resources.blockIO.weightDevice[{index}]"
            yield f"{path}: needs weight or leafWeight"
    for name, limits in resources.get("rdma", {}).items():
        if "hcaHandles" not in limits and "hcaObjects" not in limits:
            path = dotted(("linux", "resources", "rdma", name))
            yield f"{path}: needs hcaHandles or hcaObjects"


def _resources(config: Config) -> Resources:
    return config["linux"]["resources"]


RULES = (
    memory_limits,
    swap,
    pids,
    bandwidth,
    cpusets,
    block_weights,
    block_devices,
    interfaces,
    huge_pages,
    resource_choices,
)
