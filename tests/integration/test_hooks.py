"""Hooks: who is called when and where, what they are told, and what their failure does."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.support import proc
from tests.integration.support.bundles import Bundle
from tests.integration.support.driver import STATE_SCHEMA, Runtime
from tests.integration.support.hooked import CREATE, POINTS, Hooked, live

BEFORE_THE_PROGRAM = POINTS[:4]
IN_THE_CONTAINER = ("createContainer", "startContainer")
CANARY = "canary-77d1"


def test_each_is_called_once_in_the_listed_order(anocir: Runtime, hooked: Hooked) -> None:
    for number in "12":
        hooked.each(f"echo $point {number} >> $log/calls")
    expected = [f"{point} {number}" for point in POINTS for number in "12"]
    anocir.quiet("create", "-b", hooked.bundle, "c1")
    assert hooked.calls() == expected[:6]
    anocir.quiet("start", "c1")
    assert hooked.calls() == expected[:10]
    anocir.quiet("kill", "c1", "KILL")
    anocir.wait_stopped("c1")
    assert hooked.calls() == expected[:10]
    anocir.quiet("delete", "c1")
    assert hooked.calls() == expected


def test_run_calls_them_all(anocir: Runtime, hooked: Hooked) -> None:
    hooked.each("echo $point >> $log/calls").bundle.args("true")
    anocir.quiet("run", "-b", hooked.bundle, "c1")
    assert hooked.calls() == list(POINTS)


def test_run_that_keeps_its_container_leaves_poststop_to_delete(
    anocir: Runtime, hooked: Hooked
) -> None:
    hooked.each("echo $point >> $log/calls").bundle.args("true")
    anocir.quiet("run", "--keep", "-b", hooked.bundle, "c1")
    assert hooked.calls() == list(POINTS[:-1])
    anocir.quiet("delete", "c1")
    assert hooked.calls() == list(POINTS)


def test_namespaces(anocir: Runtime, hooked: Hooked) -> None:
    """All of them, of the runtime or of the container."""
    hooked.each(
        "for i in mnt pid net uts ipc cgroup; do readlink /proc/self/ns/$i; done >$log/$point"
    )
    anocir.quiet("create", "-b", hooked.bundle, "c1")
    anocir.quiet("start", "c1")
    kinds = ("mnt", "pid", "net", "uts", "ipc", "cgroup")
    inside = [os.readlink(f"/proc/{anocir.pid('c1')}/ns/{kind}") for kind in kinds]
    outside = [os.readlink(f"/proc/self/ns/{kind}") for kind in kinds]
    assert not set(inside) & set(outside)
    anocir.quiet("delete", "--force", "c1")
    for point in POINTS:
        expected = inside if point in IN_THE_CONTAINER else outside
        assert hooked.text(point).split() == expected, point


def test_the_mounts_are_made_and_the_root_is_not_changed_yet(
    anocir: Runtime, hooked: Hooked
) -> None:
    """A hook of the host finds them through the pid, one in the container at the rootfs's path."""
    rootfs = hooked.bundle.rootfs
    find = "pid=$(sed 's/.*\"pid\": *\\([0-9]*\\).*/\\1/'); cat /proc/$pid/mountinfo > $log/$point"
    hooked.each(find, ("prestart", "createRuntime"))
    hooked.add("createContainer", "cat /proc/self/mountinfo > $log/createContainer")
    anocir.quiet("create", "-b", hooked.bundle, "c1")
    for point in CREATE:
        places = {mount.where for mount in proc.mountinfo(hooked.text(point))}
        assert {str(rootfs), f"{rootfs}/proc", f"{rootfs}/dev", f"{rootfs}/log", "/"} <= places


