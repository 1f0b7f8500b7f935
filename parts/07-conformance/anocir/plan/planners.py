"""Which parts of a config become steps, and in which order.

``APPLIED`` lists the settings that the planners read; every other setting that a config makes is
warned of by name.
"""

from __future__ import annotations

from anocir.plan import container, hooks, process
from anocir.plan.plan import Plan
from anocir.spec import support

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from anocir.plan.plan import Step
    from anocir.spec.types import Config

PLANNERS: tuple[Callable[[Config, str], list[Step]], ...] = (
    container.plan_state,
    hooks.plan_kept,
    process.plan_session,
    hooks.plan_create,
    process.plan,
    container.plan_process,
    hooks.plan_start,
    process.plan_exec,
)

APPLIED = (
    "ociVersion",
    "annotations",
    "hooks",
    "process.args",
    "process.env",
    "process.cwd",
)


def make(config: Config, container_id: str, warn: Callable[[str], None]) -> Plan:
    """Return the plan for a checked config; what it will not apply is warned of."""
    for path in support.unsupported(config, APPLIED):
        warn(f"{path}: not applied yet")
    return Plan([step for planner in PLANNERS for step in planner(config, container_id)])
