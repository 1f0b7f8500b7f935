"""System calls that Python's ``os`` has no name for, one wrapper each.

The interpreter's lock is kept during a call, which ``clone3`` needs: the child must come back
holding it.
"""

from __future__ import annotations

import os
import struct

from anocir.linux import consts, ffi

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.linux.ffi import Buffer

_syscall = ffi.function("syscall")

before_fork = ffi.function("PyOS_BeforeFork")
after_fork_parent = ffi.function("PyOS_AfterFork_Parent")
after_fork_child = ffi.function("PyOS_AfterFork_Child")

# Calls younger than Linux 5.1 have one number everywhere; the older ones differ by machine
# (asm/unistd_64.h, asm-generic/unistd.h).
_OLD_NUMBERS = {
    "x86_64": {
        "rt_sigaction": 13,
        "madvise": 28,
        "clone": 56,
        "fstatfs": 138,
        "prctl": 157,
        "pivot_root": 155,
        "mount": 165,
        "umount2": 166,
        "capget": 125,
        "capset": 126,
        "personality": 135,
        "ioprio_set": 251,
        "signalfd4": 289,
        "sched_setattr": 314,
        "keyctl": 250,
        "sethostname": 170,
        "setdomainname": 171,
        "unshare": 272,
        "prlimit64": 302,
        "setns": 308,
        "statx": 332,
        "seccomp": 317,
        "bpf": 321,
    },
    "aarch64": {
        "rt_sigaction": 134,
        "madvise": 233,
        "clone": 220,
        "fstatfs": 44,
        "prctl": 167,
        "pivot_root": 41,
        "mount": 40,
        "umount2": 39,
        "capget": 90,
        "capset": 91,
        "personality": 92,
        "ioprio_set": 30,
        "signalfd4": 74,
        "sched_setattr": 274,
        "keyctl": 219,
        "sethostname": 161,
        "setdomainname": 162,
        "unshare": 97,
        "prlimit64": 261,
        "setns": 268,
        "statx": 291,
        "seccomp": 277,
        "bpf": 280,
    },
}
NUMBERS = {
    "open_tree": 428,
    "move_mount": 429,
    "fsopen": 430,
    "fsconfig": 431,
    "fsmount": 432,
    "fspick": 433,
    "clone3": 435,
    "close_range": 436,
    "openat2": 437,
    "pidfd_getfd": 438,
    "mount_setattr": 442,
} | _OLD_NUMBERS.get(os.uname().machine, {})


def syscall(name: str, *arguments: int | bytes | Buffer | None) -> int:
    """Make one system call by name and return its result.

    Integers go as machine words, bytes and buffers as pointers, ``None`` as a null pointer.
    The kernel must not write to bytes. Raises OSError with the kernel's errno. See syscall(2).
    """
    number = NUMBERS.get(name)
    if number is None:
        raise OSError(38, f"{name} has no known number on {os.uname().machine}")
    words = [ffi.word(a) if a is None or isinstance(a, int) else a for a in arguments]
    result = _syscall(ffi.word(number), *words)
    if result < 0:
        errno = ffi.errno()
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


def set_hostname(name: str) -> None:
    """Set the name that uname(2) shows in this uts namespace (sethostname(2))."""
    text = os.fsencode(name)
    syscall("sethostname", text, len(text))


def set_domainname(name: str) -> None:
    """Set the NIS domain name of this uts namespace (setdomainname(2))."""
    text = os.fsencode(name)
    syscall("setdomainname", text, len(text))


def set_rlimit(number: int, soft: int, hard: int, pid: int = 0) -> None:
    """Set a limit of a process, this one without ``pid``; 2^64-1 stands for no limit.

    See prlimit(2), asm/resource.h.
    """
    syscall("prlimit64", pid, number, struct.pack("=QQ", soft, hard), None)


def join_session_keyring(name: str) -> None:
    """Start a session keyring of our own, so that the caller's keys are out of reach.

    See keyctl(2), KEYCTL_JOIN_SESSION_KEYRING.
    """
    syscall("keyctl", consts.KEYCTL_JOIN_SESSION_KEYRING, os.fsencode(name), 0, 0, 0)


def filesystem_magic(fd: int) -> int:
    """Return the f_type of the filesystem that ``fd`` is on (fstatfs(2), linux/magic.h)."""
    buffer = ffi.buffer(256)
    syscall("fstatfs", fd, buffer)
    return int.from_bytes(buffer.raw[:8], "little")
