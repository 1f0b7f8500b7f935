"""A command in the VM: its process, and the descriptors that lead to it."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import struct
import termios

from lab import frames

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "USER": "root",
    "LOGNAME": "root",
    "SHELL": "/bin/bash",
    "LANG": "C.UTF-8",
}


class Command:
    """A started command; request: see frames.pack_request. Raises OSError.

    pid, pidfd: its process, which leads a session of its own. inputs: descriptor to write to, by
    kind of frame. outputs: kind of frame, by descriptor to read from. terminal: the master.
    """

    __slots__ = ("inputs", "outputs", "pid", "pidfd", "terminal")

    def __init__(self, request: dict[str, list[str]]) -> None:
        self.inputs: dict[str, int] = {}
        self.outputs: dict[int, str] = {}
        self.terminal: int | None = None
        inner: dict[int, int] = {}  # the command's descriptor -> what it is a copy of
        if request["tty"]:
            self.terminal, slave = os.openpty()
            self.resize(*map(int, request["tty"]))
            inner = {0: slave, 1: slave, 2: slave}
            self.inputs[frames.STDIN] = self.terminal
            self.outputs[self.terminal] = frames.STDOUT
        else:
            inner[0] = self._pipe_in(frames.STDIN)
            inner[1] = self._pipe_out(frames.STDOUT)
            inner[2] = self._pipe_out(frames.STDERR)
        if request["control"]:
            inner[3] = self._pipe_in(frames.CONTROL_IN)
            inner[4] = self._pipe_out(frames.CONTROL_OUT)
        self.pid = os.fork()
        if self.pid == 0:
            _become(request, inner)
        self.pidfd = os.pidfd_open(self.pid)
        for fd in set(inner.values()):
            os.close(fd)
        for fd in (*self.inputs.values(), *self.outputs):
            os.set_blocking(fd, False)

    def _pipe_in(self, kind: str) -> int:
        theirs, self.inputs[kind] = os.pipe()
        return theirs

    def _pipe_out(self, kind: str) -> int:
        ours, theirs = os.pipe()
        self.outputs[ours] = kind
        return theirs

    def resize(self, rows: int, columns: int) -> None:
        """Set the terminal's size."""
        if self.terminal is not None:
            size = struct.pack("HHHH", rows, columns, 0, 0)
            fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, size)

    def signal(self, number: int) -> None:
        """Send a signal to the command's process group."""
        try:
            os.killpg(self.pid, number)
        except ProcessLookupError:
            pass


def held(fd: int) -> int:
    """How many bytes can be read from a pipe or terminal now (FIONREAD, ioctl_tty(2))."""
    count: int = struct.unpack("i", fcntl.ioctl(fd, termios.FIONREAD, b"\0" * 4))[0]
    return count


def _become(request: dict[str, list[str]], inner: dict[int, int]) -> NoReturn:
    """In the child: connect the descriptors and run the program."""
    what = "cannot connect the command"
    try:
        os.setsid()
        # Python ignores these two, and an ignored signal stays so across execve.
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)
        # Out of the way first: one pipe's own number may be where another one has to go.
        high = {target: fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 100) for target, fd in inner.items()}
        for target, fd in high.items():
            os.dup2(fd, target)
        if request["tty"]:
            fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        what = request["cwd"][0]
        os.chdir(what)
        what = request["argv"][0]
        added = dict(word.split("=", 1) for word in request["env"])
        os.execvpe(request["argv"][0], request["argv"], ENVIRONMENT | added)
    except OSError as error:
        os.write(2, f"lab: {what}: {error.strerror}\n".encode("utf-8", "surrogateescape"))
        os._exit(127 if error.errno == errno.ENOENT else 126)
    finally:
        os._exit(126)
