"""Clocks of the container's own (time_namespaces(7))."""

from __future__ import annotations

import errno
import os

from anocir.errors import StepError, reason
from anocir.linux import consts, libc

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
    this process joins it as if it were another's.
    """
    libc.unshare(consts.CLONE_NEWTIME)
    try:
        with open("/proc/self/timens_offsets", "wb", buffering=0) as file:
            file.write(step.data)
    except OSError as error:
        if error.errno != errno.ERANGE:
            raise
        text = f"{reason(error)}: a clock would be negative, or beyond 146 years"
        raise StepError(step.name, f"linux.timeOffsets: {text}") from None
    fd = os.open(_OWN + "_for_children", os.O_RDONLY | os.O_CLOEXEC)
    libc.setns(fd, consts.CLONE_NEWTIME)
    os.close(fd)
