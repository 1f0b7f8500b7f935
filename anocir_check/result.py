"""What a command line gave back, and the questions that checks ask of it."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from typing import Any

from anocir_check.expect import expect, fail

TRACES = (
    "Traceback (most recent call last)",
    "goroutine ",
    "panic:",
    "stack backtrace",
    "internal error",
)


@dataclass(frozen=True)
class Result:
    """A command that has ended.

    ``code`` is the exit status, or minus the signal that ended it, or None when it was ended
    because it took longer than ``seconds``. The streams are None where the check gave its own.
    """

    words: tuple[str, ...]
    code: int | None
    out: bytes | None
    err: bytes | None
    seconds: float

    @property
    def line(self) -> str:
        """The command line, as one would type it."""
        return shlex.join(self.words)

    @property
    def stdout(self) -> str:
        """Standard output as text."""
        return (self.out or b"").decode(errors="replace")

    @property
    def stderr(self) -> str:
        """Standard error as text."""
        return (self.err or b"").decode(errors="replace")

    @property
    def came(self) -> str:
        """All that came, in a form for people."""
        if self.code is None:
            return f"no end within {self.seconds:.0f} s; stderr: {_short(self.stderr)}"
        how = f"exit {self.code}" if self.code >= 0 else f"ended by signal {-self.code}"
        return f"{how}; stdout: {_short(self.stdout)}; stderr: {_short(self.stderr)}"

    def ok(self) -> Result:
        """It succeeded."""
        expect(self.code == 0, f"exit status 0 from `{self.words_short}`", self.came)
        return self

    def silent(self) -> Result:
        """It succeeded and printed nothing: engines give these streams to the container."""
        self.ok()
        expect(
            not self.out and not self.err,
            f"nothing on stdout and stderr from `{self.words_short}`",
            self.came,
        )
        return self

    def refused(self, *words: str) -> Result:
        """It failed as a command should: a status from 1 to 127, a reason on stderr, no trace.

        Each of ``words`` must be in the reason, in upper or lower case.
        """
        what = f"`{self.words_short}` is refused"
        expect(self.code is not None, f"{what}, soon", self.came)
        expect(self.code is not None and 0 < self.code < 256, f"{what} (status not 0)", self.came)
        self.no_trace()
        if self.err is not None:
            expect(self.err.strip(), f"{what}, with a reason on stderr", self.came)
            for word in words:
                expect(
                    word.lower() in self.stderr.lower(),
                    f"{what}, saying {word!r}",
                    self.came,
                )
        return self

    def no_trace(self) -> None:
        """It did not crash."""
        for trace in TRACES:
            expect(
                trace not in self.stderr + self.stdout,
                f"an error message from `{self.words_short}`, not a crash of the program",
                self.came,
            )
        expect(
            self.code is None or self.code >= 0,
            f"`{self.words_short}` ends by itself, not by a signal",
            self.came,
        )

    def no_stdout(self) -> Result:
        """Standard output is for data alone."""
        expect(not self.out, f"nothing on stdout from `{self.words_short}`", self.came)
        return self

    def json(self) -> Any:
        """Return standard output as one JSON value."""
        try:
            return json.loads((self.out or b"").decode())
        except ValueError as error:
            fail(
                f"one JSON value on stdout from `{self.words_short}`",
                f"{error}; {self.came}",
            )

    @property
    def words_short(self) -> str:
        """The command line from the verb on."""
        words = list(self.words)
        for verb in ("create", "start", "state", "delete", "kill", "validate"):
            if verb in words:
                return shlex.join(words[words.index(verb) :])
        return self.line


def _short(text: str, most: int = 600) -> str:
    text = text.strip()
    if not text:
        return "empty"
    return text if len(text) <= most else f"{text[:most]}... ({len(text)} characters)"
