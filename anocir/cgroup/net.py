"""Marks on network packets: ``linux.resources.network`` (config-linux.md, Network)."""

from __future__ import annotations

from anocir.cgroup.limits import Write, gone, refuse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.spec.types import Network


def v1(network: Network) -> list[Write]:
    """Return the writes for version 1 (the kernel's cgroup-v1/net_cls.rst and net_prio.rst)."""
    writes = []
    if network.get("classID"):
        writes.append(Write("net_cls.classid", network["classID"], "network.classID"))
    for index, entry in enumerate(network.get("priorities", ())):
        text = f"{entry['name']} {entry['priority']}"
        writes.append(Write("net_prio.ifpriomap", text, f"network.priorities[{index}]"))
    return writes


def v2(network: Network) -> list[Write]:
    """Raise ConfigError if anything is asked for: version 2 leaves this to BPF and nftables."""
    refuse(
        [
            gone(f"network.{name}", "mark packets")
            for name in ("classID", "priorities")
            if network.get(name)
        ]
    )
    return []
