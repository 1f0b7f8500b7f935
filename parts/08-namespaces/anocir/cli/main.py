"""The way in and out: parse, dispatch, and turn what went wrong into words and an exit code."""

from __future__ import annotations

import sys

from anocir.cli import stdio
from anocir.cli.log import Log
from anocir.cli.options import Namespace, parse, show_help
from anocir.cli.root import state_root
from anocir.errors import Error, reason


def main(argv: list[str] | None = None) -> int:
    """Run one command line (default: the process's own) and return its exit code."""
    log = Log()
    try:
        args = _parse(sys.argv[1:] if argv is None else argv, log)
        return _dispatch(args, log)
    except stdio.ReaderGone as gone:
        return gone.exit_code
    except Exception as error:
        return _failed(error, log)


def _failed(error: Exception, log: Log) -> int:
    """Say on one line what went wrong; return the exit code."""
    code = 1
    if isinstance(error, Error):
        log.error(error.message)
        code = error.exit_code
    elif isinstance(error, OSError):
        log.error(reason(error))
    else:
        hint = "" if log.debugging else "; run again with --debug"
        log.error(f"internal error: {type(error).__name__}: {error}{hint}")
    if log.debugging:
        sys.__excepthook__(type(error), error, error.__traceback__)
    return code


def _parse(argv: list[str], log: Log) -> Namespace:
    """Parse, and open the log even when the rest of the line is wrong: the log must say so."""
    args = Namespace()
    try:
        return parse(argv, args)
    finally:
        log.open(args.log, args.log_format, args.debug)


def _dispatch(args: Namespace, log: Log) -> int:
    if args.version:
        from anocir.cli import version

        stdio.write(version.text())
        return 0
    if not args.command:
        show_help()
        return 0
    args.root = state_root(args.root)
    command = __import__(f"anocir.cli.cmd.{args.command}", fromlist=("run",))
    status: int = command.run(args, log)
    return status


def console_script() -> None:
    """Run the process's command line and leave with its exit code."""
    try:
        code = main()
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)
