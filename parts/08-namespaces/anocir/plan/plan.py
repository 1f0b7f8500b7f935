"""A plan: the ordered, named steps that turn a config into a container.

A plan is data. It is made without a system call and without root, so it can be printed, compared
in tests, and cut short at any step.
"""

from __future__ import annotations

from anocir.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# The stages, in order, and who does their steps.
PREPARE = "prepare"  # the runtime, before there is a process
ATTACH = "attach"  # the runtime, while the process waits for its first word
INIT = "init"  # the container's process, while the runtime waits
FINISH = "finish"  # the runtime, before `create` returns
START = "start"  # the container's process, after `start`
STAGES = (PREPARE, ATTACH, INIT, FINISH, START)


class Step:
    """One named piece of work.

    ``kind`` selects the function that does it, ``name`` is unique in the plan and leads error
    messages, ``text`` is what it does in words, and ``data`` is all the function needs to know.
    """

    __slots__ = ("data", "kind", "name", "stage", "text")

    def __init__(self, stage: str, kind: str, name: str, text: str, data: Any = None) -> None:
        self.stage = stage
        self.kind = kind
        self.name = name
        self.text = text
        self.data = data

    def describe(self) -> str:
        """Return one line for a person: stage, name, text."""
        return f"{self.stage:<8} {self.name}: {self.text}"


class Plan:
    """All steps of one container, sorted by stage and otherwise in the order they came."""

    __slots__ = ("steps",)

    def __init__(self, steps: list[Step]) -> None:
        self.steps = sorted(steps, key=lambda step: STAGES.index(step.stage))

    def stage(self, name: str) -> list[Step]:
        """Return the steps of one stage."""
        return [step for step in self.steps if step.stage == name]

    def check_name(self, name: str | None) -> None:
        """Raise UsageError when a name is given and no step has it."""
        if name is not None and name not in [step.name for step in self.steps]:
            raise UsageError(f'no step is named "{name}"; --dry-run lists them')

    def describe(self) -> list[str]:
        """Return one line per step."""
        return [step.describe() for step in self.steps]
