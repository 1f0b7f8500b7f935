"""The SELinux context of what is mounted (config-linux.md, Mount Label)."""

from __future__ import annotations

from anocir.plan.plan import PREPARE, Step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.spec.types import Config


def plan(config: Config, container_id: str) -> list[Step]:
    """Return the step that takes the label for every new filesystem."""
    label = config["linux"]["mountLabel"]
    return [Step(PREPARE, "mount-label", "mount label", label, label)]
