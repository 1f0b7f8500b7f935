"""Signals as something to read, for a loop that waits for other things as well (signalfd(2))."""

from __future__ import annotations

import os
import struct

from anocir.linux import libc

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

# struct signalfd_siginfo: the signal's number, and 124 bytes about it.
_INFO = "=I124x"


def open_fd(signals: Iterable[int]) -> int:
    """Return a non-blocking descriptor that gives ``signals``, which must be blocked."""
    mask = sum(1 << (number - 1) for number in signals)
    flags = os.O_CLOEXEC | os.O_NONBLOCK
    return libc.syscall("signalfd4", -1, mask.to_bytes(8, "little"), 8, flags)


def read(fd: int) -> list[int]:
    """Return the numbers of the signals that have come; none when there is none."""
    try:
        data = os.read(fd, 64 * struct.calcsize(_INFO))
    except BlockingIOError:
        return []
    return [number for (number,) in struct.iter_unpack(_INFO, data)]
