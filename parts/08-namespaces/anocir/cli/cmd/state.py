"""anocir state: print the state of a container as JSON."""

from __future__ import annotations

from anocir.cli import stdio
from anocir.runtime import state
from anocir.spec import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.cli.log import Log
    from anocir.cli.options import Namespace


def run(args: Namespace, log: Log) -> int:
    """Print the state document, in the form of runc and with a newline at its end."""
    stdio.write(json.dumps(state.state(args.root, args.id), indent=2) + "\n")
    return 0
