"""create, start, state, kill, delete, list: what engines rely on."""

from __future__ import annotations

import json
import os
import re
import signal
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.support import proc, world
from tests.integration.support.bundles import Bundle
from tests.integration.support.driver import REPO, Runtime

RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z")


def test_a_whole_life(anocir: Runtime, bundle: Bundle) -> None:
    bell = bundle.bell()
    bundle.config["annotations"] = {"org.example.k": "v"}
    bundle.script("echo $$ > /bell; exec sleep 1000")
    anocir.quiet("create", "--bundle", bundle, "c1")
    created = anocir.state("c1")
    pid = created["pid"]
    assert created["status"] == "created"
    assert created["ociVersion"] == bundle.config["ociVersion"]
    assert created["bundle"] == str(bundle.path)
    assert created["rootfs"] == str(bundle.rootfs)
    assert created["annotations"] == {"org.example.k": "v"}
    assert RFC3339.fullmatch(created["created"])
    assert Path(f"/proc/{pid}/root").exists()
    assert not bell_rang(bell.fd), "the program must not run before start"
    anocir.quiet("start", "c1")
    assert bell.wait() == "1\n"
    assert anocir.state("c1") == created | {"status": "running"}
    anocir.quiet("kill", "c1", "KILL")
    world.wait_end(pid)
    stopped = anocir.state("c1")
    assert stopped == created | {"status": "stopped", "pid": 0}
    anocir.quiet("delete", "c1")
    assert anocir.fails("state", "c1") == "container does not exist"
    assert anocir.ids() == []


def bell_rang(fd: int) -> bool:
    try:
        return bool(os.read(fd, 1))
    except BlockingIOError:
        return False


def test_pid_file_is_the_bare_pid_with_the_callers_modes(
    anocir: Runtime, bundle: Bundle, tmp_path: Path
) -> None:
    where = tmp_path / "run"
    where.mkdir()
    bundle.args("sleep", "1000")
    anocir.quiet("create", "-b", bundle, "--pid-file", "pid", "c1", cwd=where,
                 before=umask_027)  # fmt: skip
    assert (where / "pid").read_text() == str(anocir.pid("c1"))
    assert stat.S_IMODE((where / "pid").stat().st_mode) == 0o640
    assert os.listdir(where) == ["pid"]


def umask_027() -> None:
    os.umask(0o027)


@pytest.mark.parametrize("where", ["nosuch/pid", "directory"])
@pytest.mark.parametrize("command", ["create", "run"])
def test_a_pid_file_that_cannot_be_written(
    anocir: Runtime, bundle: Bundle, tmp_path: Path, command: str, where: str
) -> None:
    (tmp_path / "place/directory/full").mkdir(parents=True)
    before = sorted((tmp_path / "place").rglob("*"))
    pid_file = tmp_path / "place" / where
    message = anocir.fails(command, "-b", bundle, "--pid-file", pid_file, "c1")
    assert message.startswith("pid file: ")
    assert sorted((tmp_path / "place").rglob("*")) == before


def test_a_failed_create_takes_the_pid_file_along(
    anocir: Runtime, bundle: Bundle, tmp_path: Path
) -> None:
    anocir.fails("create", "-b", bundle.args("nosuch"), "--pid-file", tmp_path / "pid", "c1")
    result = anocir.any("run", "-b", broken(bundle), "--pid-file", tmp_path / "pid", "c1")
    assert result.code == 255
    assert not (tmp_path / "pid").exists()


def broken(bundle: Bundle) -> Bundle:
    """A bundle whose program only execve refuses."""
    (bundle.rootfs / "bin/broken").write_bytes(b"\x7fELFnonsense")
    (bundle.rootfs / "bin/broken").chmod(0o755)
    return bundle.args("/bin/broken")


def test_the_process_is_orphaned_to_the_nearest_subreaper(anocir: Runtime, bundle: Bundle) -> None:
    bundle.args("sleep", "1000")
    anocir.quiet("create", "-b", bundle, "c1")
    stat_of = world.stat_of(anocir.pid("c1"))
    assert stat_of is not None and stat_of[1] == os.getppid()


def test_the_container_keeps_nothing_of_the_runtime_open(anocir: Runtime, bundle: Bundle) -> None:
    """Contract rule 3: whoever reads the output of start, kill, delete sees its end."""
    anocir.quiet("create", "-b", bundle.args("sleep", "1000"), "c1")
    started = anocir.background("start", "c1")
    assert started.wait().code == 0
    targets = proc.fds(anocir.pid("c1")).values()
    assert not any(str(started._out) in target for target in targets)


MISSING = ["state", "start", "kill", "delete"]


