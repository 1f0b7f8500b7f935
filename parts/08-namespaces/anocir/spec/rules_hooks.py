"""What hooks must satisfy beyond their shape."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from anocir.spec.types import Config, HookPoint


HOOKS: tuple[HookPoint, ...] = (
    "prestart",
    "createRuntime",
    "createContainer",
    "startContainer",
    "poststart",
    "poststop",
)


def hook_paths(config: Config) -> Iterator[str]:
    """The program is an absolute path (config.md, POSIX-platform hooks)."""
    hooks = config.get("hooks", {})
    for point in HOOKS:
        for index, hook in enumerate(hooks.get(point, [])):
            path = hook["path"]
            if not path.startswith("/"):
                yield f"hooks.{point}[{index}].path: found {path!r}, allowed: an absolute path"


RULES = (hook_paths,)
