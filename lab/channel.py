"""The host's end of a port of the VM: one client at a time, ordered frames, no lost bytes."""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from lab import frames, qemu
from lab.errors import CommandTimeout, LabError

# The agent may not be up yet, or the last client's leaving may still be on its way to it.
HELLO_AGAIN = 0.1

# A frame may lie in the VM's memory and nobody be told of it: an emulated processor doesn't keep
# the order of memory accesses that virtio relies on (QEMU before 8.1). The next frame calls for
# it, so after this many seconds of silence there is one.
NUDGE_AFTER = 0.5


class Result(NamedTuple):
    """What a command left behind. status: 0-255, 128 + n after signal n."""

    status: int
    stdout: bytes
    stderr: bytes


def remaining(deadline: float | None) -> float | None:
    """Seconds until `deadline` of time.monotonic(), at least 0; None without one."""
    return None if deadline is None else max(0.0, deadline - time.monotonic())


class Channel:
    """A session with the VM's agent. Use as a context manager, or close() it."""

    def __init__(self, directory: Path, alive: Callable[[], bool], wait: float = 60.0) -> None:
        """Take a free port of the machine in `directory`, and greet the agent.

        alive: whether QEMU runs still. wait: seconds until the agent must have answered.
        Raises LabError if no port is free, or nobody answers.
        """
        self._decoder = frames.Decoder()
        self._lock, number = _free_port(directory)
        try:
            self._socket = qemu.connect(directory, qemu.port_name(number) + ".sock")
            self._socket.setblocking(False)
            self._unsent = b"\n"
            self._greet(alive, time.monotonic() + wait)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Leave: the agent ends what still runs in this session."""
        if hasattr(self, "_socket"):
            self._socket.close()
        os.close(self._lock)

    def __enter__(self) -> Channel:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def fileno(self) -> int:
        """The socket's descriptor, to wait on together with others."""
        return self._socket.fileno()

    def _greet(self, alive: Callable[[], bool], deadline: float) -> None:
        self._word = word = os.urandom(8).hex().encode()
        while alive():
            if time.monotonic() > deadline:
                raise LabError("the VM's agent does not answer; see `lab status` for its log")
            self.send(frames.HELLO, word)
            until = time.monotonic() + HELLO_AGAIN
            while time.monotonic() < until:
                for kind, payload in self.receive(until):
                    if kind == frames.HELLO and payload == word:
                        return
        raise LabError("the VM has ended while it was starting")

    def send(self, kind: str, payload: bytes = b"") -> None:
        """Queue one frame; receive() writes what does not fit now."""
        self._unsent += frames.encode(kind, payload)
        self._write()

    def send_all(self, kind: str, data: bytes) -> None:
        """Queue `data` in as many frames as it takes."""
        for start in range(0, len(data), frames.CHUNK):
            self._unsent += frames.encode(kind, data[start : start + frames.CHUNK])
        self._write()

    @property
    def backlog(self) -> int:
        """Bytes queued and not yet written."""
        return len(self._unsent)

    def _write(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while self._unsent:
                try:
                    sent = self._socket.send(self._unsent[:262144])
                except (BrokenPipeError, ConnectionResetError):
                    raise LabError("the VM has ended") from None
                self._unsent = self._unsent[sent:]

    def receive(
        self, deadline: float | None = None, also: Sequence[int] = ()
    ) -> list[tuple[str, bytes]]:
        """Wait for frames, for one of the descriptors `also` to be readable, or the deadline.

        Returns the frames that came (maybe none). Raises LabError if the VM has ended.
        """
        poll = select.poll()
        poll.register(self._socket, select.POLLIN | (select.POLLOUT if self._unsent else 0))
        for fd in also:
            poll.register(fd, select.POLLIN)
        left = remaining(deadline)
        ready = dict(poll.poll(None if left is None else left * 1000))
        mine = ready.get(self._socket.fileno(), 0)
        if mine & select.POLLOUT:
            self._write()
        if not mine & ~select.POLLOUT:
            return []
        try:
            data = self._socket.recv(262144)
        except BlockingIOError:
            return []
        except ConnectionResetError:
            data = b""
        if not data:
            raise LabError("the VM has ended")
        return self._decoder.feed(data)

    def _insist(self, deadline: float | None, also: Sequence[int] = ()) -> list[tuple[str, bytes]]:
        """As receive(), for a while, and send a frame that changes nothing if nothing comes."""
        until = time.monotonic() + NUDGE_AFTER
        found = self.receive(until if deadline is None else min(until, deadline), also)
        if not found and not self._unsent and time.monotonic() >= until:
            self.send(frames.HELLO, self._word)
        return found

    def start(
        self,
        argv: Sequence[str],
        cwd: str = "/anocir",
        env: Mapping[str, str] | None = None,
        tty: tuple[int, int] | None = None,
        control: bool = False,
    ) -> None:
        """Start a command in the VM; tty: rows and columns of its terminal."""
        request = {
            "argv": list(argv),
            "cwd": [cwd],
            "env": [f"{name}={value}" for name, value in (env or {}).items()],
            "tty": [str(number) for number in tty or ()],
            "control": ["yes"] if control else [],
        }
        self.send(frames.RUN, frames.pack_request(request))

    def output(
        self, deadline: float | None = None, also: Sequence[int] = ()
    ) -> Iterator[tuple[str, bytes]]:
        """Frames of the running command, the last of them EXIT; ("", b"") when `also` is ready.

        Raises CommandTimeout at the deadline, LabError if the command was refused.
        """
        while True:
            found = self._insist(deadline, also)
            for kind, payload in found:
                if kind == frames.REFUSED:
                    raise LabError(f"the VM refused the command: {payload.decode()}")
                if kind != frames.HELLO:
                    yield kind, payload
                if kind == frames.EXIT:
                    return
            if deadline is not None and time.monotonic() >= deadline:
                raise CommandTimeout("the command was still running at the end of its time")
            if not found:
                yield "", b""

    def order(self, kind: str, payload: bytes) -> None:
        """Send a frame that the agent carries out itself, and wait until it has done so."""
        self.send(kind, payload)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            for answer, text in self._insist(deadline):
                if answer == frames.REFUSED:
                    raise LabError(f"the VM refused: {text.decode(errors='replace')}")
                if answer == kind:
                    return
        raise LabError("the VM's agent does not answer")

    def run(
        self,
        argv: Sequence[str],
        *,
        cwd: str = "/anocir",
        env: Mapping[str, str] | None = None,
        input: bytes = b"",
        tty: bool = False,
        timeout: float | None = None,
    ) -> Result:
        """Run a command to its end and return its status and output.

        timeout: in seconds; after it CommandTimeout is raised, and the channel is of no more use.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        self.start(argv, cwd, env, (24, 80) if tty else None)
        self.send_all(frames.STDIN, input)
        if not tty:
            self.send(frames.STDIN)
        streams = {frames.STDOUT: bytearray(), frames.STDERR: bytearray()}
        status = 255
        for kind, payload in self.output(deadline):
            if kind in streams:
                streams[kind] += payload
            elif kind == frames.EXIT:
                status = int(payload)
        return Result(status, bytes(streams[frames.STDOUT]), bytes(streams[frames.STDERR]))


def _free_port(directory: Path) -> tuple[int, int]:
    """Lock a port that no other process uses: its lock's descriptor and its number."""
    for number in range(qemu.PORTS):
        path = directory / f"{qemu.port_name(number)}.lock"
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return fd, number
        except BlockingIOError:
            os.close(fd)
    raise LabError(f"all {qemu.PORTS} ports of the VM are in use: end one of its shells")
