"""Runs commands in the VM for clients on the host, over virtio serial ports.

One port serves one client at a time, and has a process of its own here, forked at its first
use, so that a client which stops reading holds up nobody else. See frames.py for the frames.
A RUN frame holds a request, see frames.pack_request.
"""

import errno
import fcntl
import os
import select
import signal
import struct
import sys
import termios
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import frames

ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "USER": "root",
    "LOGNAME": "root",
    "SHELL": "/bin/bash",
    "LANG": "C.UTF-8",
}
RNDRESEEDCRNG = 0x5207  # <linux/random.h>
# More input than this for a command that does not read: the port is left alone until it does.
INPUT_LIMIT = 1 << 20
# How long output may take through a terminal's buffers after its writer has ended, in ms.
TERMINAL_GRACE = 50


def open_ports():
    """The descriptors of the lab's ports, by name; the kernel lists them in sysfs."""
    ports = {}
    for device in os.listdir("/sys/class/virtio-ports"):
        with open(f"/sys/class/virtio-ports/{device}/name") as file:
            name = file.read().strip()
        if name.startswith("lab."):
            flags = os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC
            ports[name] = os.open(f"/dev/{device}", flags)
    return ports


def wake(nanoseconds, seed):
    """This memory may have been saved long ago, and be used by other machines too: set the clock,
    and reseed the random generator. From now on the disk may change."""
    time.clock_settime_ns(time.CLOCK_REALTIME, int(nanoseconds))
    random = os.open("/dev/urandom", os.O_WRONLY | os.O_CLOEXEC)
    os.write(random, bytes.fromhex(seed.decode()))
    fcntl.ioctl(random, RNDRESEEDCRNG)
    os.close(random)
    argv = ["busybox", "mount", "-o", "remount,rw,noatime", "/"]
    os.waitpid(os.posix_spawn("/bin/busybox", argv, {}), 0)


class Command:
    """A started command: its process and the descriptors that lead to it."""

    def __init__(self, request):
        self.inputs = {}  # kind of frame -> descriptor to write to
        self.outputs = {}  # descriptor to read from -> kind of frame
        self.terminal = None
        inner = {}  # the command's descriptor -> ours to copy from
        if request["tty"]:
            self.terminal, slave = os.openpty()
            self.resize(*map(int, request["tty"]))
            inner = {0: slave, 1: slave, 2: slave}
            self.inputs[frames.STDIN] = self.terminal
            self.outputs[self.terminal] = frames.STDOUT
        else:
            inner[0] = self.pipe_in(frames.STDIN)
            inner[1] = self.pipe_out(frames.STDOUT)
            inner[2] = self.pipe_out(frames.STDERR)
        if request["control"]:
            inner[3] = self.pipe_in(frames.CONTROL_IN)
            inner[4] = self.pipe_out(frames.CONTROL_OUT)
        self.pid = os.fork()
        if self.pid == 0:
            become(request, inner)
        self.pidfd = os.pidfd_open(self.pid)
        for fd in set(inner.values()):
            os.close(fd)
        for fd in (*self.inputs.values(), *self.outputs):
            os.set_blocking(fd, False)

    def pipe_in(self, kind):
        theirs, self.inputs[kind] = os.pipe()
        return theirs

    def pipe_out(self, kind):
        ours, theirs = os.pipe()
        self.outputs[ours] = kind
        return theirs

    def resize(self, rows, columns):
        size = struct.pack("HHHH", rows, columns, 0, 0)
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, size)

    def signal(self, number):
        try:
            os.killpg(self.pid, number)
        except ProcessLookupError:
            pass


