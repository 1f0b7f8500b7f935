"""anocir validate: check a config.json, or a state document."""

from __future__ import annotations

from anocir.cli import stdio
from anocir.errors import ConfigError, Error, reason
from anocir.spec import bundle, check, json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.cli.log import Log
    from anocir.cli.options import Namespace

# Far above any real file, and low enough for a mistaken /dev/zero to end.
LARGEST = 64 << 20


def run(args: Namespace, log: Log) -> int:
    """Print that the file is valid, or each broken rule on a line of standard error."""
    what = "standard input" if args.file == "-" else args.file
    text = _read(args.file, what)
    try:
        if args.state:
            check.check_state(json.loads(text, what))
        else:
            bundle.parse(text, what)
    except ConfigError as error:
        for violation in error.violations:
            log.error(f"{what}: {violation}")
        return error.exit_code
    stdio.write(f"{what}: valid\n")
    return 0


def _read(file: str, what: str) -> bytes:
    try:
        with open(0 if file == "-" else file, "rb", closefd=file != "-") as source:
            text = source.read(LARGEST + 1)
    except OSError as error:
        raise Error(f"cannot read the file to check: {reason(error)}") from None
    if len(text) > LARGEST:
        raise Error(f"cannot check {what}: it has more than {LARGEST >> 20} MiB")
    return text
