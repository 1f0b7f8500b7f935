"""Whether the kernel's OOM killer has been at work in a cgroup."""

from __future__ import annotations

from anocir.cgroup import base
from anocir.errors import Error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.cgroup.base import Manager

# cgroup version -> the file with a line "oom_kill N", in version 1 since Linux 4.13
_FILES = {1: "memory.oom_control", 2: "memory.events"}


def kills(manager: Manager) -> int:
    """Return how many processes were killed for lack of memory; 0 too when nobody counts them."""
    group = manager.group_of("memory")
    if group is None:
        return 0
    try:
        text = base.read(group, _FILES[manager.version])
    except Error:
        return 0
    counts = dict(line.split() for line in text.splitlines())
    return int(counts.get("oom_kill", 0))
