"""Pseudoterminals (pty(7)), and handing one to another process (unix(7), SCM_RIGHTS)."""

from __future__ import annotations

import _socket
import errno
import fcntl
import os
import struct

from anocir.linux import consts, libc, paths

PTMX = b"/dev/pts/ptmx"
_RESOLVE = consts.RESOLVE_BENEATH | consts.RESOLVE_NO_XDEV | consts.RESOLVE_NO_SYMLINKS


def open_master(root_fd: int) -> int:
    """Make a pseudoterminal in the devpts of a root filesystem, and return its master end.

    Only a devpts will do, and only its own ptmx: another file there may be a device of the host's,
    or a link of the image's to one (CVE-2025-52565). Raises OSError. See pts(4).
    """
    directory_fd = paths.open_in_root(root_fd, "/dev/pts", os.O_RDONLY | os.O_DIRECTORY)
    try:
        genuine = libc.filesystem_magic(directory_fd) == consts.DEVPTS_SUPER_MAGIC
        if not genuine or os.fstat(directory_fd).st_ino != consts.DEVPTS_ROOT_INO:
            raise OSError(errno.ENODEV, "the container has no devpts there", "/dev/pts")
        return paths.openat2(directory_fd, "ptmx", os.O_RDWR | os.O_NOCTTY, _RESOLVE)
    finally:
        os.close(directory_fd)


def open_peer(master_fd: int) -> int:
    """Unlock the other end of a pseudoterminal and open it, not by a path (ioctl_tty(2))."""
    fcntl.ioctl(master_fd, consts.TIOCSPTLCK, struct.pack("=i", 0))
    flags = os.O_RDWR | os.O_NOCTTY | os.O_CLOEXEC
    return fcntl.ioctl(master_fd, consts.TIOCGPTPEER, flags)


def set_size(fd: int, rows: int, columns: int) -> None:
    """Set the size of a terminal in characters; its programs get SIGWINCH."""
    fcntl.ioctl(fd, consts.TIOCSWINSZ, struct.pack("=4H", rows, columns, 0, 0))


def copy_size(from_fd: int, to_fd: int) -> None:
    """Give one terminal the size of another."""
    fcntl.ioctl(to_fd, consts.TIOCSWINSZ, fcntl.ioctl(from_fd, consts.TIOCGWINSZ, bytes(8)))


def standard() -> int | None:
    """Return which of standard input, output and error is a terminal, None if none is."""
    return next((fd for fd in range(3) if os.isatty(fd)), None)


def take_control(fd: int) -> None:
    """Make a terminal the controlling one of this session, which must have none yet."""
    fcntl.ioctl(fd, consts.TIOCSCTTY, 0)


def connect(path: str) -> int:
    """Return a connection to the stream socket at a path; raises OSError."""
    made = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
    made.connect(path)
    return made.detach()


def socket_pair() -> tuple[int, int]:
    """Return the ends of a connection to ourselves."""
    one, other = _socket.socketpair(_socket.AF_UNIX, _socket.SOCK_STREAM)
    return one.detach(), other.detach()


def send(socket_fd: int, name: bytes, fd: int) -> None:
    """Send one message: a name, and with it one descriptor."""
    through = _socket.socket(fileno=socket_fd)
    try:
        rights = (_socket.SOL_SOCKET, _socket.SCM_RIGHTS, struct.pack("=i", fd))
        through.sendmsg([name], [rights])
    finally:
        through.detach()


def receive(socket_fd: int) -> int:
    """Wait for a message that ``send`` has sent, and return its descriptor, close-on-exec."""
    through = _socket.socket(fileno=socket_fd)
    try:
        size = _socket.CMSG_SPACE(4)
        _, rights, _, _ = through.recvmsg(4096, size, _socket.MSG_CMSG_CLOEXEC)
    finally:
        through.detach()
    if not rights:
        raise OSError(errno.EPROTO, "no terminal came out of the container")
    fd: int = struct.unpack("=i", rights[0][2])[0]
    return fd
