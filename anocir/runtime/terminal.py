"""A container's terminal inside the caller's: what `run` does in the foreground with one.

Bytes go both ways, the caller's terminal passes every key on instead of acting on it, and the size
of the container's follows it.
"""

from __future__ import annotations

import _signal
import os
import select
import termios

from anocir.linux import pty, signalfd
from anocir.runtime import foreground

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

# A pipe with room takes so much without blocking (pipe(7), PIPE_BUF).
CHUNK = 4096
# The end of input, as a terminal has it. In the middle of a line it only ends what was typed.
END = b"\x04"


def wait(pid: int, master_fd: int) -> int:
    """Forward input, output and signals until ``pid`` ends; return its status as a shell does.

    ``master_fd`` is our end of its terminal. The caller's terminal is left as it was.
    """
    os.set_blocking(master_fd, False)
    signal_fd = signalfd.open_fd(foreground.HELD)
    caller = Caller()
    caller.make_raw()
    try:
        return _pass_on(pid, master_fd, signal_fd, caller)
    finally:
        caller.restore()


class Caller:
    """The caller's terminal: whichever of standard input, output and error is one, if any is."""

    __slots__ = ("fd", "saved")

    def __init__(self) -> None:
        self.fd = pty.standard()
        self.saved: list[Any] | None = None

    def make_raw(self) -> None:
        """Have each key arrive at once and unchanged (termios(3), raw mode)."""
        if not os.isatty(0):
            return
        self.saved = termios.tcgetattr(0)
        changed = list(self.saved)
        changed[0] &= ~(
            termios.IGNBRK | termios.BRKINT | termios.PARMRK | termios.ISTRIP
            | termios.INLCR | termios.IGNCR | termios.ICRNL | termios.IXON
        )  # fmt: skip
        changed[1] &= ~termios.OPOST
        changed[2] = changed[2] & ~(termios.CSIZE | termios.PARENB) | termios.CS8
        changed[3] &= ~(
            termios.ECHO | termios.ECHONL | termios.ICANON | termios.ISIG | termios.IEXTEN
        )
        termios.tcsetattr(0, termios.TCSANOW, changed)

    def restore(self) -> None:
        """Undo `make_raw`, unless the terminal is gone."""
        if self.saved is not None:
            try:
                termios.tcsetattr(0, termios.TCSANOW, self.saved)
            except termios.error:
                pass

    def give_size(self, fd: int) -> None:
        """Give a terminal the size of the caller's."""
        if self.fd is not None:
            try:
                pty.copy_size(self.fd, fd)
            except OSError:
                pass  # one of the two has hung up


class Flow:
    """Bytes on their way from one descriptor to another, read only when there is room for them."""

    __slots__ = ("buffer", "end", "last", "source", "target")

    def __init__(self, source: int, target: int, end: bytes = b"") -> None:
        self.source: int | None = source
        self.target: int | None = target
        self.buffer = b""
        self.end = end
        self.last = b"\n"

    def waits_for(self) -> tuple[int | None, int]:
        """Return the descriptor and the event (poll(2)) that let the bytes go on."""
        if self.buffer and self.target is not None:
            return self.target, select.POLLOUT
        return self.source, select.POLLIN

    def move(self) -> bool:
        """Read, or write, once; return whether anything moved."""
        try:
            if self.buffer:
                self._write()
            elif self.source is not None:
                self._read(self.source)
            else:
                return False
        except BlockingIOError:
            return False
        return True

    def give_up(self) -> None:
        """Drop what nobody takes any more: poll(2) tells of a hang-up again and again."""
        self.target, self.buffer = None, b""

    def _read(self, source: int) -> None:
        try:
            chunk = os.read(source, CHUNK)
        except BlockingIOError:
            raise
        except OSError:
            chunk = b""  # EIO: a terminal has hung up
        if chunk:
            self.buffer, self.last = chunk, chunk[-1:]
            return
        self.source = None
        if self.end:
            self.buffer = self.end if self.last == b"\n" else self.end * 2

    def _write(self) -> None:
        """Write, or drop the bytes when nobody takes them: the container must not stand still."""
        if self.target is None:
            self.buffer = b""
            return
        try:
            self.buffer = self.buffer[os.write(self.target, self.buffer) :]
        except BlockingIOError:
            raise
        except OSError:
            self.give_up()


def _pass_on(pid: int, master_fd: int, signal_fd: int, caller: Caller) -> int:
    # A hang-up of the caller's own terminal is no end of input: SIGHUP is forwarded.
    typed = Flow(0, master_fd, b"" if os.isatty(0) else END)
    shown = Flow(master_fd, 1)
    while True:
        ready = _ready(signal_fd, typed, shown)
        for flow in (typed, shown):
            fd, _ = flow.waits_for()
            if fd is None or fd not in ready:
                continue
            if not flow.move() and ready[fd] & select.POLLHUP:
                flow.give_up()
        if signal_fd in ready:
            status = _handle_signals(pid, master_fd, signal_fd, caller)
            if status is not None:
                break
    # What the program wrote before it ended. Others may have the terminal open still.
    while shown.move():
        if shown.buffer:
            _ready(None, shown)
    return status


def _ready(signal_fd: int | None, *flows: Flow) -> Mapping[int, int]:
    """Wait until a signal is there or a flow can go on; return the events by descriptor."""
    wanted = {} if signal_fd is None else {signal_fd: select.POLLIN}
    for flow in flows:
        fd, event = flow.waits_for()
        if fd is not None:
            wanted[fd] = wanted.get(fd, 0) | event
    poll = select.poll()
    for fd, event in wanted.items():
        poll.register(fd, event)
    return dict(poll.poll())


def _handle_signals(pid: int, master_fd: int, signal_fd: int, caller: Caller) -> int | None:
    """Act on the signals that have come; return the status of ``pid`` when it has ended."""
    for number in signalfd.read(signal_fd):
        if number == _signal.SIGWINCH:
            caller.give_size(master_fd)
        elif number == _signal.SIGCHLD:
            status = foreground.reap(pid)
            if status is not None:
                return status
        elif number not in foreground.NOT_FORWARDED:
            os.kill(pid, number)
    return None
