"""What hooks must satisfy beyond their shape."""

from __future__ import annotations

from anocir.spec.rules import entries, must_be_absolute

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from anocir.spec.types import Config, Hook, HookPoint


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
    yield from must_be_absolute((f"{path}.path", hook["path"]) for path, hook in _hooks(config))


def hook_environment(config: Config) -> Iterator[str]:
    """Entries are NAME=value (config.md, POSIX-platform hooks: env, as environ in POSIX)."""
    for path, hook in _hooks(config):
        yield from entries(f"{path}.env", hook.get("env", []))


def _hooks(config: Config) -> Iterator[tuple[str, Hook]]:
    """Yield each hook with its path."""
    hooks = config["hooks"]
    for point in HOOKS:
        for index, hook in enumerate(hooks.get(point, [])):
            yield f"hooks.{point}[{index}]", hook


RULES = (hook_paths, hook_environment)
