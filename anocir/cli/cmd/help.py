"""anocir help: explain a command."""

from __future__ import annotations

from anocir.cli import commands, help, stdio
from anocir.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.cli.log import Log
    from anocir.cli.options import Namespace


def run(args: Namespace, log: Log) -> int:
    """Print the help of ``args.topic``, in full unless it was asked for with --help."""
    everything = not args.help
    if not args.topic:
        stdio.write(help.overview(everything))
        return 0
    command = commands.find(args.topic)
    if command is None:
        raise UsageError(f"no help topic for {args.topic}")
    stdio.write(help.command(command, everything))
    return 0
