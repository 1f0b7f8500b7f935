"""The commands themselves: what is handed to the runtime, and what is printed of its answer."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from anocir.cli import stdio
from anocir.cli.log import Log
from anocir.cli.main import main
from anocir.errors import Error

STATE = {
    "ociVersion": "1.3.0",
    "id": "c1",
    "pid": 42,
    "status": "running",
    "bundle": "/b",
    "rootfs": "/b/rootfs",
    "created": "2026-01-02T03:04:05.000000006Z",
    "annotations": {"k": "ä"},
    "owner": "",
}
BROKEN = {"id": "bad\x1b", "status": "broken", "error": "state.json: empty"}


class Calls(list[tuple[str, tuple[Any, ...], dict[str, Any]]]):
    """What the commands called, in order."""


@pytest.fixture
def runtime(monkeypatch: pytest.MonkeyPatch) -> Calls:
    """Stands in for anocir.runtime, and records the calls; nothing is made."""
    calls = Calls()

    def fake(module: str, **answers: Any) -> None:
        stand_in = ModuleType(f"anocir.runtime.{module}")
        for name, answer in answers.items():

            def function(*args: Any, _name: str = name, _answer: Any = answer, **kw: Any) -> Any:
                calls.append((f"{module}.{_name}", args, kw))
                return _answer

            setattr(stand_in, name, function)
        monkeypatch.setitem(sys.modules, stand_in.__name__, stand_in)
        monkeypatch.setattr(f"anocir.runtime.{module}", stand_in, raising=False)
        monkeypatch.delitem(sys.modules, f"anocir.cli.cmd.{module}", raising=False)

    fake("create", create=None, dry_run=["first", "second"])
    fake("run", run=7)
    fake("start", start=None)
    fake("kill", kill=None)
    fake("delete", delete=None)
    fake("state", state=STATE, list_states=[STATE, BROKEN])
    monkeypatch.delitem(sys.modules, "anocir.cli.cmd.list", raising=False)
    return calls


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """Collects what is written to standard output."""
    text = io.StringIO()
    monkeypatch.setattr(stdio, "write", text.write)
    return text


def only(calls: Calls) -> tuple[str, tuple[Any, ...], dict[str, Any]]:
    (call,) = calls
    kw = {key: value for key, value in call[2].items() if key not in ("warn", "report", "handover")}
    return call[0], call[1], kw


def test_create(runtime: Calls, written: io.StringIO, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/usr")
    assert main(["--root", "/r", "create", "-b", "lib", "--pid-file", "pid", "c1"]) == 0
    expected = {"pid_file": "/usr/pid", "fail_at": None, "without": ()}
    assert only(runtime) == ("create.create", ("/r", "c1", "/usr/lib"), expected)
    assert written.getvalue() == ""


def test_create_in_the_current_directory_with_a_failing_step(
    runtime: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir("/usr")
    assert main(["--root", "/r", "create", "c1", "--fail-at", "mounts"]) == 0
    expected = {"pid_file": None, "fail_at": "mounts", "without": ()}
    assert only(runtime) == ("create.create", ("/r", "c1", "/usr"), expected)


@pytest.mark.parametrize("command", ["create", "run"])
def test_no_new_keyring_leaves_a_step_out(command: str, runtime: Calls) -> None:
    main([command, "--no-new-keyring", "c1"])
    assert only(runtime)[2]["without"] == ("keyring",)


@pytest.mark.parametrize("command", ["create", "run"])
@pytest.mark.parametrize(("path", "expected"), [(None, None), ("", None), ("/s", "/s")])
def test_where_a_terminal_goes(
    command: str, path: str | None, expected: str | None, runtime: Calls
) -> None:
    options = [] if path is None else [f"--console-socket={path}"]
    main([command, *options, "c1"])
    handover = runtime[0][2]["handover"]
    assert (handover.console_socket, list(handover.fds), handover.environment) == (expected, [], {})


@pytest.mark.parametrize("command", ["create", "run"])
def test_a_dry_run_only_prints(command: str, runtime: Calls, written: io.StringIO) -> None:
    assert main([command, "--bundle", "/b", "--dry-run", "c1"]) == 0
    assert [call[0] for call in runtime] == ["create.dry_run"]
    assert runtime[0][1][:2] == ("c1", "/b")
    assert written.getvalue() == "first\nsecond\n"


@pytest.mark.parametrize("command", ["create", "run"])
def test_steps_that_flags_leave_out(command: str, runtime: Calls) -> None:
    main([command, "--no-pivot", "--no-new-keyring", "c1"])
    assert only(runtime)[2]["without"] == ("keyring", "pivot")


def test_run_ends_with_the_program_s_status(runtime: Calls, written: io.StringIO) -> None:
    argv = ["--root", "/r", "run", "-b", "/b", "--keep", "-d", "--fail-at", "x", "c1"]
    assert main(argv) == 7
    expected = {"pid_file": None, "detach": True, "keep": True, "fail_at": "x", "without": ()}
    assert only(runtime) == ("run.run", ("/r", "c1", "/b"), expected)


@pytest.mark.parametrize("command", ["create", "run"])
@pytest.mark.parametrize(
    ("argv", "words"),
    [
        ("--systemd-cgroup COMMAND c1", "systemd cgroup manager is not supported yet"),
        ("--cgroup-manager systemd COMMAND c1", "systemd cgroup manager is not supported yet"),
        ("--cgroup-manager=disabled COMMAND c1", "--cgroup-manager disabled is not supported yet"),
        ("COMMAND c1 --preserve-fds -1", 'invalid value "-1" for --preserve-fds: not a number'),
    ],
)
def test_what_is_not_supported_is_refused_by_name(
    command: str, argv: str, words: str, runtime: Calls, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(argv.replace("COMMAND", command).split()) == 1
    assert capfd.readouterr().err == f"anocir: {words}\n"
    assert runtime == []


@pytest.mark.parametrize(
    "argv",
    [
        ["--systemd-cgroup=false", "create", "c1"],
        ["--cgroup-manager", "cgroupfs", "create", "c1"],
        ["--rootless", "auto", "--criu", "/criu", "create", "c1"],
        ["create", "--no-new-keyring", "--preserve-fds", "0", "--no-pivot=false", "c1"],
        ["--systemd-cgroup", "start", "c1"],
    ],
)
def test_what_does_no_harm_is_accepted(argv: list[str], runtime: Calls) -> None:
    assert main(argv) == 0
    assert len(runtime) == 1


@pytest.mark.parametrize(
    ("argv", "call"),
    [
        (["start", "c1"], ("start.start", ("/r", "c1"), {})),
        (["kill", "c1"], ("kill.kill", ("/r", "c1", "SIGTERM"), {"all": False})),
        (["kill", "-a", "c1", "9"], ("kill.kill", ("/r", "c1", "9"), {"all": True})),
        (["delete", "c1"], ("delete.delete", ("/r", "c1"), {"force": False})),
        (["delete", "c1", "-f"], ("delete.delete", ("/r", "c1"), {"force": True})),
    ],
)
def test_commands_that_print_nothing(
    argv: list[str], call: object, runtime: Calls, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["--root", "/r", *argv]) == 0
    assert only(runtime) == call
    assert capfd.readouterr() == ("", "")


def test_state_has_runc_s_form(runtime: Calls, written: io.StringIO) -> None:
    assert main(["--root", "/r", "state", "c1"]) == 0
    assert only(runtime) == ("state.state", ("/r", "c1"), {})
    assert written.getvalue() == json.dumps(STATE, indent=2) + "\n"


def test_list_is_a_table(runtime: Calls, written: io.StringIO) -> None:
    assert main(["list"]) == 0
    assert written.getvalue().splitlines() == [
        "ID          PID         STATUS      BUNDLE      CREATED                          OWNER",
        "c1          42          running     /b          2026-01-02T03:04:05.000000006Z",
        "bad\\x1b     -           broken      -           -                                -",
    ]


def test_list_says_why_one_is_broken(
    runtime: Calls, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["--log", str(tmp_path / "log"), "list"]) == 0
    text = (tmp_path / "log").read_text(encoding="utf-8")
    assert "level=warning" in text
    assert "state.json: empty" in text
    assert capfd.readouterr().err == ""


def test_list_as_json_is_one_line(runtime: Calls, written: io.StringIO) -> None:
    assert main(["list", "--format", "json"]) == 0
    assert json.loads(written.getvalue()) == [STATE, BROKEN]
    assert written.getvalue().count("\n") == 1


@pytest.mark.parametrize("argv", [["list", "-q"], ["list", "-q", "-f", "json"]])
def test_list_quietly(argv: list[str], runtime: Calls, written: io.StringIO) -> None:
    assert main(argv) == 0
    assert written.getvalue().splitlines()[0] == "c1"


def test_spec_writes_a_valid_config(tmp_path: Path, written: io.StringIO) -> None:
    assert main(["spec", "--bundle", str(tmp_path)]) == 0
    path = str(tmp_path / "config.json")
    assert main(["validate", path]) == 0
    assert written.getvalue() == f"{path}: valid\n"
    assert json.loads((tmp_path / "config.json").read_text(encoding="utf-8"))["process"]["args"]


@pytest.mark.parametrize("kind", ["file", "dangling link", "directory"])
def test_spec_never_overwrites(
    kind: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "config.json"
    if kind == "file":
        path.write_text("mine", encoding="utf-8")
    elif kind == "directory":
        path.mkdir()
    else:
        path.symlink_to(tmp_path / "elsewhere")
    assert main(["spec", "-b", str(tmp_path)]) == 1
    assert capfd.readouterr().err == "anocir: File config.json exists. Remove it first\n"
    assert not (tmp_path / "elsewhere").exists()
    if kind == "file":
        assert path.read_text(encoding="utf-8") == "mine"


def test_spec_in_a_directory_that_is_not_there(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["spec", "-b", "/nonexistent"]) == 1
    expected = "cannot write the configuration: /nonexistent/config.json: no such file or directory"
    assert capfd.readouterr().err == f"anocir: {expected}\n"


def test_spec_leaves_nothing_when_the_disk_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The directory is real; what is opened in it is /dev/full under another name."""
    real: Callable[..., int] = os.open

    def full(path: str, flags: int, mode: int = 0o777) -> int:
        fd = real(path, flags, mode)
        if str(path).endswith("config.json"):
            target = real("/dev/full", os.O_WRONLY)
            os.dup2(target, fd)
            os.close(target)
        return fd

    monkeypatch.setattr(os, "open", full)
    assert main(["spec", "-b", str(tmp_path)]) == 1
    assert f"cannot write {tmp_path}/config.json: no space left" in capfd.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_validate_lists_every_broken_rule(
    tmp_path: Path, written: io.StringIO, capfd: pytest.CaptureFixture[str]
) -> None:
    config = {"ociVersion": "2.0.0", "root": {"path": 3}, "process": {"cwd": "x", "args": []}}
    path = tmp_path / "c.json"
    path.write_text(json.dumps(config), encoding="utf-8")
    assert main(["validate", str(path)]) == 1
    lines = capfd.readouterr().err.splitlines()
    for where in ("ociVersion", "root.path", "process.cwd", "process.args"):
        assert [line for line in lines if line.startswith(f"anocir: {path}: {where}: ")], where
    assert written.getvalue() == ""


