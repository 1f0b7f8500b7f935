"""System calls that Python's ``os`` has no name for, one wrapper each.

``ctypes.PyDLL`` keeps the interpreter's lock during a call, which ``clone3`` needs: the child
must come back holding it. The library is the running program itself, so nothing is searched for
on disk and no LD_LIBRARY_PATH can bring in another one.
"""

from __future__ import annotations

import ctypes
import os

from anocir.linux import consts

_program = ctypes.PyDLL(None, use_errno=True)
_syscall = _program.syscall
_syscall.restype = ctypes.c_long

before_fork = _program.PyOS_BeforeFork
after_fork_parent = _program.PyOS_AfterFork_Parent
after_fork_child = _program.PyOS_AfterFork_Child
for _function in (before_fork, after_fork_parent, after_fork_child):
    _function.restype = None

# Calls younger than Linux 5.1 have one number everywhere; the older ones differ by machine
# (asm/unistd_64.h, asm-generic/unistd.h).
_OLD_NUMBERS = {
    "x86_64": {
        "rt_sigaction": 13,
        "fstatfs": 138,
        "prctl": 157,
        "pivot_root": 155,
        "mount": 165,
        "umount2": 166,
        "capset": 126,
        "keyctl": 250,
        "unshare": 272,
        "setns": 308,
        "bpf": 321,
    },
    "aarch64": {
        "rt_sigaction": 134,
        "fstatfs": 44,
        "prctl": 167,
        "pivot_root": 41,
        "mount": 40,
        "umount2": 39,
        "capset": 91,
        "keyctl": 219,
        "unshare": 97,
        "setns": 268,
        "bpf": 280,
    },
}
NUMBERS = {
    "open_tree": 428,
    "move_mount": 429,
    "fsopen": 430,
    "fsconfig": 431,
    "fsmount": 432,
    "clone3": 435,
    "close_range": 436,
    "openat2": 437,
    "mount_setattr": 442,
} | _OLD_NUMBERS.get(os.uname().machine, {})

Argument = int | bytes | None


def syscall(name: str, *arguments: Argument | ctypes.Array[ctypes.c_char]) -> int:
    """Make one system call by name and return its result.

    Integers go as machine words, bytes and buffers as pointers, ``None`` as a null pointer.
    Bytes must not hold a NUL that the kernel should see past, since C ends a string there.
    Raises OSError with the kernel's errno. See syscall(2).
    """
    number = NUMBERS.get(name)
    if number is None:
        raise OSError(38, f"{name} has no known number on {os.uname().machine}")
    words = [ctypes.c_long(a) if isinstance(a, int) else ctypes.c_void_p(None) if a is None else a
             for a in arguments]  # fmt: skip
    result: int = _syscall(ctypes.c_long(number), *words)
    if result < 0:
        errno = ctypes.get_errno()
        raise OSError(errno, os.strerror(errno))
    return result


def default_signal(number: int) -> None:
    """Give a signal its default action, also those that the C library keeps to itself.

    glibc's posix_spawn leaves signals 32 and 33 ignored, and refuses to change them. See
    rt_sigaction(2): a structure of zeros is SIG_DFL, without flags; a signal set has 8 bytes.
    """
    syscall("rt_sigaction", number, bytes(32), None, 8)


def mount_propagation(path: str, flags: int) -> None:
    """Change how mount events travel to and from ``path`` (mount_namespaces(7)); flags are MS_*."""
    syscall("mount", None, os.fsencode(path), None, flags, None)


def unmount_detached(path: str) -> None:
    """Take ``path`` out of the tree now and free it when its last user is gone (umount2(2))."""
    syscall("umount2", os.fsencode(path), consts.MNT_DETACH)


def pivot_root(new_root: str, put_old: str) -> None:
    """Make ``new_root`` the root of this mount namespace (pivot_root(2))."""
    syscall("pivot_root", os.fsencode(new_root), os.fsencode(put_old))


def prctl(option: int, *arguments: int) -> None:
    """Change an attribute of this process (prctl(2)); absent arguments are zero."""
    padded = (*arguments, 0, 0, 0, 0)[:4]
    syscall("prctl", option, *padded)


def unshare(flags: int) -> None:
    """Leave the namespaces named by CLONE_NEW* ``flags`` for new ones (unshare(2))."""
    syscall("unshare", flags)


def setns(fd: int, kind: int) -> None:
    """Join the namespace behind ``fd``, which must be of CLONE_NEW* ``kind`` (setns(2))."""
    syscall("setns", fd, kind)


def join_session_keyring(name: str) -> None:
    """Start a session keyring of our own, so that the caller's keys are out of reach.

    See keyctl(2), KEYCTL_JOIN_SESSION_KEYRING.
    """
    syscall("keyctl", consts.KEYCTL_JOIN_SESSION_KEYRING, os.fsencode(name), 0, 0, 0)


def filesystem_magic(fd: int) -> int:
    """Return the f_type of the filesystem that ``fd`` is on (fstatfs(2), linux/magic.h)."""
    buffer = ctypes.create_string_buffer(256)
    syscall("fstatfs", fd, buffer)
    return int.from_bytes(buffer.raw[:8], "little")
