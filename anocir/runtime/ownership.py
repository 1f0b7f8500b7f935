"""Giving the container's user the container's cgroup."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.plan.plan import Step
    from anocir.runtime.context import Context


def give(step: Step, context: Context) -> None:
    """Make the container's user the owner, where cgroups can be delegated safely."""
    context.cgroup.give_to(step.data)
