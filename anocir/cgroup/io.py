"""Block devices: ``linux.resources.blockIO`` (config-linux.md, Block IO).

Weights belong to a scheduler: CFQ (until Linux 5.0), its successor BFQ, or on version 2 also
the cost model behind io.weight. Which of the files exist tells which is there. A number of 0 means
not set, and for a rate no limit.
"""

from __future__ import annotations

from anocir.cgroup.limits import Write, gone, refuse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    # spec.types.BlockIO, and an entry of its lists
    BlockIO = dict[str, Any]
    Device = dict[str, Any]

# Setting -> (version 1 file, version 2 key in io.max)
_THROTTLES = {
    "throttleReadBpsDevice": ("blkio.throttle.read_bps_device", "rbps"),
    "throttleWriteBpsDevice": ("blkio.throttle.write_bps_device", "wbps"),
    "throttleReadIOPSDevice": ("blkio.throttle.read_iops_device", "riops"),
    "throttleWriteIOPSDevice": ("blkio.throttle.write_iops_device", "wiops"),
}


def v1(block: BlockIO) -> list[Write]:
    """Return the writes for version 1 (the kernel's admin-guide/cgroup-v1/blkio-controller.rst)."""
    writes: list[Write] = []
    for name, kind in (("weight", "weight"), ("leafWeight", "leaf_weight")):
        for setting, entry in _entries(block, name):
            file = f"{kind}_device" if "major" in entry else kind
            text = f"{_numbers(entry)} {entry[name]}".lstrip()
            bfq = Write(f"blkio.bfq.{file}", text, setting) if name == "weight" else None
            writes.append(Write(f"blkio.{file}", text, setting, otherwise=bfq))
    for setting, device, (file, _) in _throttles(block):
        writes.append(Write(file, f"{_numbers(device)} {device['rate']}", setting))
    return writes


def v2(block: BlockIO) -> list[Write]:
    """Return the writes for version 2 (the kernel's admin-guide/cgroup-v2.rst, IO).

    Raises ConfigError for what is gone there.
    """
    leaves = _entries(block, "leafWeight")
    refuse([gone(setting, "weigh a cgroup against those below it") for setting, _ in leaves])
    writes: list[Write] = []
    for setting, entry in _entries(block, "weight"):
        which = _numbers(entry) or "default"
        cost = Write("io.weight", f"{which} {weight(entry['weight'])}", setting)
        text = f"{which} {entry['weight']}"
        writes.append(Write("io.bfq.weight", text, setting, otherwise=cost))
    for setting, device, (_, key) in _throttles(block):
        rate = device["rate"] or "max"
        writes.append(Write("io.max", f"{_numbers(device)} {key}={rate}", setting))
    return writes


def weight(value: int) -> int:
    """Return the io.weight, 1 to 10000, for a blkio weight, 10 to 1000: linear, as in runc."""
    return 1 + (value - 10) * 9999 // 990


def _entries(block: BlockIO, name: str) -> list[tuple[str, Device]]:
    """Return (setting, what holds it) where a weight is given: for all devices, and for one."""
    found = [(f"blockIO.{name}", block)] if block.get(name) else []
    for index, device in enumerate(block.get("weightDevice", ())):
        if device.get(name):
            found.append((f"blockIO.weightDevice[{index}].{name}", device))
    return found


def _throttles(block: BlockIO) -> Iterator[tuple[str, Device, tuple[str, str]]]:
    for name, words in _THROTTLES.items():
        for index, device in enumerate(block.get(name, ())):
            yield f"blockIO.{name}[{index}]", device, words


def _numbers(entry: Device) -> str:
    return f"{entry['major']}:{entry['minor']}" if "major" in entry else ""
