"""`start`: let the waiting process become the user's program."""

from __future__ import annotations

import os
import select

from anocir.errors import Error, NotRunning
from anocir.linux import proc
from anocir.state import record as records
from anocir.state.store import FIFO_FILE, Store

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.state.store import Entry

REFUSALS = {
    "creating": "cannot start a container that is still being created",
    "running": "cannot start an already running container",
    "stopped": "cannot start a container that has stopped",
}


def start(root: str, container_id: str) -> None:
    """Start the user's program of a created container (runtime.md, Start).

    Returns when the program has been executed. Raises errors.Error with init's own words when it
    could not be.
    """
    entry = Store(root).open(container_id)
    try:
        entry.lock()
        record = records.load(entry)
        status = record.status()
        if status in REFUSALS or record.pid is None or record.start_time is None:
            raise Error(REFUSALS[status])
        _release(entry, record.pid, record.start_time)
    finally:
        entry.close()


def _release(entry: Entry, pid: int, start_time: int) -> None:
    """Open the FIFO that init waits for, and read what it says until it has executed.

    Init holds the only writing end, close-on-exec: the stream ends exactly when execve has
    succeeded, or when init is gone. The open doesn't wait for a writer, so that an init which is
    killed at this moment can't keep us here; poll reports no hang-up before there was a writer.
    """
    pidfd = proc.open_process(pid, start_time)
    if pidfd is None:
        raise NotRunning
    fifo_fd = os.open(FIFO_FILE, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=entry.fd)
    poll = select.poll()
    poll.register(fifo_fd, select.POLLIN)
    poll.register(pidfd, select.POLLIN)
    words = b""
    while True:
        ready = [fd for fd, _ in poll.poll()]
        if fifo_fd not in ready:
            raise Error("the container's process ended before it could be started")
        chunk = os.read(fifo_fd, 4096)
        if not chunk:
            break
        words += chunk
    os.close(fifo_fd)
    os.close(pidfd)
    if words:
        raise Error(init_words(words))


def init_words(words: bytes) -> str:
    """Return what init wrote instead of executing: its own text, or the stub's errno as text."""
    from anocir.linux import stub

    code = stub.failure(words)
    if code is None:
        return words.decode("utf-8", "replace").strip()
    return f"exec: {stub.describe(code)}"
