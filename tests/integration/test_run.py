"""run: a container in the foreground, or not."""

from __future__ import annotations

import fcntl
import os
import signal

import pytest

from tests.integration.support import world
from tests.integration.support.bundles import Bundle
from tests.integration.support.driver import Runtime

FORWARDED = ["TERM", "INT", "HUP", "QUIT", "USR1", "USR2", "ALRM", "TSTP", "TTIN", "WINCH"]


@pytest.mark.parametrize("code", [0, 1, 42, 255])
def test_the_exit_status_is_the_programs(anocir: Runtime, bundle: Bundle, code: int) -> None:
    result = anocir.any("run", "-b", bundle.script(f"exit {code}"), "c1")
    assert (result.code, result.out, result.err) == (code, "", "")
    assert anocir.ids() == []


def test_a_signal_that_ends_it_counts_from_128(anocir: Runtime, bundle: Bundle) -> None:
    bell = bundle.bell()
    bundle.script("echo > /bell; exec sleep 1000")
    running = anocir.background("run", "-b", bundle, "c1")
    bell.wait()
    anocir.quiet("kill", "c1", "KILL")
    assert running.wait().code == 128 + signal.SIGKILL
    assert anocir.ids() == []


def test_signals_are_passed_on(anocir: Runtime, bundle: Bundle) -> None:
    bell = bundle.bell()
    traps = "".join(f"trap 'echo {name} > /bell' {name}; " for name in FORWARDED)
    bundle.script(
        f"{traps} trap 'exit 7' PIPE; echo ready > /bell; sleep 1000 & while :; do wait || :; done"
    )
    running = anocir.background("run", "-b", bundle, "c1")
    assert bell.wait() == "ready\n"
    for name in FORWARDED:
        if name != "WINCH":  # the terminal's own business
            os.kill(running.pid, signal.Signals[f"SIG{name}"])
            assert bell.wait() == f"{name}\n"
    os.kill(running.pid, signal.SIGWINCH)
    os.kill(running.pid, signal.SIGPIPE)
    assert running.wait().code == 7
    assert running.out == "" and anocir.ids() == []


def test_a_signal_from_before_the_container_reaches_it(anocir: Runtime, bundle: Bundle) -> None:
    """It waits until there is a program. A first process of a pid namespace would ignore it."""

    def pending() -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
        os.kill(os.getpid(), signal.SIGTERM)

    bundle.namespace("pid").without_mount("/proc").linux.update(maskedPaths=[], readonlyPaths=[])
    result = anocir.any("run", "-b", bundle.args("sleep", "1000"), "c1", before=pending)
    assert result.code == 128 + signal.SIGTERM
    assert anocir.ids() == []


def test_detached(anocir: Runtime, bundle: Bundle) -> None:
    anocir.quiet("run", "--detach", "-b", bundle.args("sleep", "1000"), "c1")
    assert anocir.state("c1")["status"] == "running"
    stat_of = world.stat_of(anocir.pid("c1"))
    assert stat_of is not None and stat_of[1] == os.getppid(), "nobody else may be its parent"
    anocir.quiet("kill", "c1", "KILL")
    anocir.wait_stopped("c1")
    anocir.quiet("delete", "c1")


def test_kept(anocir: Runtime, bundle: Bundle) -> None:
    assert anocir.any("run", "--keep", "-b", bundle.script("exit 3"), "c1").code == 3
    assert anocir.state("c1")["status"] == "stopped"
    anocir.quiet("delete", "c1")


def test_it_can_be_seen_by_other_commands_meanwhile(anocir: Runtime, bundle: Bundle) -> None:
    bell = bundle.bell()
    bundle.script("trap 'exit 0' TERM; echo > /bell; sleep 1000 & while :; do wait || :; done")
    running = anocir.background("run", "-b", bundle, "c1")
    bell.wait()
    assert anocir.state("c1")["status"] == "running"
    assert anocir.fails("start", "c1") == "cannot start an already running container"
    assert "already exists" in anocir.fails("run", "-b", bundle, "c1")
    anocir.quiet("kill", "c1")
    assert running.wait().code == 0


def test_deleted_by_somebody_else_meanwhile(anocir: Runtime, bundle: Bundle) -> None:
    bell = bundle.bell()
    running = anocir.background("run", "-b", bundle.script("echo > /bell; sleep 1000"), "c1")
    bell.wait()
    anocir.quiet("delete", "--force", "c1")
    result = running.wait()
    assert (result.code, result.err) == (137, "")


def test_a_new_container_of_the_same_id_is_not_taken_for_the_old(
    anocir: Runtime, bundle: Bundle
) -> None:
    bell = bundle.bell()
    running = anocir.background("run", "-b", bundle.script("echo > /bell; sleep 1000"), "c1")
    bell.wait()
    # The program may be quicker than the runtime: stop that when it has let go of the lock.
    lock = os.open(anocir.root / "c1", os.O_RDONLY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    os.close(lock)
    os.kill(running.pid, signal.SIGSTOP)
    try:
        anocir.quiet("delete", "--force", "c1")
        anocir.quiet("create", "-b", bundle.args("sleep", "1000"), "c1")
    finally:
        os.kill(running.pid, signal.SIGCONT)
    result = running.wait()
    assert (result.code, result.err) == (137, "")
    assert anocir.state("c1")["status"] == "created"
    anocir.quiet("delete", "--force", "c1")


def test_a_directory_that_is_not_its_own_is_left(anocir: Runtime, bundle: Bundle) -> None:
    """As by a plain delete, and nothing else is taken either."""
    bell = bundle.bell()
    bundle.script("trap 'exit 7' TERM; echo > /bell; while :; do sleep 0.1; done")
    running = anocir.background("run", "-b", bundle, "c1")
    bell.wait()
    strange = anocir.root / "c1/strange"
    strange.mkdir()
    (strange / "kept").write_text("")
    anocir.quiet("kill", "c1", "TERM")
    result = running.wait()
    assert result.code == 7, "the program's status is lost"
    assert f"{strange} is a directory" in result.err and "`delete --force c1`" in result.err
    assert (strange / "kept").exists()
    assert anocir.state("c1")["status"] == "stopped"
    anocir.quiet("delete", "--force", "c1")
    assert anocir.ids() == []


def test_orphans_of_the_container_are_reaped(anocir: Runtime, bundle: Bundle) -> None:
    """Without a pid namespace they become children of the foreground process."""
    bell = bundle.bell()
    bundle.namespace("pid").without_mount("/proc").linux.update(maskedPaths=[], readonlyPaths=[])
    bundle.script("(true & true &) ; (sleep 1000 &) ; echo > /bell; sleep 0.2; exit 4")
    running = anocir.background("run", "-b", bundle, "c1")
    bell.wait()
    assert running.wait().code == 4
    assert anocir.ids() == []


def test_fifos_are_for_create_only(anocir: Runtime, bundle: Bundle) -> None:
    anocir.quiet("run", "-d", "-b", bundle.args("sleep", "1000"), "c1")
    assert sorted(os.listdir(anocir.root / "c1")) == ["config.json", "state.json"]
