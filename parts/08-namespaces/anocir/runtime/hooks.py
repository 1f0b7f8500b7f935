"""The hooks of a container: who runs which, when, and what they are told.

create (runtime)                init
  keep them for later
                  <- hooks -    before its program is looked for
  prestart, createRuntime
                  -- go -->     createContainer
start
                                startContainer, then the program
  poststart
delete, or the undoing of any of the above from "hooks" on
  poststop
"""

from __future__ import annotations

import os

from anocir.errors import ConfigError, StateError, StepError
from anocir.plan.hooks import parse
from anocir.runtime import container, hookprocess, interrupt
from anocir.spec import json
from anocir.state.store import HOOKS_FILE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from anocir.plan.hooks import Hook
    from anocir.plan.plan import Step
    from anocir.runtime.context import Context
    from anocir.spec.types import HookPoint
    from anocir.spec.types import Hooks as HooksConfig
    from anocir.state.store import Entry

GONE = 255


class Hooks:
    """The hooks as the config has them, and the ``facts`` of the state that never change."""

    __slots__ = ("config", "facts")

    def __init__(self, config: HooksConfig, facts: dict[str, Any]) -> None:
        self.config = config
        self.facts = facts

    def document(self, status: str, pid: int | None) -> bytes:
        """Return the state (runtime.md, State); the pid of a container that has stopped is none."""
        state = {**self.facts, "status": status}
        if pid is not None:
            state["pid"] = pid
        return json.dumps(state).encode()

    def run(self, point: HookPoint, status: str, pid: int) -> None:
        """Run the hooks of one point in the runtime; raises StepError."""
        for hook in parse(self.config, point):
            hookprocess.run(hook, self.document(status, pid))

    def poststop(self, warn: Callable[[str], None]) -> None:
        """Run the hooks for a container that is gone, all of them: a failure is but warned of."""
        with interrupt.Window():
            for hook in parse(self.config, "poststop"):
                try:
                    hookprocess.run(hook, self.document("stopped", None))
                except StepError as error:
                    warn(error.message)


def keep(step: Step, context: Context) -> None:
    """Write down the hooks with what they are to be told, for `start` and `delete`."""
    record = context.record
    facts = {
        "ociVersion": record.oci_version,
        "id": record.id,
        "bundle": record.bundle,
        "annotations": record.annotations,
    }
    context.hooks = Hooks(step.data, facts)
    text = json.dumps({"hooks": step.data, "facts": facts})
    context.entry.write(HOOKS_FILE, text.encode())


def load(entry: Entry) -> Hooks:
    """Return what was kept; raises StateError when it is damaged."""
    try:
        kept = json.loads(entry.read(HOOKS_FILE), HOOKS_FILE)
        return Hooks(kept["hooks"], kept["facts"])  # type: ignore[index]
    except (OSError, ConfigError, KeyError, TypeError):
        raise StateError(f"{entry.path}/{HOOKS_FILE} is damaged: no hooks can be run") from None


def ask(step: Step, context: Context) -> None:
    """In init: have the runtime run its hooks, and wait for that."""
    context.theirs.send("hooks")
    if context.theirs.receive() is None:
        os._exit(GONE)


def answer(context: Context) -> dict[str, Any] | None:
    """In the runtime: run the hooks that init asks for, and return its next message.

    Whatever fails from here on, poststop hooks come last.
    """
    hooks = context.hooks
    assert hooks is not None
    context.undo.insert(0, lambda: hooks.poststop(context.warn))
    with interrupt.Window():
        hooks.run("prestart", "created", context.pid)
        hooks.run("createRuntime", "created", context.pid)
        container.let_go(context)
        return context.channel.receive()


def run_in_namespaces(step: Step, context: Context) -> None:
    """In init, during `create`: run programs in the namespaces that the container has."""
    _run_all(step.data, context)


def run_in_container(step: Step, context: Context) -> None:
    """In init, after `start`: run programs of the container, where its own one is about to run."""
    try:
        _run_all(step.data, context)
    except StepError as error:
        # Told to `start` alone: what a hook says is no output of the program.
        os.write(context.error_fd, f"{error.message}\n".encode("utf-8", "replace"))
        os._exit(GONE)


def _run_all(hooks: list[Hook], context: Context) -> None:
    assert context.hooks is not None
    state = context.hooks.document("created", os.getpid())
    for hook in hooks:
        hookprocess.run(hook, state)
