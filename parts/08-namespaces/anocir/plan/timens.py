"""A time namespace of the container's own (config-linux.md, Offset for Time Namespace)."""

from __future__ import annotations

from anocir.plan.plan import INIT, PREPARE, Step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.spec.types import Clock, Config, TimeOffsets

CLOCKS: tuple[Clock, ...] = ("monotonic", "boottime")


def plan(config: Config, container_id: str) -> list[Step]:
    """Return the steps that ask for time namespaces, and that set the container's clocks."""
    linux = config.get("linux", {})
    if all(namespace["type"] != "time" for namespace in linux.get("namespaces", [])):
        return []
    steps = [Step(PREPARE, "check-time", "time namespaces", "ask whether the kernel has them")]
    offsets = linux.get("timeOffsets")
    if offsets:
        lines = encode(offsets)
        text = "; ".join(line.decode() for line in lines.splitlines())
        steps.append(Step(INIT, "time-offsets", "time offsets", text, lines))
    return steps


def encode(offsets: TimeOffsets) -> bytes:
    """Return what /proc/PID/timens_offsets takes: clock, seconds, nanoseconds on each line."""
    given = [(clock, offsets[clock]) for clock in CLOCKS if clock in offsets]
    return "".join(
        f"{clock} {offset.get('secs', 0)} {offset.get('nanosecs', 0)}\n" for clock, offset in given
    ).encode()
