"""The runtime under test, driven by its command line as an engine drives it."""

from __future__ import annotations

import contextlib
import ctypes
import os
import random
import shutil
import signal
import stat
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, Any

import sh

from anocir_check import kernel
from anocir_check.bundle import Bundle
from anocir_check.container import Container
from anocir_check.expect import fail
from anocir_check.result import Result
from anocir_check.settings import Settings

Stream = int | IO[bytes] | None
# Type and mode, inode, and of a regular file the time of its last change and its content.
Facts = tuple[str, int, int, bytes]


class Call:
    """A command line that has been started and not yet waited for."""

    def __init__(
        self,
        words: tuple[str, ...],
        process: sh.RunningCommand,
        out: IO[bytes] | None,
        err: IO[bytes] | None,
        timeout: float,
    ) -> None:
        self.words = words
        self.process = process
        self.started = time.monotonic()
        self.timeout = timeout
        self._streams = (out, err)

    @property
    def pid(self) -> int:
        """The process id of the runtime itself."""
        return int(self.process.pid)

    def finish(self) -> Result:
        """Wait for the end, or for the time limit."""
        code: int | None
        left = self.started + self.timeout - time.monotonic()
        # sh has a time limit of its own, which looks ten times a second and so costs 0.1 s a call.
        late = not kernel.ends(self.pid, max(0.0, left))
        try:
            self.process.wait()
            code = int(self.process.exit_code)
        except sh.ErrorReturnCode as error:
            code = int(error.exit_code)
        if late:
            code = None
        seconds = time.monotonic() - self.started
        out, err = (_content(stream) for stream in self._streams)
        return Result(self.words, code, out, err, seconds)


def _content(stream: IO[bytes] | None) -> bytes | None:
    if stream is None:
        return None
    with stream:
        stream.seek(0)
        return stream.read()


