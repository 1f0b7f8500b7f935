"""The file descriptors that a caller hands over, put in order before anything else is opened."""

from __future__ import annotations

import os


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
