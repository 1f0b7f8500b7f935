"""Hooks that fail, hang or are interrupted: nothing is left, and poststop hooks come last."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from tests.integration.support import world
from tests.integration.support.bundles import Bell
from tests.integration.support.driver import Background, Runtime
from tests.integration.support.hooked import CREATE, POINTS, Hooked, live

IN_THE_CONTAINER = ("createContainer", "startContainer")
FAILING = POINTS[:-1]


def matrix(usual: Callable[..., bool], *columns: Sequence[object]) -> list[ParameterSet]:
    """All combinations; those that are not usual run with the long tests."""
    return [
        pytest.param(*row, marks=[] if usual(*row) else [pytest.mark.full])
        for row in itertools.product(*columns)
    ]


def fail(anocir: Runtime, hooked: Hooked, point: str, command: str) -> str:
    """Have a point fail, of create and start or of run; return the message."""
    if command == "run":
        return anocir.fails("run", "-b", hooked.bundle, "c1")
    if point in CREATE:
        return anocir.fails("create", "-b", hooked.bundle, "c1")
    before = world.look()
    anocir.quiet("create", "-b", hooked.bundle, "c1")
    message = anocir.fails("start", "c1")
    assert (anocir.ids(), world.look().since(before)) == ([], {})
    return message


@pytest.mark.parametrize(
    ("point", "command"),
    matrix(lambda p, c: c == "create" or p == "startContainer", FAILING, ["create", "run"]),
)
def test_a_failure_is_the_end_of_the_container(
    anocir: Runtime, hooked: Hooked, point: str, command: str
) -> None:
    """What has been done is undone, no later hook runs, and poststop hooks come last."""
    hooked.each("echo $point >> $log/calls")
    hooked.add(point, "echo some words; echo more >&2; sleep 1000 & exit 3")
    hooked.add(point, "echo never >> $log/calls")
    hooked.add("poststop", f"test -e {anocir.root}/c1 || echo gone >> $log/calls")
    message = fail(anocir, hooked, point, command)
    assert message == f"{point} hook #1: /bin/sh: exit status 3: some words\\nmore"
    assert hooked.calls() == [*POINTS[: POINTS.index(point) + 1], "poststop", "gone"]
    anocir.quiet("delete", "--force", "c1")
    assert hooked.calls().count("poststop") == 1


@pytest.mark.parametrize("point", IN_THE_CONTAINER)
def test_what_a_failed_hook_leaves_in_a_pid_namespace_of_the_hosts(
    anocir: Runtime, hooked: Hooked, point: str
) -> None:
    """There only the cgroup knows them."""
    hooked.bundle.namespace("pid").without_mount("/proc")
    hooked.bundle.linux.update(maskedPaths=[], readonlyPaths=[])
    shutil.copy("/bin/busybox", hooked.bundle.rootfs / "bin/setsid")
    hooked.add(
        point,
        "mkfifo $log/ready; setsid sh -c 'echo > '$log'/ready; exec sleep 1000' &"
        "read -r line < $log/ready; exit 1",
    )
    fail(anocir, hooked, point, "create")


BAD_PROGRAMS = {
    "/nonexistent/x": "no such file or directory",
    "/etc/passwd": "permission denied",
    "/etc": "permission denied",
}


@pytest.mark.parametrize(
    ("point", "path"),
    matrix(lambda p, path: p in IN_THE_CONTAINER and path != "/etc", FAILING, [*BAD_PROGRAMS]),
)
def test_a_program_that_cannot_be_run(
    anocir: Runtime, hooked: Hooked, point: str, path: str
) -> None:
    hooked.bundle.config["hooks"] = {point: [{"path": path}]}
    message = fail(anocir, hooked, point, "create")
    expected = f"{point} hook #0: {path}: exit status 255: exec {path}: {BAD_PROGRAMS[path]}"
    assert message == expected


def test_a_hook_that_a_signal_ends(anocir: Runtime, hooked: Hooked) -> None:
    hooked.add("prestart", "kill -9 $$")
    message = fail(anocir, hooked, "prestart", "create")
    assert message == "prestart hook #0: /bin/sh: signal 9"


@pytest.mark.parametrize("point", ["createRuntime", "createContainer", "startContainer"])
def test_a_failure_that_says_too_much(anocir: Runtime, hooked: Hooked, point: str) -> None:
    """The last of it, on one line, and no order to the terminal."""
    hooked.add(point, "yes | head -n 200000; printf '\\033[2J\\377 the end\\n\\n' >&2; exit 1")
    message = fail(anocir, hooked, point, "create")
    assert (
        message.endswith("y\\n\\x1b[2J\N{REPLACEMENT CHARACTER} the end") and message.isprintable()
    )
    assert 1000 < len(message) < 2500


def test_poststop_hooks_are_not_lost_when_a_delete_stops(anocir: Runtime, hooked: Hooked) -> None:
    hooked.add("poststop", "echo poststop >> $log/calls")
    anocir.quiet("create", "-b", hooked.bundle, "c1")
    mounted = anocir.root / "c1/z"
    mounted.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "none", mounted], check=True)
    try:
        assert anocir.fails("delete", "--force", "c1") == f"something is mounted on {mounted}"
    finally:
        subprocess.run(["umount", mounted], check=True)
    assert hooked.calls() == []
    anocir.quiet("delete", "--force", "c1")
    assert hooked.calls() == ["poststop"]


def test_the_hooks_of_another_container_are_not_run(
    anocir: Runtime, hooked: Hooked, tmp_path: Path
) -> None:
    """A network hook would take down what the other one still uses."""
    hooked.add("poststop", "echo poststop >> $log/calls")
    anocir.quiet("create", "-b", hooked.bundle, "c1")
    subprocess.run(["cp", "-a", anocir.root / "c1", anocir.root / "c2"], check=True)
    anocir.quiet("delete", "--force", "c2", globals=["--log", tmp_path / "warnings"])
    assert "c2/hooks.json is c1's: no hooks can be run" in (tmp_path / "warnings").read_text()
    assert hooked.calls() == []
    assert anocir.state("c1")["status"] == "created"


def test_a_poststop_hook_that_fails_is_warned_of(
    anocir: Runtime, hooked: Hooked, tmp_path: Path
) -> None:
    log = tmp_path / "warnings"
    hooked.add("poststop", "echo no luck; exit 1")
    hooked.add("poststop", "sleep 1000", timeout=1)
    hooked.add("poststop", "echo last >> $log/calls")
    hooked.bundle.args("true")
    anocir.quiet("create", "-b", hooked.bundle, "c1")
    anocir.quiet("delete", "--force", "c1", globals=["--log", log])
    anocir.quiet("run", "-b", hooked.bundle, "c1", globals=["--log", log])
    assert hooked.calls() == ["last"] * 2
    lines = log.read_text().splitlines()
    assert ["level=warning" in line for line in lines] == [True] * 4
    assert "poststop hook #0: /bin/sh: exit status 1: no luck" in lines[0]
    assert "poststop hook #1: /bin/sh: ended after its timeout of 1 s" in lines[1]


@pytest.mark.parametrize("point", matrix(lambda p: p != "createRuntime", FAILING))
def test_a_timeout_ends_all_that_a_hook_has_started(
    anocir: Runtime, hooked: Hooked, point: str
) -> None:
    """Grandchildren too, that hold its pipe, ignore signals, and have a group of their own."""
    hooked.each("echo $point >> $log/calls", ("poststop",))
    family = "trap '' TERM HUP; sleep 1000 & (sleep 1000 & sleep 1000)"
    if point not in IN_THE_CONTAINER:  # where only bash can do that without a terminal
        family = f'bash -c "set -m; {family}"'
    hooked.add(point, family, timeout=1)
    began = time.monotonic()
    message = fail(anocir, hooked, point, "create")
    assert message == f"{point} hook #0: /bin/sh: ended after its timeout of 1 s"
    assert 1 <= time.monotonic() - began < 30
    assert hooked.calls() == ["poststop"]


def test_a_grandchild_that_holds_the_pipe_is_not_waited_for(
    anocir: Runtime, hooked: Hooked
) -> None:
    hooked.each("sleep 1000 & echo $! >> $log/$point", timeout=100)
    live(anocir, hooked)
    outside = [point for point in POINTS if point not in IN_THE_CONTAINER]
    for point in outside:
        pid = int(hooked.text(point))
        found = world.stat_of(pid)
        assert found is not None, "a daemon of a hook's lives on"
        world.end(pid, found[2])


def test_talkative_hooks(anocir: Runtime, hooked: Hooked) -> None:
    """More than a pipe holds, and for as long as a grandchild likes."""
    hooked.each("yes | head -n 100000")
    hooked.add("createContainer", "yes & sleep 0.1")
    hooked.add("startContainer", "yes & sleep 1000", timeout=1)
    anocir.quiet("create", "-b", hooked.bundle, "c1")
    assert "timeout" in anocir.fails("start", "c1")


def poststop_after(anocir: Runtime, hooked: Hooked, step: str) -> list[str]:
    hooked.bundle.config.pop("hooks", None)
    hooked.add("poststop", "echo $(cat) >> $log/calls")
    anocir.fails("create", "--fail-at", step, "-b", hooked.bundle, "c1")
    return [json.loads(line)["status"] for line in hooked.calls()]


def test_poststop_is_owed_from_where_hooks_could_run(anocir: Runtime, hooked: Hooked) -> None:
    """A create that fails before has not come to lifecycle step 3."""
    assert poststop_after(anocir, hooked, "root filesystem") == []
    assert poststop_after(anocir, hooked, "runtime hooks") == []
    assert poststop_after(anocir, hooked, "pivot") == ["stopped"]
    assert poststop_after(anocir, hooked, "process record") == ["stopped"] * 2


def test_poststop_after_a_run_without_a_program(anocir: Runtime, hooked: Hooked) -> None:
    hooked.add("poststop", "echo $(cat) >> $log/calls").bundle.args("/bin")
    anocir.fails("run", "-b", hooked.bundle, "c1")
    hooked.bundle.script("x")
    (hooked.bundle.rootfs / "script").write_text("#!/nonexistent\n")
    (hooked.bundle.rootfs / "script").chmod(0o755)
    before = len(hooked.calls())
    result = anocir.any("run", "-b", hooked.bundle.args("/script"), "c1")
    assert (result.code, anocir.ids()) == (255, [])
    assert len(hooked.calls()) == before + 1


def test_a_start_without_a_program_leaves_a_container_to_delete(
    anocir: Runtime, hooked: Hooked
) -> None:
    """That is no hook's failure."""
    hooked.add("poststop", "echo poststop >> $log/calls")
    (hooked.bundle.rootfs / "script").write_text("#!/nonexistent\n")
    (hooked.bundle.rootfs / "script").chmod(0o755)
    anocir.quiet("create", "-b", hooked.bundle.args("/script"), "c1")
    assert "no such file" in anocir.fails("start", "c1")
    anocir.wait_stopped("c1")
    assert hooked.calls() == []
    anocir.quiet("delete", "c1")
    assert hooked.calls() == ["poststop"]


