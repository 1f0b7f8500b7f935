"""Paths that the container must not read, or not write (config-linux.md)."""

from __future__ import annotations

from anocir.plan.plan import INIT, Step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.spec.types import Config


def plan(config: Config, container_id: str) -> list[Step]:
    """Return one step per masked and per read-only path."""
    linux = config.get("linux", {})
    steps = []
    for index, path in enumerate(linux.get("readonlyPaths", [])):
        steps.append(Step(INIT, "readonly", f"read-only path {index}", path, path))
    masked = linux.get("maskedPaths", [])
    if masked:
        steps.append(Step(INIT, "open-null", "null device", "the host's, for masked files"))
    for index, path in enumerate(masked):
        steps.append(Step(INIT, "mask", f"masked path {index}", path, path))
    return steps
