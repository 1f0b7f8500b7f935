"""What the runtime and the container's process say to each other while `create` runs.

Two pipes, one JSON object per line. The messages, in order:

    runtime -> init    go       do the steps of the init stage
    init -> runtime    hooks    run the hooks that are yours
    runtime -> init    go       they have succeeded; neither of the two comes without hooks
    init -> runtime    ready    every step of the init stage is done
    runtime -> init    go       the record is written; wait for `start`
    init -> runtime    error    instead of any of its own: step and text

The end of the stream without a message means that the other side has died.
"""

from __future__ import annotations

import os

from anocir.spec import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Channel:
    """One side's two pipe ends."""

    __slots__ = ("_buffer", "read_fd", "write_fd")

    def __init__(self, read_fd: int, write_fd: int) -> None:
        self.read_fd = read_fd
        self.write_fd = write_fd
        self._buffer = b""

    def send(self, message: str, **fields: object) -> None:
        """Send one message; raises BrokenPipeError when the other side is gone."""
        line = json.dumps({"message": message, **fields}) + "\n"
        view = memoryview(line.encode())
        while view:
            view = view[os.write(self.write_fd, view) :]

    def receive(self) -> dict[str, Any] | None:
        """Wait for the next message; None when the other side is gone."""
        while b"\n" not in self._buffer:
            chunk = os.read(self.read_fd, 65536)
            if not chunk:
                return None
            self._buffer += chunk
        line, _, self._buffer = self._buffer.partition(b"\n")
        message = json.loads(line, "message")
        return message if isinstance(message, dict) else None

    def close(self) -> None:
        """Close both ends."""
        os.close(self.read_fd)
        os.close(self.write_fd)


def pair() -> tuple[Channel, Channel]:
    """Return the runtime's side and init's side."""
    from_runtime, to_init = os.pipe2(os.O_CLOEXEC)
    from_init, to_runtime = os.pipe2(os.O_CLOEXEC)
    return Channel(from_init, to_init), Channel(from_runtime, to_runtime)
