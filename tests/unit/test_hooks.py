"""Hooks without a container: the plan, the document, one process, and being interrupted."""

from __future__ import annotations

import copy
import json
import os
import select
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from anocir.errors import Interrupted, StepError
from anocir.linux import proc
from anocir.plan import hooks as plan_hooks
from anocir.plan import planners
from anocir.plan.hooks import Hook
from anocir.plan.plan import Plan
from anocir.runtime import hookprocess
from anocir.runtime.hookprocess import Surroundings
from anocir.runtime.hooks import Hooks
from anocir.runtime.interrupt import Window
from anocir.spec import default

CANARY = "canary-12"
POINTS = ("prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop")
OUTSIDE = Surroundings(host=True)


def plan(hooks: dict[str, Any], **process: object) -> Plan:
    config: Any = copy.deepcopy(default.default_config())
    config["hooks"] = hooks
    config["process"].update(process)
    return planners.make(config, "c1", lambda text: None)


def all_points() -> dict[str, Any]:
    secret = {"args": ["x", CANARY], "env": [f"SECRET={CANARY}"], "timeout": 7}
    return {point: [{"path": f"/{point}/{i}", **secret} for i in "12"] for point in POINTS}


def names(made: Plan) -> list[str]:
    return [step.name for step in made.steps]


@pytest.mark.parametrize("hooks", [{}, {"prestart": []}, {point: [] for point in POINTS}])
def test_no_hooks_no_steps(hooks: dict[str, Any]) -> None:
    assert not [name for name in names(plan(hooks)) if "hooks" in name]


def test_where_the_steps_are() -> None:
    found = names(plan(all_points()))
    frozen, kept = found.index("frozen config"), found.index("hooks")
    assert found.index("state directory") < frozen < kept < found.index("clone")
    asked, inside = found.index("runtime hooks"), found.index("createContainer hooks")
    mounts = [number for number, name in enumerate(found) if name.startswith(("mount ", "mask"))]
    assert mounts[-1] < asked < inside < found.index("pivot")
    assert found.index("credentials") < found.index("startContainer hooks")
    assert found[-2:] == ["startContainer hooks", "exec"]


@pytest.mark.parametrize("point", POINTS)
def test_which_steps_one_point_needs(point: str) -> None:
    """The runtime owes poststop hooks from where it is asked, even when it runs none there."""
    found = [name for name in names(plan({point: [{"path": "/x"}]})) if "hooks" in name]
    own = [f"{point} hooks"] if point in ("createContainer", "startContainer") else []
    assert found == ["hooks", "runtime hooks", *own]


def test_a_plan_tells_paths_and_no_secrets() -> None:
    text = "\n".join(plan(all_points()).describe())
    assert "/prestart/1, /prestart/2, /createRuntime/1" in text and "/startContainer/2" in text
    assert CANARY not in text


def test_what_a_hook_is() -> None:
    full: Any = {"path": "/b", "args": ["c"], "env": ["A=1=2", "B="], "timeout": 3}
    first, second = plan_hooks.parse({"poststop": [{"path": "/a"}, full]}, "poststop")
    assert (first.name, first.path, first.args) == ("poststop hook #0", "/a", ["/a"])
    assert (first.env, first.timeout) == ({}, None)
    assert (second.name, second.args, second.timeout) == ("poststop hook #1", ["c"], 3)
    assert second.env == {"A": "1=2", "B": ""}


@pytest.mark.parametrize("point", ["createContainer", "startContainer"])
def test_whose_environment_it_is(point: str) -> None:
    made = plan({point: [{"path": "/a"}, {"path": "/b", "env": []}]}, env=["A=b"])
    (step,) = [step for step in made.steps if step.name == f"{point} hooks"]
    assert [h.env for h in step.data] == [{"A": "b"} if point == "startContainer" else {}, {}]


@pytest.mark.parametrize("annotations", [{}, {"a": "b"}])
def test_the_state(annotations: dict[str, str]) -> None:
    facts = {"ociVersion": "1.3.0", "id": "c1", "bundle": "/b", "annotations": annotations}
    hooks = Hooks({}, facts)
    told = json.loads(hooks.document("created", 7))
    rest = {"annotations": annotations} if annotations else {}
    expected = {"ociVersion": "1.3.0", "id": "c1", "status": "created", "pid": 7, "bundle": "/b"}
    assert told == expected | rest
    assert "pid" not in json.loads(hooks.document("stopped", None))


def shell(script: str, timeout: int | None = None) -> Hook:
    hook = Hook("x hook #0", "/bin/sh", ["sh", "-c", script], {})
    hook.timeout = timeout
    return hook


