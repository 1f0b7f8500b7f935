"""Making the container's first process, already in its namespaces."""

from __future__ import annotations

import _signal
import os
import struct

from anocir.linux import consts, libc

NONE = -1


def clone(flags: int = 0, pid_namespace_fd: int = NONE) -> int:
    """Fork into new namespaces and return the child's pid, or 0 in the child.

    ``flags`` are CLONE_NEW* bits. The child is born in ``pid_namespace_fd``, when it is given. The
    interpreter's own fork hooks run around the call, as ``os.fork`` has it. Raises OSError. See
    clone3(2).
    """
    # struct clone_args: flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls
    arguments = struct.pack("=8Q", flags, 0, 0, 0, int(_signal.SIGCHLD), 0, 0, 0)
    own_fd = _enter(pid_namespace_fd)
    libc.before_fork()
    pid = -1
    try:
        pid = libc.syscall("clone3", arguments, len(arguments))
    finally:
        if pid == 0:
            libc.after_fork_child()
        else:
            libc.after_fork_parent()
            _leave(own_fd)
    return pid


def _enter(pid_namespace_fd: int) -> int:
    """Have children born in that pid namespace; return what leads back (pid_namespaces(7))."""
    if pid_namespace_fd == NONE:
        return NONE
    own_fd = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
    libc.setns(pid_namespace_fd, consts.CLONE_NEWPID)
    return own_fd


def _leave(own_fd: int) -> None:
    if own_fd != NONE:
        libc.setns(own_fd, consts.CLONE_NEWPID)
        os.close(own_fd)