@pytest.mark.parametrize("command", MISSING)
def test_a_container_that_is_not_there(anocir: Runtime, command: str) -> None:
    assert anocir.fails(command, "c1") == "container does not exist"
    anocir.root.mkdir()
    assert anocir.fails(command, "c1") == "container does not exist"
    (anocir.root / "c1").write_text("not a directory")
    assert anocir.fails(command, "c1") == "container does not exist"
    (anocir.root / "c1").unlink()


def test_delete_force_forgives_a_container_that_is_not_there(anocir: Runtime) -> None:
    anocir.quiet("delete", "--force", "c1")
    anocir.quiet("delete", "-f", "c1")


@pytest.mark.parametrize("container_id", ["a/b", "..", ".", "a b", "ä", "a" * 256, "a\n", "../x"])
def test_an_id_that_is_no_name(anocir: Runtime, bundle: Bundle, container_id: str) -> None:
    message = anocir.fails("create", "-b", bundle, container_id)
    assert message.startswith("invalid container ID format")
    assert not anocir.root.exists()


@pytest.mark.parametrize("command", ["run", *MISSING])
def test_every_command_checks_the_id(anocir: Runtime, bundle: Bundle, command: str) -> None:
    words = ["-b", str(bundle)] if command == "run" else []
    message = anocir.fails(command, *words, "../x")
    assert message.startswith("invalid container ID format")


def test_an_empty_id(anocir: Runtime, bundle: Bundle) -> None:
    assert anocir.fails("create", "-b", bundle, "") == "container id cannot be empty"


@pytest.mark.parametrize("container_id", ["a", "a" * 255, "A-b_c+d.e", "-x", "...", "0"])
def test_an_id_that_is_allowed(anocir: Runtime, bundle: Bundle, container_id: str) -> None:
    if len(container_id) > 200:
        bundle.linux["cgroupsPath"] = "short"
    anocir.quiet("create", "-b", bundle.args("true"), "--", container_id)
    anocir.quiet("delete", "--force", "--", container_id)


def test_an_id_is_taken_once(anocir: Runtime, bundle: Bundle) -> None:
    anocir.quiet("create", "-b", bundle, "c1")
    before = anocir.state("c1")
    for command in ("create", "run"):
        message = anocir.fails(command, "-b", bundle, "c1")
        assert "container with given ID already exists" in message
    assert anocir.state("c1") == before


def test_start_says_why_it_cannot(anocir: Runtime, bundle: Bundle) -> None:
    anocir.quiet("create", "-b", bundle.args("sleep", "1000"), "c1")
    anocir.quiet("start", "c1")
    assert anocir.fails("start", "c1") == "cannot start an already running container"
    anocir.quiet("kill", "c1", "9")
    anocir.wait_stopped("c1")
    assert anocir.fails("start", "c1") == "cannot start a container that has stopped"


def test_delete_refuses_what_is_not_stopped(anocir: Runtime, bundle: Bundle) -> None:
    anocir.quiet("create", "-b", bundle.args("sleep", "1000"), "c1")
    words = "cannot delete container c1 that is not stopped: "
    assert anocir.fails("delete", "c1") == words + "created"
    anocir.quiet("start", "c1")
    assert anocir.fails("delete", "c1") == words + "running"
    assert anocir.state("c1")["status"] == "running"
    anocir.quiet("delete", "--force", "c1")
    assert anocir.ids() == []


def test_delete_leaves_the_bundle_alone(anocir: Runtime, bundle: Bundle) -> None:
    (bundle.rootfs / "keep").write_text("me")
    bundle.config["root"]["readonly"] = False
    anocir.quiet("create", "-b", bundle.script("echo new > /new"), "c1")
    anocir.quiet("start", "c1")
    anocir.wait_stopped("c1")
    anocir.quiet("delete", "c1")
    assert (bundle.rootfs / "keep").read_text() == "me"
    assert (bundle.rootfs / "new").read_text() == "new\n"


@pytest.mark.parametrize("status", ["created", "running"])
@pytest.mark.parametrize("sent", ["9", "KILL", "SIGKILL", "sigkill"])
def test_kill_ends_what_lives(anocir: Runtime, bundle: Bundle, status: str, sent: str) -> None:
    anocir.quiet("create", "-b", bundle.args("sleep", "1000"), "c1")
    if status == "running":
        anocir.quiet("start", "c1")
    pid = anocir.pid("c1")
    anocir.quiet("kill", "c1", sent)
    world.wait_end(pid)
    assert anocir.fails("kill", "c1") == "container not running"
    anocir.quiet("kill", "--all", "c1", "KILL")
    anocir.quiet("kill", "-a", "c1")
    anocir.quiet("delete", "c1")