def test_they_are_told_the_state(anocir: Runtime, hooked: Hooked) -> None:
    """The pid is the one that the hook itself would see (runtime.md, State)."""
    hooked.each("cat > $log/$point").bundle.config["annotations"] = {"org.example.a": "ä\n"}
    anocir.quiet("create", "-b", hooked.bundle, "c1")
    pid = anocir.pid("c1")
    anocir.quiet("start", "c1")
    anocir.quiet("delete", "--force", "c1")
    for point in POINTS:
        document = json.loads(hooked.text(point))
        STATE_SCHEMA.validate(document)
        expected = {
            "ociVersion": hooked.bundle.config["ociVersion"],
            "id": "c1",
            "status": {"poststart": "running", "poststop": "stopped"}.get(point, "created"),
            "pid": 1 if point in IN_THE_CONTAINER else pid,
            "bundle": str(hooked.bundle.path),
            "annotations": {"org.example.a": "ä\n"},
        }
        if point == "poststop":
            del expected["pid"]
        assert document == expected, point


def test_a_pid_namespace_that_is_the_hosts(anocir: Runtime, hooked: Hooked) -> None:
    hooked.bundle.namespace("pid").without_mount("/proc")
    hooked.bundle.linux.update(maskedPaths=[], readonlyPaths=[])
    hooked.each("cat > $log/$point", BEFORE_THE_PROGRAM)
    anocir.quiet("create", "-b", hooked.bundle, "c1")
    pid = anocir.pid("c1")
    anocir.quiet("start", "c1")
    assert {json.loads(hooked.text(point))["pid"] for point in BEFORE_THE_PROGRAM} == {pid}


def test_a_state_that_no_pipe_would_hold_and_nobody_reads(anocir: Runtime, hooked: Hooked) -> None:
    long = {f"org.example.{i}": "x" * 1000 for i in range(200)}
    hooked.bundle.config["annotations"] = long
    hooked.each("true").each("exec 0<&-; true").each("head -c 1; true").each("cat > $log/$point")
    live(anocir, hooked)
    for point in POINTS:
        assert json.loads(hooked.text(point))["annotations"] == long


def test_the_environment_is_the_hooks_own(anocir: Runtime, hooked: Hooked) -> None:
    """Neither the runtime's nor, but for startContainer, the container's (CVE-2025-23266)."""
    container = ["PATH=/bin", "LD_PRELOAD=/evil.so", "A=of the container"]
    own = ["A=b c", "EMPTY=", "UNICODE=ö=ü"]
    hooked.bundle.process["env"] = container
    # What the shell itself was given: it reads that without a fork, and drops the null bytes.
    show = 'read -r all < /proc/self/environ || :; echo "$all" > $log/$point'
    hooked.each(f"{show}.own", env=own).each(f"{show}.none", env=[]).each(f"{show}.unset")
    live(anocir, hooked)
    for point in POINTS:
        assert hooked.text(f"{point}.own").strip() == "".join(own)
        assert hooked.text(f"{point}.none") == "\n"
        expected = container if point == "startContainer" else []
        assert hooked.text(f"{point}.unset").strip() == "".join(expected)


def test_nothing_else_of_the_caller_or_of_the_runtime(
    anocir: Runtime, hooked: Hooked, tmp_path: Path
) -> None:
    """No descriptors, no signals ignored or blocked; a session of its own; the caller's umask."""
    hooked.each(
        "ls /proc/self/fd > $log/$point.fds; grep ^Sig /proc/self/status > $log/$point.signals;"
        "umask > $log/$point.umask; cut -d' ' -f1,6 /proc/self/stat > $log/$point.session"
    )

    def before() -> None:
        os.umask(0o027)
        for number in (signal.SIGTERM, signal.SIGUSR1, signal.SIGCHLD):
            signal.signal(number, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2, signal.SIGHUP])

    leaks = [os.open(path, os.O_RDONLY) for path in ("/", tmp_path, "/dev/null")]
    try:
        for argv in (["create", "-b", str(hooked.bundle)], ["start"], ["delete", "--force"]):
            anocir.quiet(*argv, "c1", before=before, pass_fds=leaks)
    finally:
        for fd in leaks:
            os.close(fd)
    for point in POINTS:
        # The last is ls's own, which it has open to list the others.
        assert hooked.text(f"{point}.fds").split() == ["0", "1", "2", "3"], point
        signals = proc.status(hooked.text(f"{point}.signals"))
        assert {signals[name] for name in ("SigIgn", "SigBlk")} == {"0" * 16}, point
        assert hooked.text(f"{point}.umask").strip() == "0027", point


