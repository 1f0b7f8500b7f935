"""Standard input, output and error, and the other descriptors that a caller hands over."""

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


def open_standard() -> None:
    """Open /dev/null for each of 0, 1 and 2 that the caller closed.

    Otherwise the next file to be opened would become standard output of hooks or the container.
    """
    while (fd := os.open("/dev/null", os.O_RDWR)) <= 2:
        os.set_inheritable(fd, True)
    os.close(fd)


def close_on_exec() -> None:
    """Keep the caller's other files from the programs that we execute.

    Engines leak pipes and sockets into us. A container that inherits the write end of its own
    standard input never sees the end of it.
    """
    try:
        names: list[int] = [int(name) for name in os.listdir("/proc/self/fd")]
    except OSError:
        names = list(range(os.sysconf("SC_OPEN_MAX")))
    for fd in names:
        try:
            if fd > 2:
                os.set_inheritable(fd, False)
        except OSError:
            pass  # the one that listed the directory
