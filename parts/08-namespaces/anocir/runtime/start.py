"""`start`: let the waiting process become the user's program."""

from __future__ import annotations

import os

from anocir.errors import Error, NotRunning, StepError
from anocir.runtime import hookedstart, hooks
from anocir.state import record as records
from anocir.state.store import ERROR_FIFO, GO, GO_FIFO, HOOKS_FILE, Store

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from anocir.state.store import Entry

REFUSALS = {
    "creating": "cannot start a container that is still being created",
    "running": "cannot start an already running container",
    "stopped": "cannot start a container that has stopped",
}


def start(root: str, container_id: str, *, warn: Callable[[str], None]) -> None:
    """Start the user's program of a created container (runtime.md, Start).

    Returns when the program has been executed, and poststart hooks have run. Raises errors.Error
    with init's own words when it could not be.
    """
    entry = Store(root).open(container_id)
    try:
        entry.lock()
        record = records.load(entry)
        status = record.status()
        if status != "created":
            raise Error(REFUSALS[status])
        if entry.has(HOOKS_FILE):
            hookedstart.start(entry, record, hooks.load(entry), lambda: _release(entry), warn)
        else:
            _release(entry)
    finally:
        entry.close()


def _release(entry: Entry) -> None:
    """Tell init to go on, and read what it says until it has executed.

    Init holds the only writing end, close-on-exec: the stream ends exactly when execve has
    succeeded, or when init is gone. Neither open waits for the other side, so an init that is
    killed at this moment can't keep us here.
    """
    flags = os.O_NONBLOCK | os.O_CLOEXEC
    error_fd = os.open(ERROR_FIFO, os.O_RDONLY | flags, dir_fd=entry.fd)
    try:
        go_fd = os.open(GO_FIFO, os.O_WRONLY | flags, dir_fd=entry.fd)
    except OSError:
        # Nobody has it open for reading: init died since its status was looked at.
        raise NotRunning from None
    try:
        os.write(go_fd, GO)
    except BrokenPipeError:
        raise NotRunning from None
    os.set_blocking(error_fd, True)
    words = b""
    while chunk := os.read(error_fd, 4096):
        words += chunk
    if words:
        raise failure(words)


STARTING = "startContainer hook #"


def failure(words: bytes) -> Error:
    """Return what went wrong in init as an error: StepError for a hook."""
    text = words.decode("utf-8", "replace").strip()
    if text.startswith(STARTING):
        step, _, why = text.partition(": ")
        return StepError(step, why)
    return Error(text)
