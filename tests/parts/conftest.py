"""Fixtures of the checks. Run them with anocir-check, or set ANOCIR_CHECK_RUNTIME for pytest."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent.parent))

from anocir_check.fixtures import (
    bundle_fixture,
    busybox_fixture,
    pytest_collection_modifyitems,
    runtime_fixture,
    settings_fixture,
)

__all__ = [
    "bundle_fixture",
    "busybox_fixture",
    "pytest_collection_modifyitems",
    "runtime_fixture",
    "settings_fixture",
]
