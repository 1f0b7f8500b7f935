"""What clock offsets must satisfy beyond their shape."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from anocir.spec.types import Clock, Config


CLOCKS: tuple[Clock, ...] = ("monotonic", "boottime")


def time_offsets(config: Config) -> Iterator[str]:
    """Offsets are set before the first process is in (time_namespaces(7)); 1 s is 10^9 ns."""
    linux = config.get("linux", {})
    offsets = linux.get("timeOffsets", {})
    joined = [n["type"] for n in linux.get("namespaces", []) if n.get("path")]
    if offsets and "time" in joined:
        yield "linux.timeOffsets: needs a new time namespace, not one that is joined"
    for clock in CLOCKS:
        nanoseconds = offsets.get(clock, {}).get("nanosecs", 0)
        if nanoseconds >= 1_000_000_000:
            path = f"linux.timeOffsets.{clock}.nanosecs"
            yield f"{path}: found {nanoseconds}, allowed: less than 1000000000"


RULES = (time_offsets,)
