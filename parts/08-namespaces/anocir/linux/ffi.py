"""Calling C functions of the running program."""

from __future__ import annotations

import ctypes

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Function = Callable[..., int]

# Other than CDLL, it keeps the interpreter's lock during a call.
_program = ctypes.PyDLL(None, use_errno=True)


def function(name: str) -> Function:
    """Return a function of the running program, whose result is taken as a machine word.

    It keeps the interpreter's lock while it runs. Its arguments are words and bytes.
    """
    found = _program[name]
    found.restype = ctypes.c_long
    return found


def word(value: int | None) -> ctypes.c_long:
    """Return an argument of the size of a register; None is the null pointer."""
    return ctypes.c_long(value or 0)


def errno() -> int:
    """Return the error number of this module's last call."""
    return ctypes.get_errno()
