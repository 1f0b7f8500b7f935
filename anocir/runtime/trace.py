"""Naming, timing and failing the steps of a plan."""

from __future__ import annotations

import time

from anocir.errors import StepError, reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType


class Trace:
    """Wraps each step: ``with trace.step("pivot"): ...``.

    A failure inside leaves as a StepError with the step's name. ``fail_at`` names a step that
    is made to fail before it does anything, so that what a failure leaves behind can be looked at.
    ``times`` collects (name, duration in nanoseconds).
    """

    __slots__ = ("_began", "_name", "fail_at", "times")

    def __init__(self, fail_at: str | None = None) -> None:
        self.fail_at = fail_at
        self.times: list[tuple[str, int]] = []
        self._name = ""
        self._began = 0

    def step(self, name: str) -> Trace:
        """Enter the step called ``name``."""
        self._name = name
        return self

    def __enter__(self) -> None:
        if self._name == self.fail_at:
            raise StepError(self._name, "made to fail, as asked")
        self._began = time.monotonic_ns()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.times.append((self._name, time.monotonic_ns() - self._began))
        if isinstance(error, OSError):
            raise StepError(self._name, reason(error)) from error
