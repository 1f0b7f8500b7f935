"""Both ends of a terminal: an engine's console socket, and a person's terminal."""

from __future__ import annotations

import array
import fcntl
import os
import select
import socket
import struct
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

TIMEOUT = 120.0


class Terminal:
    """The master end of a pseudoterminal."""

    def __init__(self, fd: int) -> None:
        self.fd = fd
        self.seen = b""

    def type(self, text: str) -> None:
        """Press keys."""
        os.write(self.fd, text.encode())

    def read(self) -> bytes:
        """Return what comes next; b"" at the end. Raises TimeoutError."""
        poll = select.poll()
        poll.register(self.fd, select.POLLIN)
        if not poll.poll(TIMEOUT * 1000):
            raise TimeoutError(f"nothing comes after {self.seen!r}")
        try:
            chunk = os.read(self.fd, 65536)
        except OSError:  # EIO: the last user of the other end is gone
            return b""
        self.seen += chunk
        return chunk

    def wait_for(self, text: str) -> str:
        """Read until ``text`` has come; return all up to it, and forget that."""
        wanted = text.encode()
        while wanted not in self.seen:
            if not self.read():
                raise EOFError(f"no {text!r} in {self.seen!r}")
        before, _, self.seen = self.seen.partition(wanted)
        return (before + wanted).decode()

    def rest(self) -> str:
        """Read to the end."""
        while self.read():
            pass
        return self.seen.decode()

    def size(self) -> tuple[int, int]:
        """Rows and columns."""
        rows, columns, _, _ = struct.unpack(
            "4H", fcntl.ioctl(self.fd, termios.TIOCGWINSZ, bytes(8))
        )
        return rows, columns

    def resize(self, rows: int, columns: int) -> None:
        """Change the size."""
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ, struct.pack("4H", rows, columns, 0, 0))

    def close(self) -> None:
        """Hang up."""
        os.close(self.fd)
        self.fd = -1

    def __del__(self) -> None:
        if self.fd >= 0:
            os.close(self.fd)


class ConsoleSocket:
    """What an engine listens on for the terminal of a container."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.listener.bind(str(path))
        self.listener.listen()
        self.message = b""

    def receive(self) -> Terminal:
        """Take the one message with the one descriptor that engines accept."""
        self.listener.settimeout(TIMEOUT)
        connection, _ = self.listener.accept()
        with connection:
            connection.settimeout(TIMEOUT)
            self.message, rights, flags, _ = connection.recvmsg(4096, socket.CMSG_SPACE(4 * 8))
            assert connection.recv(1) == b"", "more than one message"
        assert not flags & socket.MSG_CTRUNC
        ((level, kind, data),) = rights
        assert (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS)
        fds = array.array("i", data)
        assert len(fds) == 1
        return Terminal(fds[0])

    def close(self) -> None:
        """Stop listening."""
        self.listener.close()


class Session:
    """A command that runs in a terminal of its own, as a person's shell starts it."""

    def __init__(
        self, argv: Sequence[str], env: Mapping[str, str], rows: int, columns: int
    ) -> None:
        fd, self.side = os.openpty()
        self.terminal = Terminal(fd)
        self.terminal.resize(rows, columns)
        self.modes = termios.tcgetattr(self.side)
        self.process = subprocess.Popen(
            list(argv),
            env=dict(env),
            stdin=self.side,
            stdout=self.side,
            stderr=self.side,
            start_new_session=True,
        )

    def is_raw(self) -> bool:
        """Whether keys arrive at once and unchanged."""
        return not termios.tcgetattr(self.side)[3] & termios.ICANON

    def is_as_before(self) -> bool:
        """Whether the terminal is as the person left it."""
        return termios.tcgetattr(self.side) == self.modes

    def wait_raw(self) -> None:
        """Wait until the command has taken over the keyboard."""
        end = time.monotonic() + TIMEOUT
        while not self.is_raw():
            assert self.process.poll() is None, "the command has ended"
            assert time.monotonic() < end
            time.sleep(0.01)

    def wait(self) -> int:
        """Wait for the end; return the exit status. Output is read meanwhile."""
        poll = select.poll()
        poll.register(self.terminal.fd, select.POLLIN)
        end = time.monotonic() + TIMEOUT
        while self.process.poll() is None:
            assert time.monotonic() < end
            if poll.poll(20):
                self.terminal.read()
        while poll.poll(0):
            self.terminal.read()
        return self.process.returncode

    def close(self) -> None:
        """End it, whatever it does."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self.side)
