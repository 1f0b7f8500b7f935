"""anocir validate: check a config.json, or a state document."""

from __future__ import annotations

from anocir.cli import stdio
from anocir.errors import ConfigError
from anocir.spec import bundle, json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.cli.log import Log
    from anocir.cli.options import Namespace


def run(args: Namespace, log: Log) -> int:
    """Print that the file is valid, or each broken rule on a line of standard error."""
    if args.file == "-":
        what, text = "standard input", stdio.read(bundle.MOST_BYTES)
    else:
        what, text = args.file, bundle.read(args.file)
    try:
        if args.state:
            from anocir.spec.documents import judge_state

            judge_state(json.loads(text, what), what)
        else:
            bundle.parse(text, what)
    except ConfigError as error:
        for violation in error.violations:
            log.error(f"{what}: {violation}")
        return error.exit_code
    stdio.write(f"{what}: valid\n")
    return 0
