"""Memory: ``linux.resources.memory`` (config-linux.md, Memory).

A number of 0 means not set, as it does for every engine, and -1 no limit.
"""

from __future__ import annotations

from anocir.cgroup.limits import Write, gone, number, refuse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.spec.types import Memory


def v1(memory: Memory) -> list[Write]:
    """Return the writes for version 1 (the kernel's admin-guide/cgroup-v1/memory.rst).

    The kernel itself refuses a limit lower than what is in use, so checkBeforeUpdate adds
    nothing; and since Linux 5.11 it counts hierarchically whatever useHierarchy says.
    """
    limit, swap = memory.get("limit", 0), _swap(memory)
    files = (
        ("memory.limit_in_bytes", limit, "limit"),
        ("memory.memsw.limit_in_bytes", swap, "swap"),
        ("memory.soft_limit_in_bytes", memory.get("reservation", 0), "reservation"),
        ("memory.kmem.limit_in_bytes", memory.get("kernel", 0), "kernel"),
        ("memory.kmem.tcp.limit_in_bytes", memory.get("kernelTCP", 0), "kernelTCP"),
    )
    writes = [
        Write(file, value, f"memory.{name}", harmless=value < 0 and name != "limit")
        for file, value, name in files
        if value
    ]
    if memory.get("swappiness") is not None:
        writes.append(Write("memory.swappiness", memory["swappiness"], "memory.swappiness"))
    if memory.get("disableOOMKiller"):
        writes.append(Write("memory.oom_control", 1, "memory.disableOOMKiller"))
    return writes


def v2(memory: Memory) -> list[Write]:
    """Return the writes for version 2 (the kernel's admin-guide/cgroup-v2.rst, Memory).

    A soft limit becomes what it is for, a protection of that much (memory.low). Raises ConfigError
    for what is gone there.
    """
    refuse(
        [
            gone(f"memory.{name}", what)
            for name, what, asked in (
                ("kernel", "limit kernel memory by itself", memory.get("kernel", 0) > 0),
                ("kernelTCP", "limit TCP buffers by themselves", memory.get("kernelTCP", 0) > 0),
                ("swappiness", "set it for a container", "swappiness" in memory),
                ("disableOOMKiller", "disable it", memory.get("disableOOMKiller")),
            )
            if asked
        ]
    )
    limit, reservation, swap = memory.get("limit", 0), memory.get("reservation", 0), _swap(memory)
    writes = []
    if swap:
        # The config counts memory and swap together, version 2 swap alone.
        alone = swap - limit if swap > 0 and limit > 0 else swap
        harmless = alone <= 0
        writes.append(Write("memory.swap.max", number(alone), "memory.swap", harmless=harmless))
    if limit:
        usage = "memory.current" if memory.get("checkBeforeUpdate") else ""
        writes.append(Write("memory.max", number(limit), "memory.limit", usage=usage))
    if reservation:
        writes.append(Write("memory.low", number(reservation), "memory.reservation"))
    return writes


def _swap(memory: Memory) -> int:
    """Return the limit on memory and swap; whoever lifts that on memory lifts both."""
    swap = memory.get("swap", 0)
    return -1 if memory.get("limit") == -1 and not swap else swap
