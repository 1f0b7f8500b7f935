"""Making the container's first process, already in its namespaces and its cgroup."""

from __future__ import annotations

import _signal
import os
import struct

from anocir.linux import consts, libc

NONE = -1


def clone(flags: int = 0, cgroup_fd: int = NONE, pid_namespace_fd: int = NONE) -> int:
    """Fork into new namespaces and return the child's pid, or 0 in the child.

    ``flags`` are CLONE_NEW* bits. The child is born in ``cgroup_fd``, a directory of a version 2
    hierarchy, and in ``pid_namespace_fd``, when they are given. The interpreter's own fork hooks
    run around the call, as ``os.fork`` has it. With CLONE_PARENT the child is the caller's
    sibling, and its end is told to their parent alike. Raises OSError. See clone3(2).
    """
    if cgroup_fd != NONE:
        flags |= consts.CLONE_INTO_CGROUP
    end = 0 if flags & consts.CLONE_PARENT else int(_signal.SIGCHLD)
    # struct clone_args: flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size,
    # tls, set_tid, set_tid_size, cgroup
    arguments = struct.pack("=11Q", flags, 0, 0, 0, end, 0, 0, 0, 0, 0,
                            max(cgroup_fd, 0))  # fmt: skip
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


def fork() -> int:
    """Fork, as ``os.fork`` does, also inside a container and behind its seccomp filter.

    Python 3.12's own goes on to read /proc/self/stat, which there may be any file, and filters
    refuse ``clone3``, since they can't see its flags. Raises OSError. See clone(2).
    """
    libc.before_fork()
    pid = -1
    try:
        pid = libc.syscall("clone", int(_signal.SIGCHLD), None, None, None, None)
    finally:
        if pid == 0:
            libc.after_fork_child()
        else:
            libc.after_fork_parent()
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
