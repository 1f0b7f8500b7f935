"""The steps that every container takes, whatever its config says."""

from __future__ import annotations

from anocir.plan.plan import PREPARE, Step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.spec.types import Config


def plan_state(config: Config, container_id: str) -> list[Step]:
    """Return the steps that take the id and write down what is to be."""
    return [
        Step(PREPARE, "reserve", "state directory", "make it, if the id is free", container_id),
        Step(PREPARE, "freeze", "frozen config", "copy config.json: later edits have no effect"),
        Step(PREPARE, "record", "record", "write it without a pid: the status is creating"),
    ]
