"""`delete`: take away everything that belongs to a container."""

from __future__ import annotations

import _signal
import os
import select

from anocir.errors import Error, NoSuchContainer, StateError
from anocir.linux import proc
from anocir.state import record as records
from anocir.state.store import GIVE_UP, GO_FIFO, HOOKS_FILE, Store

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from anocir.runtime.hooks import Hooks
    from anocir.state.record import Record
    from anocir.state.store import Entry

KILL_TIMEOUT_MS = 10_000


def delete(root: str, container_id: str, warn: Callable[[str], None], force: bool = False) -> None:
    """Delete a stopped container, or with ``force`` any container (runtime.md, Delete).

    ``force`` kills what still runs, forgives a container that is not there, and works on one
    whose files are damaged. A poststop hook that fails is warned of. Raises NoSuchContainer,
    StateError, and Error when it isn't stopped.
    """
    try:
        entry = Store(root).open(container_id)
    except NoSuchContainer:
        if force:
            return
        raise
    try:
        if force:
            # First without the lock, which a `start` may hold for as long as the process lives.
            _kill(_load_if_sound(entry))
        entry.lock()
        record = _load_if_sound(entry) if force else records.load(entry)
        if force:
            _kill(record)
            _dismiss(entry)
        elif record is not None and (status := record.status()) != "stopped":
            raise Error(f"cannot delete container {container_id} that is not stopped: {status}")
        _remove(entry, warn)
    except NoSuchContainer:
        if not force:
            raise
    finally:
        entry.close()


def destroy(entry: Entry, record: Record, warn: Callable[[str], None]) -> None:
    """Kill and delete a container that its caller has open, unless somebody else just did."""
    try:
        _kill(record)
        entry.lock()
        _remove(entry, warn)
    except NoSuchContainer:
        pass


def _remove(entry: Entry, warn: Callable[[str], None]) -> None:
    hooks = _hooks(entry, warn) if entry.has(HOOKS_FILE) else None
    entry.remove()
    if hooks is not None:
        hooks.poststop(warn)


def _hooks(entry: Entry, warn: Callable[[str], None]) -> Hooks | None:
    from anocir.runtime import hooks

    try:
        return hooks.load(entry)
    except StateError as error:
        warn(error.message)
        return None


def _load_if_sound(entry: Entry) -> Record | None:
    try:
        return records.load(entry)
    except StateError:
        return None


def _dismiss(entry: Entry) -> None:
    """Tell an init that still waits for `start` to give up: no record is needed to reach it."""
    try:
        fd = os.open(GO_FIFO, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=entry.fd)
    except OSError:
        return  # There is no FIFO, or nobody waits at it.
    os.write(fd, GIVE_UP)
    os.close(fd)


def _kill(record: Record | None) -> None:
    """End the container's process and wait for that; raises Error when it doesn't end."""
    if record is None or record.pid is None or record.start_time is None:
        return
    pidfd = proc.open_process(record.pid, record.start_time)
    if pidfd is None:
        return
    try:
        _signal.pidfd_send_signal(pidfd, _signal.SIGKILL)
        poll = select.poll()
        poll.register(pidfd, select.POLLIN)
        if not poll.poll(KILL_TIMEOUT_MS):
            raise Error(f"process {record.pid} of container {record.id} doesn't end")
    except ProcessLookupError:
        pass
    finally:
        os.close(pidfd)
