"""What create and run hand over to a container: descriptors, and the socket for its terminal."""

from __future__ import annotations

import os

from anocir.errors import Error, UsageError
from anocir.runtime.context import Handover

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.cli.log import Log
    from anocir.cli.options import Namespace

FIRST = 3


def handed_over(args: Namespace, log: Log) -> Handover:
    """Return what --console-socket, --preserve-fds and socket activation ask for.

    The descriptors are those from 3 up: first the sockets of LISTEN_FDS (sd_listen_fds(3)), then
    as many as --preserve-fds says. The program's environment is told of the sockets.
    Raises UsageError when N is no number, and Error when a descriptor isn't there.
    """
    number: str = args.preserve_fds
    if not (number.isascii() and number.isdigit()):
        raise UsageError(f'invalid value "{number}" for --preserve-fds: not a number')
    sockets = _sockets()
    count = sockets + int(number)
    fds = range(FIRST, FIRST + count)
    for fd in fds:
        if not _is_open(fd) or fd == log.fd:
            # The log is what we have opened ourselves, where the caller had nothing.
            raise Error(f"unable to stat preserved-fd {fd} (of {count} fds): it is not open")
    environment = {"LISTEN_FDS": str(sockets), "LISTEN_PID": "1"} if sockets else {}
    return Handover(args.console_socket or None, fds, environment)


def _sockets() -> int:
    """Return how many sockets there are for this very process."""
    count = os.environ.get("LISTEN_FDS", "")
    mine = os.environ.get("LISTEN_PID") == str(os.getpid())
    return int(count) if mine and count.isascii() and count.isdigit() else 0


def _is_open(fd: int) -> bool:
    try:
        os.fstat(fd)
    except (OSError, OverflowError):
        return False
    return True
