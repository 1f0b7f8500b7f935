"""How the kernel shares out processors and disks to a process, and what it takes itself for."""

from __future__ import annotations

import struct

from anocir.linux import consts, libc


def set_attributes(
    pid: int,
    policy: int,
    *,
    flags: int,
    nice: int,
    priority: int,
    times: tuple[int, int, int],
) -> None:
    """Set the scheduling of a process; ``times`` are runtime, deadline and period in nanoseconds.

    Raises OSError. See sched_setattr(2); policy and flags are numbers of linux/sched.h.
    """
    # struct sched_attr, second version: size, policy, flags, nice, priority, runtime, deadline,
    # period, util_min, util_max
    size = struct.calcsize(_SCHED_ATTR)
    attributes = struct.pack(_SCHED_ATTR, size, policy, flags, nice, priority, *times, 0, 0)
    libc.syscall("sched_setattr", pid, attributes, 0)


_SCHED_ATTR = "=IIQiIQQQII"


def set_io_priority(group: int, kind: int, level: int) -> None:
    """Set the I/O priority of all processes of a process group (ioprio_set(2))."""
    value = kind << consts.IOPRIO_CLASS_SHIFT | level
    libc.syscall("ioprio_set", consts.IOPRIO_WHO_PGRP, group, value)


def set_personality(domain: int) -> None:
    """Set the execution domain of this process (personality(2))."""
    libc.syscall("personality", domain)
