"""Waiting for files to change."""

from __future__ import annotations

import ctypes
import os
import select
import struct
from pathlib import Path

IN_MODIFY = 0x2  # sys/inotify.h
IN_CLOSE_WRITE = 0x8
IN_MOVED_TO = 0x80
IN_CREATE = 0x100
IN_DELETE = 0x200
CHANGES = IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_DELETE
HEADER = struct.Struct("iIII")  # struct inotify_event, without the name
IGNORED = {"__pycache__", ".git"}
# An editor writes several files when it saves: these milliseconds without a change end one save.
QUIET = 200


class Watch:
    """Tells when something below a directory changes (inotify(7))."""

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self.fd = self._libc.inotify_init1(os.O_CLOEXEC | os.O_NONBLOCK)
        if self.fd < 0:
            raise self._error("inotify")

    def add(self, directory: Path, events: int = CHANGES) -> None:
        """Watch one directory; raises OSError."""
        if self._libc.inotify_add_watch(self.fd, os.fsencode(directory), events) < 0:
            raise self._error(str(directory))

    def add_tree(self, top: Path) -> None:
        """Watch a directory and all below it."""
        for directory, names, _ in os.walk(top):
            names[:] = [name for name in names if name not in IGNORED]
            self.add(Path(directory))

    def wait(self, timeout: float | None = None) -> bool:
        """Wait for a change, up to ``timeout`` seconds; tell whether one came."""
        poll = select.poll()
        poll.register(self.fd, select.POLLIN)
        came = bool(poll.poll(None if timeout is None else timeout * 1000))
        if came:
            self.drain()
        return came

    def settle(self) -> None:
        """Wait until changes have stopped for a moment."""
        while self.wait(QUIET / 1000):
            pass

    def drain(self) -> list[tuple[str, int]]:
        """Return the changes up to now: name and event of each."""
        found: list[tuple[str, int]] = []
        while True:
            try:
                data = os.read(self.fd, 65536)
            except BlockingIOError:
                return found
            while data:
                _, event, _, length = HEADER.unpack_from(data)
                name = data[HEADER.size : HEADER.size + length].rstrip(b"\0")
                found.append((os.fsdecode(name), event))
                data = data[HEADER.size + length :]

    def close(self) -> None:
        """Stop watching."""
        os.close(self.fd)

    def _error(self, what: str) -> OSError:
        number = ctypes.get_errno()
        return OSError(number, os.strerror(number), what)
