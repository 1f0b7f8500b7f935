"""anocir start: run the program of a created container."""

from __future__ import annotations

from anocir.runtime import start

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.cli.log import Log
    from anocir.cli.options import Namespace


def run(args: Namespace, log: Log) -> int:
    """Let the waiting process become the program."""
    start.start(args.root, args.id, warn=log.warning)
    return 0
