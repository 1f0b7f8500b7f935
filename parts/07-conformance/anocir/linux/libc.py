"""System calls that Python's ``os`` has no name for, one wrapper each."""

from __future__ import annotations

import ctypes
import os

_libc = ctypes.CDLL(None, use_errno=True)


def prctl(option: int, *arguments: int) -> None:
    """Change an attribute of this process (prctl(2)); absent arguments are zero.

    Raises OSError.
    """
    padded = (*arguments, 0, 0, 0, 0)[:4]
    if _libc.prctl(option, *(ctypes.c_ulong(each) for each in padded)) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
