"""Kernel parameters: those of the container's namespaces, and no others."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.integration.support import proc, world
from tests.integration.support.bundles import Bundle
from tests.integration.support.driver import Runtime


def values(anocir: Runtime, bundle: Bundle, *paths: str) -> list[str]:
    """What the container's program reads below /proc/sys."""
    bundle.args("cat", *(f"/proc/sys/{path}" for path in paths))
    return anocir.output(bundle).splitlines()


def test_parameters_of_each_namespace(anocir: Runtime, bundle: Bundle) -> None:
    before = Path("/proc/sys/kernel/shmmax").read_text()
    bundle.linux["sysctl"] = {
        "kernel.shmmax": "123456",
        "kernel.msgmax": "4321",
        "kernel.sem": "100 200 30 40",
        "fs.mqueue.msg_max": "17",
        "net.ipv4.ip_forward": "1",
        "kernel.domainname": "example.org",
    }
    paths = ("kernel/shmmax", "kernel/msgmax", "kernel/sem", "fs/mqueue/msg_max",
             "net/ipv4/ip_forward", "kernel/domainname")  # fmt: skip
    found = values(anocir, bundle, *paths)
    assert found == ["123456", "4321", "100\t200\t30\t40", "17", "1", "example.org"]
    assert Path("/proc/sys/kernel/shmmax").read_text() == before


@pytest.mark.parametrize("key", ["net.ipv4.conf.lo.log_martians", "net/ipv4/conf/lo/log_martians"])
def test_both_spellings(anocir: Runtime, bundle: Bundle, key: str) -> None:
    bundle.linux["sysctl"] = {key: "1"}
    assert values(anocir, bundle, "net/ipv4/conf/lo/log_martians") == ["1"]


def test_whatever_lies_on_proc_the_right_file_is_written(
    anocir: Runtime, bundle: Bundle, tmp_path: Path
) -> None:
    """CVE-2019-16884, CVE-2025-52881: a volume, or nothing, where /proc/sys should be."""
    (tmp_path / "fake/ipv4").mkdir(parents=True)
    (tmp_path / "fake/ipv4/ip_forward").write_text("untouched")
    bundle.without_mount("/proc").linux.update(maskedPaths=[], readonlyPaths=[])
    bundle.linux["sysctl"] = {"net.ipv4.ip_forward": "1"}
    bundle.mount("/net", "bind", tmp_path / "fake", "rbind")
    (bundle.rootfs / "proc/sys").mkdir(parents=True)
    (bundle.rootfs / "proc/sys/net").symlink_to("/net")
    bundle.args("sleep", "1000")
    anocir.quiet("run", "-d", "-b", bundle, "c1")
    assert (tmp_path / "fake/ipv4/ip_forward").read_text() == "untouched"
    pid = anocir.pid("c1")
    forward = world.shell(f"nsenter -t {pid} -n cat /proc/sys/net/ipv4/ip_forward")
    assert forward == "1\n"


def test_what_lies_on_the_hosts_proc_is_not_written_to(
    anocir: Runtime, bundle: Bundle, tmp_path: Path
) -> None:
    """Neither that nor what it hides. Of the other kinds each namespace has files of its own."""
    fake = tmp_path / "fake"
    fake.write_text("untouched")
    real = Path("/proc/sys/kernel/domainname")
    before = real.read_text()
    bundle.linux["sysctl"] = {"kernel.domainname": "example.org"}
    world.bind(fake, real)
    try:
        assert values(anocir, bundle, "kernel/domainname") == ["example.org"]
    finally:
        world.unmount(real)
    assert fake.read_text() == "untouched" and real.read_text() == before


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("kernel.core_pattern", "is a parameter of the whole host"),
        ("vm.overcommit_memory", "is a parameter of the whole host"),
        ("net/../kernel/core_pattern", "allowed in a key"),
        ("kernel.shm_rmid_forced+kernel.core_pattern", "allowed in a key"),
        ("kernel.hostname", "conflicts with hostname"),
    ],
)
def test_parameters_that_are_refused(anocir: Runtime, bundle: Bundle, key: str, words: str) -> None:
    before = Path("/proc/sys/kernel/core_pattern").read_text()
    bundle.linux["sysctl"] = {key: "|/evil"}
    message = anocir.fails("create", "-b", bundle, "c1")
    assert "linux.sysctl" in message and words in message
    assert Path("/proc/sys/kernel/core_pattern").read_text() == before


@pytest.mark.parametrize(
    ("kind", "key"),
    [("network", "net.ipv4.ip_forward"), ("ipc", "kernel.shmmax"), ("uts", "kernel.domainname")],
)
def test_the_hosts_own_namespace(anocir: Runtime, bundle: Bundle, kind: str, key: str) -> None:
    """Not without a namespace of the kind, nor with the host's joined by its path."""
    bundle.config.pop("hostname")
    bundle.linux["sysctl"] = {key: "1"}
    bundle.namespace(kind)
    assert f"needs a {kind} namespace" in anocir.fails("create", "-b", bundle, "c1")
    bundle.namespace(kind, f"/proc/self/ns/{ {'network': 'net'}.get(kind, kind) }")
    message = anocir.fails("create", "-b", bundle, "c1")
    assert message.startswith(f"sysctl: {key}: the") and "is the runtime's own" in message


def test_a_joined_namespace_that_is_not_the_hosts(anocir: Runtime, make_bundle: object) -> None:
    first, second = make_bundle(), make_bundle()  # type: ignore[operator]
    anocir.quiet("run", "-d", "-b", first.args("sleep", "1000"), "c1")
    second.namespace("network", f"/proc/{anocir.pid('c1')}/ns/net")
    second.linux["sysctl"] = {"net.ipv4.ip_forward": "1"}
    assert values(anocir, second, "net/ipv4/ip_forward") == ["1"]


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("net.ipv4.nosuch", "1", "have no /proc/sys/net/ipv4/nosuch"),
        ("net.ipv4.ip_forward", "many", "cannot write 'many': invalid argument"),
        ("net.ipv4", "1", "cannot write '1': is a directory"),
    ],
)
def test_what_the_kernel_refuses(
    anocir: Runtime, bundle: Bundle, key: str, value: str, words: str
) -> None:
    bundle.linux["sysctl"] = {key: value}
    message = anocir.fails("create", "-b", bundle, "c1")
    assert message.startswith(f"sysctl: {key}: ") and words in message


def test_no_descriptor_of_proc_is_left(anocir: Runtime, bundle: Bundle) -> None:
    bundle.linux["sysctl"] = {"net.ipv4.ip_forward": "1"}
    anocir.quiet("create", "-b", bundle.args("sleep", "1000"), "c1")
    pid = anocir.pid("c1")
    held = {os.path.basename(path) for fd, path in proc.fds(pid).items() if fd > 2}
    assert held == {"go.fifo", "error.fifo", "memfd:anocir-exec (deleted)"}
