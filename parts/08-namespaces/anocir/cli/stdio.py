"""Standard input and output, as bytes: the same under every locale."""

from __future__ import annotations

import os

from anocir.errors import Error, reason


class ReaderGone(Error):
    """The reader closed the pipe, as ``head`` does. Ends like a program killed by SIGPIPE (13)."""

    exit_code = 128 + 13

    def __init__(self) -> None:
        super().__init__("nobody reads the output")


def write(text: str) -> None:
    """Write all of ``text`` as UTF-8. Raises ReaderGone, or Error when the disk is full."""
    data = memoryview(text.encode(errors="surrogateescape"))
    while data:
        try:
            data = data[os.write(1, data) :]
        except BrokenPipeError:
            raise ReaderGone from None
        except OSError as error:
            raise Error(f"cannot write to standard output: {reason(error)}") from None


def read(most: int) -> bytes:
    """Return all of standard input. Raises Error when it has more than ``most`` bytes."""
    data = b""
    try:
        while chunk := os.read(0, 1 << 20):
            data += chunk
            if len(data) > most:
                raise Error(f"standard input has more than {most >> 20} MiB")
    except OSError as error:
        raise Error(f"cannot read standard input: {reason(error)}") from None
    return data
