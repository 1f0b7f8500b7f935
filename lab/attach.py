"""Connects a command in the VM to this process's own input, output and terminal."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import termios
import tty
from collections.abc import Iterator, Mapping, Sequence
from types import FrameType

from lab import frames
from lab.channel import Channel
from lab.errors import LabError

# More than this queued for the VM: stop reading our input until it has taken some.
BACKLOG = 1 << 20


def attach(
    channel: Channel,
    argv: Sequence[str],
    cwd: str = "/anocir",
    env: Mapping[str, str] | None = None,
    terminal: bool = False,
) -> int:
    """Run a command with our stdin, stdout and stderr; returns its exit status.

    terminal: give it a terminal of our size. Without one, our own terminal's input is not read:
    the command gets end of file, and Ctrl-C becomes SIGINT for its process group.
    """
    if not terminal:
        channel.start(argv, cwd, env)
        with _signals_passed_on(channel):
            return _pump(channel, read_input=not os.isatty(0))
    size = os.get_terminal_size(0) if os.isatty(0) else os.terminal_size((80, 24))
    environment = {"TERM": os.environ.get("TERM", "dumb")} | dict(env or {})
    channel.start(argv, cwd, environment, (size.lines, size.columns))
    with _raw_terminal(), _resizes_passed_on(channel):
        return _pump(channel, read_input=True)


def _pump(channel: Channel, read_input: bool) -> int:
    if not read_input:
        channel.send(frames.STDIN)
    # Looked at again before each wait: our input can become welcome at any frame.
    also = [0] if read_input else []
    for kind, payload in channel.output(also=also):
        if kind == frames.EXIT:
            return int(payload)
        if kind:
            _write(2 if kind == frames.STDERR else 1, payload)
        elif also and select.select(also, [], [], 0)[0]:
            data = os.read(0, frames.CHUNK)
            channel.send(frames.STDIN, data)
            read_input = bool(data)
        also[:] = [0] if read_input and channel.backlog < BACKLOG else []
    raise LabError("the command's end got lost")


def _write(fd: int, data: bytes) -> None:
    while data:
        data = data[os.write(fd, data) :]


@contextlib.contextmanager
def _signals_passed_on(channel: Channel) -> Iterator[None]:
    """Ctrl-C and SIGTERM go to the command, whose end we then wait for."""

    def pass_on(number: int, _: FrameType | None) -> None:
        channel.send(frames.SIGNAL, str(number).encode())

    old = {number: signal.signal(number, pass_on) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in old.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _resizes_passed_on(channel: Channel) -> Iterator[None]:
    def pass_on(*_: object) -> None:
        size = os.get_terminal_size(0)
        channel.send(frames.SIZE, f"{size.lines} {size.columns}".encode())

    old = signal.signal(signal.SIGWINCH, pass_on)
    try:
        yield
    finally:
        signal.signal(signal.SIGWINCH, old)


@contextlib.contextmanager
def _raw_terminal() -> Iterator[None]:
    """Our terminal hands every key to the one in the VM."""
    if not os.isatty(0):
        yield
        return
    old = termios.tcgetattr(0)
    tty.setraw(0)
    try:
        yield
    finally:
        termios.tcsetattr(0, termios.TCSADRAIN, old)
        sys.stdout.flush()
