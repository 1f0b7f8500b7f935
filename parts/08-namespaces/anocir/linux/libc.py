"""System calls that Python's ``os`` has no name for, one wrapper each.

The interpreter's lock is kept during a call, which ``clone3`` needs: the child must come back
holding it.
"""

from __future__ import annotations

import os

from anocir.linux import ffi

_syscall = ffi.function("syscall")

before_fork = ffi.function("PyOS_BeforeFork")
after_fork_parent = ffi.function("PyOS_AfterFork_Parent")
after_fork_child = ffi.function("PyOS_AfterFork_Child")

# Calls younger than Linux 5.1 have one number everywhere; the older ones differ by machine
# (asm/unistd_64.h, asm-generic/unistd.h).
_OLD_NUMBERS = {
    "x86_64": {
        "prctl": 157,
        "sethostname": 170,
        "setdomainname": 171,
        "unshare": 272,
        "setns": 308,
    },
    "aarch64": {
        "prctl": 167,
        "sethostname": 161,
        "setdomainname": 162,
        "unshare": 97,
        "setns": 268,
    },
}
NUMBERS = {
    "clone3": 435,
} | _OLD_NUMBERS.get(os.uname().machine, {})


def syscall(name: str, *arguments: int | bytes | None) -> int:
    """Make one system call by name and return its result.

    Integers go as machine words, bytes as pointers, ``None`` as a null pointer. The kernel must
    not write to bytes. Raises OSError with the kernel's errno. See syscall(2).
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
