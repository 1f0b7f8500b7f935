"""anocir create: make a container from a bundle."""

from __future__ import annotations

from anocir.errors import Error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.cli.log import Log
    from anocir.cli.options import Namespace


def run(args: Namespace, log: Log) -> int:
    """Refuse: part 02 makes this work."""
    raise Error("create is not there yet: part 02 makes it")
