"""A shell in the VM that runs one command after the other, and keeps its state between them."""

from __future__ import annotations

import time
from collections.abc import Mapping

from lab import frames
from lab.channel import Channel, Result
from lab.errors import LabError

# Takes commands that end in a NUL from descriptor 3 and answers with their status on 4. Commands
# themselves have neither, so that no container inherits them.
LOOP = """
while IFS= read -r -d '' -u 3 lab_command; do
    eval "$lab_command" 3<&- 4>&-
    printf '%d\\0' "$?" >&4
done
"""
MERGED = "exec 2>&1"
# A terminal that neither repeats what is typed nor turns newlines into pairs.
QUIET_TERMINAL = "stty -echo -onlcr"


class Session:
    """A bash in the VM. Use as a context manager, or close() it.

    channel: a connection of its own, from Machine.connect(). merged: stderr goes where stdout
    goes, as on a reader's screen. tty: rows and columns of a terminal, for programs that ask.
    """

    def __init__(
        self,
        channel: Channel,
        cwd: str = "/root/lab",
        env: Mapping[str, str] | None = None,
        *,
        merged: bool = True,
        tty: tuple[int, int] | None = None,
    ) -> None:
        self._channel = channel
        self._late = bytearray()
        first = [QUIET_TERMINAL] if tty else []
        first += [MERGED] if merged else []
        script = "\n".join((*first, LOOP))
        channel.start(["bash", "-c", script], cwd, env, tty=tty, control=True)
        if tty is None:
            channel.send(frames.STDIN)

    def close(self) -> None:
        """End the shell and what runs in its foreground."""
        self._channel.close()

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def run(self, command: str, timeout: float | None = 60.0) -> Result:
        """Run one command (any lines of bash) to its end.

        What background processes printed since the last command comes first. Raises
        CommandTimeout after `timeout` seconds, LabError if the command ended the shell itself;
        the session is of no use after either.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        out = {frames.STDOUT: self._late, frames.STDERR: bytearray()}
        self._late = bytearray()
        status = bytearray()
        self._channel.send_all(frames.CONTROL_IN, command.encode() + b"\0")
        for kind, payload in self._channel.output(deadline):
            if kind in out:
                out[kind] += payload
            elif kind == frames.CONTROL_OUT:
                status += payload
                if status.endswith(b"\0"):
                    word = int(status[:-1])
                    return Result(word, bytes(out[frames.STDOUT]), bytes(out[frames.STDERR]))
            elif kind == frames.EXIT:
                raise LabError(f"the command ended its shell, with status {int(payload)}")
        raise LabError("the shell has ended")

    def wait_for(self, text: bytes, timeout: float = 10.0) -> bytes:
        """Wait until a background process has printed `text`; returns all output up to now.

        Raises CommandTimeout if it does not come.
        """
        deadline = time.monotonic() + timeout
        if text in self._late:
            return self._taken()
        for kind, payload in self._channel.output(deadline):
            if kind in {frames.STDOUT, frames.STDERR}:
                self._late += payload
            if text in self._late:
                return self._taken()
        raise LabError("the shell has ended")

    def _taken(self) -> bytes:
        taken, self._late = bytes(self._late), bytearray()
        return taken
