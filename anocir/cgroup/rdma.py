"""RDMA: ``linux.resources.rdma`` (config-linux.md, RDMA)."""

from __future__ import annotations

from anocir.cgroup.limits import Write
from anocir.spec.json import dotted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.spec.types import Rdma


def v1(devices: dict[str, Rdma]) -> list[Write]:
    """Return the writes, the same for both versions (the kernel's cgroup-v1/rdma.rst)."""
    writes = []
    for device, limits in devices.items():
        pairs = []
        if "hcaHandles" in limits:
            pairs.append(f"hca_handle={limits['hcaHandles']}")
        if "hcaObjects" in limits:
            pairs.append(f"hca_object={limits['hcaObjects']}")
        if pairs:
            writes.append(Write("rdma.max", " ".join([device, *pairs]), dotted(("rdma", device))))
    return writes


v2 = v1
