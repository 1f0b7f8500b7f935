"""Through the host's /proc a container gets back into the host's namespaces.

ANOCIR is the command of your copy, which may be the plain part: nothing in it needs to change.
Beside it, in the directory with bin/anocir, lies program.sh: `sh program.sh PID NAME` is the
container's program. It changes the hostname that process PID sees, outside of the container, to
NAME. This needs root. PID is a process of this check's in a uts namespace of its own, so that the
real host keeps its name.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

PATIENCE = 10  # seconds
QUIET = {"_out": os.devnull, "_err": os.devnull}


class Host:
    """A process that stands for the host, and the name that it sees."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.pid = process.pid
        self.process = process

    @property
    def name(self) -> str:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(b"\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().decode().strip()


@pytest.fixture(name="host")
def host_fixture() -> Iterator[Host]:
    script = "while read line; do hostname; done"
    argv = ["unshare", "--uts", "sh", "-c", f"hostname outside; {script}"]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        host = Host(process)
        assert host.name == "outside"
        yield host
        assert process.stdin is not None
        process.stdin.close()


def live(command: Any, path: Path, pid_file: Path) -> None:
    """Run a container to its end."""
    how = ("--bundle", path, "--pid-file", pid_file)
    assert command.create(*how, "demo", **QUIET).exit_code == 0
    pidfd = os.pidfd_open(int(pid_file.read_text()))
    assert command.start("demo").exit_code == 0
    poll = select.poll()
    poll.register(pidfd, select.POLLIN)
    assert poll.poll(PATIENCE * 1000), "the program doesn't end"
    os.close(pidfd)


def test_the_name_outside_is_another_one(
    part: Any,
    handed_in: Callable[[str], Path],
    bundle: Callable[..., Path],
    host: Host,
    tmp_path: Path,
) -> None:
    word = f"name{os.getpid()}"
    path = bundle("/bin/sh", str(handed_in("program.sh")), str(host.pid), word)
    config = json.loads((path / "config.json").read_text())
    kinds = ("pid", "uts", "network", "ipc", "cgroup")
    config["linux"] = {"namespaces": [{"type": kind} for kind in kinds]}
    config["hostname"] = "inside"
    (path / "config.json").write_text(json.dumps(config))
    live(part, path, tmp_path / "pid")
    assert host.name == word
