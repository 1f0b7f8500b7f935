"""The way in: what the checks need beyond Python may not be installed."""

from __future__ import annotations

import sys

MISSING = 2


def main(argv: list[str] | None = None) -> int:
    """Run one command line (default: the process's own) and return its exit status."""
    try:
        from anocir_check import run
    except ModuleNotFoundError as error:
        print(f"anocir-check: {error.name} is missing: pip install 'anocir[test]'", file=sys.stderr)
        return MISSING
    return run.main(argv)


def console_script() -> None:
    """Run the process's command line."""
    sys.exit(main())
