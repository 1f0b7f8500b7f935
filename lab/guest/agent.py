"""Runs commands in the VM for clients on the host, over virtio serial ports.

One port serves one client at a time, and has a process of its own here, forked at its first
use, so that a client which stops reading holds up nobody else. See lab/frames.py for the frames.
"""

from __future__ import annotations

import fcntl
import os
import select
import signal
import sys
import time

sys.path.insert(0, "/run/lab")

from lab import frames
from lab.guest.command import Command, held

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

RNDRESEEDCRNG = 0x5207  # <linux/random.h>
# More input than this for a command that does not read: the port is left alone until it does.
INPUT_LIMIT = 1 << 20
# How long output may take through a terminal's buffers after its writer has ended, in ms.
TERMINAL_GRACE = 50
# How long a command may take to end after its client has left and it was told so, in ms.
LEAVING_GRACE = 1000


def open_ports() -> list[int]:
    """The descriptors of the lab's ports; sysfs says which device has which name."""
    ports = []
    for device in os.listdir("/sys/class/virtio-ports"):
        with open(f"/sys/class/virtio-ports/{device}/name") as file:
            name = file.read().strip()
        if name.startswith("lab."):
            flags = os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC
            ports.append(os.open(f"/dev/{device}", flags))
    return ports


def wake(nanoseconds: bytes, seed: bytes) -> None:
    """Begin to be a machine of its own: set the clock, reseed the random generator, and let the
    disk change. This memory may have been saved long ago, and others may go on from it too."""
    time.clock_settime_ns(time.CLOCK_REALTIME, int(nanoseconds))
    random = os.open("/dev/urandom", os.O_WRONLY | os.O_CLOEXEC)
    os.write(random, bytes.fromhex(seed.decode()))
    fcntl.ioctl(random, RNDRESEEDCRNG)
    os.close(random)
    argv = ["busybox", "mount", "-o", "remount,rw,noatime", "/"]
    os.waitpid(os.posix_spawn("/bin/busybox", argv, {}), 0)


def hung_up(port: int) -> bool:
    """Whether the port has no client now."""
    now = select.poll()
    now.register(port, select.POLLHUP)
    return any(events & select.POLLHUP for _, events in now.poll(0))