class Runtime:
    """Runs commands in a scratch directory of one check, and tidies up after it.

    ``transcript`` holds each command that has ended, oldest first.
    """

    def __init__(self, settings: Settings, scratch: Path, name: str) -> None:
        self.settings = settings
        self.level = settings.level
        self.timeout = settings.timeout
        self.rounds = settings.rounds
        self.scratch = scratch
        self.root = scratch / "root"
        self.cwd = scratch / "cwd"
        self.cwd.mkdir()
        self.transcript: list[Result] = []
        self.random = random.Random(f"{settings.seed} {name}")
        self._token = f"check-{os.getpid()}-{scratch.name}"
        self._ids: list[str] = []
        self._pipes: list[Container] = []

    # -- inputs ------------------------------------------------------------------------------

    def new_id(self) -> str:
        """Return a container id that no other container on this machine has."""
        container_id = f"{self._token}-{len(self._ids)}"
        self._ids.append(container_id)
        return container_id

    def word(self) -> str:
        """Return a word that nobody can know beforehand."""
        return "".join(self.random.choices("abcdefghijklmnopqrstuvwxyz", k=12))

    # -- commands ----------------------------------------------------------------------------

    def begin(
        self,
        *words: str,
        root: str | Path | None = "",
        cwd: Path | None = None,
        env: dict[str, str] | None = None,
        stdin: Stream = None,
        stdout: Stream = None,
        stderr: Stream = None,
        umask: int = 0o022,
        pass_fds: Iterable[int] = (),
        prepare: Callable[[], None] | None = None,
        timeout: float | None = None,
    ) -> Call:
        """Start a command and don't wait for it.

        ``root`` is the state root; None leaves --root out. Without streams of its own, the
        command reads /dev/null and writes to files, so that nothing that it leaves behind can
        keep us waiting. ``prepare`` runs in the new process, just before the runtime.
        """
        where = self.root if root == "" else root
        arguments = (*([] if where is None else ["--root", str(where)]), *words)
        command: Any = sh.Command(self.settings.command[0]).bake(*self.settings.command[1:])
        out = self._file() if stdout is None else None
        err = self._file() if stderr is None else None

        def caller() -> None:
            _be_a_plain_caller(umask)
            if prepare is not None:
                prepare()

        with open(os.devnull, "rb") as nothing:
            process = command(
                *arguments,
                _in=nothing if stdin is None else stdin,
                _out=out if out is not None else stdout,
                _err=err if err is not None else stderr,
                _cwd=str(cwd or self.cwd),
                _env=self.settings.environment if env is None else env,
                _pass_fds=set(pass_fds),
                _preexec_fn=caller,
                _bg=True,
                _bg_exc=False,
            )
        return Call(
            (*self.settings.command, *arguments), process, out, err, timeout or self.timeout
        )

    def _file(self) -> IO[bytes]:
        return tempfile.TemporaryFile(dir=self.scratch)

    def finish(self, call: Call) -> Result:
        """Wait for a command that was begun."""
        result = call.finish()
        self.transcript.append(result)
        return result

    def run(self, *words: str, **how: Any) -> Result:
        """Run a command to its end; for ``how`` see ``begin``."""
        return self.finish(self.begin(*words, **how))

    def together(self, calls: Iterable[tuple[str, ...]]) -> list[Result]:
        """Run commands at the same time; return their results in the order given."""
        begun = [self.begin(*words) for words in calls]
        return [self.finish(call) for call in begun]

    # -- verbs -------------------------------------------------------------------------------

    def try_create(
        self, bundle: Bundle, *flags: str, id: str | None = None, **how: Any
    ) -> tuple[Container, Result]:
        """Run create with pipes as the container's standard streams, whatever comes of it."""
        container = Container(self, id or self.new_id(), bundle)
        self._pipes.append(container)
        before = {child.pid for child in kernel.children()}
        result = self.run(
            "create",
            "--bundle",
            str(bundle.path),
            *flags,
            container.id,
            stdin=container.stdin.theirs,
            stdout=container.stdout.theirs,
            stderr=container.stderr.theirs,
            **how,
        )
        container.given()
        container.born([child.pid for child in kernel.children() if child.pid not in before])
        seen = Result(
            result.words,
            result.code,
            container.stdout.available(),
            container.stderr.available(),
            result.seconds,
        )
        self.transcript[-1] = seen
        return container, seen

    def create(self, bundle: Bundle, *flags: str, **how: Any) -> Container:
        """Create a container; the check ends when that fails."""
        container, result = self.try_create(bundle, *flags, **how)
        result.ok()
        return container

    def state(self, container_id: str) -> Result:
        """Run state."""
        return self.run("state", container_id)

    def delete(self, container_id: str, *flags: str) -> Result:
        """Run delete."""
        return self.run("delete", *flags, container_id)

    # -- looking and tidying -----------------------------------------------------------------

    def files(self, directory: Path | None = None) -> dict[str, Facts]:
        """Return what is below a directory (default: the state root), each with its facts."""
        return dict(_tree(directory or self.root))

    @contextlib.contextmanager
    def unchanged(self, what: str, directory: Path | None = None) -> Iterator[None]:
        """End the check when the block changes anything below a directory (or the root)."""
        before = self.files(directory)
        yield
        after = self.files(directory)
        if before != after:
            changed = sorted(name for name in before | after if before.get(name) != after.get(name))
            fail(
                f"{what} leaves {directory or self.root} as it was",
                f"changed, new or gone: {', '.join(changed)}",
            )

    def tidy(self) -> None:
        """Remove what the check has left: containers, processes, files."""
        for pipes in self._pipes:
            pipes.close()
        kernel.end_children()
        # Each command costs an early part 0.15 s. Without cgroups, no process is all it takes.
        if _cgroups(self._token):
            for call in [self.begin("delete", "--force", name) for name in self._ids]:
                call.finish()
            for group in _cgroups(self._token):
                with contextlib.suppress(OSError):
                    group.rmdir()
        shutil.rmtree(self.scratch, ignore_errors=True)


# The C library keeps these to itself, and whoever was started by its posix_spawn ignores them.
_LIBRARYS_SIGNALS = (32, 33)
_RT_SIGACTION = {"x86_64": 13, "aarch64": 134}.get(os.uname().machine)
_libc = ctypes.CDLL(None)


def _be_a_plain_caller(umask: int) -> None:
    """Start the runtime as a shell would: Python and sh ignore some signals."""
    os.umask(umask)
    if _RT_SIGACTION is not None:
        for number in _LIBRARYS_SIGNALS:
            _libc.syscall(_RT_SIGACTION, number, bytes(32), None, 8)
    for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP}:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


def _tree(top: Path) -> Iterator[tuple[str, Facts]]:
    for directory, names, files in os.walk(top):
        for name in names + files:
            path = Path(directory, name)
            with contextlib.suppress(FileNotFoundError):
                found = path.lstat()
                facts: Facts = (oct(found.st_mode), found.st_ino, 0, b"")
                if stat.S_ISREG(found.st_mode):
                    facts = (oct(found.st_mode), found.st_ino, found.st_mtime_ns, path.read_bytes())
                yield str(path.relative_to(top)), facts


def _cgroups(token: str) -> list[Path]:
    """Return the cgroups that have ``token`` in their names, the innermost first."""
    return [
        Path(directory, name)
        for directory, names, _ in os.walk("/sys/fs/cgroup", topdown=False)
        for name in names
        if token in name
    ]
