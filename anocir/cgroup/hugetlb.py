"""Huge pages: ``linux.resources.hugepageLimits`` (config-linux.md, Huge page limits)."""

from __future__ import annotations

from anocir.cgroup.limits import Write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.spec.types import HugepageLimit


def v1(limits: list[HugepageLimit]) -> list[Write]:
    """Return the writes for version 1 (the kernel's admin-guide/cgroup-v1/hugetlb.rst)."""
    return _writes(limits, "limit_in_bytes")


def v2(limits: list[HugepageLimit]) -> list[Write]:
    """Return the writes for version 2 (the kernel's admin-guide/cgroup-v2.rst, HugeTLB)."""
    return _writes(limits, "max")


def _writes(limits: list[HugepageLimit], suffix: str) -> list[Write]:
    """Limit what is in use and, since Linux 5.7, what is reserved.

    The second is what the spec asks for. The first is the way of kernels without it, and where
    engines read the limit; a page that was reserved here can't fail by it.
    """
    writes = []
    for index, limit in enumerate(limits):
        setting, size = f"hugepageLimits[{index}].limit", limit["pageSize"]
        for kind, harmless in (("", False), ("rsvd.", True)):
            file = f"hugetlb.{size}.{kind}{suffix}"
            writes.append(Write(file, limit["limit"], setting, harmless=harmless))
    return writes