@pytest.mark.parametrize(
    ("sent", "number"),
    [("TERM", 15), (None, 15), ("SIGUSR1", 10), ("12", 12), ("rtmin+1", signal.SIGRTMIN + 1)],
)
def test_kill_sends_the_signal_that_was_named(
    anocir: Runtime, bundle: Bundle, sent: str | None, number: int
) -> None:
    bell = bundle.bell()
    # ash takes numbers of real-time signals only in this form.
    bundle.script(
        f"trap 'echo got > /bell' {number}; echo ready > /bell; while :; do sleep 1; done"
    )
    anocir.quiet("create", "-b", bundle, "c1")
    anocir.quiet("start", "c1")
    assert bell.wait() == "ready\n"
    anocir.quiet("kill", "c1", *([sent] if sent else []))
    assert bell.wait() == "got\n"


def test_kill_zero_asks_whether_it_lives(anocir: Runtime, bundle: Bundle) -> None:
    anocir.quiet("run", "-d", "-b", bundle.args("sleep", "1000"), "c1")
    anocir.quiet("kill", "c1", "0")
    assert anocir.state("c1")["status"] == "running"


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ("FROB", 'unknown signal "FROB"'),
        ("SIGFROB", 'unknown signal "SIGFROB"'),
        ("", 'unknown signal ""'),
        ("SIG", 'unknown signal "SIG"'),
        ("_DFL", 'unknown signal "_DFL"'),
        ("RTMIN+x", 'unknown signal "RTMIN+x"'),
        ("KILL+1", 'unknown signal "KILL+1"'),
        ("٩", 'unknown signal "٩"'),
        ("99", "unable to signal init: invalid argument"),
        ("999999999", "unable to signal init: invalid argument"),
        ("9" * 10, 'unknown signal "' + "9" * 10),
        ("9" * 5000, 'unknown signal "' + "9" * 100),
    ],
)
@pytest.mark.parametrize("options", [[], ["--all"]])
def test_a_signal_that_there_is_none_of(
    anocir: Runtime, bundle: Bundle, options: list[str], sent: str, words: str
) -> None:
    anocir.quiet("run", "-d", "-b", bundle.args("sleep", "1000"), "c1")
    message = anocir.fails("kill", *options, "c1", sent)
    assert message.startswith(words) or (options and "nvalid argument" in message)
    assert anocir.state("c1")["status"] == "running"


def test_list_in_all_its_forms(anocir: Runtime, make_bundle: Callable[[], Bundle]) -> None:
    bundle = make_bundle().args("sleep", "1000")
    assert anocir("list", "-q").out == ""
    assert json.loads(anocir("list", "-f", "json").out) == []
    anocir.quiet("create", "-b", bundle, "b")
    anocir.quiet("run", "-d", "-b", bundle, "a")
    anocir.quiet("create", "-b", bundle, "c")
    anocir.quiet("kill", "c", "KILL")
    anocir.wait_stopped("c")
    states = [anocir.state(name) for name in "abc"]
    assert json.loads(anocir("list", "--format", "json").out) == states
    assert [state["status"] for state in states] == ["running", "created", "stopped"]
    assert anocir("list", "--quiet").out == "a\nb\nc\n"
    lines = anocir("list").out.splitlines()
    assert lines[0].split() == ["ID", "PID", "STATUS", "BUNDLE", "CREATED", "OWNER"]
    assert [line.split()[:3] for line in lines[1:]] == [
        [state["id"], str(state["pid"]), state["status"]] for state in states
    ]


def test_a_zombie_is_stopped(anocir: Runtime, bundle: Bundle) -> None:
    """Until its parent has reaped it, which may be never."""
    world.adopt_orphans(True)
    try:
        anocir.quiet("create", "-b", bundle.args("true"), "c1")
        pid = anocir.pid("c1")
        anocir.quiet("start", "c1")
        world.wait_end(pid)
        stat_of = world.stat_of(pid)
        assert stat_of is not None and stat_of[:2] == ("Z", os.getpid())
        assert anocir.state("c1")["status"] == "stopped"
        assert anocir.fails("kill", "c1") == "container not running"
        anocir.quiet("delete", "c1")
        os.waitpid(pid, 0)
    finally:
        world.adopt_orphans(False)


def test_edits_of_the_bundle_after_create_have_no_effect(anocir: Runtime, bundle: Bundle) -> None:
    creation = anocir.background("create", "-b", bundle.args("echo", "before"), "c1")
    assert creation.wait().code == 0
    bundle.args("echo", "after").write()
    anocir.quiet("start", "c1")
    anocir.wait_stopped("c1")
    assert creation.out == "before\n"


def test_the_bundle_may_be_gone_afterwards(anocir: Runtime, bundle: Bundle) -> None:
    anocir.quiet("create", "-b", bundle.args("true"), "c1")
    bundle.path.rename(bundle.path.with_name("moved"))
    anocir.quiet("start", "c1")
    anocir.wait_stopped("c1")
    anocir.quiet("delete", "c1")


