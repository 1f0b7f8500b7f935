"""With a hook that fails goes its whole session, whatever process group its members are in.

ANOCIR is the command of your copy. The hook here starts two processes, and each says who it is: one
goes to a group of its own, as a shell's job does, and one makes a session of its own, as a daemon
does. The first belongs to the hook, the second has left.
"""

from __future__ import annotations

import json
import os
import select
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

PATIENCE = 10  # seconds
QUIET = {"_out": os.devnull, "_err": os.devnull}
HOOK = """#!/usr/bin/python3
import os, signal, sys
for leave in (lambda: os.setpgid(0, 0), os.setsid):
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        leave()
        os.write(writer, b"left")
        signal.pause()
    os.read(reader, 4)
    with open(sys.argv[1], "a") as file:
        file.write(f"{pid}\\n")
if sys.argv[2] == "never":
    signal.pause()
sys.exit(int(sys.argv[2]))
"""


class Hook:
    """The hook, and the two processes that it leaves, first the one that is to end."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / "hook"
        self.path.write_text(HOOK)
        self.path.chmod(0o755)
        self.says = directory / "says"
        self.says.touch()
        self.pidfds: list[int] = []

    def config(self, how: str, **more: Any) -> dict[str, Any]:
        """What stands in config.json; ``how`` is the hook's exit status, or ``never``."""
        args = [str(self.path), str(self.says), how]
        return {"path": str(self.path), "args": args, **more}

    def look(self) -> None:
        """Open what is left of the two; -1 stands for a process that is gone."""
        for line in self.says.read_text().split():
            try:
                self.pidfds.append(os.pidfd_open(int(line)))
            except ProcessLookupError:
                self.pidfds.append(-1)
        assert len(self.pidfds) == 2, "the hook has not come to its end"

    def ends(self, index: int, seconds: int) -> bool:
        """Whether one of the two ends in time."""
        if self.pidfds[index] < 0:
            return True
        poll = select.poll()
        poll.register(self.pidfds[index], select.POLLIN)
        return bool(poll.poll(seconds * 1000))


@pytest.fixture(name="hook")
def hook_fixture(tmp_path: Path) -> Iterator[Hook]:
    hook = Hook(tmp_path)
    yield hook
    for pidfd in (each for each in hook.pidfds if each >= 0):
        try:
            signal.pidfd_send_signal(pidfd, signal.SIGKILL)
        except ProcessLookupError:
            pass
        os.close(pidfd)


Create = Callable[..., int]


@pytest.fixture(name="create")
def create_fixture(anocir: Any, bundle: Callable[..., Path], hook: Hook) -> Create:
    """Create a container with the hook; return the exit status."""

    def create(how: str, **more: Any) -> int:
        path = bundle("/bin/sh", "-c", "exit 0")
        config = json.loads((path / "config.json").read_text())
        config["hooks"] = {"createRuntime": [hook.config(how, **more)]}
        (path / "config.json").write_text(json.dumps(config))
        status: int = anocir.create("--bundle", path, "demo", **QUIET).exit_code
        hook.look()
        return status

    return create


@pytest.mark.parametrize("how", [("1", {}), ("never", {"timeout": 2})], ids=["fails", "is late"])
def test_the_session_goes(create: Create, hook: Hook, how: tuple[str, dict[str, int]]) -> None:
    assert create(how[0], **how[1]) == 1
    assert hook.ends(0, PATIENCE), "the job in a group of its own lives on"
    assert not hook.ends(1, 0), "what has a session of its own was ended"


def test_a_good_hook_loses_nothing(create: Create, hook: Hook) -> None:
    assert create("0") == 0
    assert not hook.ends(0, 0) and not hook.ends(1, 0), "what a good hook leaves is its own affair"
