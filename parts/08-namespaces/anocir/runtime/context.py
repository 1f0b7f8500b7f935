"""What the steps of one create share."""

from __future__ import annotations

from anocir.errors import Error, StepError, reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from anocir.plan.plan import Plan, Step
    from anocir.runtime.channel import Channel
    from anocir.runtime.hooks import Hooks
    from anocir.spec.bundle import Bundle
    from anocir.state.record import Record
    from anocir.state.store import Entry

    Applier = Callable[[Step, "Context"], None]


class Context:
    """The hands of a plan: what one step leaves for a later one, and how to take it all back.

    The child gets a copy of all of it, as a forked process does. ``root`` is the directory of
    all containers; a descriptor that isn't open is -1. ``fail_at`` names a step to fail at before
    it does anything. ``undo`` is what takes back the steps so far, oldest first.
    """

    __slots__ = (
        "appliers",
        "bundle",
        "channel",
        "clone_flags",
        "entry",
        "error_fd",
        "executable",
        "fail_at",
        "go_fd",
        "hooks",
        "joins",
        "keep_fds",
        "pid",
        "pid_file",
        "pid_namespace_fd",
        "plan",
        "record",
        "root",
        "theirs",
        "undo",
        "warn",
    )

    def __init__(
        self,
        root: str,
        plan: Plan,
        appliers: dict[str, Applier],
        bundle: Bundle,
        warn: Callable[[str], None],
    ) -> None:
        self.root = root
        self.plan = plan
        self.appliers = appliers
        self.bundle = bundle
        self.warn = warn
        self.fail_at: str | None = None
        self.pid_file: str | None = None
        self.undo: list[Callable[[], None]] = []

        self.entry: Entry
        self.record: Record
        self.channel: Channel
        self.theirs: Channel
        self.pid = 0
        self.go_fd = -1
        self.error_fd = -1
        self.executable = ""

        self.clone_flags = 0
        self.joins: list[tuple[str, int, int]] = []
        self.keep_fds: list[int] = []
        self.pid_namespace_fd = -1
        self.hooks: Hooks | None = None

    def run(self, stage: str) -> None:
        """Do the steps of one stage in order.

        Raises StepError with the step's name when the kernel refuses something, and whatever
        error the step itself has found words for.
        """
        for step in self.plan.stage(stage):
            if step.name == self.fail_at:
                raise StepError(step.name, "made to fail, as asked")
            try:
                self.appliers[step.kind](step, self)
            except OSError as error:
                raise StepError(step.name, reason(error)) from error

    def take_back(self) -> None:
        """Undo everything so far, newest first; what can't be undone is warned of."""
        while self.undo:
            try:
                self.undo.pop()()
            except (Error, OSError) as error:
                self.warn(f"cleaning up: {reason(error)}")
