"""A hook ends with the process that has started it: the command, or init.

ANOCIR is the command of your copy. The hooks here are shell scripts that say who they are, and then
wait for a line that never comes. So nothing depends on time but how long the end is waited for.
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

Make = Callable[..., Path]
PATIENCE = 10  # seconds


class Hook:
    """A hook that waits: ``config`` is for config.json."""

    def __init__(self, directory: Path) -> None:
        self.says = directory / "says"
        never = directory / "never"
        os.mkfifo(self.says)
        os.mkfifo(never)
        script = f"echo $$ > {self.says}; read line < {never}"
        self.config = {"path": "/bin/sh", "args": ["sh", "-c", script]}
        self.pidfd = -1

    def begun(self) -> None:
        """Wait until it has begun, and open it."""
        self.pidfd = os.pidfd_open(int(self.says.read_text()))

    def ends(self) -> bool:
        """Whether it ends by itself."""
        poll = select.poll()
        poll.register(self.pidfd, select.POLLIN)
        return bool(poll.poll(PATIENCE * 1000))


@pytest.fixture(name="hook")
def hook_fixture(tmp_path: Path) -> Iterator[Hook]:
    hook = Hook(tmp_path)
    yield hook
    if hook.pidfd >= 0:
        try:
            signal.pidfd_send_signal(hook.pidfd, signal.SIGKILL)
        except ProcessLookupError:
            pass
        os.close(hook.pidfd)


@pytest.fixture(name="with_hook")
def with_hook_fixture(bundle: Make, hook: Hook) -> Callable[[str], Path]:
    """Make a bundle that has the hook at a point."""

    def make(point: str) -> Path:
        path = bundle("/bin/sh", "-c", "exit 0")
        config = json.loads((path / "config.json").read_text())
        config["hooks"] = {point: [hook.config]}
        (path / "config.json").write_text(json.dumps(config))
        return path

    return make


# A hook that lives on would hold a pipe.
QUIET = {"_out": os.devnull, "_err": os.devnull}
BACKGROUND = {**QUIET, "_bg": True, "_bg_exc": False}


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_create_is_killed(
    anocir: Any, with_hook: Callable[[str], Path], hook: Hook, number: signal.Signals
) -> None:
    running = anocir.create("--bundle", with_hook("createRuntime"), "demo", **BACKGROUND)
    hook.begun()
    os.kill(running.pid, number)
    assert hook.ends(), "the hook lives on"


def test_init_is_killed(anocir: Any, with_hook: Callable[[str], Path], hook: Hook) -> None:
    assert anocir.create("--bundle", with_hook("startContainer"), "demo", **QUIET).exit_code == 0
    anocir.start("demo", **BACKGROUND)
    hook.begun()
    assert anocir.delete("--force", "demo", **QUIET).exit_code == 0
    assert hook.ends(), "the hook lives on"


def test_start_is_killed(anocir: Any, with_hook: Callable[[str], Path], hook: Hook) -> None:
    assert anocir.create("--bundle", with_hook("poststart"), "demo", **QUIET).exit_code == 0
    running = anocir.start("demo", **BACKGROUND)
    hook.begun()
    os.kill(running.pid, signal.SIGKILL)
    assert hook.ends(), "the hook lives on"


def test_a_hook_that_nobody_kills_is_waited_for(anocir: Any, bundle: Make, tmp_path: Path) -> None:
    """It must end with its parent, not with some other process or thread of ours."""
    path = bundle("/bin/sh", "-c", "exit 0")
    config = json.loads((path / "config.json").read_text())
    done = tmp_path / "done"
    script = {"path": "/bin/sh", "args": ["sh", "-c", f"echo done > {done}"]}
    config["hooks"] = {"createRuntime": [script]}
    (path / "config.json").write_text(json.dumps(config))
    assert anocir.create("--bundle", path, "demo", **QUIET).exit_code == 0
    assert done.read_text() == "done\n"