def fails(hook: Hook, around: Surroundings = OUTSIDE) -> str:
    before = sorted(os.listdir("/proc/self/fd"))
    with pytest.raises(StepError) as caught:
        hookprocess.run(hook, b"", around)
    assert sorted(os.listdir("/proc/self/fd")) == before
    return caught.value.message


def test_a_hook_reads_the_state_and_its_words_are_nobodys(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    before = sorted(os.listdir("/proc/self/fd"))
    text = b"x" * 200_000
    hookprocess.run(shell(f"cat > {tmp_path}/a; echo out; echo err >&2"), text, OUTSIDE)
    hookprocess.run(shell("true"), text, OUTSIDE)
    assert (tmp_path / "a").read_bytes() == text
    assert capfd.readouterr() == ("", "")
    assert sorted(os.listdir("/proc/self/fd")) == before


def test_how_a_hook_fails() -> None:
    assert fails(shell("exit 3")) == "x hook #0: /bin/sh: exit status 3"
    assert fails(shell("kill -9 $$")) == "x hook #0: /bin/sh: signal 9"
    assert fails(shell("echo a; echo b >&2; exit 1")) == "x hook #0: /bin/sh: exit status 1: a\nb"
    bad = Hook("x hook #0", "/nonexistent", ["y"], {})
    assert fails(bad).endswith(": exit status 255: exec /nonexistent: no such file or directory")


def test_the_end_of_much_is_what_counts() -> None:
    message = fails(shell("yes | head -n 100000; echo end; exit 1"))
    words = message.removeprefix("x hook #0: /bin/sh: exit status 1: ")
    assert len(words) in range(hookprocess.MOST_SAID - 1, hookprocess.MOST_SAID + 1)
    assert words.endswith("y\nend")


def test_a_timeout_ends_the_session(tmp_path: Path) -> None:
    began = time.monotonic()
    script = f"bash -c 'set -m; sleep 1000 & echo $! >{tmp_path}/a; sleep 1000'"
    assert "timeout of 1 s" in fails(shell(script, timeout=1))
    assert time.monotonic() - began < 20
    pid = int((tmp_path / "a").read_text())
    until = time.monotonic() + 20
    while (stat := proc.read_stat(pid)) and not stat.ended:
        assert time.monotonic() < until


def test_a_hook_that_nobody_waits_for_any_more(tmp_path: Path) -> None:
    around = Surroundings(host=True)
    around.until_fd, other = os.pipe()
    os.close(other)
    with pytest.raises(BrokenPipeError):
        hookprocess.run(shell("exec sleep 1000"), b"", around)
    os.close(around.until_fd)
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


def test_surroundings(tmp_path: Path) -> None:
    around = Surroundings(str(tmp_path), host=True)
    around.umask = 0o031
    hookprocess.run(shell("umask > umask; pwd > pwd"), b"", around)
    assert (tmp_path / "umask").read_text() == "0031\n"
    assert (tmp_path / "pwd").read_text() == f"{tmp_path}\n"
    gone = Surroundings("/nonexistent", host=True)
    hookprocess.run(shell(f"pwd > {tmp_path}/pwd"), b"", gone)
    assert (tmp_path / "pwd").read_text() == "/\n"


def test_members_of_a_session() -> None:
    script = "sleep 1000 & sleep 1000 & echo; wait"
    pipe = subprocess.PIPE
    with subprocess.Popen(["sh", "-c", script], stdout=pipe, start_new_session=True) as leader:
        assert leader.stdout is not None
        leader.stdout.readline()
        members = proc.session(leader.pid)
        assert len(members) == 2
        for pidfd in members:
            signal.pidfd_send_signal(pidfd, signal.SIGKILL)
            poll = select.poll()
            poll.register(pidfd, select.POLLIN)
            assert poll.poll(60_000)
            os.close(pidfd)
        leader.kill()
    assert proc.session(leader.pid) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_window_lets_a_waiting_signal_in(number: signal.Signals) -> None:
    before = signal.signal(number, signal.SIG_DFL)  # a shell ignores some in the background
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, [number])
    try:
        signal.raise_signal(number)
        with pytest.raises(Interrupted) as caught, Window():
            pass
        assert caught.value.exit_code == 128 + number
        assert caught.value.message == f"interrupted by {number.name}"
        assert signal.getsignal(number) == signal.SIG_DFL
        assert number in signal.pthread_sigmask(signal.SIG_BLOCK, [])
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        signal.signal(number, before)


def test_a_window_keeps_an_ignored_signal_out() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Window():
            os.kill(os.getpid(), signal.SIGHUP)
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)
