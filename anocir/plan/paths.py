"""Paths that the container must not read, or not write (config-linux.md)."""

from __future__ import annotations

from anocir.errors import ConfigError
from anocir.plan.plan import INIT, Step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.spec.types import Config


def plan(config: Config, container_id: str) -> list[Step]:
    """Return one step per masked and per read-only path.

    The root as a whole is made read-only elsewhere: a mount on top of it would be out of sight.
    Raises ConfigError when it is to be masked.
    """
    linux = config.get("linux", {})
    steps = []
    for index, path in enumerate(linux.get("readonlyPaths", [])):
        if not is_root(path):
            steps.append(Step(INIT, "readonly", f"read-only path {index}", path, path))
    masked = linux.get("maskedPaths", [])
    for index, path in enumerate(masked):
        if is_root(path):
            raise ConfigError("config.json", [f"linux.maskedPaths[{index}]: {path} holds the"
                                              " program that is to run"])  # fmt: skip
    if masked:
        steps.append(Step(INIT, "open-null", "null device", "the host's, for masked files"))
    for index, path in enumerate(masked):
        steps.append(Step(INIT, "mask", f"masked path {index}", path, path))
    return steps


def is_root(path: str) -> bool:
    """Tell whether a path is ``/``, however it is written."""
    return all(part in ("", ".") for part in path.split("/"))