def test_the_working_directory(anocir: Runtime, hooked: Hooked) -> None:
    """The bundle for those outside, the rootfs before the pivot, and then the program's."""
    hooked.each("pwd > $log/$point").bundle.process["cwd"] = "/tmp"
    live(anocir, hooked)
    found = {point: hooked.text(point).strip() for point in POINTS}
    path = str(hooked.bundle.path)
    assert found == dict.fromkeys(POINTS, path) | {
        "createContainer": f"{path}/rootfs",
        "startContainer": "/tmp",
    }


def test_a_bundle_that_is_gone(anocir: Runtime, hooked: Hooked) -> None:
    """What was kept at create counts; there is no bundle to stand in any more."""
    hooked.add("poststop", "pwd > $log/pwd")
    anocir.quiet("create", "-b", hooked.bundle, "c1")
    hooked.bundle.path.rename(hooked.bundle.path.with_name("elsewhere"))
    anocir.quiet("delete", "--force", "c1")
    assert hooked.text("pwd") == "/\n"


def test_a_config_that_is_edited_later(anocir: Runtime, hooked: Hooked) -> None:
    hooked.each("echo $point >> $log/calls")
    anocir.quiet("create", "-b", hooked.bundle, "c1")
    del hooked.bundle.config["hooks"]
    hooked.bundle.write()
    anocir.quiet("start", "c1")
    anocir.quiet("delete", "--force", "c1")
    assert hooked.calls() == list(POINTS)


def test_a_program_by_a_link_and_its_arguments(
    anocir: Runtime, hooked: Hooked, tmp_path: Path
) -> None:
    """argv[0] is args[0], and the path when there are no args."""
    (tmp_path / "link").symlink_to("/bin/busybox")
    (tmp_path / "script").write_text(f'#!/bin/sh\necho "$0 $#" >> {hooked.log}/calls\n')
    (tmp_path / "script").chmod(0o755)
    (tmp_path / "script-link").symlink_to("script")
    link, script = str(tmp_path / "link"), str(tmp_path / "script-link")
    hooked.bundle.config["hooks"] = {
        "prestart": [{"path": link, "args": ["touch", f"{hooked.log}/touched"]}],
        "createContainer": [{"path": script}, {"path": script, "args": []}],
        "poststop": [{"path": script, "args": ["other", "a", ""]}],
    }
    live(anocir, hooked)
    assert (hooked.log / "touched").exists()
    assert hooked.calls() == [f"{script} 0", f"{script} 0", f"{script} 2"]


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"path": "bin/sh"}, "[0].path: found "),
        ({"timeout": 0}, "[0].timeout: found 0"),
        ({"timeout": -1}, "[0].timeout: found -1"),
        ({"env": ["A"]}, "[0].env[0]: found "),
    ],
)
def test_what_the_spec_forbids_is_refused(
    anocir: Runtime, hooked: Hooked, more: dict[str, object], words: str
) -> None:
    hooks = {point: [{"path": "/bin/sh"} | more] for point in POINTS}
    hooked.bundle.config["hooks"] = hooks
    message = anocir.fails("create", "-b", hooked.bundle.write(valid=False), "c1")
    assert [f"hooks.{point}{words}" in message for point in POINTS] == [True] * 6


