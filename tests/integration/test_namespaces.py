"""Namespaces: new, shared with the caller, joined by path."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.support import proc, world
from tests.integration.support.bundles import Bundle
from tests.integration.support.driver import Runtime

# test_mount_namespace.py has that one.
OPTIONAL = [kind for kind in proc.NAMESPACES if kind != "mount"]


def sleeping(anocir: Runtime, bundle: Bundle, container_id: str) -> int:
    anocir.quiet("run", "-d", "-b", bundle.args("sleep", "1000"), container_id)
    return anocir.pid(container_id)


@pytest.mark.parametrize("shared", OPTIONAL)
def test_a_namespace_that_is_not_listed_is_the_callers(
    anocir: Runtime, bundle: Bundle, shared: str
) -> None:
    bundle.namespace(shared)
    if shared == "uts":
        del bundle.config["hostname"]
    if shared == "network":
        # The kernel mounts sysfs only for who made the network namespace; that is the host's here.
        bundle.without_mount("/sys")
    pid = sleeping(anocir, bundle, "c1")
    same = {k for k in proc.NAMESPACES if proc.namespace(pid, k) == proc.namespace("self", k)}
    assert same == {shared}


@pytest.mark.parametrize("joined", OPTIONAL)
def test_a_namespace_with_a_path_is_joined(
    anocir: Runtime, make_bundle: Callable[[], Bundle], joined: str
) -> None:
    first = sleeping(anocir, make_bundle(), "c1")
    second_bundle = make_bundle().namespace(joined, f"/proc/{first}/ns/{proc.NAMESPACES[joined]}")
    if joined == "uts":
        del second_bundle.config["hostname"]
    second = sleeping(anocir, second_bundle, "c2")
    same = {k for k in proc.NAMESPACES if proc.namespace(first, k) == proc.namespace(second, k)}
    assert same == {joined}
    assert proc.namespace(second, joined) != proc.namespace("self", joined)
    if joined == "pid":
        assert len(proc.status(Path(f"/proc/{second}/status").read_text())["NSpid"].split()) == 2


def test_all_at_once_as_in_a_pod(anocir: Runtime, make_bundle: Callable[[], Bundle]) -> None:
    first = sleeping(anocir, make_bundle(), "c1")
    bundle = make_bundle()
    del bundle.config["hostname"]
    for kind in ("pid", "network", "ipc", "uts"):
        bundle.namespace(kind, f"/proc/{first}/ns/{proc.NAMESPACES[kind]}")
    bundle.script("hostname; cd /proc; echo [0-9]*")
    name, processes = anocir.output(bundle).splitlines()
    assert name == "anocir"
    assert len(processes.split()) == 2


@pytest.mark.parametrize(
    ("kind", "path", "words"),
    [
        ("network", "/proc/self/ns/uts", "/proc/self/ns/uts is not a network namespace"),
        ("pid", "/proc/self/ns/net", "/proc/self/ns/net is not a pid namespace"),
        ("ipc", "/etc/passwd", "/etc/passwd is not a ipc namespace"),
        ("uts", "/nosuch", "/nosuch: no such file or directory"),
        ("network", "/", "/ is not a network namespace"),
    ],
)
def test_a_path_that_is_no_such_namespace(
    anocir: Runtime,
    bundle: Bundle,
    kind: str,
    path: str,
    words: str,
) -> None:
    if kind == "uts":
        del bundle.config["hostname"]
    assert words in anocir.fails("create", "-b", bundle.namespace(kind, path), "c1")


def test_a_fifo_at_the_path_keeps_nobody_waiting(
    anocir: Runtime, bundle: Bundle, tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "fifo")
    bundle.namespace("network", str(tmp_path / "fifo"))
    assert "fifo is not a network namespace" in anocir.fails("create", "-b", bundle, "c1")


def test_the_name_is_set_in_the_joined_namespace_when_asked_for(
    anocir: Runtime, make_bundle: Callable[[], Bundle]
) -> None:
    first = sleeping(anocir, make_bundle(), "c1")
    bundle = make_bundle().namespace("uts", f"/proc/{first}/ns/uts")
    bundle.config["hostname"] = "renamed"
    before = os.uname().nodename
    assert anocir.output(bundle.args("hostname")) == "renamed\n"
    assert os.uname().nodename == before


def test_kill_reaches_all_of_a_container_without_a_pid_namespace(
    anocir: Runtime, bundle: Bundle
) -> None:
    """The end of the first process ends no other there: SIGKILL and delete go by the cgroup."""
    bundle.namespace("pid")
    bundle.without_mount("/proc").linux.update(maskedPaths=[], readonlyPaths=[])
    bell = bundle.bell()
    bundle.script("sleep 1000 & sleep 1000 & echo > /bell; wait")
    running = anocir.background("run", "-b", bundle, "c1")
    bell.wait()
    pid = anocir.pid("c1")
    family = [pid, *(child for child, _ in world.descendants(pid))]
    assert len(family) == 3
    anocir.quiet("kill", "c1", "KILL")
    assert running.wait().code == 137
    for member in family:
        world.wait_end(member)


def test_hostname_needs_a_uts_namespace(anocir: Runtime, bundle: Bundle) -> None:
    bundle.namespace("uts")
    assert "hostname: needs a uts namespace" in anocir.fails("create", "-b", bundle, "c1")


def test_domainname_is_set_in_a_uts_namespace_only(anocir: Runtime, bundle: Bundle) -> None:
    bundle.config["domainname"] = "example.org"
    before = Path("/proc/sys/kernel/domainname").read_text()
    assert anocir.output(bundle.args("cat", "/proc/sys/kernel/domainname")) == "example.org\n"
    assert Path("/proc/sys/kernel/domainname").read_text() == before
    bundle.namespace("uts")
    del bundle.config["hostname"]
    assert "domainname: needs a uts namespace" in anocir.fails("create", "-b", bundle, "c1")
