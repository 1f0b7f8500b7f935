"""Finding out what a container's process died of, when it could not say so itself."""

from __future__ import annotations

import os

from anocir.cgroup import manager, oom
from anocir.errors import StateError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.state.record import Record


def cause(pid: int, record: Record) -> str:
    """Return in words how ``pid`` ended, as far as this process can know; nothing is reaped."""
    try:
        if record.cgroup and oom.kills(manager.load(record.cgroup)):
            return "killed for lack of memory, see linux.resources.memory.limit"
    except StateError:
        pass
    try:
        found = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    except ChildProcessError:
        found = None
    if found is None:
        return "of what is not known"
    if found.si_code == os.CLD_EXITED:
        return f"exit status {found.si_status}"
    return f"signal {found.si_status}"
