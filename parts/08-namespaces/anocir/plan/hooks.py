"""Programs that the config wants run at six points of the container's life (config.md, Hooks)."""

from __future__ import annotations

from anocir.plan import process
from anocir.plan.plan import INIT, PREPARE, START, Step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.spec.types import Config, HookPoint
    from anocir.spec.types import Hook as HookConfig
    from anocir.spec.types import Hooks as HooksConfig


class Hook:
    """One program: ``name`` says which hook it is, ``timeout`` is in seconds, None for none."""

    __slots__ = ("args", "env", "name", "path", "timeout")

    def __init__(self, name: str, path: str, args: list[str], env: dict[str, str]) -> None:
        self.name = name
        self.path = path
        self.args = args
        self.env = env
        self.timeout: int | None = None


def plan_kept(config: Config, container_id: str) -> list[Step]:
    """Return the step that keeps the hooks for `start` and `delete`."""
    hooks = config.get("hooks", {})
    if not any(hooks.values()):
        return []
    return [Step(PREPARE, "keep-hooks", "hooks", "keep them for later commands", hooks)]


def plan_create(config: Config, container_id: str) -> list[Step]:
    """Return the steps of init before it looks for its program.

    The first is there for poststop hooks alone too: from then on the runtime owes them.
    """
    hooks = config.get("hooks", {})
    if not any(hooks.values()):
        return []
    outside = [*parse(hooks, "prestart"), *parse(hooks, "createRuntime")]
    text = f"have the runtime run: {_listed(outside)}"
    steps = [Step(INIT, "runtime-hooks", "runtime hooks", text)]
    inside = parse(hooks, "createContainer")
    if inside:
        text = _listed(inside)
        steps.append(Step(INIT, "container-hooks", "createContainer hooks", text, inside))
    return steps


def plan_start(config: Config, container_id: str) -> list[Step]:
    """Return the step of init after `start`.

    A hook that has no ``env`` of its own gets the program's here, and nowhere else.
    """
    program = process.parse(config)
    hooks = parse(config.get("hooks", {}), "startContainer", program.env if program else {})
    if not hooks:
        return []
    return [Step(START, "start-hooks", "startContainer hooks", _listed(hooks), hooks)]


def parse(hooks: HooksConfig, point: HookPoint, env: dict[str, str] | None = None) -> list[Hook]:
    """Return the hooks of one point; ``env`` is for those that set none."""
    return [_parse(f"{point} hook #{i}", h, env or {}) for i, h in enumerate(hooks.get(point, []))]


def _parse(name: str, wanted: HookConfig, env: dict[str, str]) -> Hook:
    path = wanted["path"]
    if "env" in wanted:
        env = dict(process.split(entry) for entry in wanted["env"])
    hook = Hook(name, path, wanted.get("args") or [path], env)
    hook.timeout = wanted.get("timeout")
    return hook


def _listed(hooks: list[Hook]) -> str:
    return ", ".join(hook.path for hook in hooks) or "none"
