"""anocir kill: send a signal to a container."""

from __future__ import annotations

from anocir.runtime import kill

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.cli.log import Log
    from anocir.cli.options import Namespace


def run(args: Namespace, log: Log) -> int:
    """Send the signal."""
    kill.kill(args.root, args.id, args.signal, all=args.all)
    return 0
