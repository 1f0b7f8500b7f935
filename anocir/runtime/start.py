"""`start`: let the waiting process become the user's program."""

from __future__ import annotations

import os

from anocir.errors import Error, NotRunning, StepError
from anocir.linux import proc
from anocir.state import record as records
from anocir.state.store import ERROR_FIFO, GO, GO_FIFO, HOOKS_FILE, Store

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from anocir.state.record import Record
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
            from anocir.runtime import hookedstart, hooks

            hookedstart.start(
                entry, record, hooks.load(entry), lambda: _release(entry, record), warn
            )
        else:
            _release(entry, record)
    finally:
        entry.close()


def _release(entry: Entry, record: Record) -> None:
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
    died = failure(words, Error) if words else unexecuted(record, Error)
    if died:
        raise died


STARTING = "startContainer hook #"


def failure(words: bytes, otherwise: type[Error]) -> Error:
    """Return what went wrong in init as an error: StepError for a hook, or ``otherwise``."""
    text = init_words(words)
    if text.startswith(STARTING):
        step, _, why = text.partition(": ")
        return StepError(step, why)
    return otherwise(text)


def unexecuted(record: Record, otherwise: type[Error]) -> Error | None:
    """Return the error for an init that died without a word before it came to the program.

    None when it has executed. The kernel keeps that until the process is reaped, which may have
    happened already.
    """
    stat = proc.read_stat(record.pid) if record.pid else None
    if record.pid is None or stat is None or stat.start_time != record.start_time:
        return None
    if stat.executed:
        return None
    from anocir.runtime import death

    why = death.cause(record.pid, record)
    return otherwise(f"the process died before its program started: {why}")


def init_words(words: bytes) -> str:
    """Return what init wrote instead of executing: its own text, or the stub's errno as text."""
    from anocir.linux import stub

    failed = stub.failure(words)
    if failed is None:
        return words.decode("utf-8", "replace").strip()
    what, code = failed
    return f"{what}: {stub.describe(code)}"
