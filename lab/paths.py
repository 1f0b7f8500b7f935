"""Where the lab keeps its files: images, machines and verdicts, below one cache directory."""

from __future__ import annotations

import os
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent
PACKAGE = REPO / "lab"
LOCK_FILE = PACKAGE / "image.lock"


def cache() -> Path:
    """The lab's own directory: $XDG_CACHE_HOME/anocir-lab, else ~/.cache/anocir-lab."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(base):
        base = os.path.expanduser("~/.cache")
    return Path(base) / "anocir-lab"


def images() -> Path:
    """One directory per built image."""
    return cache() / "images"


def machines() -> Path:
    """One directory per machine that `lab up` started."""
    return cache() / "machines"
