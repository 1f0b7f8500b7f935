"""Running the command line, as an engine does, and judging what every run must hold to."""

from __future__ import annotations

import json
import os
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import jsonschema
import sh

from tests.integration.support import world

REPO = Path(__file__).resolve().parents[3]
SCHEMA = REPO / "anocir" / "spec" / "schema"
PYTHON = "/usr/bin/python3"
COMMAND = tuple(shlex.split(os.environ.get("ANOCIR", f"{PYTHON} -P -m anocir")))
ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "PYTHONPATH": str(REPO)}
TIMEOUT = 240
ANY_CODE = list(range(-64, 256))
_numbers = count()


def schema(name: str) -> jsonschema.Draft202012Validator:
    """Return the validator of ``config`` or ``state``."""
    return jsonschema.Draft202012Validator(json.loads((SCHEMA / f"{name}.json").read_text()))


CONFIG_SCHEMA = schema("config")
STATE_SCHEMA = schema("state")


@dataclass(frozen=True)
class Result:
    """How one command ended: exit code (-n for signal n) and what it printed."""

    argv: Sequence[str]
    code: int
    out: str
    err: str


class Background:
    """A command that is still running."""

    def __init__(
        self, running: Any, argv: Sequence[str], timeout: float, out: Path, err: Path
    ) -> None:
        self.running = running
        self.timeout = timeout
        self.argv = argv
        self._out = out
        self._err = err

    @property
    def pid(self) -> int:
        """The pid of the command itself."""
        return int(self.running.pid)

    @property
    def out(self) -> str:
        """What it has printed so far."""
        return self._out.read_text(errors="surrogateescape")

    def wait(self) -> Result:
        """Wait for its end; raises TimeoutError, and kills it, when that takes too long.

        A limit of sh's own would cost each command a tenth of a second, since it looks for the
        end no more often.
        """
        try:
            world.wait_end(self.pid, self.timeout)
        except TimeoutError:
            self.running.kill()
            raise
        try:
            self.running.wait()
            code = int(self.running.exit_code)
        except sh.ErrorReturnCode as error:  # some versions of sh call every signal an error
            code = int(error.exit_code)
        return Result(self.argv, code, self.out, self._err.read_text(errors="surrogateescape"))


class Runtime:
    """The runtime under test, with a state root of its own.

    root: the state root. work: a directory for captured output. command: its argv.
    """

    def __init__(
        self,
        root: Path,
        work: Path,
        command: Sequence[str] = COMMAND,
        env: Mapping[str, str] = ENVIRONMENT,
    ) -> None:
        self.root = root
        self.work = work
        self.command = tuple(command)
        self.env = dict(env)
        work.mkdir(exist_ok=True)

    def background(
        self,
        *args: str | Path,
        globals: Sequence[str | Path] = (),
        wrap: Sequence[str | Path] = (),
        stdin: Path | str = "/dev/null",
        env: Mapping[str, str] | None = None,
        cwd: Path | str | None = None,
        before: Callable[[], None] | None = None,
        timeout: float = TIMEOUT,
        pass_fds: Sequence[int] = (),
    ) -> Background:
        """Start ``args`` and return at once.

        wrap: words in front of the runtime's own, such as strace. before: called in the new
        process. pass_fds: what it inherits on top. Output goes to files, as an engine's does, so a
        container may keep it open.
        """
        argv = [*map(str, wrap), *self.command, "--root", str(self.root),
                *map(str, globals), *map(str, args)]  # fmt: skip
        for fd in pass_fds:
            os.set_inheritable(fd, True)
        number = next(_numbers)
        out, err = (self.work / f"{number}.{name}" for name in ("out", "err"))
        with open(stdin, "rb") as source, out.open("wb") as to, err.open("wb") as errors:
            running = sh.Command(argv[0])(
                *argv[1:],
                _in=source,
                _out=to,
                _err=errors,
                _env=self.env if env is None else dict(env),
                _cwd=str(cwd) if cwd else None,
                _preexec_fn=before,
                _pass_fds=list(pass_fds),
                _ok_code=ANY_CODE,
                _tty_in=False,
                _tty_out=False,
                _bg=True,
                _bg_exc=False,
            )
        return Background(running, argv, timeout, out, err)

    def any(self, *args: str | Path, **how: Any) -> Result:
        """Run to the end; only a traceback is a failure of the test."""
        result = self.background(*args, **how).wait()
        if "--debug" not in how.get("globals", ()):
            assert "Traceback" not in result.err, result.err
            assert "internal error" not in result.err, result.err
        return result

    def __call__(self, *args: str | Path, **how: Any) -> Result:
        """Run what must succeed."""
        result = self.any(*args, **how)
        assert result.code == 0, f"{shlex.join(result.argv)}: {result.code}: {result.err}"
        return result

    def quiet(self, *args: str | Path, **how: Any) -> None:
        """Run what must succeed and print nothing."""
        result = self(*args, **how)
        assert (result.out, result.err) == ("", "")

    def fails(self, *args: str | Path, code: int = 1, **how: Any) -> str:
        """Run what must fail with one line on standard error; return that line's message.

        A create or run must leave the state root, cgroups, mounts and processes as they were.
        """
        before, ids = world.look(), self.ids()
        result = self.any(*args, **how)
        assert result.code == code, f"{shlex.join(result.argv)}: {result.code}: {result.err}"
        assert result.out == ""
        lines = result.err.splitlines()
        assert len(lines) == 1 and lines[0].startswith("anocir: "), result.err
        if args[0] in ("create", "run"):
            assert (self.ids(), world.look().since(before)) == (ids, {})
        return lines[0].removeprefix("anocir: ")

    def state(self, container_id: str, **how: Any) -> dict[str, Any]:
        """Return the state document, which must keep to the schema."""
        document = json.loads(self("state", container_id, **how).out)
        STATE_SCHEMA.validate(document)
        assert document["id"] == container_id
        return document

    def pid(self, container_id: str) -> int:
        """Return the pid of a container's process, as the host sees it."""
        pid: int = self.state(container_id)["pid"]
        assert pid > 0
        return pid

    def wait_stopped(self, container_id: str) -> None:
        """Wait for the container's process to end, if it hasn't yet."""
        pid = self.state(container_id)["pid"]
        if pid:
            world.wait_end(pid)
        assert self.state(container_id)["status"] == "stopped"

    def ids(self) -> list[str]:
        """Return the directories below the state root: more than what `list` may admit."""
        return sorted(os.listdir(self.root)) if self.root.is_dir() else []

    def output(self, bundle: Path | str, container_id: str = "out", **how: Any) -> str:
        """Run a bundle in the foreground; it must succeed. Return what it prints."""
        result = self("run", "--bundle", bundle, container_id, **how)
        assert result.err == "", result.err
        return result.out


def installed(prefix: Path) -> tuple[str, ...]:
    """Install the launcher below ``prefix`` and return its argv."""
    world.shell(
        f"{shlex.join([sys.executable, str(REPO / 'tools/install.py')])} "
        f"--prefix {shlex.quote(str(prefix))} --python {PYTHON}"
    )
    return (str(prefix / "bin/anocir"),)
