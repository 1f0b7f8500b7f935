"""Limiting what the container may use."""

from __future__ import annotations

from anocir.cgroup import oom
from anocir.errors import Error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.plan.plan import Step
    from anocir.runtime.context import Context


TOO_LITTLE = "too little to start a process in: it was killed for lack of memory; give it more"


def load(step: Step, context: Context) -> None:
    """Turn the config's limits into those of this host, or refuse them while that costs nothing."""
    context.cgroup.load_limits(step.data)


def apply(step: Step, context: Context) -> None:
    """Put the limits in force; init, which has all the memory that it needs, must survive it."""
    context.cgroup.apply_limits()
    if oom.kills(context.cgroup):
        raise Error(f"linux.resources.memory.limit: {TOO_LITTLE}")