def ring(hooked: Hooked) -> Bell:
    """A FIFO that hooks ring: inside and outside they reach it in $log."""
    os.mkfifo(hooked.log / "bell")
    return Bell(hooked.log / "bell")


FAMILY = "(sleep 1000 & echo > $log/bell; sleep 1000)"


def listen() -> None:
    """Take SIGINT as usual: a shell that has started these tests in the background ignores it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def hang(
    anocir: Runtime, hooked: Hooked, point: str, command: str, script: str = FAMILY
) -> Background:
    """Run into a hook that hangs at a point, without a timeout."""
    bell = ring(hooked)
    hooked.each("echo $point >> $log/calls")
    hooked.add(point, script)
    if command == "run" or point in CREATE:
        running = anocir.background(command, "-b", hooked.bundle, "c1", before=listen)
    else:
        anocir.quiet("create", "-b", hooked.bundle, "c1")
        running = anocir.background("start", "c1", before=listen)
    bell.wait()
    return running


@pytest.mark.parametrize(
    ("point", "command", "number"),
    matrix(
        lambda p, c, n: (c == "create") == (n == signal.SIGTERM) and (c, p) != ("run", "prestart"),
        FAILING,
        ["create", "run"],
        [signal.SIGINT, signal.SIGTERM],
    ),
)
def test_an_interrupted_hook(
    anocir: Runtime, hooked: Hooked, point: str, command: str, number: signal.Signals
) -> None:
    before = world.look()
    running = hang(anocir, hooked, point, command)
    os.kill(running.pid, number)
    result = running.wait()
    assert (result.code, result.err) == (128 + number, f"anocir: interrupted by {number.name}\n")
    assert (anocir.ids(), world.look().since(before)) == ([], {})
    assert hooked.calls() == [*POINTS[: POINTS.index(point) + 1], "poststop"]


@pytest.mark.parametrize("point", CREATE)
def test_no_hook_outlives_a_runtime_that_is_killed(
    anocir: Runtime, hooked: Hooked, point: str
) -> None:
    running = hang(anocir, hooked, point, "create", "echo > $log/bell; exec sleep 1000")
    processes = world.descendants(running.pid)
    os.kill(running.pid, signal.SIGKILL)
    running.wait()
    for pid, _ in processes:
        world.wait_end(pid)
    anocir.quiet("delete", "--force", "c1")


def test_a_poststart_hook_is_no_hindrance_for_delete(anocir: Runtime, hooked: Hooked) -> None:
    running = hang(anocir, hooked, "poststart", "create")
    anocir.quiet("delete", "--force", "c1")
    assert anocir.ids() == []
    os.kill(running.pid, signal.SIGTERM)
    assert running.wait().code == 128 + signal.SIGTERM
    assert hooked.calls() == list(POINTS)


def test_a_start_container_hook_is_no_way_to_the_interpreter(
    anocir: Runtime, hooked: Hooked
) -> None:
    script = hooked.bundle.rootfs / "script"
    script.write_text("#!/proc/self/exe\nopen('/log/reached', 'w')\n")
    script.chmod(0o755)
    hooked.bundle.config["hooks"] = {"startContainer": [{"path": "/script"}]}
    assert "startContainer hook #0: /script: " in fail(anocir, hooked, "startContainer", "create")
    assert not (hooked.log / "reached").exists()
