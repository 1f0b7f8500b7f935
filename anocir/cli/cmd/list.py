"""anocir list: list the containers."""

from __future__ import annotations

from anocir.cli import stdio
from anocir.cli.log import printable
from anocir.runtime import state
from anocir.spec import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from anocir.cli.log import Log
    from anocir.cli.options import Namespace

COLUMNS = ("id", "pid", "status", "bundle", "created", "owner")
# The least width of a column and the space between two, as in runc's table.
LEAST_WIDTH = 12
PADDING = 3


def run(args: Namespace, log: Log) -> int:
    """Print a table, a JSON array, or the IDs. Broken containers are warned of and listed."""
    states = state.list_states(args.root)
    for document in states:
        if "error" in document:
            log.warning(f"{document['id']}: {document['error']}")
    if args.quiet:
        stdio.write("".join(f"{document['id']}\n" for document in states))
    elif args.format == "json":
        stdio.write(json.dumps(states) + "\n")
    else:
        stdio.write(_table(states))
    return 0


def _table(states: list[dict[str, Any]]) -> str:
    """Return a header and a line per container; a broken one has a dash for what is unknown."""
    rows = [[name.upper() for name in COLUMNS]]
    for document in states:
        rows.append([printable(str(document.get(name, "-"))) for name in COLUMNS])
    widths = [
        max(LEAST_WIDTH, max(len(row[column]) for row in rows) + PADDING)
        for column in range(len(COLUMNS))
    ]
    lines = []
    for row in rows:
        cells = [f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)]
        lines.append("".join(cells).rstrip())
    return "\n".join(lines) + "\n"
