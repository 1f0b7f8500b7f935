"""anocir create: make a container from a bundle."""

from __future__ import annotations

from anocir.cli import stdio
from anocir.cli.root import absolute
from anocir.runtime import create

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.cli.log import Log
    from anocir.cli.options import Namespace


def run(args: Namespace, log: Log) -> int:
    """Create the container, or print the steps of doing so."""
    bundle = absolute(args.bundle)
    if args.dry_run:
        lines = create.dry_run(args.id, bundle, log.warning)
        stdio.write("".join(f"{line}\n" for line in lines))
        return 0
    create.create(
        args.root,
        args.id,
        bundle,
        pid_file=absolute(args.pid_file) if args.pid_file else None,
        warn=log.warning,
        fail_at=args.fail_at,
    )
    return 0
