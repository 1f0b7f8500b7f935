"""Where the lab keeps its files: images, machines and verdicts, below one cache directory."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
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


@contextlib.contextmanager
def one_at_a_time(name: str) -> Iterator[None]:
    """Hold the lock called `name`, which other processes of this user then wait for."""
    cache().mkdir(parents=True, exist_ok=True)
    with (cache() / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
