"""`kill`: send a signal to the container's process."""

from __future__ import annotations

import _signal
import os

from anocir.errors import Error, NotRunning, reason
from anocir.linux import proc
from anocir.state import record as records
from anocir.state.store import Store

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.state.record import Record


# More digits than the system call's int holds.
_TOO_LONG = 10


def kill(root: str, container_id: str, signal: str = "SIGTERM", all: bool = False) -> None:
    """Send ``signal`` to the container's process (runtime.md, Kill).

    With ``all`` it is no error that the container has stopped. Its first process is the only one
    that is known. Raises NoSuchContainer, NotRunning, Error for a signal that there is none of.
    """
    number = parse_signal(signal)
    entry = Store(root).open(container_id)
    try:
        record = records.load(entry)
        if all and record.status() == "stopped":
            return
        _signal_process(record, number)
    finally:
        entry.close()


def parse_signal(text: str) -> int:
    """Return the number of a signal given as ``9``, ``KILL``, ``SIGKILL`` or ``RTMIN+1``.

    Letters may be of either case. Raises Error in the words that engines know.
    """
    if text.isascii() and text.isdigit() and len(text) < _TOO_LONG:
        return int(text)
    name, plus, offset = text.upper().removeprefix("SIG").partition("+")
    number = getattr(_signal, f"SIG{name}", None)
    if name.startswith("_") or not isinstance(number, int):
        raise Error(f'unknown signal "{text}"')
    if plus:
        if name != "RTMIN" or not (offset.isascii() and offset.isdigit() and len(offset) < 3):
            raise Error(f'unknown signal "{text}"')
        return int(number) + int(offset)
    return int(number)


def _signal_process(record: Record, number: int) -> None:
    if record.pid is None or record.start_time is None or record.status() == "stopped":
        raise NotRunning
    pidfd = proc.open_process(record.pid, record.start_time)
    if pidfd is None:
        raise NotRunning
    try:
        _signal.pidfd_send_signal(pidfd, number)
    except ProcessLookupError:
        raise NotRunning from None
    except OSError as error:
        raise Error(f"unable to signal init: {reason(error)}") from None
    finally:
        os.close(pidfd)