def test_validate_warns_of_names_that_the_specification_does_not_have(
    tmp_path: Path, written: io.StringIO
) -> None:
    path = tmp_path / "c.json"
    path.write_text('{"ociVersion":"1.0.2","root":{"path":"r"},"hostnme":"x"}', encoding="utf-8")
    assert main(["validate", str(path)]) == 0
    first, last = written.getvalue().splitlines()
    assert first.startswith(f"{path}: warning: hostnme")
    assert last == f"{path}: valid"


@pytest.mark.parametrize(
    ("document", "status"),
    [(STATE, 0), ({key: STATE[key] for key in STATE if key != "id"}, 1), ([], 1)],
)
def test_validate_reads_states_from_standard_input(
    document: object, status: int, written: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stdio, "read", lambda most: json.dumps(document).encode())
    assert main(["validate", "--state", "-"]) == status
    assert written.getvalue() == ("standard input: valid\n" if status == 0 else "")


def test_validate_of_what_is_no_json_or_no_file(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "c.json").write_text("{", encoding="utf-8")
    os.mkfifo(tmp_path / "fifo")
    for name in ("c.json", "fifo", "nothing", "."):
        assert main(["validate", str(tmp_path / name)]) == 1
    lines = capfd.readouterr().err.splitlines()
    assert len(lines) == 4
    assert all(line.startswith("anocir: ") for line in lines)


@pytest.mark.parametrize(
    ("size", "ok"), [(0, True), (1 << 20, True), ((1 << 20) + 1, False), (5 << 20, False)]
)
def test_standard_input_is_read_to_a_limit(size: int, ok: bool, tmp_path: Path) -> None:
    (tmp_path / "in").write_bytes(b"x" * size)
    saved = os.dup(0)
    fd = os.open(tmp_path / "in", os.O_RDONLY)
    os.dup2(fd, 0)
    try:
        if ok:
            assert stdio.read(1 << 20) == b"x" * size
        else:
            with pytest.raises(Error, match="standard input has more than 1 MiB"):
                stdio.read(1 << 20)
    finally:
        os.dup2(saved, 0)
        os.close(saved)
        os.close(fd)


def test_a_log_before_open_is_usable(capfd: pytest.CaptureFixture[str]) -> None:
    Log().error("early")
    assert capfd.readouterr().err == "anocir: early\n"
