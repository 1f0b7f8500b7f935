"""What the steps of one create share."""

from __future__ import annotations

import os

from anocir.runtime.trace import Trace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from anocir.cgroup.base import Manager
    from anocir.plan.plan import Plan, Step
    from anocir.state.record import Record
    from anocir.state.store import Entry


class Context:
    """The hands of a plan: descriptors and results that one step leaves for a later one.

    The runtime fills in the first half before the clone. The child gets a copy of all of it,
    as a forked process does, and fills in the second half for itself.
    """

    __slots__ = (
        "bundle",
        "cgroup",
        "cgroup_fd",
        "clone_flags",
        "entry",
        "error_fd",
        "executable",
        "go_fd",
        "interpreter",
        "joins",
        "keep_fds",
        "last_capability",
        "null_fd",
        "pid",
        "pid_namespace_fd",
        "plan",
        "record",
        "root_fd",
        "stub_fd",
        "trace",
        "undo",
        "warn",
    )

    def __init__(self, plan: Plan, bundle: str, warn: Callable[[str], None], trace: Trace) -> None:
        self.plan = plan
        self.bundle = bundle
        self.warn = warn
        self.trace = trace
        self.entry: Entry
        self.record: Record
        self.undo: list[Callable[[], None]] = []
        self.keep_fds: list[int] = []
        self.go_fd = -1
        self.error_fd = -1
        self.clone_flags = 0
        self.joins: list[tuple[int, int]] = []
        self.pid_namespace_fd = -1
        self.pid = 0
        self.cgroup_fd = -1
        self.cgroup: Manager
        self.last_capability = 0
        self.stub_fd = -1
        self.interpreter: os.stat_result
        self.null_fd = -1

        self.root_fd = -1
        self.executable = ""

    def run(self, stage: str, appliers: dict[str, Callable[[Step, Context], None]]) -> None:
        """Do the steps of one stage in order; raises StepError naming the one that failed."""
        for step in self.plan.stage(stage):
            with self.trace.step(step.name):
                appliers[step.kind](step, self)