def test_the_bundle_is_the_working_directory_by_default(anocir: Runtime, bundle: Bundle) -> None:
    bundle.args("pwd").write()
    assert anocir("run", "c1", cwd=bundle.path).out == "/\n"


BAD_BUNDLES = {
    "nothing": "no such file or directory",
    "no config": "JSON specification file config.json not found",
    "bad json": "config.json: ",
    "empty object": "ociVersion",
    "no rootfs": "invalid rootfs: stat",
    "a file": "not a directory",
}


@pytest.mark.parametrize("what", BAD_BUNDLES)
@pytest.mark.parametrize("command", ["create", "run"])
def test_a_bundle_that_is_none(anocir: Runtime, bundle: Bundle, what: str, command: str) -> None:
    path = bundle.write()
    if what == "nothing":
        path = path / "nosuch"
    elif what == "no config":
        (path / "config.json").unlink()
    elif what == "bad json":
        (path / "config.json").write_text("{bad")
    elif what == "empty object":
        (path / "config.json").write_text("{}")
    elif what == "no rootfs":
        bundle.rootfs.rename(path / "elsewhere")
    else:
        path = path / "config.json"
    assert BAD_BUNDLES[what] in anocir.fails(command, "-b", path, "c1")


REFUSED: list[tuple[str, object, str]] = [
    ("process.execCPUAffinity", {"initial": "0"}, "process.execCPUAffinity"),
    ("linux.intelRdt", {"closID": "x"}, "linux.intelRdt"),
    ("linux.memoryPolicy", {"mode": "MPOL_LOCAL", "nodes": "0"}, "linux.memoryPolicy"),
    ("linux.netDevices", {"eth9": {}}, "linux.netDevices"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "value", "words"), REFUSED, ids=[entry[0] for entry in REFUSED])
def test_what_is_not_applied_is_refused_by_name(
    anocir: Runtime, bundle: Bundle, path: str, value: object, words: str
) -> None:
    *above, last = path.split(".")
    place = bundle.config
    for name in above:
        place = place.setdefault(name, {})
    place[last] = value
    assert words in anocir.fails("create", "-b", bundle, "c1")


@pytest.mark.parametrize(
    ("globals", "options", "words"),
    [
        (["--systemd-cgroup"], [], "systemd"),
        (["--cgroup-manager", "disabled"], [], "disabled"),
    ],
)
def test_flags_that_are_not_built_yet_are_refused_by_name(
    anocir: Runtime, bundle: Bundle, globals: list[str], options: list[str], words: str
) -> None:
    message = anocir.fails("create", *options, "-b", bundle, "c1", globals=globals)
    assert words in message and "not supported yet" in message


def test_every_violation_is_named_at_once(anocir: Runtime, bundle: Bundle) -> None:
    bundle.process["cwd"] = "relative"
    bundle.process["args"] = []
    bundle.config["root"]["readonly"] = "yes"
    bundle.write(valid=False)
    message = anocir.fails("create", "-b", bundle.path, "c1")
    for path in ("process.cwd", "process.args", "root.readonly"):
        assert path in message


def test_errors_go_to_the_log_as_engines_read_it(
    anocir: Runtime, bundle: Bundle, tmp_path: Path
) -> None:
    log = tmp_path / "log.json"
    globals = ["--log", log, "--log-format", "json"]
    anocir.quiet("create", "-b", bundle, "c1", globals=globals)
    assert log.read_text() == "" and stat.S_IMODE(log.stat().st_mode) == 0o644
    message = anocir.fails("create", "-b", bundle, "c1", globals=globals)
    (line,) = map(json.loads, log.read_text().splitlines())
    assert (line["level"], line["msg"]) == ("error", message)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", line["time"])


def test_a_step_that_fails_inside_reaches_the_log_too(
    anocir: Runtime, bundle: Bundle, tmp_path: Path
) -> None:
    log = tmp_path / "log.json"
    globals = ["--log", log, "--log-format", "json"]
    message = anocir.fails("create", "-b", bundle.args("nosuch"), "c1", globals=globals)
    assert "executable file not found in $PATH" in message
    assert json.loads(log.read_text().splitlines()[-1])["msg"] == message


def test_almost_no_environment_is_enough(anocir: Runtime, bundle: Bundle, tmp_path: Path) -> None:
    """Podman's kill and delete bring XDG_RUNTIME_DIR alone, and that empty."""
    env = {"XDG_RUNTIME_DIR": "", "PYTHONPATH": str(REPO)}
    anocir.quiet("create", "-b", bundle.args("sleep", "1000"), "c1", env=env)
    anocir.quiet("start", "c1", env=env)
    anocir.quiet("kill", "c1", "KILL", env=env)
    anocir.wait_stopped("c1")
    anocir.quiet("delete", "c1", env=env)
