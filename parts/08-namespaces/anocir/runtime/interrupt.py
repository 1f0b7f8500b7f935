"""Being asked to end while waiting for somebody else's program."""

from __future__ import annotations

import _signal

from anocir.errors import Interrupted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

# What a terminal, an engine or the system sends to have a command end.
_ENDING = {
    int(_signal.SIGHUP): "SIGHUP",
    int(_signal.SIGINT): "SIGINT",
    int(_signal.SIGTERM): "SIGTERM",
}


class Window:
    """While it is open, a signal that would end this process raises Interrupted instead.

    It does so too when the signal was blocked: one that is pending arrives when the window opens.
    A signal that the caller ignores stays ignored.
    """

    __slots__ = ("handlers", "mask")

    def __enter__(self) -> None:
        self.handlers: dict[int, Any] = {}
        self.mask = _signal.pthread_sigmask(_signal.SIG_BLOCK, ())
        try:
            for number in _ENDING:
                if _signal.getsignal(number) != _signal.SIG_IGN:
                    self.handlers[number] = _signal.signal(number, _interrupt)
            _signal.pthread_sigmask(_signal.SIG_UNBLOCK, _ENDING)
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *why: object) -> None:
        _signal.pthread_sigmask(_signal.SIG_SETMASK, self.mask)
        for number, handler in self.handlers.items():
            _signal.signal(number, handler)


def _interrupt(number: int, frame: object) -> NoReturn:
    raise Interrupted(_ENDING[number], number)
