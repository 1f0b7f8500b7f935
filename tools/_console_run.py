"""Running the commands of a file in one bash that persists, wherever a backend starts this.

Standard library only. It reads one JSON document from stdin, `{"cwd", "env", "commands": [{"text",
"expected", "status", "timeout", "late", "again"}, ...]}`, and writes one JSON line per command:
`{"output", "status", "problem"}`. `problem` is "" where the command did what is written. `late` is
for how many seconds output is waited for, `again` for how many the command is repeated.
"""

from __future__ import annotations

import fcntl
import json
import os
import select
import signal
import subprocess
import sys
import time
from typing import Any, NamedTuple

try:
    from tools import _console_match as matching
except ImportError:
    import _console_match as matching  # type: ignore[import-not-found, no-redef]

PAUSE = 0.1  # seconds between two tries

DIFFERS = "the output is not as written"

# Commands come NUL-terminated on one pipe, the status of each goes out on another. Neither is open
# in the command itself. `$?` is put back first, so that `echo $?` sees the status of the command
# before.
LOOP = r"""
__status=0
while IFS= read -r -d '' -u {commands} __command; do
    {{ (exit "$__status"); eval "$__command"; }} {commands}<&- {statuses}>&-
    __status=$?
    printf '%d\n' "$__status" >&{statuses}
done
"""


class Outcome(NamedTuple):
    """What came of one command."""

    output: list[str]
    status: int | None
    problem: str


class Shell:
    """One bash, with its output."""

    def __init__(self, cwd: str, env: dict[str, str]) -> None:
        commands, self._commands = os.pipe()
        self._output, output = os.pipe()
        self._statuses, statuses = os.pipe()
        loop = LOOP.format(commands=commands, statuses=statuses)
        self._process = subprocess.Popen(
            ["/bin/bash", "--norc", "--noprofile", "-c", loop],
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=(commands, statuses),
            start_new_session=True,
        )
        for fd in (commands, output, statuses):
            os.close(fd)
        for fd in (self._output, self._statuses):
            fcntl.fcntl(fd, fcntl.F_SETFL, fcntl.fcntl(fd, fcntl.F_GETFL) | os.O_NONBLOCK)
        self.text = b""

    def run(self, command: str, timeout: float) -> int | None:
        """Run a command to its end; `text` grows by its output. None where it took too long, or
        ended the shell.
        """
        deadline = time.monotonic() + timeout
        os.write(self._commands, command.encode() + b"\0")
        status = b""
        while not status.endswith(b"\n"):
            left = deadline - time.monotonic()
            if left <= 0:
                return None
            ready, _, _ = select.select([self._output, self._statuses], [], [], left)
            self._read_output()
            if self._statuses in ready:
                piece = os.read(self._statuses, 64)
                if not piece:
                    return None
                status += piece
        self._read_output()
        return int(status)

    def wait_output(self, timeout: float) -> bool:
        """Wait for output that comes late; False where none came in time."""
        ready, _, _ = select.select([self._output], [], [], max(timeout, 0))
        return bool(ready) and self._read_output()

    def _read_output(self) -> bool:
        before = len(self.text)
        while True:
            try:
                piece = os.read(self._output, 65536)
            except BlockingIOError:
                break
            if not piece:
                break
            self.text += piece
        return len(self.text) > before

    def close(self) -> None:
        """End the shell and its session."""
        try:
            os.killpg(self._process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self._process.wait()
        for fd in (self._commands, self._output, self._statuses):
            os.close(fd)


def perform(
    shell: Shell, command: dict[str, Any], bound: matching.Bindings
) -> tuple[Outcome, matching.Bindings]:
    """Run one command, as often as it may be repeated, and compare."""
    end = time.monotonic() + command["again"]
    while True:
        outcome, after = _once(shell, command, bound)
        if not outcome.problem or outcome.status is None or time.monotonic() >= end:
            return outcome, after
        time.sleep(PAUSE)


def _once(
    shell: Shell, command: dict[str, Any], bound: matching.Bindings
) -> tuple[Outcome, matching.Bindings]:
    status = shell.run(command["text"], command["timeout"])
    end = time.monotonic() + (command["late"] if status is not None else 0)
    while True:
        output = matching.clean(shell.text.decode(errors="replace"))
        after = matching.match(command["expected"], output, bound)
        if after is not None or not shell.wait_output(end - time.monotonic()):
            break
    shell.text = b""
    return Outcome(output, status, _problem(command, status, after is not None)), after or bound


def _problem(command: dict[str, Any], status: int | None, fits: bool) -> str:
    if status is None:
        return (
            f"did not come back to the prompt within {command['timeout']:g} s, or ended the shell"
        )
    if command["status"] is not None and status != command["status"]:
        return f"exit status {status}, expected {command['status']}"
    return "" if fits else DIFFERS


def main() -> int:
    """Run the script on stdin; stops after a command that has no status, for the shell is gone
    then.
    """
    script = json.load(sys.stdin)
    bound: matching.Bindings = {}
    shell = Shell(script["cwd"], script["env"])
    try:
        for command in script["commands"]:
            outcome, bound = perform(shell, command, bound)
            print(json.dumps(outcome._asdict()), flush=True)
            if outcome.status is None:
                break
    finally:
        shell.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
