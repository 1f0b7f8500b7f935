"""Clocks of the container's own (time_namespaces(7))."""

from __future__ import annotations

import errno
import os

from anocir.errors import StepError, reason
from anocir.linux import consts, libc, procfs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.plan.plan import Step
    from anocir.runtime.context import Context

_OWN = "/proc/self/ns/time"


def check_kernel(step: Step, context: Context) -> None:
    """Raise StepError on a kernel without time namespaces."""
    if not os.path.exists(_OWN):
        text = "this kernel has none: they take Linux 5.6 and CONFIG_TIME_NS"
        raise StepError(step.name, text)


def set_offsets(step: Step, context: Context) -> None:
    """Make a time namespace, set its clocks, and enter it.

    Clocks can only be set while nobody is in: unshare makes a namespace for later children, and
    this process joins it as if it were another's. Its own file in /proc is open to it here, since
    it has neither changed its ids nor become undumpable.
    """
    libc.unshare(consts.CLONE_NEWTIME)
    process_fd = procfs.open_process("self")
    try:
        procfs.write(process_fd, "timens_offsets", step.data)
    except OSError as error:
        if error.errno != errno.ERANGE:
            raise
        text = f"{reason(error)}: a clock would be negative, or beyond 146 years"
        raise StepError(step.name, f"linux.timeOffsets: {text}") from None
    finally:
        os.close(process_fd)
    fd = os.open(_OWN + "_for_children", os.O_RDONLY | os.O_CLOEXEC)
    libc.setns(fd, consts.CLONE_NEWTIME)
    os.close(fd)
