"""anocir validate: check a config.json, or a state document."""

from __future__ import annotations

from anocir.cli import stdio
from anocir.errors import ConfigError
from anocir.spec import bundle, check, json, support

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.cli.log import Log
    from anocir.cli.options import Namespace


def run(args: Namespace, log: Log) -> int:
    """Print that the file is valid, or each broken rule on a line of standard error.

    Names that the specification does not have break no rule: they are printed as warnings.
    """
    if args.file == "-":
        what, text = "standard input", stdio.read(bundle.MOST_BYTES)
    else:
        what, text = args.file, bundle.read(args.file)
    warnings: list[str] = []
    try:
        if args.state:
            check.check_state(json.loads(text, what))
        else:
            warnings = support.unknown(bundle.parse(text, what))
    except ConfigError as error:
        for violation in error.violations:
            log.error(f"{what}: {violation}")
        return error.exit_code
    lines = [*(f"warning: {warning}" for warning in warnings), "valid"]
    stdio.write("".join(f"{what}: {line}\n" for line in lines))
    return 0
