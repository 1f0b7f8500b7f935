"""The reference: filters by libseccomp, told of a profile as runc tells it."""

from __future__ import annotations

import ctypes
import os
from typing import Any

TOKENS = {"SCMP_ARCH_X32": 0x4000003E}  # the one architecture whose token isn't the kernel's
OPERATORS = ["", "NE", "LT", "LE", "EQ", "GE", "GT", "MASKED_EQ"]


class Comparison(ctypes.Structure):
    """struct scmp_arg_cmp of seccomp.h."""

    _fields_ = (
        ("arg", ctypes.c_uint),
        ("op", ctypes.c_int),
        ("datum_a", ctypes.c_uint64),
        ("datum_b", ctypes.c_uint64),
    )


def load() -> ctypes.CDLL | None:
    """Return the library, or None where it isn't installed."""
    try:
        library = ctypes.CDLL("libseccomp.so.2", use_errno=True)
    except OSError:
        return None
    library.seccomp_init.restype = ctypes.c_void_p
    library.seccomp_syscall_resolve_num_arch.restype = ctypes.c_void_p
    return library


class Refused(Exception):
    """libseccomp does not take a rule."""


def knows(library: ctypes.CDLL, name: str) -> bool:
    """Return whether this version of the library has heard of a call."""
    return bool(library.seccomp_syscall_resolve_name(name.encode()) != -1)


def number(library: ctypes.CDLL, token: int, name: str) -> int:
    """Return the number of a call; less than 0 if the architecture doesn't have it."""
    return int(library.seccomp_syscall_resolve_name_arch(token, name.encode()))


def program(
    library: ctypes.CDLL, profile: dict[str, Any], arches: dict[str, int], tree: bool = False
) -> bytes:
    """Return the filter for a profile; ``arches`` are the kernel's numbers by SCMP_ARCH name.

    Raises Refused.
    """
    from anocir.seccomp.rules import action

    default = action(profile["defaultAction"], profile.get("defaultErrnoRet"))
    filter = ctypes.c_void_p(library.seccomp_init(ctypes.c_uint32(default)))
    try:
        native = library.seccomp_arch_native()
        for token in [TOKENS.get(name, token) for name, token in arches.items()]:
            if ctypes.c_uint32(token).value != ctypes.c_uint32(native).value:
                _ok(library.seccomp_arch_add(filter, ctypes.c_uint32(token)))
        if tree:
            _ok(library.seccomp_attr_set(filter, 8, 2))
        for rule in profile.get("syscalls", ()):
            answer = action(rule["action"], rule.get("errnoRet"))
            if answer != default:
                for name in rule["names"]:
                    _add(library, filter, name, answer, rule.get("args") or [])
        fd = os.memfd_create("filter")
        try:
            _ok(library.seccomp_export_bpf(filter, fd))
            return os.pread(fd, os.fstat(fd).st_size, 0)
        finally:
            os.close(fd)
    finally:
        library.seccomp_release(filter)


def _add(
    library: ctypes.CDLL, filter: ctypes.c_void_p, name: str, answer: int, args: list[Any]
) -> None:
    call = library.seccomp_syscall_resolve_name(name.encode())
    if call == -1:
        return
    comparisons = [
        Comparison(
            arg["index"],
            OPERATORS.index(arg["op"].removeprefix("SCMP_CMP_")),
            arg["value"],
            arg.get("valueTwo", 0),
        )
        for arg in args
    ]
    indexes = [arg["index"] for arg in args]
    groups = [comparisons]
    if len(set(indexes)) < len(indexes):
        groups = [[comparison] for comparison in comparisons]
    for group in groups:
        array = (Comparison * len(group))(*group)
        _ok(
            library.seccomp_rule_add_array(filter, ctypes.c_uint32(answer), call, len(group), array)
        )


def _ok(code: int) -> None:
    if code < 0:
        raise Refused(os.strerror(-code))
