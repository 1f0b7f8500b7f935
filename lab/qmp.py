"""A few words of QMP, the language in which QEMU takes orders: JSON, one document a line."""

from __future__ import annotations

import json
import socket
from typing import Any

from lab.errors import LabError

Document = dict[str, Any]


class Monitor:
    """QEMU's control socket. Use as a context manager, or close() it."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._lines = connection.makefile("rb")
        self._read()  # the greeting
        self.execute("qmp_capabilities")

    def close(self) -> None:
        """Leave; QEMU goes on."""
        self._lines.close()
        self._socket.close()

    def __enter__(self) -> Monitor:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _read(self) -> Document:
        line = self._lines.readline()
        if not line:
            raise LabError("QEMU has ended")
        document: Document = json.loads(line)
        return document

    def execute(self, command: str, **arguments: Any) -> Document:
        """Give an order and return what QEMU answers; LabError with its words if it refuses."""
        order = {"execute": command, "arguments": arguments}
        self._socket.sendall(json.dumps(order).encode() + b"\n")
        while True:
            answer = self._read()
            if "return" in answer:
                result: Document = answer["return"] or {}
                return result
            if "error" in answer:
                raise LabError(f"QEMU refused {command}: {answer['error']['desc']}")

    def wait_for(self, event: str, **data: Any) -> Document:
        """Wait for an event whose data has these values; returns its data."""
        while True:
            found = self._read()
            if found.get("event") == event and data.items() <= found.get("data", {}).items():
                return dict(found["data"])