class Port:
    """One port: its client's session, and the command that runs for it."""

    __slots__ = ("command", "decoder", "ended", "fd", "orphans", "poll", "session", "waiting")

    def __init__(self, fd: int) -> None:
        self.fd = fd
        self.decoder = frames.Decoder()
        self.session = b""
        self.command: Command | None = None
        self.waiting: dict[int, bytearray] = {}  # what has to be written to a command's input
        self.ended: set[int] = set()  # inputs to close once that is written
        self.orphans: set[int] = set()  # outputs of ended commands, which others still hold
        self.poll = select.epoll()
        # Edge-triggered: a port without a client is always "hung up" and would never let us wait.
        self.poll.register(fd, select.EPOLLIN | select.EPOLLHUP | select.EPOLLET)

    def serve(self) -> NoReturn:
        """Do what clients ask, for ever."""
        while True:
            self.receive()
            for fd, events in self.poll.poll():
                if fd in self.orphans:
                    self.discard(fd)
                elif self.command is not None and fd != self.fd:
                    self.serve_command(self.command, fd, events)

    def serve_command(self, command: Command, fd: int, events: int) -> None:
        """One of the command's descriptors is ready."""
        if fd == command.pidfd:
            self.finish(command)
            return
        if fd in self.waiting and events & ~select.EPOLLIN:
            self.write_input(command, fd)
        if fd in command.outputs and events & ~select.EPOLLOUT:
            self.forward(command, fd)

    # From the client.

    def receive(self) -> None:
        """Take every frame that is there, then see whether the client has left."""
        while sum(map(len, self.waiting.values())) < INPUT_LIMIT:
            try:
                data = os.read(self.fd, 65536)
            except BlockingIOError:
                break
            if not data:
                break
            for kind, payload in self.decoder.feed(data):
                self.take(kind, payload)
        if self.command is not None and hung_up(self.fd):
            self.abandon(self.command)

    def take(self, kind: str, payload: bytes) -> None:
        """Do what one frame says; one that fits nothing here is from a client that has left."""
        if kind == frames.HELLO:
            if payload != self.session and self.command is not None:
                self.abandon(self.command)
            self.session = payload
            self.send(frames.HELLO, payload)
        elif kind == frames.WAKE:
            wake(*payload.split())
            self.send(frames.WAKE, b"")
        elif self.command is None:
            if kind == frames.RUN:
                self.start(payload)
        elif kind in self.command.inputs:
            self.queue_input(self.command, self.command.inputs[kind], payload)
        elif kind == frames.SIZE:
            self.command.resize(*map(int, payload.split()))
        elif kind == frames.SIGNAL:
            self.command.signal(int(payload))

    def queue_input(self, command: Command, fd: int, payload: bytes) -> None:
        """Keep `payload` until the command takes it; an empty one closes the input after that."""
        if fd not in self.waiting:
            self.waiting[fd] = bytearray()
            if fd in command.outputs:
                self.poll.modify(fd, select.EPOLLIN | select.EPOLLOUT)
            else:
                self.poll.register(fd, select.EPOLLOUT)
        if payload:
            self.waiting[fd] += payload
        else:
            self.ended.add(fd)

    def write_input(self, command: Command, fd: int) -> None:
        """Write what the command's input takes now."""
        waiting = self.waiting[fd]
        try:
            del waiting[: os.write(fd, waiting)]
        except BlockingIOError:
            return
        except OSError:  # nobody reads any more
            waiting.clear()
        if waiting:
            return
        del self.waiting[fd]
        if fd in command.outputs:
            self.poll.modify(fd, select.EPOLLIN)
        else:
            self.poll.unregister(fd)
        if fd in self.ended and fd != command.terminal:
            command.inputs = {kind: ours for kind, ours in command.inputs.items() if ours != fd}
            os.close(fd)
        self.ended.discard(fd)

    # The command.

    def start(self, payload: bytes) -> None:
        """Start what a RUN frame asks for."""
        try:
            command = Command(frames.unpack_request(payload))
        except OSError as error:
            self.send(frames.REFUSED, f"cannot start a command: {error.strerror}".encode())
            return
        self.command = command
        self.poll.register(command.pidfd, select.EPOLLIN)
        for fd in command.outputs:
            self.poll.register(fd, select.EPOLLIN)

    def forward(self, command: Command, fd: int) -> None:
        """Pass on one piece of output; what stdout and stderr hold goes before a control word."""
        if command.outputs[fd] == frames.CONTROL_OUT:
            self.forward_held(command)
        try:
            data = os.read(fd, frames.CHUNK)
        except BlockingIOError:
            return
        except OSError:  # a terminal that nobody has open any more
            data = b""
        if data:
            self.send(command.outputs[fd], data)
            return
        self.poll.unregister(fd)
        del command.outputs[fd]
        if fd != command.terminal:
            os.close(fd)

    def forward_held(self, command: Command) -> None:
        """Pass on what is in the pipes now, and no more: a writer in the background may go on."""
        for fd, kind in command.outputs.items():
            left = 0 if kind == frames.CONTROL_OUT else held(fd)
            while left > 0:
                try:
                    data = os.read(fd, min(left, frames.CHUNK))
                except OSError:
                    break
                self.send(kind, data)
                left -= len(data)

    def finish(self, command: Command) -> None:
        """The command's own process has ended: send its last output and its exit status."""
        if command.terminal is not None:
            self.drain_terminal(command, command.terminal)
        self.forward_held(command)
        _, status = os.waitpid(command.pid, 0)
        code = os.waitstatus_to_exitcode(status)
        self.release(command)
        self.send(frames.EXIT, str(code if code >= 0 else 128 - code).encode())

    def drain_terminal(self, command: Command, terminal: int) -> None:
        """Output passes through a work queue of the kernel on its way to a terminal's master."""
        ready = select.poll()
        ready.register(terminal, select.POLLIN)
        while terminal in command.outputs and ready.poll(TERMINAL_GRACE):
            self.forward(command, terminal)

    def abandon(self, command: Command) -> None:
        """The client has left: end the command, since nobody wants its result."""
        if command.terminal is not None:
            command.signal(signal.SIGHUP)
            command.signal(signal.SIGCONT)
            gone = select.poll()
            gone.register(command.pidfd, select.POLLIN)
            gone.poll(LEAVING_GRACE)
        command.signal(signal.SIGKILL)
        os.waitpid(command.pid, 0)
        self.release(command)

    def release(self, command: Command) -> None:
        """Close what leads to the command; keep reading what its descendants still write."""
        self.command = None
        self.poll.unregister(command.pidfd)
        os.close(command.pidfd)
        for fd in command.inputs.values():
            if fd != command.terminal:
                if fd in self.waiting:
                    self.poll.unregister(fd)
                os.close(fd)
        self.waiting.clear()
        self.ended.clear()
        self.orphans |= command.outputs.keys() - {command.terminal}
        if command.terminal is not None:
            os.close(command.terminal)

    def discard(self, fd: int) -> None:
        """Without a reader, a container that outlives its `create` would die of SIGPIPE."""
        if not os.read(fd, 65536):
            self.poll.unregister(fd)
            self.orphans.discard(fd)
            os.close(fd)

    # To the client.

    def send(self, kind: str, payload: bytes) -> None:
        """Write one frame; drop it if the client leaves meanwhile."""
        line = frames.encode(kind, payload)
        while line:
            try:
                line = line[os.write(self.fd, line) :]
            except BrokenPipeError:
                return
            except BlockingIOError:
                if hung_up(self.fd):
                    return
                room = select.poll()
                room.register(self.fd, select.POLLOUT)
                room.poll()


def main() -> NoReturn:
    """Wait for the first client of each port, and fork the process that serves it from then on."""
    idle = select.epoll()
    for fd in open_ports():
        idle.register(fd, select.EPOLLIN | select.EPOLLET)
    while True:
        for fd, _ in idle.poll():
            idle.unregister(fd)
            if os.fork() == 0:
                idle.close()
                Port(fd).serve()


if __name__ == "__main__":
    main()
