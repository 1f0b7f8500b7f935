"""Damaged, missing or lying state files: said in one line, cleaned by force, no stranger hurt."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration import sabotage
from tests.integration.sabotage import Sabotage
from tests.integration.support import world
from tests.integration.support.bundles import Bundle
from tests.integration.support.driver import Runtime

ADVICE = "only `delete --force c1` can be done with it"

DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda text: b"",
    "cut at a quarter": lambda text: text[: len(text) // 4],
    "cut at the half": lambda text: text[: len(text) // 2],
    "cut before the end": lambda text: text[:-1],
    "garbage": lambda text: bytes(range(256)),
    "zeros": lambda text: bytes(len(text)),
    "null": lambda text: b"null",
    "a list": lambda text: b"[]",
    "nothing in it": lambda text: b"{}",
    "more after the end": lambda text: text + text,
    "a pid that is text": lambda text: with_field(text, "pid", "5"),
    "process 1": lambda text: with_field(text, "pid", 1),
    "a negative pid": lambda text: with_field(text, "pid", -5),
    "a huge pid": lambda text: with_field(text, "pid", 1 << 70),
    "another container's": lambda text: with_field(text, "id", "c2"),
    "a deep one": lambda text: b"[" * 100_000,
}


def with_field(text: bytes, name: str, value: object) -> bytes:
    return json.dumps(json.loads(text) | {name: value}).encode()


def sleeping(anocir: Runtime, bundle: Bundle, status: str = "running") -> int:
    anocir.quiet("create", "-b", bundle.args("sleep", "1000"), "c1")
    if status == "running":
        anocir.quiet("start", "c1")
    return anocir.pid("c1")


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_record(anocir: Runtime, bundle: Bundle, damage: str) -> None:
    pid = sleeping(anocir, bundle)
    path = anocir.root / "c1/state.json"
    path.write_bytes(DAMAGE[damage](path.read_bytes()))
    for command in ("state", "start", "kill", "delete"):
        message = anocir.fails(command, "c1")
        assert ADVICE in message and str(path) in message and len(message) < 600
    (listed,) = json.loads(anocir("list", "-f", "json").out)
    assert (listed["id"], listed["status"]) == ("c1", "broken") and ADVICE in listed["error"]
    assert "broken" in anocir("list").out
    assert world.stat_of(pid) is not None, "nothing may end it before it is forced"
    anocir.quiet("delete", "--force", "c1")
    world.wait_end(pid, 0.1)
    assert anocir.ids() == []


@pytest.mark.parametrize("status", ["created", "running"])
@pytest.mark.parametrize("gone", [["state.json"], ["state.json", "config.json"], ["config.json"]])
def test_missing_files(anocir: Runtime, bundle: Bundle, gone: list[str], status: str) -> None:
    pid = sleeping(anocir, bundle, status)
    for name in gone:
        (anocir.root / "c1" / name).unlink()
    if "state.json" in gone:
        assert "it is missing" in anocir.fails("state", "c1")
    else:
        anocir.quiet("kill", "c1", "KILL")
        world.wait_end(pid)
    anocir.quiet("delete", "--force", "c1")
    world.wait_end(pid, 0.1)


def test_a_lost_record_is_made_up_for_by_the_frozen_config(anocir: Runtime, bundle: Bundle) -> None:
    bundle.linux["cgroupsPath"] = "/elsewhere/for/this"
    pid = sleeping(anocir, bundle)
    (anocir.root / "c1/state.json").unlink()
    anocir.quiet("delete", "--force", "c1")
    world.wait_end(pid, 0.1)


def test_a_directory_that_is_not_ours(anocir: Runtime, bundle: Bundle, tmp_path: Path) -> None:
    """Plain delete leaves everything as it was; force takes it away, and follows no link."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/kept").write_text("")
    pid = sleeping(anocir, bundle)
    top = anocir.root / "c1"
    (top / "strange/deep").mkdir(parents=True)
    (top / "strange/deep/link").symlink_to(tmp_path / "outside")
    anocir.quiet("kill", "c1", "KILL")
    world.wait_end(pid)
    before = modes(top), (top / "state.json").read_bytes()
    message = anocir.fails("delete", "c1")
    assert f"{top}/strange" in message and "`delete --force c1`" in message
    assert (modes(top), (top / "state.json").read_bytes()) == before
    anocir.quiet("delete", "--force", "c1")
    assert anocir.ids() == [] and (tmp_path / "outside/kept").exists()


