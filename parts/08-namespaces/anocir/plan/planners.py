"""Which parts of a config become steps, and in which order.

``APPLIED`` lists the settings that the planners read; every other setting that a config makes is
warned of by name.
"""

from __future__ import annotations

from anocir.plan import container, hooks, namespaces, process, timens
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
    timens.plan,
    process.plan_session,
    namespaces.plan,
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
    "hostname",
    "domainname",
    "process.args",
    "process.env",
    "process.cwd",
    "linux.namespaces",
    "linux.timeOffsets",
)


def make(config: Config, container_id: str, warn: Callable[[str], None]) -> Plan:
    """Return the plan for a checked config; what it will not apply is warned of."""
    for path in (*support.unsupported(config, APPLIED), *namespaces.unapplied(config)):
        warn(f"{path}: not applied yet")
    return Plan([step for planner in PLANNERS for step in planner(config, container_id)])
