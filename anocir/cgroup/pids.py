"""Tasks: ``linux.resources.pids`` (config-linux.md, PIDs).

-1 is no limit and 0 is a limit: no task may be added to the first one.
"""

from __future__ import annotations

from anocir.cgroup.limits import Write, number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.spec.types import Pids


def v1(pids: Pids) -> list[Write]:
    """Return the writes, the same for both versions (the kernel's cgroup-v1/pids.rst)."""
    limit = pids.get("limit")
    if limit is None:
        return []
    return [Write("pids.max", number(limit), "pids.limit", harmless=limit < 0)]


v2 = v1