@pytest.mark.parametrize("status", ["created", "running"])
@pytest.mark.parametrize("name", ["state.json", "config.json", "go.fifo", "error.fifo"])
def test_a_directory_in_place_of_a_file(
    anocir: Runtime, bundle: Bundle, name: str, status: str
) -> None:
    pid = sleeping(anocir, bundle, status)
    path = anocir.root / "c1" / name
    path.unlink(missing_ok=True)
    (path / "deep").mkdir(parents=True)
    anocir.quiet("delete", "--force", "c1")
    world.wait_end(pid, 0.1)
    assert anocir.ids() == []


def test_what_is_mounted_in_the_state_is_not_entered(
    anocir: Runtime, bundle: Bundle, tmp_path: Path
) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/kept").write_text("")
    pid = sleeping(anocir, bundle)
    inner = anocir.root / "c1/strange/inner"
    inner.mkdir(parents=True)
    subprocess.run(["mount", "--bind", tmp_path / "outside", inner], check=True)
    try:
        assert anocir.fails("delete", "--force", "c1") == f"something is mounted on {inner}"
        assert (tmp_path / "outside/kept").exists()
        assert "state.json" in os.listdir(anocir.root / "c1"), "it can be repeated"
    finally:
        subprocess.run(["umount", inner], check=True)
    world.wait_end(pid, 0.1)
    anocir.quiet("delete", "--force", "c1")
    assert (tmp_path / "outside/kept").exists() and anocir.ids() == []


def test_a_file_that_is_mounted_in_the_state_is_said(anocir: Runtime, bundle: Bundle) -> None:
    sleeping(anocir, bundle)
    file = anocir.root / "c1/strange"
    file.write_text("")
    subprocess.run(["mount", "--bind", "/etc/hostname", file], check=True)
    try:
        assert anocir.fails("delete", "--force", "c1") == f"something is mounted on {file}"
    finally:
        subprocess.run(["umount", file], check=True)


@pytest.mark.parametrize("gone", ["go.fifo", "error.fifo"])
def test_missing_fifos(anocir: Runtime, bundle: Bundle, gone: str) -> None:
    sleeping(anocir, bundle, "created")
    (anocir.root / "c1" / gone).unlink()
    assert anocir.fails("start", "c1")
    assert anocir.state("c1")["status"] == "created"


def test_the_rest_is_listed(anocir: Runtime, make_bundle: Callable[[], Bundle]) -> None:
    bundle = make_bundle().args("sleep", "1000")
    for name in "abc":
        anocir.quiet("create", "-b", bundle, name)
    (anocir.root / "b/state.json").write_text("")
    (anocir.root / "stray file").write_text("")
    (anocir.root / "empty").mkdir()
    os.utime(anocir.root / "empty", (0, 0))
    states = {s["id"]: s["status"] for s in json.loads(anocir("list", "-f", "json").out)}
    assert states["a"] == states["c"] == "created"
    assert states["b"] == states["empty"] == "broken"
    assert "stray file" not in states
    (anocir.root / "stray file").unlink()


@pytest.fixture
def stranger() -> Iterator[int]:
    """A process that no container has anything to do with."""
    with subprocess.Popen(["sleep", "1000"]) as process:
        yield process.pid
        process.kill()


def lie(anocir: Runtime, **fields: Any) -> None:
    path = anocir.root / "c1/state.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))


def test_no_stranger_is_signalled(anocir: Runtime, bundle: Bundle, stranger: int) -> None:
    """The pid was given to someone else: pid and start time no longer go together."""
    pid = sleeping(anocir, bundle)
    lie(anocir, pid=stranger)
    assert anocir.state("c1")["status"] == "stopped"
    for sent in ("TERM", "KILL"):
        assert anocir.fails("kill", "c1", sent) == "container not running"
    anocir.quiet("delete", "--force", "c1")
    assert world.stat_of(stranger) is not None and world.stat_of(stranger)[0] not in "ZX"
    world.wait_end(pid, 0.1)


