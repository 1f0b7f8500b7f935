"""Handing the listener of a seccomp filter to who decides about calls (config-linux.md, Seccomp).

The filter is in force from the end of init's first stage on, and the runtime, which can connect to
a socket of the host, takes the listener out of the process and sends it there.
"""

from __future__ import annotations

import _socket
import os
import struct

from anocir.errors import StepError, reason
from anocir.linux import libc
from anocir.spec import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from anocir.plan.plan import Step
    from anocir.runtime.context import Context
    from anocir.spec.types import Seccomp

GONE = 255


def load(step: Step, context: Context) -> None:
    """In init: put the filter in force, and wait until its listener is where it belongs.

    Until then nobody answers for a call that is to be decided. So the filter must not ask about
    write(2), by which the runtime learns of the listener.
    """
    assert context.filter is not None
    number = context.filter.load()
    context.theirs.send("listener", fd=number)
    if context.theirs.receive() is None:
        os._exit(GONE)
    os.close(number)


def answer(context: Context, number: int) -> dict[str, Any] | None:
    """In the runtime: send the listener, let init go on, and return its next message.

    Raises StepError when the listener can't be sent.
    """
    profile = context.bundle.config["linux"]["seccomp"]
    try:
        listener = _take(context.pid, number)
        try:
            _send(profile["listenerPath"], _document(context, profile), listener)
        finally:
            os.close(listener)
    except OSError as error:
        text = f"sending the listener to {profile['listenerPath']}: {reason(error)}"
        raise StepError("seccomp listener", text) from None
    context.channel.send("go")
    return context.channel.receive()


def _take(pid: int, number: int) -> int:
    """Return a descriptor of our own for one of the process (pidfd_getfd(2)).

    Init is closed to tracing, so that takes CAP_SYS_PTRACE on the host. Raises StepError.
    """
    pidfd = os.pidfd_open(pid)
    try:
        return libc.syscall("pidfd_getfd", pidfd, number, 0)
    except PermissionError as error:
        text = f"taking the listener out of the process: {reason(error)}"
        hint = "containers of ordinary users can't have SCMP_ACT_NOTIFY"
        raise StepError("seccomp listener", f"{text}; {hint}") from None
    finally:
        os.close(pidfd)


def _document(context: Context, profile: Seccomp) -> bytes:
    """Return the container process state; the listener is the one descriptor beside it."""
    record = context.record
    state: dict[str, Any] = {
        "ociVersion": record.oci_version,
        "id": record.id,
        "status": "creating",
        "pid": context.pid,
        "bundle": record.bundle,
    }
    if record.annotations:
        state["annotations"] = record.annotations
    document: dict[str, Any] = {
        "ociVersion": record.oci_version,
        "fds": ["seccompFd"],
        "pid": context.pid,
    }
    if "listenerMetadata" in profile:
        document["metadata"] = profile["listenerMetadata"]
    return json.dumps(document | {"state": state}).encode()


def _send(path: str, document: bytes, fd: int) -> None:
    """Connect, send one document with one descriptor, and close: one connection, one state."""
    connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM | _socket.SOCK_CLOEXEC)
    try:
        connection.connect(path)
        rights = [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, struct.pack("i", fd))]
        sent = connection.sendmsg([document], rights, _socket.MSG_NOSIGNAL)
        connection.sendall(document[sent:], _socket.MSG_NOSIGNAL)
    finally:
        connection.close()
