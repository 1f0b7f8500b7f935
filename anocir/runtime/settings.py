"""Setting what few processes ask for: OOM score, scheduling, I/O priority, execution domain."""

from __future__ import annotations

import errno
import os

from anocir.errors import StepError, reason
from anocir.linux import procfs, sched

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.plan.plan import Step
    from anocir.plan.settings import Scheduling
    from anocir.runtime.context import Context


def adjust_oom_score(step: Step, context: Context) -> None:
    """Write the process's oom_score_adj (proc_pid_oom_score_adj(5)).

    The runtime does it, on the host's /proc: in a user namespace nobody may lower it.
    """
    process_fd = procfs.open_process(context.pid)
    try:
        procfs.write(process_fd, "oom_score_adj", b"%d" % step.data)
    except PermissionError as error:
        text = (
            f"process.oomScoreAdj: cannot write {step.data}: {reason(error)};"
            " to go below the runtime's own takes CAP_SYS_RESOURCE"
        )
        raise StepError(step.name, text) from None
    finally:
        os.close(process_fd)


def set_scheduler(step: Step, context: Context) -> None:
    """Set policy and priority of the process; its children inherit them."""
    wanted: Scheduling = step.data
    try:
        sched.set_attributes(
            context.pid,
            wanted.policy,
            flags=wanted.flags,
            nice=wanted.nice,
            priority=wanted.priority,
            times=wanted.times,
        )
    except OSError as error:
        text = f"process.scheduler: the kernel refuses {step.text}: {reason(error)}"
        raise StepError(step.name, text + _HINTS.get(error.errno or 0, "")) from None


_HINTS = {
    errno.EPERM: "; it takes CAP_SYS_NICE, a cgroup with real-time bandwidth (cpu.rt_runtime_us on"
    " version 1), and for SCHED_DEADLINE the right to run on all processors",
    errno.EINVAL: "; see sched_setattr(2) for the values that go with a policy",
    errno.EBUSY: "; other processes with SCHED_DEADLINE leave too little time for this one",
}


def set_io_priority(step: Step, context: Context) -> None:
    """Set the I/O priority of the process group that the process leads."""
    kind, level = step.data
    try:
        sched.set_io_priority(context.pid, kind, level)
    except OSError as error:
        hint = "; IOPRIO_CLASS_RT takes CAP_SYS_NICE" if error.errno == errno.EPERM else ""
        text = f"process.ioPriority: the kernel refuses {step.text}: {reason(error)}{hint}"
        raise StepError(step.name, text) from None


def set_personality(step: Step, context: Context) -> None:
    """Set the execution domain, which the program inherits."""
    sched.set_personality(step.data)
