"""What the id mappings of mounts must satisfy beyond their shape."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from anocir.spec.types import Config


def mount_mappings(config: Config) -> Iterator[str]:
    """uidMappings and gidMappings come together (config.md, POSIX-platform mounts)."""
    for index, mount in enumerate(config["mounts"]):
        if bool(mount.get("uidMappings")) != bool(mount.get("gidMappings")):
            yield f"mounts[{index}]: uidMappings and gidMappings must be given together"


RULES = (mount_mappings,)
