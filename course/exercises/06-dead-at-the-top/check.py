"""A program whose first thread has ended looks dead to a runtime that doesn't count threads.

ANOCIR is the command of your copy, in which Stat.ended doesn't ask for the number of threads.
Beside it, in the directory with bin/anocir, lies program.sh: `sh program.sh SAYS HEARS` is the
container's program. It writes each line that it reads from the FIFO HEARS into the FIFO SAYS, and
may take its time before it answers the first one. After that, `kill demo KILL` of your copy is
refused, and the program still answers. The plain part ends it.
"""

from __future__ import annotations

import os
import select
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

PATIENCE = 10  # seconds
QUIET = {"_out": os.devnull, "_err": os.devnull}
NAMES = ("says", "hears")
Make = Callable[..., Path]


class Program:
    """A container's program that answers, and its process."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.fds = []
        for name in NAMES:
            os.mkfifo(directory / name)
            self.fds.append(os.open(directory / name, os.O_RDWR))
        self.pidfd = -1

    def start(self, command: Any, bundle: Path) -> None:
        """Create a container, open its process, and let it go."""
        pid_file = self.directory / "pid"
        how = ("--bundle", bundle, "--pid-file", pid_file)
        assert command.create(*how, "demo", **QUIET).exit_code == 0
        self.pidfd = os.pidfd_open(int(pid_file.read_text()))
        assert command.start("demo").exit_code == 0

    def answers(self, line: bytes) -> bool:
        """Whether it writes what it is told."""
        says, hears = self.fds
        os.write(hears, line)
        return ready(says) and os.read(says, 100) == line

    def ends(self) -> bool:
        """Whether its process ends, with all of its threads."""
        return ready(self.pidfd)


def ready(fd: int) -> bool:
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    return bool(poll.poll(PATIENCE * 1000))


@pytest.fixture(name="talker")
def talker_fixture(tmp_path: Path) -> Iterator[Program]:
    talker = Program(tmp_path)
    yield talker
    for fd in talker.fds:
        os.close(fd)
    if talker.pidfd >= 0:
        try:
            signal.pidfd_send_signal(talker.pidfd, signal.SIGKILL)
        except ProcessLookupError:
            pass
        os.close(talker.pidfd)


@pytest.fixture(name="hiding")
def hiding_fixture(bundle: Make, handed_in: Callable[[str], Path], tmp_path: Path) -> Make:
    """Make a bundle that has program.sh as its program."""
    fifos = [str(tmp_path / name) for name in NAMES]
    return lambda: bundle("/bin/sh", str(handed_in("program.sh")), *fifos)


def test_the_copy_cannot_kill_it(anocir: Any, hiding: Make, talker: Program) -> None:
    talker.start(anocir, hiding())
    assert talker.answers(b"one\n"), "the program doesn't answer"
    killed = anocir.kill("demo", "KILL")
    assert killed.exit_code == 1 and b"not running" in killed.stderr, "the copy has killed it"
    assert talker.answers(b"two\n"), "the program has ended"


def test_the_plain_part_can(part: Any, hiding: Make, talker: Program) -> None:
    talker.start(part, hiding())
    assert talker.answers(b"one\n"), "the program doesn't answer"
    assert part.kill("demo", "KILL").exit_code == 0
    assert talker.ends(), "the program lives on"


def test_the_copy_kills_others(anocir: Any, bundle: Make, talker: Program) -> None:
    talker.start(anocir, bundle("/usr/bin/tail", "-f", "/dev/null"))
    assert anocir.kill("demo", "KILL").exit_code == 0
    assert talker.ends(), "the copy can't kill at all"
