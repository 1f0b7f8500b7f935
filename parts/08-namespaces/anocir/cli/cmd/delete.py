"""anocir delete: remove a stopped container."""

from __future__ import annotations

from anocir.runtime import delete

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.cli.log import Log
    from anocir.cli.options import Namespace


def run(args: Namespace, log: Log) -> int:
    """Remove the container."""
    delete.delete(args.root, args.id, warn=log.warning, force=args.force)
    return 0
