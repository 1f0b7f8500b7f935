"""``python3 -m anocir_check``."""

from anocir_check.main import console_script

console_script()
