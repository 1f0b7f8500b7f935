"""anocir create: make a container from a bundle."""

from __future__ import annotations

from anocir.cli.root import absolute
from anocir.runtime import create

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.cli.log import Log
    from anocir.cli.options import Namespace


def run(args: Namespace, log: Log) -> int:
    """Create the container."""
    create.create(args.root, args.id, absolute(args.bundle), warn=log.warning)
    return 0
