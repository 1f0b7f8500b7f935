"""The way in: what the checks need beyond Python may not be installed."""

from __future__ import annotations

import os
import sys

MISSING = 2
NO_READER = 141  # 128 and SIGPIPE, as other programs end


def main(argv: list[str] | None = None) -> int:
    """Run one command line (default: the process's own) and return its exit status."""
    try:
        from anocir_check import run
    except ModuleNotFoundError as error:
        print(f"anocir-check: {error.name} is missing: pip install 'anocir[test]'", file=sys.stderr)
        return MISSING
    return run.main(argv)


def console_script() -> None:
    """Run the process's command line; end without a word when its reader has gone, as `head` does.

    Python writes what is left at its very end, which must find somebody too.
    """
    try:
        code = main()
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = NO_READER
    sys.exit(code)
