"""anocir validate: check a config.json, a state or a features document."""

from __future__ import annotations

from anocir.cli import stdio
from anocir.errors import ConfigError, UsageError
from anocir.spec import bundle, json, support

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.cli.log import Log
    from anocir.cli.options import Namespace


def run(args: Namespace, log: Log) -> int:
    """Print that the file is valid, or each broken rule on a line of standard error.

    Names that the specification does not have break no rule: they are printed as warnings.
    Raises UsageError when told that the file is two kinds of document.
    """
    if args.state and args.features:
        raise UsageError("--state and --features exclude each other")
    if args.file == "-":
        what, text = "standard input", stdio.read(bundle.MOST_BYTES)
    else:
        what, text = args.file, bundle.read(args.file)
    warnings: list[str] = []
    try:
        if args.state:
            from anocir.spec.documents import judge_state

            judge_state(json.loads(text, what), what)
        elif args.features:
            from anocir.spec.documents import judge_features

            warnings = judge_features(json.loads(text, what), what)
        else:
            warnings = support.unknown(bundle.parse(text, what))
    except ConfigError as error:
        for violation in error.violations:
            log.error(f"{what}: {violation}")
        return error.exit_code
    lines = [*(f"warning: {warning}" for warning in warnings), "valid"]
    stdio.write("".join(f"{what}: {line}\n" for line in lines))
    return 0
