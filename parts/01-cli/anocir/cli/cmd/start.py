"""anocir start: run the program of a created container."""

from __future__ import annotations

from anocir.errors import Error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.cli.log import Log
    from anocir.cli.options import Namespace


def run(args: Namespace, log: Log) -> int:
    """Refuse: part 04 makes this work."""
    raise Error("start is not there yet: part 04 makes it")
