"""anocir run: create, start, wait and delete in one go."""

from __future__ import annotations

from anocir.cli import flags, stdio
from anocir.cli.root import absolute

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.cli.log import Log
    from anocir.cli.options import Namespace


def run(args: Namespace, log: Log) -> int:
    """Run the container, or print the steps of creating it; return its program's status."""
    flags.refuse(args)
    bundle = absolute(args.bundle)
    if args.dry_run:
        from anocir.runtime.create import dry_run

        without = (*flags.left_out(args), "fifos")
        lines = dry_run(args.id, bundle, log.warning, without)
        stdio.write("".join(f"{line}\n" for line in lines))
        return 0
    from anocir.runtime.run import run as run_container

    return run_container(
        args.root,
        args.id,
        bundle,
        pid_file=absolute(args.pid_file) if args.pid_file else None,
        handover=flags.handed_over(args, log),
        detach=args.detach,
        keep=args.keep,
        warn=log.warning,
        report=log.error,
        fail_at=args.fail_at,
        without=flags.left_out(args),
    )
