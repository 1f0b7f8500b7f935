"""Run the command line as ``python3 -P -m anocir``."""

from anocir.cli.main import console_script

console_script()