def become(request, inner):
    """In the child: connect the descriptors and run the program; never returns."""
    try:
        os.setsid()
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        # Out of the way first: a pipe's own number may be that of another one's target.
        high = {target: fcntl.fcntl(fd, fcntl.F_DUPFD, 100) for target, fd in inner.items()}
        for target, fd in high.items():
            os.dup2(fd, target)
        os.closerange(max(high) + 1, 1024)
        if request["tty"]:
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        os.chdir(*request["cwd"])
        environment = dict(word.split("=", 1) for word in request["env"])
        os.execvpe(request["argv"][0], request["argv"], ENVIRONMENT | environment)
    except OSError as error:
        what = error.filename or request["argv"][0]
        os.write(2, f"lab: cannot run {what}: {error.strerror}\n".encode())
        os._exit(127 if error.errno == errno.ENOENT else 126)
    finally:
        os._exit(126)


class Port:
    """One port: its client's session, and the command that runs for it."""

    def __init__(self, fd):
        self.fd = fd
        self.decoder = frames.Decoder()
        self.session = None
        self.command = None
        self.waiting = {}  # descriptor of a command's input -> bytes not yet written
        self.ended = set()  # inputs to close once they are written
        self.orphans = set()  # outputs of ended commands, which other processes still hold
        self.poll = select.epoll()
        # Edge-triggered: a port without a client is always "hung up" and would never let us wait.
        self.poll.register(fd, select.EPOLLIN | select.EPOLLHUP | select.EPOLLET)

    def serve(self):
        while True:
            self.receive()
            for fd, _ in self.poll.poll():
                if fd == self.fd:
                    continue
                if fd in self.orphans:
                    self.discard(fd)
                elif self.command is None:
                    continue
                elif fd == self.command.pidfd:
                    self.finish()
                elif fd in self.waiting:
                    self.write_input(fd)
                if self.command and fd in self.command.outputs:
                    self.forward(fd)

    # From the client.

    def receive(self):
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
        if self.command and self.hung_up():
            self.abandon()

    def hung_up(self):
        now = select.poll()
        now.register(self.fd, select.POLLHUP)
        return any(events & select.POLLHUP for _, events in now.poll(0))

    def take(self, kind, payload):
        if kind == frames.HELLO:
            if payload != self.session:
                self.abandon()
                self.session = payload
            self.send(frames.HELLO, payload)
        elif kind == frames.WAKE:
            wake(*payload.split())
            self.send(frames.WAKE, b"")
        elif kind == frames.RUN and self.command is None:
            self.start(frames.unpack_request(payload))
        elif self.command is None:
            return
        elif kind in self.command.inputs:
            self.queue_input(self.command.inputs[kind], payload)
        elif kind == frames.SIZE and self.command.terminal is not None:
            self.command.resize(*map(int, payload.split()))
        elif kind == frames.SIGNAL:
            self.command.signal(int(payload))

    def queue_input(self, fd, payload):
        if payload:
            self.waiting.setdefault(fd, bytearray()).extend(payload)
        else:
            self.ended.add(fd)
            self.waiting.setdefault(fd, bytearray())
        try:
            self.poll.register(fd, select.EPOLLOUT)
        except FileExistsError:  # a terminal is registered for its output already
            mask = select.EPOLLOUT | (select.EPOLLIN if fd in self.command.outputs else 0)
            self.poll.modify(fd, mask)

    def write_input(self, fd):
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
        if fd in self.command.outputs:
            self.poll.modify(fd, select.EPOLLIN)
            return
        self.poll.unregister(fd)
        if fd in self.ended:
            self.ended.discard(fd)
            self.close_input(fd)

    def close_input(self, fd):
        kinds = [kind for kind, ours in self.command.inputs.items() if ours == fd]
        for kind in kinds:
            del self.command.inputs[kind]
        os.close(fd)

    # The command.

    def start(self, request):
        try:
            self.command = Command(request)
        except OSError as error:
            self.send(frames.REFUSED, f"cannot start a command: {error.strerror}".encode())
            return
        self.poll.register(self.command.pidfd, select.EPOLLIN)
        for fd in self.command.outputs:
            self.poll.register(fd, select.EPOLLIN)

    def forward(self, fd):
        """Pass on one piece of output; what stdout and stderr hold goes before a control word."""
        if self.command.outputs[fd] == frames.CONTROL_OUT:
            self.forward_held()
        try:
            data = os.read(fd, frames.CHUNK)
        except BlockingIOError:
            return
        except OSError:  # a terminal that nobody has open any more
            data = b""
        if data:
            self.send(self.command.outputs[fd], data)
        else:
            self.forget_output(fd)

    def forward_held(self):
        """Pass on what is in the pipes now, and no more: a writer in the background may go on."""
        for fd, kind in list(self.command.outputs.items()):
            if kind == frames.CONTROL_OUT:
                continue
            held = struct.unpack("i", fcntl.ioctl(fd, termios.FIONREAD, b"\0" * 4))[0]
            while held > 0:
                try:
                    data = os.read(fd, min(held, frames.CHUNK))
                except OSError:
                    break
                self.send(kind, data)
                held -= len(data)

    def forget_output(self, fd):
        self.poll.unregister(fd)
        del self.command.outputs[fd]
        if fd != self.command.terminal:
            os.close(fd)

    def finish(self):
        """The command's own process has ended: send its last output and its exit status."""
        if self.command.terminal in self.command.outputs:
            self.drain_terminal()
        self.forward_held()
        _, status = os.waitpid(self.command.pid, 0)
        code = os.waitstatus_to_exitcode(status)
        self.release()
        self.send(frames.EXIT, str(code if code >= 0 else 128 - code).encode())

    def drain_terminal(self):
        """Output passes through a work queue of the kernel on its way to a terminal's master."""
        terminal = select.poll()
        terminal.register(self.command.terminal, select.POLLIN)
        while self.command.terminal in self.command.outputs and terminal.poll(TERMINAL_GRACE):
            self.forward(self.command.terminal)

    def abandon(self):
        """The client has left: nobody wants the result."""
        if self.command:
            self.command.signal(signal.SIGHUP if self.command.terminal else signal.SIGKILL)
            if self.command.terminal:
                self.command.signal(signal.SIGCONT)
            os.close(self.command.pidfd)
            self.command.pidfd = os.pidfd_open(self.command.pid)
            self.reap_later()
            self.release()

    def reap_later(self):
        """A command that ignores SIGHUP must not hold up the port: a child of ours waits for it."""
        gone = select.poll()
        gone.register(self.command.pidfd, select.POLLIN)
        if not gone.poll(1000):
            self.command.signal(signal.SIGKILL)
        os.waitpid(self.command.pid, 0)

    def release(self):
        """Close what leads to the command; keep reading what its descendants still write."""
        command, self.command = self.command, None
        self.poll.unregister(command.pidfd)
        os.close(command.pidfd)
        for fd in command.inputs.values():
            if fd != command.terminal:
                if fd in self.waiting:
                    self.poll.unregister(fd)
                os.close(fd)
        self.waiting.clear()
        self.ended.clear()
        for fd in command.outputs:
            if fd != command.terminal:
                self.orphans.add(fd)
        if command.terminal is not None:
            os.close(command.terminal)

    def discard(self, fd):
        """Without a reader, a container that outlives its `create` would die of SIGPIPE."""
        try:
            if os.read(fd, 65536):
                return
        except BlockingIOError:
            return
        self.poll.unregister(fd)
        self.orphans.discard(fd)
        os.close(fd)

    # To the client.

    def send(self, kind, payload):
        line = frames.encode(kind, payload)
        while line:
            try:
                line = line[os.write(self.fd, line) :]
            except BlockingIOError:
                if self.hung_up():
                    return
                room = select.poll()
                room.register(self.fd, select.POLLOUT)
                room.poll()


def main():
    ports = open_ports()
    idle = select.epoll()
    for fd in ports.values():
        idle.register(fd, select.EPOLLIN | select.EPOLLET)
    while True:
        for fd, _ in idle.poll():
            idle.unregister(fd)
            if os.fork() == 0:
                idle.close()
                Port(fd).serve()


main()
