"""Holding a container's lock in the place of another command."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator
from pathlib import Path

from anocir_check import kernel
from anocir_check.expect import fail
from anocir_check.runtime import Runtime


@contextlib.contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Hold an exclusive flock(2) on a directory."""
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX)
        yield
    finally:
        os.close(fd)


def until_waiting(runtime: Runtime, pid: int) -> None:
    """Wait until a process waits for a lock; ends the check when it ends instead."""
    deadline = time.monotonic() + runtime.timeout
    while not kernel.waits_for_lock(pid):
        if not kernel.alive(pid):
            fail("a command that waits for the lock", "it has ended")
        if time.monotonic() > deadline:
            fail("a command that waits for the lock", f"something else: {kernel.stat(pid)}")
