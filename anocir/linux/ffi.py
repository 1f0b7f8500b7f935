"""Calling C functions of the running program, without importing the ctypes package.

``ctypes`` defines every type of C and reads four more modules, which costs 1.4 ms. Its core,
``_ctypes``, is enough for machine words and buffers. It is private, so where it lacks what is
expected here the public package stands in; docs/design/start-up.md has the figures.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from ctypes import Array, addressof, c_char, c_long, get_errno

    Function = Callable[..., int]
    Buffer = Array[c_char]

    def _find(name: str) -> Function: ...

else:
    try:
        import _ctypes
        from _ctypes import addressof, dlsym, get_errno

        class c_long(_ctypes._SimpleCData):
            _type_ = "l"

        class c_char(_ctypes._SimpleCData):
            _type_ = "c"

        class _Function(_ctypes.CFuncPtr):
            _flags_ = (
                _ctypes.FUNCFLAG_CDECL | _ctypes.FUNCFLAG_USE_ERRNO | _ctypes.FUNCFLAG_PYTHONAPI
            )
            _restype_ = c_long

        _program = _ctypes.dlopen(None, 0)

        def _find(name):
            return _Function(dlsym(_program, name))

    except (ImportError, AttributeError):
        from ctypes import PyDLL, addressof, c_char, c_long, get_errno

        _program = PyDLL(None, use_errno=True)

        def _find(name):
            found = _program[name]
            found.restype = c_long
            return found


def function(name: str) -> Function:
    """Return a function of the running program, whose result is taken as a machine word.

    It keeps the interpreter's lock while it runs. The program itself is searched, so no
    LD_LIBRARY_PATH can bring in another library. Its arguments are words, bytes and buffers.
    """
    return _find(name)


def word(value: int | None) -> c_long:
    """Return an argument of the size of a register; None is the null pointer."""
    return c_long(value or 0)


def buffer(contents: int | bytes) -> Buffer:
    """Return memory that C may write to: so many zeros, or a copy of some bytes."""
    if isinstance(contents, int):
        return (c_char * contents)()
    return (c_char * len(contents)).from_buffer_copy(contents)


def address(memory: Buffer) -> int:
    """Return where a buffer is, for a structure that points to it."""
    return addressof(memory)


def errno() -> int:
    """Return the error number of this module's last call."""
    return get_errno()
