"""Making the container's first process."""

from __future__ import annotations

import os


def clone() -> int:
    """Fork and return the child's pid, or 0 in the child. Raises OSError. See fork(2)."""
    return os.fork()
