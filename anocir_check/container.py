"""A container that a check has made, with the pipes that are its standard streams."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from anocir_check import kernel
from anocir_check.bundle import Bundle
from anocir_check.expect import expect, fail
from anocir_check.pipes import Input, Output
from anocir_check.result import Result

if TYPE_CHECKING:
    from anocir_check.runtime import Runtime


class Container:
    """A name, a bundle, three pipes, and what can be asked about them."""

    def __init__(self, runtime: Runtime, container_id: str, bundle: Bundle) -> None:
        self.runtime = runtime
        self.id = container_id
        self.bundle = bundle
        self.stdin = Input()
        self.stdout = Output()
        self.stderr = Output()
        self._process: int | None = None

    def born(self, pids: list[int]) -> None:
        """Take note of the children that we got from create: one, if all is well."""
        self._process = pids[0] if len(pids) == 1 else None

    def given(self) -> None:
        """Close our copies of the ends that the container has."""
        for pipe in (self.stdin, self.stdout, self.stderr):
            pipe.given()

    def close(self) -> None:
        """Give the pipes back."""
        for pipe in (self.stdin, self.stdout, self.stderr):
            pipe.close()

    def state(self) -> dict[str, Any]:
        """Return the state, which must be a JSON object."""
        document = self.runtime.state(self.id).ok().json()
        expect(isinstance(document, dict), "a JSON object from state", document)
        return dict(document)

    @property
    def status(self) -> str:
        """The status that state shows."""
        return str(self.state().get("status"))

    @property
    def pid(self) -> int:
        """The container's process: the child that we got from create, else what state shows."""
        return self.shown_pid if self._process is None else self._process

    @property
    def shown_pid(self) -> int:
        """The process id that state shows, which must be one."""
        pid = self.state().get("pid")
        if type(pid) is not int or pid <= 0:
            fail("a pid greater than 0 in the state of a container that is not stopped", pid)
        return pid

    def start(self) -> Result:
        """Run start, which must succeed."""
        return self.runtime.run("start", self.id).ok()

    def delete(self, *flags: str) -> Result:
        """Run delete."""
        return self.runtime.delete(self.id, *flags)

    def wait(self, pid: int) -> int:
        """Wait for the container's process, and return its exit status (minus a signal)."""
        return kernel.reap(pid, self.runtime.timeout)

    def finished(self) -> str:
        """Start it, wait for its end, and return what it wrote to its standard output."""
        pid = self.pid
        self.stdin.finish()
        self.start()
        output = self.stdout.to_end(self.runtime.timeout)
        self.wait(pid)
        return output.decode(errors="surrogateescape")

    def wait_program(self, pid: int) -> None:
        """Wait until the process runs busybox. Some runtimes return from start a bit earlier."""
        deadline = time.monotonic() + self.runtime.timeout
        while not kernel.is_busybox(pid):
            if time.monotonic() > deadline or not kernel.alive(pid):
                fail(f"process {pid} runs /bin/busybox after start", kernel.stat(pid))
