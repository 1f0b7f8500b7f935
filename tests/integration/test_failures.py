"""Whatever goes wrong on the way, a failed create leaves nothing and says what it was doing."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration import sabotage
from tests.integration.sabotage import Sabotage
from tests.integration.support import strace as straces
from tests.integration.support import world
from tests.integration.support.bundles import Bundle
from tests.integration.support.driver import Runtime

CANARY = "canary-3f9c"
# The steps of a process that runs already: create is done by then.
AFTER_CREATE = "start"
# Errors that the kernel gives when a resource has run out or something forbids the call.
ERRORS = ("ENOSPC", "EPERM", "ENOMEM", "EIO", "EMFILE")


def steps(anocir: Runtime, bundle: Bundle) -> list[tuple[str, str]]:
    """(stage, name) of every step of the plan."""
    lines = anocir("create", "--dry-run", "-b", bundle, "c1").out.splitlines()
    return [(line.split()[0], line[9:].partition(": ")[0]) for line in lines]


@pytest.fixture
def rich(bundle: Bundle, tmp_path: Path) -> Bundle:
    """A config that uses every kind of step."""
    (tmp_path / "volume").mkdir()
    bundle.mount("/v", "bind", tmp_path / "volume", "rbind", "rro", "nosuid")
    bundle.mount("/v", "bind", "", "bind", "remount", "ro")
    bundle.mount("/etc", "tmpfs", "", "tmpcopyup")
    bundle.mount("/long", "tmpfs", "", "mode=" + "0" * 300 + "711")
    bundle.mount("/mapped", "bind", tmp_path / "volume", "bind", "idmap")
    mapping = [{"containerID": 0, "hostID": 1000, "size": 1}]
    bundle.config["mounts"][-1] |= {"uidMappings": mapping, "gidMappings": mapping}
    bundle.linux["mountLabel"] = "system_u:object_r:container_file_t:s0"
    bundle.namespace("ipc", "/proc/self/ns/ipc")
    bundle.linux["rootfsPropagation"] = "rprivate"
    bundle.process["env"].append(f"SECRET={CANARY}")
    bundle.config["annotations"] = {"org.example.secret": CANARY}
    # A filter without no_new_privs is loaded by a step of its own.
    bundle.process["noNewPrivileges"] = False
    bundle.linux["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW"}
    hook = {"path": "/bin/busybox", "args": ["true"], "env": [f"SECRET={CANARY}"]}
    points = ("prestart", "createRuntime", "createContainer", "startContainer", "poststop")
    bundle.config["hooks"] = {point: [hook] for point in points}
    bundle.linux["devices"] = [{"path": "/dev/fifo", "type": "p"}]
    # Harmless, so that it works without the controller too.
    bundle.linux["resources"]["pids"] = {"limit": -1}
    bundle.process["oomScoreAdj"] = 100
    bundle.process["scheduler"] = {"policy": "SCHED_BATCH", "nice": 1}
    bundle.process["ioPriority"] = {"class": "IOPRIO_CLASS_BE", "priority": 5}
    bundle.linux["personality"] = {"domain": "LINUX"}
    bundle.linux["sysctl"] = {"net.ipv4.ip_forward": "1"}
    bundle.config["domainname"] = "example.org"
    bundle.linux["namespaces"].append({"type": "time"})
    bundle.linux["timeOffsets"] = {"boottime": {"secs": 1}}
    return bundle.args("sleep", "1000")


@pytest.fixture
def mapped(rich: Bundle, tmp_path: Path) -> Iterator[Bundle]:
    """The same in a user namespace, with another namespace to join on the way into it.

    Its filter has a listener, which goes to a socket that nobody reads.
    """
    agent = socket.socket(socket.AF_UNIX)
    agent.bind(str(tmp_path / "agent"))
    agent.listen(1000)
    rich.linux["seccomp"]["listenerPath"] = str(tmp_path / "agent")
    rich.linux["seccomp"]["syscalls"] = [{"names": ["swapon"], "action": "SCMP_ACT_NOTIFY"}]
    ids = {"containerID": 0, "hostID": 0, "size": 65536}
    rich.linux.update(uidMappings=[ids], gidMappings=[ids])
    rich.linux["namespaces"].append({"type": "user"})
    # Whoever may write the own cgroup is to own it.
    rich.process["user"] = {"uid": 7, "gid": 7}
    rich.without_mount("/sys/fs/cgroup").mount("/sys/fs/cgroup", "cgroup", "cgroup", "rw")
    # Message queues of the host's are not the container's to mount.
    yield rich.without_mount("/dev/mqueue")
    agent.close()


@pytest.fixture
def joined(rich: Bundle) -> Bundle:
    """The same in a mount namespace that exists, and with so little memory that pages count."""
    rich.linux["resources"]["memory"] = {"limit": (4 << 20) - 1}
    return rich.namespace("mount", "/proc/self/ns/mnt")


# Kinds of steps that need a host of their own, a security module that hardly two hosts share, or
# somebody at the other end: see test_terminal.py.
ELSEWHERE = {"check-label", "exec-label", "console-socket", "console", "take-terminal"}


def kinds(bundle: Bundle) -> set[str]:
    from anocir.plan import planners

    plan = planners.make(bundle.config, "c1", lambda text: None)  # type: ignore[arg-type]
    return {step.kind for step in plan.steps}


def test_the_configs_have_every_kind_of_step(rich: Bundle, request: pytest.FixtureRequest) -> None:
    """So that the tests below leave none out."""
    from anocir.runtime.appliers import APPLIERS

    found = kinds(rich) | kinds(request.getfixturevalue("joined"))
    rich.namespace("mount", "")
    found |= kinds(request.getfixturevalue("mapped"))
    assert found == set(APPLIERS) - ELSEWHERE - {"chroot"}


def names(anocir: Runtime, bundle: Bundle) -> list[str]:
    """The steps that are done by the time that create returns, and that of --no-pivot."""
    early = [name for stage, name in steps(anocir, bundle) if stage != AFTER_CREATE]
    return [*early, "chroot"]


def check_failing_at(
    anocir: Runtime, bundle: Bundle, tmp_path: Path, command: str, failing: list[str]
) -> None:
    pid_file = tmp_path / "pid"
    for name in failing:
        options = ["--fail-at", name, "--pid-file", str(pid_file), "-b", str(bundle)]
        options += ["--no-pivot"] if name == "chroot" else []
        message = anocir.fails(command, *options, "c1")
        assert message == f"{name}: made to fail, as asked"
        assert not pid_file.exists()


def test_any_step_may_fail(
    anocir: Runtime, rich: Bundle, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Every step of both configs once."""
    plain = names(anocir, rich)
    check_failing_at(anocir, rich, tmp_path, "create", plain)
    anocir.quiet("create", "-b", rich, "c1")
    anocir.quiet("delete", "--force", "c1")
    mapped = request.getfixturevalue("mapped")
    more = [name for name in names(anocir, mapped) if name not in plain]
    check_failing_at(anocir, mapped, tmp_path, "create", more)
    anocir.quiet("create", "-b", mapped, "c1")
    assert len(plain + more) >= 60


