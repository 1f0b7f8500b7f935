"""anocir kill: send a signal to a container."""

from __future__ import annotations

from anocir.errors import Error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.cli.log import Log
    from anocir.cli.options import Namespace


def run(args: Namespace, log: Log) -> int:
    """Refuse: part 06 makes this work."""
    raise Error("kill is not there yet: part 06 makes it")
