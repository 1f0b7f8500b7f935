"""A machine: an image that runs. Other tools use this module's Machine.

A machine lives in a directory: QEMU's sockets and logs, its pid with start time, the note of
what was copied into it. A persistent one (`Machine.shared`) is found there again by the next
process; a fresh one has a temporary directory and ends with the process that started it.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import select
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from lab import accel, arch, frames, image, initramfs, paths, qemu, saved, sync, tools
from lab.channel import Channel, Result
from lab.errors import LabError
from lab.session import Session

CGROUPS = ("v2", "v1")


class Machine:
    """One VM. Use as a context manager, or start() and stop() it.

    image_name: one of lab.image. cgroup: v2 or v1. repo: the work tree that sync() copies.
    directory: where its files are kept; without one they are temporary, and the VM ends with
    this process. memory: in MiB.
    """

    def __init__(
        self,
        image_name: str = "trixie",
        cgroup: str = "v2",
        repo: Path = paths.REPO,
        *,
        directory: Path | None = None,
        memory: int = 1024,
        cpus: int = 2,
    ) -> None:
        if cgroup not in CGROUPS:
            raise LabError(f"the cgroup version is {' or '.join(CGROUPS)}, not {cgroup!r}")
        self.arch = arch.host()
        self.image = image.named(image_name)
        self.built = image.built(self.image, self.arch)
        self.cgroup = cgroup
        self.repo = repo
        self.memory = memory
        self.cpus = cpus
        self.fresh = directory is None
        self.directory = directory or Path(tempfile.gettempdir())
        self._process: subprocess.Popen[bytes] | None = None
        self._channel: Channel | None = None

    @classmethod
    def shared(
        cls, image_name: str = "trixie", cgroup: str = "v2", repo: Path = paths.REPO
    ) -> Machine:
        """The machine that `lab up` keeps for this user, image, cgroup version and work tree."""
        name = image.named(image_name).name
        tree = hashlib.sha256(os.fsencode(repo.resolve())).hexdigest()[:8]
        return cls(name, cgroup, repo, directory=paths.machines() / f"{name}-{cgroup}-{tree}")

    # Its life.

    def running(self) -> bool:
        """Whether the VM's process is there."""
        if self._process is not None:
            return self._process.poll() is None
        return self._recorded() is not None

    def start(self, say: Callable[[str], None] = lambda _: None) -> bool:
        """Boot, unless it runs; returns whether it had to. Raises LabError.

        say: told in a line about what takes long.
        """
        if not self.built.exists():
            raise LabError(
                f"the image {self.image.name} is not built. Run:\n"
                f"  python3 -m lab build --image {self.image.name}"
            )
        tools.require(tools.to_run(self.arch), "start the VM")
        with self._exclusive():
            if self.running():
                return False
            self._boot(say)
        return True

    def stop(self) -> bool:
        """End the VM and forget what it held; returns whether it ran."""
        self.disconnect()
        if self.fresh:
            ran = self._process is not None
            self._kill()
            if ran:
                shutil.rmtree(self.directory, ignore_errors=True)
            return ran
        if not self.directory.exists():
            return False
        with self._exclusive():
            ran = self.running()
            self._kill()
            self._forget()
        return ran

    def reset(self) -> None:
        """Start again on a fresh overlay: nothing of what happened in the VM is left."""
        self.stop()
        self.start()

    def __enter__(self) -> Machine:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    # Its use.

    def channel(self) -> Channel:
        """The session that run(), put() and sync() share in this process."""
        if self._channel is None:
            self._channel = self.connect()
        return self._channel

    def connect(self) -> Channel:
        """Another session, for a command that runs beside others."""
        return Channel(self.directory, self.running)

    def disconnect(self) -> None:
        """End this process's own session; the VM goes on."""
        if self._channel is not None:
            self._channel.close()
            self._channel = None

    def session(
        self,
        cwd: str = "/root/lab",
        env: Mapping[str, str] | None = None,
        *,
        merged: bool = True,
        tty: tuple[int, int] | None = None,
    ) -> Session:
        """A shell that keeps its state from one command to the next, see lab.session."""
        return Session(self.connect(), cwd, env, merged=merged, tty=tty)

    def run(
        self,
        argv: Sequence[str],
        *,
        cwd: str = sync.TARGET,
        env: Mapping[str, str] | None = None,
        input: bytes = b"",
        tty: bool = False,
        timeout: float | None = None,
    ) -> Result:
        """Run a command as root in the VM: (status, stdout, stderr).

        timeout: in seconds; then the command is killed and CommandTimeout is raised.
        """
        try:
            return self.channel().run(argv, cwd=cwd, env=env, input=input, tty=tty, timeout=timeout)
        except BaseException:
            self.disconnect()
            raise

    def sync(self) -> int:
        """Copy the work tree to /anocir; returns how many files had changed."""
        return sync.sync(self.channel(), self.repo, self.directory / "manifest.json")

    def put(self, source: Path | bytes, target: str, mode: int = 0o644) -> None:
        """Write a file of the host, or bytes, to the path `target` in the VM."""
        content = source if isinstance(source, bytes) else source.read_bytes()
        script = 'mkdir -p "$(dirname "$1")" && cat >"$1" && chmod "$2" "$1"'
        done = self.run(["sh", "-c", script, "sh", target, f"{mode:o}"], cwd="/", input=content)
        if done.status:
            raise LabError(f"cannot write {target}: {done.stderr.decode(errors='replace')}")

    def describe(self) -> str:
        """The process of a running machine, and what executes it."""
        record = json.loads((self.directory / "machine.json").read_text())
        return f"pid {record['pid']}, {record['accel']}"

    def log(self) -> str:
        """The end of what QEMU and the guest's kernel printed."""
        return qemu.log(self.directory)

    # Its process.

    def _arguments(self, accelerator: str) -> list[str]:
        hardware = qemu.Hardware(accelerator, self.memory, self.cpus)
        return qemu.command_line(self.arch, self.built, self.cgroup, hardware)

    def _boot(self, say: Callable[[str], None]) -> None:
        os.utime(self.built.directory)  # it is used: see build.forget_unused
        initrd = initramfs.whole(self.built.base, paths.PACKAGE)
        chosen = accel.choose(self._arguments("kvm"), initrd)
        argv = self._arguments(chosen)
        resume = None
        if chosen == "tcg":
            disk = self.built.disk_id()
            resume = saved.find(argv, initrd, disk)
            if resume is None:
                say("lab: booting, and saving the memory for later starts (200 MB of disk)")
                resume = saved.make(argv, initrd, disk)
        if self.fresh:
            self.directory = Path(tempfile.mkdtemp(prefix="anocir-lab-"))
        self._forget()
        self._process = qemu.start(argv, self.directory, initrd, self.fresh, resume)
        pid = self._process.pid
        record = {"pid": pid, "start_time": qemu.start_time(pid), "accel": chosen}
        (self.directory / "machine.json").write_text(json.dumps(record) + "\n")
        try:
            self._wake()
        except LabError as error:
            log = self.log()
            self._kill()
            if self.fresh:
                shutil.rmtree(self.directory, ignore_errors=True)
            if resume is not None:
                resume.unlink(missing_ok=True)
                log += "The memory that it went on from is deleted: try again, for a real boot"
            raise LabError(f"{error}\n{log}".rstrip()) from None

    def _wake(self) -> None:
        """Give the VM the time, randomness of its own, and a disk that can be written."""
        channel = self.channel()
        # Only now, when the agent listens: the time must not get old on its way.
        channel.order(frames.WAKE, f"{time.time_ns()} {os.urandom(32).hex()}".encode())

    def _recorded(self) -> int | None:
        """The pid of a running VM that another process started; None if there is none."""
        try:
            record = json.loads((self.directory / "machine.json").read_text())
        except (OSError, ValueError):
            return None
        pid = int(record["pid"])
        return pid if qemu.start_time(pid) == record["start_time"] else None

    def _kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
        elif (pid := self._recorded()) is not None:
            fd = os.pidfd_open(pid)
            try:
                if self._recorded() == pid:
                    signal.pidfd_send_signal(fd, signal.SIGKILL)
                    _wait_for_end(fd)
            finally:
                os.close(fd)

    def _forget(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        for pattern in ("*.sock", "machine.json", "manifest.json", "*.log"):
            for path in self.directory.glob(pattern):
                path.unlink()

    @contextlib.contextmanager
    def _exclusive(self) -> Iterator[None]:
        """One process at a time starts or ends a persistent machine."""
        if self.fresh:
            yield
            return
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        with (self.directory / "life.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _wait_for_end(pidfd: int) -> None:
    poll = select.poll()
    poll.register(pidfd, select.POLLIN)
    poll.poll()
