"""The frames between the host and the agent in the VM: one line each, a letter, base64, a dot.

Both sides load this module, so it imports little. A line is found again after any break: a
client that was killed in the middle of a frame leaves half a line, which the next client ends
by a newline, and which is then dropped, since it does not end in the dot.

A session: the client sends HELLO with a random word, the agent answers HELLO with the same
word. Then, any number of times: the client sends RUN, the agent sends output and at last EXIT
or REFUSED. A new HELLO ends whatever the session before it had running.
"""

from __future__ import annotations

import binascii

HELLO = "H"  # both ways: a word that the client chose
WAKE = "W"  # both ways: "NANOSECONDS HEX", the time and bytes for the random generator
RUN = "R"  # to the agent: a request, see pack_request
STDIN = "0"  # to the agent: bytes; an empty frame is end of file
STDOUT = "1"  # from the agent
STDERR = "2"  # from the agent
CONTROL_IN = "3"  # to the agent: bytes for the command's descriptor 3
CONTROL_OUT = "4"  # from the agent: bytes that the command wrote to descriptor 4
SIZE = "S"  # to the agent: "ROWS COLUMNS" of the terminal
SIGNAL = "K"  # to the agent: number of a signal for the command's process group
EXIT = "X"  # from the agent: the exit status in decimal, 128 + n after signal n
REFUSED = "E"  # from the agent: why the command could not be started

REQUEST = ("argv", "cwd", "env", "tty", "control")

END = b".\n"

# One write of a virtio port carries 32 KiB at most; base64 turns three bytes into four.
CHUNK = 24000


def encode(kind: str, payload: bytes = b"") -> bytes:
    """One frame as a line."""
    return kind.encode() + binascii.b2a_base64(payload, newline=False) + END


class Decoder:
    """Cuts a stream of bytes into frames, and drops lines that are none."""

    __slots__ = ("_rest",)

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> list[tuple[str, bytes]]:
        """The frames that `data` completes, as (kind, payload)."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        found = []
        for line in lines:
            if len(line) < 2 or line[-1:] != END[:1]:
                continue
            try:
                payload = binascii.a2b_base64(line[1:-1], strict_mode=True)
                found.append((line[:1].decode("ascii"), payload))
            except ValueError:
                continue
        return found


def pack_request(request: dict[str, list[str]]) -> bytes:
    """A request as bytes: lists of strings by name, none of them with a NUL.

    argv: the command and its arguments. cwd: one directory. env: NAME=VALUE, added to the agent's
    own list. tty: rows and columns of a terminal, or empty for pipes. control: not empty to give
    the command descriptors 3 (to read) and 4 (to write).
    """
    words = [f"{name}:{word}" for name in REQUEST for word in request.get(name, [])]
    return "\0".join(words).encode("utf-8", "surrogateescape")


def unpack_request(payload: bytes) -> dict[str, list[str]]:
    """The request that pack_request packed, with every name."""
    request: dict[str, list[str]] = {name: [] for name in REQUEST}
    for word in payload.decode("utf-8", "surrogateescape").split("\0"):
        name, _, value = word.partition(":")
        request[name].append(value)
    return request
