"""The steps that every container takes, whatever its config says."""

from __future__ import annotations

from anocir.plan.plan import ATTACH, FINISH, PREPARE, Step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.spec.types import Config


def plan_state(config: Config, container_id: str) -> list[Step]:
    """Return the steps that take the id and write down what is to be."""
    return [
        Step(PREPARE, "reserve", "state directory", "make it, if the id is free", container_id),
        Step(PREPARE, "freeze", "frozen config", "copy config.json: later edits have no effect"),
        Step(PREPARE, "record", "record", "write it without a pid: the status is creating"),
        Step(PREPARE, "fifos", "fifos", "init waits at one for start, and answers by the other"),
    ]


def plan_process(config: Config, container_id: str) -> list[Step]:
    """Return the steps that make the process, wait for it and write it down."""
    return [
        Step(PREPARE, "clone", "clone", "make the process, which waits for a go"),
        Step(ATTACH, "ready", "go", "let the process do its steps, and wait until it is ready"),
        Step(FINISH, "pid", "process record", "write the pid: the status is created"),
        Step(FINISH, "pid-file", "pid file", "write it, when one was asked for"),
    ]