@pytest.mark.native
def test_any_step_of_run_may_fail(anocir: Runtime, rich: Bundle, tmp_path: Path) -> None:
    failing = [name for name in names(anocir, rich) if name != "fifos"]
    check_failing_at(anocir, rich, tmp_path, "run", failing)


@pytest.mark.native
def test_any_step_in_a_user_namespace_may_fail(
    anocir: Runtime, mapped: Bundle, tmp_path: Path
) -> None:
    check_failing_at(anocir, mapped, tmp_path, "create", names(anocir, mapped))


def test_any_step_in_a_mount_namespace_that_exists_may_fail(
    anocir: Runtime, rich: Bundle, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    plain = names(anocir, rich)
    joined = request.getfixturevalue("joined")
    more = [name for name in names(anocir, joined) if name not in plain]
    assert more == ["mount namespace", "shared pages", "enter mount namespace"]
    # What fails after them has to be undone there.
    check_failing_at(anocir, joined, tmp_path, "create", [*more, "executable", "process record"])
    check_failing_at(anocir, joined, tmp_path, "run", [*more, "executable", "process record"])
    anocir.quiet("create", "-b", joined, "c1")


@pytest.mark.native
def test_any_step_of_start_may_fail(anocir: Runtime, rich: Bundle) -> None:
    late = [name for stage, name in steps(anocir, rich) if stage == AFTER_CREATE]
    assert late == ["rlimits", "early seccomp", "credentials", "startContainer hooks", "exec"]
    for name in late:
        anocir("create", "--fail-at", name, "-b", rich, "c1")
        message = anocir.fails("start", "c1")
        assert message == ("" if name == "exec" else f"{name}: ") + "made to fail, as asked"
        anocir.wait_stopped("c1")
        anocir.quiet("delete", "c1")
        result = anocir.any("run", "--fail-at", name, "-b", rich, "c1")
        assert result.code == 255 and anocir.ids() == []


def test_a_step_that_does_not_exist_is_no_way_to_fail(anocir: Runtime, rich: Bundle) -> None:
    result = anocir.any("create", "--fail-at", "nosuch", "-b", rich, "c1")
    assert result.code in (0, 1)
    assert (result.code == 1) == (anocir.ids() == [])


def test_without_undo_a_failed_step_leaves_much(sabotaged: Sabotage, rich: Bundle) -> None:
    """The control for the tests above."""
    broken = sabotaged(sabotage.NO_UNDO)
    before = world.look()
    broken.any("create", "--fail-at", "pivot", "-b", rich, "c1")
    assert broken.ids() == ["c1"] and world.look().since(before)
    broken("delete", "--force", "c1")


@pytest.mark.native
def test_no_secret_is_told_at_any_failing_step(
    anocir: Runtime, rich: Bundle, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    globals = ["--log", log, "--debug"]
    told = anocir("create", "--dry-run", "-b", rich, "c1", globals=globals).out
    for stage, name in steps(anocir, rich):
        result = anocir.any("create", "--fail-at", name, "-b", rich, "c1", globals=globals)
        told += result.out + result.err
        if stage == AFTER_CREATE:
            result = anocir.any("start", "c1", globals=globals)
            told += result.out + result.err
            told += anocir("delete", "-f", "c1", globals=globals).err
    assert "Traceback" in told and "made to fail" in log.read_text()
    assert CANARY not in told + log.read_text()


def test_no_secret_is_told_when_the_config_is_refused(anocir: Runtime, rich: Bundle) -> None:
    for change in ({"hooks": {"prestart": [{"path": "/x", "env": [f"A={CANARY}"]}]}}, {"root": 1}):
        config = rich.config | change
        rich.config, saved = config, rich.config
        path = rich.write(valid=False)
        rich.config = saved
        for globals in ([], ["--debug"]):
            result = anocir.any("create", "-b", path, "c1", globals=globals)
            assert result.code == 1 and CANARY not in result.out + result.err
    rich.process["env"].append(CANARY)
    result = anocir.any("create", "-b", rich.write(), "c1", globals=["--debug"])
    assert "process.env[3]" in result.err and CANARY not in result.err


def test_no_secret_is_on_a_command_line_or_in_the_runtimes_environment(
    anocir: Runtime, rich: Bundle
) -> None:
    anocir.quiet("create", "-b", rich, "c1")
    pid = anocir.pid("c1")
    assert CANARY.encode() not in Path(f"/proc/{pid}/cmdline").read_bytes()
    assert CANARY.encode() not in Path(f"/proc/{pid}/environ").read_bytes()


@pytest.mark.parametrize("when", [sabotage.DIE_BEFORE_GO, sabotage.DIE_AFTER_GO])
def test_the_runtime_dies_while_init_waits_or_works(
    sabotaged: Sabotage, rich: Bundle, when: sabotage.Change
) -> None:
    """Init finds nobody to report to, and just ends: undoing is for who deletes."""
    runtime = sabotaged(when)
    before = world.look()
    result = runtime.any("create", "-b", rich, "c1")
    for pid, _ in set(world.started()) - before.processes:
        world.wait_end(pid)
    assert (result.code, runtime.ids()) == (9, ["c1"])
    assert [path.read_text() for path in runtime.work.iterdir()] == ["", ""], "init said something"
    runtime.quiet("delete", "--force", "c1")
    assert (runtime.ids(), world.look().since(before)) == ([], {})


def test_an_init_that_went_on_would_undo_what_is_not_its_own(
    sabotaged: Sabotage, rich: Bundle
) -> None:
    """The control for the test above. An init that waits for hooks may end before it gets there."""
    del rich.config["hooks"]
    runtime = sabotaged(sabotage.DIE_AFTER_GO, sabotage.INIT_RETURNS)
    before = world.look()
    assert runtime.any("create", "-b", rich, "c1").code == 9
    for pid, _ in set(world.started()) - before.processes:
        world.wait_end(pid)
    assert "".join(path.read_text() for path in runtime.work.iterdir()) != ""
    runtime("delete", "--force", "c1")


def kill_points(tmp_path: Path, anocir: Runtime, strace: str, bundle: Bundle) -> list[straces.Call]:
    return straces.points(anocir, strace, tmp_path / "trace", str(bundle))


def check_killed(anocir: Runtime, strace: str, bundle: Bundle, point: straces.Call) -> None:
    """Kill a create, or its init, at one call; then everything can be taken away again."""
    before = world.look()
    wrap = straces.words(strace, anocir.work / "killed", point.name, *point.inject("signal=KILL"))
    result = anocir.any("create", "-b", bundle.path, "c1", wrap=wrap)
    if result.code == 1:
        straces.settle(before)
        assert (anocir.ids(), world.look().since(before)) == ([], {}), f"{point}: {result.err}"
    else:
        assert result.code in (0, -signal.SIGKILL), f"{point}: {result}"
    if "c1" in anocir.ids():
        anocir.any("state", "c1")
    anocir.quiet("delete", "--force", "c1")
    straces.settle(before)
    assert (anocir.ids(), world.look().since(before)) == ([], {}), str(point)


@pytest.mark.native
def test_killed_at_some_calls(anocir: Runtime, rich: Bundle, tmp_path: Path, strace: str) -> None:
    points = kill_points(tmp_path, anocir, strace, rich)
    assert len(points) > 100
    for point in straces.sample(points, 25):
        check_killed(anocir, strace, rich, point)
    anocir.quiet("create", "-b", rich, "c1")


@pytest.mark.native
def test_killed_at_some_calls_in_a_user_namespace(
    anocir: Runtime, mapped: Bundle, tmp_path: Path, strace: str
) -> None:
    points = kill_points(tmp_path, anocir, strace, mapped)
    for point in straces.sample(points, 15):
        check_killed(anocir, strace, mapped, point)
    anocir.quiet("create", "-b", mapped, "c1")


@pytest.mark.native
def test_killed_at_some_calls_in_a_mount_namespace_that_exists(
    anocir: Runtime, joined: Bundle, tmp_path: Path, strace: str
) -> None:
    points = kill_points(tmp_path, anocir, strace, joined)
    last = max(number for number, point in enumerate(points) if point.name == "setns")
    for point in [*straces.sample(points, 10), *points[last - 2 : last + 8]]:
        check_killed(anocir, strace, joined, point)
    anocir.quiet("create", "-b", joined, "c1")


@pytest.mark.full
def test_killed_at_every_call(anocir: Runtime, rich: Bundle, tmp_path: Path, strace: str) -> None:
    points = kill_points(tmp_path, anocir, strace, rich)
    for point in points:
        check_killed(anocir, strace, rich, point)
        anocir.quiet("create", "-b", rich, "c1")
        anocir.quiet("delete", "--force", "c1")


def check_failed(
    anocir: Runtime, strace: str, bundle: Bundle, point: straces.Call, error: str
) -> None:
    """Have the kernel refuse one call: one clear error and nothing left, or it does not matter."""
    before = world.look()
    wrap = straces.words(strace, anocir.work / "failed", point.name,
                         *point.inject(f"error={error}"))  # fmt: skip
    result = anocir.any("create", "-b", bundle.path, "c1", wrap=wrap)
    if result.code == 0:
        assert (result.out, result.err) == ("", ""), f"{point} {error}"
        anocir.quiet("delete", "--force", "c1")
        straces.settle(before)
    else:
        straces.settle(before)
        lines = result.err.splitlines()
        assert len(lines) == 1 and lines[0].startswith("anocir: "), f"{point} {error}: {lines}"
    assert (anocir.ids(), world.look().since(before)) == ([], {}), f"{point} {error}"


@pytest.mark.native
def test_the_kernel_refuses_some_calls(
    anocir: Runtime, rich: Bundle, tmp_path: Path, strace: str
) -> None:
    points = kill_points(tmp_path, anocir, strace, rich)
    for number, point in enumerate(straces.sample(points, 25)):
        check_failed(anocir, strace, rich, point, ERRORS[number % len(ERRORS)])


@pytest.mark.full
@pytest.mark.parametrize("error", ERRORS)
def test_the_kernel_refuses_any_call(
    anocir: Runtime, rich: Bundle, tmp_path: Path, strace: str, error: str
) -> None:
    for point in kill_points(tmp_path, anocir, strace, rich):
        check_failed(anocir, strace, rich, point, error)


@pytest.mark.native
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_at_some_calls(
    anocir: Runtime, rich: Bundle, tmp_path: Path, strace: str, number: signal.Signals
) -> None:
    """Cleaned up, or at least to be deleted; never a traceback."""
    points = kill_points(tmp_path, anocir, strace, rich)
    for point in straces.sample(points, 10):
        before = world.look()
        inject = point.inject(f"signal={number.name}")
        wrap = straces.words(strace, tmp_path / "signalled", point.name, *inject)
        result = anocir.any("create", "-b", rich.path, "c1", wrap=wrap)
        assert "Traceback" not in result.err
        anocir.quiet("delete", "--force", "c1")
        straces.settle(before)
        assert (anocir.ids(), world.look().since(before)) == ([], {}), str(point)


@pytest.mark.parametrize("limit", [7, 8, 10, 12, 14, 16, 18, 20, 24, 32])
def test_few_descriptors_for_the_runtime(anocir: Runtime, rich: Bundle, limit: int) -> None:
    before = world.look()
    wrap = ["prlimit", f"--nofile={limit}"]
    result = anocir.any("create", "-b", rich, "c1", wrap=wrap)
    if result.code:
        assert result.err.startswith("anocir: ") and len(result.err.splitlines()) == 1
        assert (anocir.ids(), world.look().since(before)) == ([], {})


def test_a_full_disk(anocir: Runtime, rich: Bundle, tmp_path: Path) -> None:
    """A clean error; what is there can still be deleted."""
    anocir.root.mkdir()
    world.mount("small", str(anocir.root), "tmpfs", "size=32k")
    try:
        anocir.quiet("create", "-b", rich, "c1")
        filler = os.open(anocir.root / "filler", os.O_WRONLY | os.O_CREAT)
        with pytest.raises(OSError, match="space"):
            while os.write(filler, b"x" * 4096):
                pass
        os.close(filler)
        message = anocir.fails("create", "-b", rich, "c2")
        assert "no space left on device" in message
        (anocir.root / "filler").unlink()
        anocir.quiet("delete", "--force", "c1")
    finally:
        world.unmount(anocir.root)


def test_a_state_root_that_cannot_be_made(anocir: Runtime, rich: Bundle, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    other = Runtime(tmp_path / "file/state", tmp_path / "other")
    assert "not a directory" in other.fails("create", "-b", rich, "c1").lower()
    os.unlink(tmp_path / "file")