def test_poststop_of_a_damaged_container(anocir: Runtime, hooked: Hooked, tmp_path: Path) -> None:
    hooked.add("poststop", "echo poststop >> $log/calls")
    anocir.quiet("create", "-b", hooked.bundle, "c1")
    (anocir.root / "c1/state.json").write_text("{")
    anocir.quiet("delete", "--force", "c1")
    assert hooked.calls() == ["poststop"]
    anocir.quiet("create", "-b", hooked.bundle, "c1")
    (anocir.root / "c1/hooks.json").write_text("{")
    log = tmp_path / "warnings"
    anocir.quiet("delete", "--force", "c1", globals=["--log", log])
    assert hooked.calls() == ["poststop"] and "hooks.json is damaged" in log.read_text()


def test_many_deletes_call_it_once(anocir: Runtime, hooked: Hooked) -> None:
    hooked.add("poststop", "echo poststop >> $log/calls")
    anocir.quiet("create", "-b", hooked.bundle, "c1")
    running = [anocir.background("delete", "--force", "c1") for _ in range(5)]
    assert [one.wait().code for one in running] == [0] * 5
    assert hooked.calls() == ["poststop"]


def test_no_secret_of_a_hook_is_told(anocir: Runtime, hooked: Hooked, tmp_path: Path) -> None:
    log = tmp_path / "messages"
    globals = ["--log", log, "--debug"]
    told = ""
    for point in (None, *POINTS):
        hooked.bundle.config.pop("hooks", None)
        hooked.each("echo $point >> $log/calls", env=[f"SECRET={CANARY}"])
        if point:
            hooked.add(point, "exit 1", env=[f"SECRET={CANARY}"])
        for argv in (
            ["create", "--dry-run", "-b", str(hooked.bundle)],
            ["create", "-b", str(hooked.bundle)],
            ["start"],
            ["state"],
            ["delete", "--force"],
        ):
            result = anocir.any(*argv, "c1", globals=globals)
            told += result.out + result.err
    assert "Traceback" in told and "poststop hook #1" in log.read_text()
    assert CANARY not in told + log.read_text()


def test_a_start_container_hook_has_the_rights_of_the_program(
    anocir: Runtime, hooked: Hooked
) -> None:
    """Its file is the image's: it gets no more than the program will, and not at the runtime."""
    hooked.log.chmod(0o777)
    hooked.bundle.process["user"] = {"uid": 1000, "gid": 1000, "umask": 0o7}
    rule = {"names": ["mkdir"], "action": "SCMP_ACT_ERRNO"}
    hooked.bundle.linux["seccomp"] = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [rule]}
    script = "cat /proc/self/status > /log/{0}; ls -l /proc/1/exe /proc/1/fd > /log/{0}.1 2>&1 || :"
    hooked.add("startContainer", script.format("hook"))
    anocir.quiet("run", "-b", hooked.bundle.script(script.format("program")), "c1")
    hook, program = (proc.status(hooked.text(name)) for name in ("hook", "program"))
    same = ("Uid", "Gid", "Groups", "Umask", "NoNewPrivs", "Seccomp", "CapInh", "CapPrm", "CapEff",
            "CapBnd", "CapAmb", "SigIgn", "SigBlk")  # fmt: skip
    assert {name: hook[name] for name in same} == {name: program[name] for name in same}
    assert hook["Seccomp"] == "2"
    assert hooked.text("hook.1").count("ermission denied") == 2
    assert "busybox" in hooked.text("program.1"), "a sound program shows"


def test_containers_without_hooks_keep_none(
    anocir: Runtime, make_bundle: Callable[[], Bundle]
) -> None:
    for hooks in ({}, {"prestart": [], "poststop": []}):
        bundle = make_bundle()
        bundle.config["hooks"] = hooks
        anocir.quiet("create", "-b", bundle, "c1")
        assert "hooks.json" not in os.listdir(anocir.root / "c1")
        anocir.quiet("delete", "--force", "c1")
