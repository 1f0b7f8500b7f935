"""What the steps of one create share."""

from __future__ import annotations

import os
import time

from anocir.errors import Error, StepError, reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from anocir.cgroup.base import Manager
    from anocir.linux.seccomp import Filter
    from anocir.plan.plan import Plan, Step
    from anocir.runtime.channel import Channel
    from anocir.runtime.hooks import Hooks
    from anocir.spec.bundle import Bundle
    from anocir.state.record import Record
    from anocir.state.store import Entry

    Applier = Callable[[Step, "Context"], None]


class Handover:
    """What the caller hands over to the container, or takes from it.

    ``console_socket`` is the path of the socket that a terminal is sent to, None when there is
    none; ``fds`` are descriptors that the program gets, and ``environment`` tells it of them.
    """

    __slots__ = ("console_socket", "environment", "fds")

    def __init__(
        self,
        console_socket: str | None = None,
        fds: Sequence[int] = (),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.console_socket = console_socket
        self.fds = fds
        self.environment = environment or {}


class Context:
    """The hands of a plan: what one step leaves for a later one, and how to take it all back.

    The child gets a copy of all of it, as a forked process does. ``root`` is the directory of
    all containers; a descriptor that isn't open is -1. ``fail_at`` names a step to fail at before
    it does anything. ``undo`` is what takes back the steps so far, oldest first. ``times`` has
    (name, nanoseconds) of each step that succeeded. ``enders`` end all that the container's
    process has started, as a cgroup can. ``make_child`` forks in place of a plain clone,
    ``sources`` are mounts that were copied before it, by (path, with all below), and
    ``keeps_groups`` says that supplementary groups can't be changed.
    """

    __slots__ = (
        "appliers",
        "bundle",
        "cgroup",
        "cgroup_fd",
        "channel",
        "clone_flags",
        "console_fd",
        "doors",
        "enders",
        "entry",
        "error_fd",
        "executable",
        "fail_at",
        "filter",
        "go_fd",
        "granted",
        "handover",
        "hooks",
        "interpreter",
        "joins",
        "keep_fds",
        "keeps_groups",
        "last_capability",
        "late_filter",
        "make_child",
        "master_fd",
        "mount_fds",
        "mount_label",
        "mount_namespace_fd",
        "null_fd",
        "own_namespaces",
        "pid",
        "pid_file",
        "pid_namespace_fd",
        "plan",
        "proc_fd",
        "proxy_fd",
        "record",
        "root",
        "root_fd",
        "sources",
        "stub_fd",
        "theirs",
        "times",
        "umask",
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
        self.handover = Handover()
        self.undo: list[Callable[[], None]] = []
        self.times: list[tuple[str, int]] = []

        self.entry: Entry
        self.record: Record
        self.channel: Channel
        self.theirs: Channel
        self.pid = 0
        self.go_fd = -1
        self.error_fd = -1
        self.executable = ""

        self.clone_flags = 0
        self.make_child: Callable[[Context], int] | None = None
        self.joins: list[tuple[str, int, int]] = []
        self.keep_fds: list[int] = []
        self.pid_namespace_fd = -1
        self.mount_namespace_fd = -1
        self.cgroup: Manager
        self.cgroup_fd = -1
        self.doors: list[int] = []
        self.enders: list[Callable[[], None]] = []
        self.root_fd = -1
        self.null_fd = -1
        self.proc_fd = -1
        self.console_fd = -1
        self.proxy_fd = -1
        self.master_fd = -1
        self.own_namespaces: dict[str, int] = {}
        self.umask = 0
        self.granted: frozenset[int] = frozenset()
        self.sources: dict[tuple[str, bool], list[int]] = {}
        self.mount_label = ""
        self.mount_fds: dict[str, int] = {}
        self.last_capability = 0
        self.keeps_groups = False
        self.interpreter: os.stat_result
        self.stub_fd = -1
        self.hooks: Hooks | None = None
        self.filter: Filter | None = None
        self.late_filter: Filter | None = None

    def run(self, stage: str) -> None:
        """Do the steps of one stage in order.

        Raises StepError with the step's name when the kernel refuses something, and whatever
        error the step itself has found words for.
        """
        for step in self.plan.stage(stage):
            if step.name == self.fail_at:
                raise StepError(step.name, "made to fail, as asked")
            began = time.monotonic_ns()
            try:
                self.appliers[step.kind](step, self)
            except OSError as error:
                raise StepError(step.name, reason(error)) from error
            self.times.append((step.name, time.monotonic_ns() - began))

    def take_back(self) -> None:
        """Undo everything so far, newest first; what can't be undone is warned of."""
        while self.undo:
            try:
                self.undo.pop()()
            except (Error, OSError) as error:
                self.warn(f"cleaning up: {reason(error)}")
