"""What a process's scheduling and terminal must satisfy beyond their shape."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from anocir.spec.types import Config


NICE = range(-20, 20)
FAIR = ("SCHED_OTHER", "SCHED_BATCH")
REAL_TIME = ("SCHED_FIFO", "SCHED_RR")
DEADLINE = "SCHED_DEADLINE"
# The kernel's struct winsize has 16 bits for each.
LARGEST_TERMINAL = 65535


def scheduler(config: Config) -> Iterator[str]:
    """A value goes with a policy that has a use for it (sched_setattr(2), sched(7))."""
    wanted = config["process"].get("scheduler")
    if wanted is None:
        return
    policy = wanted["policy"]
    nice, priority = wanted.get("nice", 0), wanted.get("priority", 0)
    if policy in FAIR and nice not in NICE:
        yield f"process.scheduler.nice: found {nice}, allowed: {NICE[0]} to {NICE[-1]}"
    if priority and policy not in REAL_TIME:
        yield f"process.scheduler.priority: only goes with {' and '.join(REAL_TIME)}"
    times = ("runtime", wanted.get("runtime")), ("deadline", wanted.get("deadline"))
    for name, value in (*times, ("period", wanted.get("period"))):
        if value and policy != DEADLINE:
            yield f"process.scheduler.{name}: only goes with {DEADLINE}"


def console_size(config: Config) -> Iterator[str]:
    """A terminal has at most 65535 rows and columns (ioctl_tty(2), TIOCSWINSZ)."""
    process = config["process"]
    if not process.get("terminal") or "consoleSize" not in process:
        return
    size = process["consoleSize"]
    for name, length in (("height", size["height"]), ("width", size["width"])):
        if length > LARGEST_TERMINAL:
            yield f"process.consoleSize.{name}: found {length}, allowed: at most {LARGEST_TERMINAL}"


RULES = (scheduler, console_size)
