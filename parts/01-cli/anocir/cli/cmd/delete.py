"""anocir delete: remove a stopped container."""

from __future__ import annotations

from anocir.errors import Error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.cli.log import Log
    from anocir.cli.options import Namespace


def run(args: Namespace, log: Log) -> int:
    """Refuse: part 03 makes this work."""
    raise Error("delete is not there yet: part 03 makes it")
