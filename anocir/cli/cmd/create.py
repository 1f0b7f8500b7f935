"""anocir create: make a container from a bundle."""

from __future__ import annotations

from anocir.cli import flags, stdio
from anocir.cli.root import absolute
from anocir.runtime import create

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.cli.log import Log
    from anocir.cli.options import Namespace


def run(args: Namespace, log: Log) -> int:
    """Create the container, or print the steps of doing so."""
    flags.refuse(args)
    bundle = absolute(args.bundle)
    if args.dry_run:
        lines = create.dry_run(args.id, bundle, log.warning, flags.left_out(args))
        stdio.write("".join(f"{line}\n" for line in lines))
        return 0
    create.create(
        args.root,
        args.id,
        bundle,
        pid_file=absolute(args.pid_file) if args.pid_file else None,
        handover=flags.handed_over(args, log),
        warn=log.warning,
        fail_at=args.fail_at,
        without=flags.left_out(args),
    )
    return 0
