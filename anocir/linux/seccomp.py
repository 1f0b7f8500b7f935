"""Loading a seccomp filter (seccomp(2))."""

from __future__ import annotations

import struct

from anocir.linux import ffi, libc

_SET_MODE_FILTER = 1  # linux/seccomp.h


class Filter:
    """A program of classic BPF, and the SECCOMP_FILTER_FLAG_* to load it with."""

    __slots__ = ("flags", "program")

    def __init__(self, flags: int, program: bytes) -> None:
        self.flags = flags
        self.program = program

    def load(self) -> int:
        """Put the filter in force for this process and what it becomes, for good.

        It needs no_new_privs or CAP_SYS_ADMIN. Returns 0, or the listener's descriptor if the flags
        ask for one. Raises OSError.
        """
        program = ffi.buffer(self.program)
        # struct sock_fprog: an unsigned short, padding, a pointer
        arguments = struct.pack("@HP", len(self.program) // 8, ffi.address(program))
        return libc.syscall("seccomp", _SET_MODE_FILTER, self.flags, arguments)
