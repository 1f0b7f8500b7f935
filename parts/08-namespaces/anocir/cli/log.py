"""Errors and warnings: on standard error for people, in the file of ``--log`` for engines.

containerd and BuildKit read the last ``level: error`` line of that file and show its ``msg``, so
the file is there even when nothing went wrong. The keys are those of runc's log.
"""

from __future__ import annotations

import os
import time

from anocir.errors import Error, reason


class Log:
    """Where messages go. Until ``open`` is called, errors go to standard error only."""

    __slots__ = ("debugging", "fd", "json")

    def __init__(self) -> None:
        self.fd = -1
        self.json = False
        self.debugging = False

    def open(self, path: str | None, format: str, debug: bool) -> None:
        """Take the values of --log, --log-format and --debug.

        Raises Error when the file cannot be opened.
        """
        self.json = format == "json"
        self.debugging = debug
        if path:
            try:
                self.fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOCTTY, 0o644)
            except OSError as error:
                raise Error(f"cannot open the log: {reason(error)}") from None

    def error(self, message: str) -> None:
        """Report why the command failed: on standard error, and in the log."""
        message = printable(message)
        self._print(f"anocir: {message}")
        self._write("error", message)

    def warning(self, message: str) -> None:
        """Report what a person may want to know. Engines take noise on stderr for output of the
        container, so without a log it is printed only to a terminal, or with --debug."""
        message = printable(message)
        if self.fd < 0 and (self.debugging or os.isatty(2)):
            self._print(f"anocir: warning: {message}")
        self._write("warning", message)

    def _print(self, line: str) -> None:
        try:
            os.write(2, f"{line}\n".encode())
        except OSError:
            pass  # nobody is left to be told

    def _write(self, level: str, message: str) -> None:
        if self.fd < 0:
            return
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        if self.json:
            line = f'{{"level":"{level}","msg":{quoted(message)},"time":"{now}"}}\n'
        else:
            line = f'time="{now}" level={level} msg={quoted(message)}\n'
        try:
            os.write(self.fd, line.encode())
        except OSError:
            pass  # a full disk must not hide the error itself


def printable(text: str) -> str:
    """Escape what a terminal would obey instead of showing: control and format characters."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def quoted(message: str) -> str:
    """Quote printable text as a JSON string, which is also how logfmt quotes it."""
    return '"' + message.replace("\\", "\\\\").replace('"', '\\"') + '"'
