"""The terminal that a process asks for (config.md, Process: terminal, consoleSize)."""

from __future__ import annotations

from anocir.plan.plan import FINISH, INIT, PREPARE, Step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.spec.types import Config, Process


class Console:
    """What the terminal is to be: whose, and of which size in characters (0: not set)."""

    __slots__ = ("columns", "rows", "uid")

    def __init__(self, process: Process) -> None:
        self.uid = process.get("user", {}).get("uid", 0)
        size = process.get("consoleSize", {"height": 0, "width": 0})
        self.rows, self.columns = size["height"], size["width"]


def plan(config: Config, container_id: str) -> list[Step]:
    """Return the steps that make a terminal and hand its other end out.

    They come when /dev is filled and the container's devpts is there, and before the root is left.
    """
    process = config.get("process")
    if process is None:
        return []
    console = Console(process)
    text = f"a terminal of {console.columns}x{console.rows} characters, also as /dev/console"
    return [
        Step(PREPARE, "console-socket", "console socket", "where the terminal's other end goes"),
        Step(INIT, "console", "console", text, console),
        Step(FINISH, "take-terminal", "foreground terminal", "keep it, if run stays with it"),
    ]
