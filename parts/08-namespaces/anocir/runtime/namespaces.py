"""Making and joining namespaces (namespaces(7))."""

from __future__ import annotations

import fcntl
import os

from anocir.errors import StepError
from anocir.linux import consts, libc

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.plan.plan import Step
    from anocir.runtime.context import Context


def set_clone_flags(step: Step, context: Context) -> None:
    """Have the child born in these new namespaces."""
    context.clone_flags |= step.data


def open_joined(step: Step, context: Context) -> None:
    """Open each namespace to join while the host's paths mean what the config meant."""
    for kind, flag, path in step.data:
        fd = open_kind(step.name, kind, flag, path)
        if flag == consts.CLONE_NEWPID:
            # A process can't change its own pid namespace: its child is born in the new one.
            context.pid_namespace_fd = fd
        else:
            context.joins.append((kind, fd, flag))
            context.keep_fds.append(fd)


def open_kind(name: str, kind: str, flag: int, path: str) -> int:
    """Return a descriptor of the namespace at a path; ``flag`` is the CLONE_NEW* of its kind.

    Raises StepError of the step ``name`` when it is of another kind, or something else.
    """
    # A FIFO must not keep us waiting, nor a terminal become ours.
    fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    try:
        actual = fcntl.ioctl(fd, consts.NS_GET_NSTYPE)
    except OSError:
        actual = 0
    if actual != flag:
        os.close(fd)
        raise StepError(name, f"{path} is not a {kind} namespace")
    return fd


def join(step: Step, context: Context) -> None:
    """Join the opened namespaces."""
    for _, fd, flag in context.joins:
        libc.setns(fd, flag)
        os.close(fd)


def unshare(step: Step, context: Context) -> None:
    """Leave for new namespaces that can't be made by the clone itself."""
    libc.unshare(step.data)


def set_hostname(step: Step, context: Context) -> None:
    """Set the name that uname(2) shows in this uts namespace."""
    libc.set_hostname(step.data)


def set_domainname(step: Step, context: Context) -> None:
    """Set the NIS domain name of this uts namespace."""
    libc.set_domainname(step.data)
