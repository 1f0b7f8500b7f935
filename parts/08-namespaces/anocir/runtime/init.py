"""The container's process, from the clone to the user's program: one straight line.

It runs in the memory of the runtime that was forked. Every descriptor that isn't on its short
list is closed first.
"""

from __future__ import annotations

import _signal
import os

from anocir.errors import StepError, reason
from anocir.plan.plan import INIT, START
from anocir.state.store import GO

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

    from anocir.runtime.channel import Channel
    from anocir.runtime.context import Context

FAILED = 255


def main(context: Context, channel: Channel) -> NoReturn:
    """Carry out the child's stages and become the user's program; never returns.

    Whatever happens, this copy of the runtime must not go on to where the runtime undoes things.
    """
    try:
        _carry_out(context, channel)
    finally:
        os._exit(FAILED)


def _carry_out(context: Context, channel: Channel) -> None:
    try:
        _signal.signal(_signal.SIGINT, _signal.SIG_DFL)
        lasting = [channel.read_fd, channel.write_fd, context.go_fd, context.error_fd]
        close_strangers([*lasting, *context.keep_fds])
        if channel.receive() is None:
            return
        context.run(INIT)
        channel.send("ready")
        if channel.receive() is None:
            return
        _wait_for_start(context, channel)
    except BaseException as error:
        _report(channel, error)
        return
    try:
        context.run(START)
    except BaseException as error:
        _explain(context.error_fd, error)


def close_strangers(keep: list[int]) -> None:
    """Close every descriptor from 3 up that isn't in ``keep``: the caller may have leaked any."""
    low = 3
    for fd in sorted(fd for fd in keep if fd >= low):
        os.closerange(low, fd)
        low = max(low, fd + 1)
    os.closerange(low, _MAX_FD)


_MAX_FD = 2**31 - 1


def _wait_for_start(context: Context, channel: Channel) -> None:
    """Block until `start` says go.

    The descriptor for errors stays open until the execve closes it: its end tells success.
    """
    channel.close()
    if os.read(context.go_fd, 1) != GO:
        os._exit(FAILED)
    os.close(context.go_fd)


def _report(channel: Channel, error: BaseException) -> None:
    if isinstance(error, StepError):
        channel.send("error", step=error.step, text=error.reason)
    else:
        channel.send("error", step="init", text=reason(error))


def _explain(error_fd: int, error: BaseException) -> None:
    """Tell `start`, and whoever reads the container's stderr, why there is no program."""
    text = error.reason if isinstance(error, StepError) else reason(error)
    line = (text + "\n").encode("utf-8", "replace")
    for fd in (error_fd, 2):
        try:
            os.write(fd, line)
        except OSError:
            pass
