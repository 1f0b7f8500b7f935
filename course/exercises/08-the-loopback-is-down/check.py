"""A new network namespace has its loopback interface up; one that is joined stays as it is.

ANOCIR is the command of your copy. It needs root. The container's program connects to a port of
its own at 127.0.0.1, and says how that went.
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
PROGRAM = """
import socket, sys
server = socket.socket()
server.bind(("127.0.0.1", 0))
server.listen()
try:
    socket.create_connection(server.getsockname(), timeout=5)
    word = "up"
except OSError:
    word = "down"
with open(sys.argv[1], "w") as file:
    file.write(word)
"""

Live = Callable[..., str]


@pytest.fixture(name="live")
def live_fixture(anocir: Any, bundle: Callable[..., Path], tmp_path: Path) -> Live:
    """Run a container with these namespaces; return what its program says of the loopback."""

    def live(*namespaces: dict[str, str]) -> str:
        says, pid_file = tmp_path / "says", tmp_path / "pid"
        path = bundle("/usr/bin/python3", "-c", PROGRAM, str(says))
        config = json.loads((path / "config.json").read_text())
        config["linux"] = {"namespaces": list(namespaces)}
        (path / "config.json").write_text(json.dumps(config))
        quiet = {"_out": os.devnull, "_err": os.devnull}
        created = anocir.create("--bundle", path, "--pid-file", pid_file, "demo", **quiet)
        assert created.exit_code == 0, "create fails"
        pidfd = os.pidfd_open(int(pid_file.read_text()))
        assert anocir.start("demo").exit_code == 0
        poll = select.poll()
        poll.register(pidfd, select.POLLIN)
        assert poll.poll(PATIENCE * 1000), "the program doesn't end"
        os.close(pidfd)
        return says.read_text()

    return live


@pytest.fixture(name="holder")
def holder_fixture() -> Iterator[int]:
    """A process in a network namespace of its own, which nobody has set up."""
    script = 'import sys; print("in", flush=True); sys.stdin.read()'
    argv = ["unshare", "--net", "python3", "-c", script]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stdin is not None
        assert process.stdout.readline() == b"in\n"
        yield process.pid
        process.stdin.close()


def test_a_new_one_is_up(live: Live) -> None:
    assert live({"type": "network"}) == "up"


def test_a_joined_one_stays_as_it_is(live: Live, holder: int) -> None:
    assert live({"type": "network", "path": f"/proc/{holder}/ns/net"}) == "down"


def test_a_container_without_one_is_as_before(live: Live) -> None:
    live({"type": "uts"})
