"""Pipes whose end of file is an event: the last holder of the other end is gone."""

from __future__ import annotations

import os
import select
import time
from collections.abc import Callable

from anocir_check.expect import fail


class Output:
    """A pipe given to a process as its standard output or error, and our end of it."""

    def __init__(self) -> None:
        self.mine, self.theirs = os.pipe()
        os.set_blocking(self.mine, False)
        self._data = b""
        self.ended = False

    def given(self) -> None:
        """Close our copy of the writing end, once the process has it."""
        if self.theirs >= 0:
            os.close(self.theirs)
            self.theirs = -1

    def available(self) -> bytes:
        """Return all that has come until now, without waiting."""
        while not self.ended:
            try:
                chunk = os.read(self.mine, 65536)
            except BlockingIOError:
                break
            self._data += chunk
            self.ended = not chunk
        return self._data

    def until(self, text: bytes, timeout: float) -> bytes:
        """Wait until ``text`` has come; ends the check at the end of file, or of time."""
        self._wait(lambda: text in self._data, timeout, f"{text!r} in the output")
        return self._data

    def to_end(self, timeout: float) -> bytes:
        """Wait for the end of file, and return all that came."""
        self._wait(
            lambda: self.ended, timeout, "the end of the output: nothing holds the pipe open"
        )
        return self._data

    def _wait(self, condition: Callable[[], bool], timeout: float, what: str) -> None:
        deadline = time.monotonic() + timeout
        poll = select.poll()
        poll.register(self.mine, select.POLLIN)
        while True:
            self.available()
            if condition():
                return
            left = deadline - time.monotonic()
            if self.ended or left <= 0:
                problem = "the pipe was closed" if self.ended else "time is up"
                fail(f"{what} within {timeout:g} s", f"{problem}; until then: {self._data!r}")
            poll.poll(left * 1000)

    def close(self) -> None:
        """Give both ends back."""
        self.given()
        if self.mine >= 0:
            os.close(self.mine)
            self.mine = -1


class Input:
    """A pipe given to a process as its standard input, and our end of it."""

    def __init__(self) -> None:
        self.theirs, self.mine = os.pipe()

    def given(self) -> None:
        """Close our copy of the reading end, once the process has it."""
        if self.theirs >= 0:
            os.close(self.theirs)
            self.theirs = -1

    def write(self, data: bytes) -> None:
        """Send something short enough to fit into the pipe."""
        os.write(self.mine, data)

    def finish(self) -> None:
        """Send the end of file."""
        if self.mine >= 0:
            os.close(self.mine)
            self.mine = -1

    def close(self) -> None:
        """Give both ends back."""
        self.given()
        self.finish()
