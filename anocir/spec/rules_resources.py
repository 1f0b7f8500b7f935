"""What limits of a cgroup must satisfy beyond their shape."""

from __future__ import annotations

from anocir.spec.json import dotted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from anocir.spec.types import Config


def resource_choices(config: Config) -> Iterator[str]:
    """An entry limits something (config-linux.md, Block IO and RDMA: at least one MUST be)."""
    resources = config["linux"]["resources"]
    for index, device in enumerate(resources.get("blockIO", {}).get("weightDevice", [])):
        if "weight" not in device and "leafWeight" not in device:
            path = f"linux.resources.blockIO.weightDevice[{index}]"
            yield f"{path}: needs weight or leafWeight"
    for name, limits in resources.get("rdma", {}).items():
        if "hcaHandles" not in limits and "hcaObjects" not in limits:
            path = dotted(("linux", "resources", "rdma", name))
            yield f"{path}: needs hcaHandles or hcaObjects"


RULES = (resource_choices,)