def test_without_the_start_time_a_stranger_is_signalled(
    sabotaged: Sabotage, bundle: Bundle, stranger: int
) -> None:
    """The control for the test above."""
    broken = sabotaged(sabotage.ANY_START_TIME, sabotage.STATUS_WITHOUT_START_TIME)
    sleeping(broken, bundle)
    lie(broken, pid=stranger)
    broken("kill", "c1", "KILL")
    world.wait_end(stranger)
    broken("delete", "--force", "c1")


@pytest.mark.parametrize("fields", [{"cgroup": None}, {"cgroup": {}}, {"cgroup": {"version": 9}}])
def test_a_record_without_its_cgroup(
    anocir: Runtime, bundle: Bundle, fields: dict[str, Any]
) -> None:
    pid = sleeping(anocir, bundle)
    saved = (anocir.root / "c1/state.json").read_text()
    lie(anocir, **fields)
    result = anocir.any("delete", "--force", "c1")
    if result.code:
        assert len(result.err.splitlines()) == 1
        (anocir.root / "c1/state.json").write_text(saved)
        anocir.quiet("delete", "--force", "c1")
    world.wait_end(pid, 0.1)


def set_umask(value: int) -> Callable[[], None]:
    def change() -> None:
        os.umask(value)

    return change


def modes(top: Path) -> dict[str, str]:
    """Type and mode of a directory and everything in it, by relative path."""
    return {str(path.relative_to(top)): stat.filemode(path.lstat().st_mode)
            for path in [top, *sorted(top.rglob("*"))]}  # fmt: skip


UMASKS = [0, 0o022, 0o077, 0o777]


@pytest.mark.parametrize("umask", UMASKS)
def test_modes_of_the_state_do_not_depend_on_the_umask(
    anocir: Runtime, bundle: Bundle, tmp_path: Path, umask: int
) -> None:
    anocir.root = tmp_path / "made/on/the/way"
    anocir.quiet("create", "-b", bundle, "c1", before=set_umask(umask))
    anocir.quiet("delete", "-f", "c1", before=set_umask(umask))
    anocir.quiet("create", "-b", bundle, "c1", before=set_umask(umask))
    assert modes(anocir.root) == {
        ".": "drwx------",
        "c1": "drwx------",
        "c1/config.json": "-rw-------",
        "c1/error.fifo": "prw-------",
        "c1/go.fifo": "prw-------",
        "c1/state.json": "-rw-------",
    }
    for parent in ("made", "made/on", "made/on/the"):
        assert stat.filemode((tmp_path / parent).stat().st_mode) == "drwxr-xr-x"


def test_without_the_care_the_umask_decides(sabotaged: Sabotage, bundle: Bundle) -> None:
    """The control for the test above."""
    broken = sabotaged(sabotage.UMASK_DECIDES)
    broken("create", "-b", bundle, "c1", before=set_umask(0o277))
    assert modes(broken.root)["c1"] != "drwx------"
    broken("delete", "-f", "c1")


def test_modes_in_the_root_do_not_depend_on_the_umask(
    anocir: Runtime, make_bundle: Callable[[], Bundle], tmp_path: Path
) -> None:
    seen = []
    (tmp_path / "file").write_text("")
    for umask in UMASKS:
        bundle = make_bundle()
        (bundle.rootfs / "dev").rmdir()
        bundle.process["cwd"] = "/made/cwd"
        bundle.process["user"]["umask"] = 0o22  # The program's own is the caller's otherwise.
        bundle.mount("/made/mount/point", "tmpfs", "t").mount("/made/file", "bind",
                                                              tmp_path / "file")  # fmt: skip
        bundle.config["root"]["readonly"] = False
        script = "cd /dev; stat -c '%n %a' . * pts/ptmx; umask; mkdir /d; stat -c %a /d"
        out = anocir.output(bundle.script(script), before=set_umask(umask))
        seen.append((out, modes(bundle.rootfs)))
    assert all(one == seen[0] for one in seen)
    out, host = seen[0]
    assert "\n0022\n755\n" in out and "null 666" in out
    assert host["made"] == host["made/cwd"] == host["made/mount/point"] == "drwxr-xr-x"
    assert host["made/file"] == "-rw-r--r--"
