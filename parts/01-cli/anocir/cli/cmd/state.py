"""anocir state: print the state of a container as JSON."""

from __future__ import annotations

from anocir.errors import Error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.cli.log import Log
    from anocir.cli.options import Namespace


def run(args: Namespace, log: Log) -> int:
    """Refuse: part 03 makes this work."""
    raise Error("state is not there yet: part 03 makes it")
