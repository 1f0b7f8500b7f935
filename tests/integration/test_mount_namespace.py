"""A mount namespace that exists already: the runtime's own, or that of another process."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.integration.support import proc, world
from tests.integration.support.bundles import Bundle
from tests.integration.support.driver import Runtime
from tests.integration.support.hooked import Hooked

Holder = Callable[..., int]
# In a mount namespace that gets all that is mounted in ours, and gives ours all of its own.
PEER = ("unshare", "--mount", "--propagation", "unchanged")


@pytest.fixture
def holder(before: world.View) -> Iterator[Holder]:
    """Starts processes that do nothing in namespaces of their own, and returns their pids."""
    started: list[subprocess.Popen[str]] = []

    def start(*words: str) -> int:
        line = [*words, "sh", "-c", "echo ready; exec sleep 1000"]
        process = subprocess.Popen(line, stdout=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
        return process.pid

    yield start
    for process in started:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


@pytest.fixture(params=["inherited", "another"])
def existing(request: pytest.FixtureRequest, bundle: Bundle, holder: Holder) -> int | str:
    """Give the bundle a mount namespace that exists; return a process that is in it."""
    if request.param == "inherited":
        bundle.namespace("mount")
        return "self"
    pid = holder(*PEER)
    bundle.namespace("mount", f"/proc/{pid}/ns/mnt")
    return pid


def mounted(pid: int | str) -> str:
    """All mounts of a process's namespace with their numbers: nothing may come or go."""
    return Path(f"/proc/{pid}/mountinfo").read_text()


def test_the_process_is_in_it_and_nothing_is_mounted_there(
    anocir: Runtime, bundle: Bundle, existing: int | str, volume: Path
) -> None:
    bundle.mount("/v", "bind", volume, "rbind", "ro").mount("/t", "tmpfs", "t")
    before = mounted("self"), mounted(existing)
    anocir.quiet("create", "-b", bundle.args("sleep", "1000"), "c1")
    pid = anocir.pid("c1")
    for change in ((), ("start", "c1"), ("kill", "c1", "KILL")):
        if change:
            anocir.quiet(*change)
        if change != ("kill", "c1", "KILL"):
            assert proc.namespace(pid, "mount") == proc.namespace(existing, "mount")
        assert (mounted("self"), mounted(existing)) == before
    anocir.wait_stopped("c1")
    anocir.quiet("delete", "c1")
    assert (mounted("self"), mounted(existing)) == before


def test_the_root_and_the_mounts_are_as_in_a_new_one(
    anocir: Runtime, bundle: Bundle, existing: int | str, volume: Path
) -> None:
    (bundle.rootfs / "etc/secret").write_text("secret\n")
    bundle.mount("/v", "bind", volume, "rbind", "ro").mount("/t", "tmpfs", "t")
    bundle.linux["maskedPaths"] += ["/etc/secret"]
    bundle.linux["readonlyPaths"] += ["/dev/shm"]
    script = """
        touch() { busybox touch $1 2> /dev/null && echo wrote $1 || echo could not write $1; }
        ls -d /*; cat /v/file /etc/secret; ls /proc/1/comm /dev/null /sys/kernel
        touch /v/new; touch /t/new; touch /new; touch /dev/shm/new; touch /proc/sys/fs/file-max
        ls -d /sys/fs/cgroup/*; stat -c '%a %t %T' /dev/*
        ls -d /.. /../..; cd /proc/self; pwd
    """  # fmt: skip
    found = anocir.output(bundle.script(script))
    usual = anocir.output(_as_usual(bundle))
    assert found == usual
    assert "content\n/dev/null" in found and "could not write /dev/shm/new" in found


def _as_usual(bundle: Bundle) -> Bundle:
    """Give the bundle the mount namespace that other containers have."""
    bundle.namespace("mount").linux["namespaces"].append({"type": "mount"})
    return bundle


def test_there_is_no_way_up_even_with_a_right_to_chroot(
    anocir: Runtime, bundle: Bundle, existing: int | str
) -> None:
    """From a root by chroot alone it leads out: a directory above it is open, and .. goes on."""
    for kind in ("bounding", "permitted", "effective"):
        bundle.process["capabilities"][kind] += ["CAP_SYS_CHROOT"]
    bundle.mount("/jail/proc", "proc", "proc").mount("/jail/bin", "bind", bundle.rootfs / "bin")
    up = "/.." * 20
    jailed = f"cd /proc/self/fd/3 && ls -d jail && ls -d .{up}/jail && ls -d .{up}/config.json"
    bundle.script(f'exec 3< /; chroot /jail sh -c "{jailed}"')
    found = anocir.any("run", "-b", bundle, "c1")
    assert found.code == 1
    assert found.out == f"jail\n.{up}/jail\n"


def test_programs_mount_and_unmount_nothing(
    anocir: Runtime, bundle: Bundle, existing: int | str
) -> None:
    """What is masked stays so."""
    for kind in ("bounding", "permitted", "effective"):
        bundle.process["capabilities"][kind] += ["CAP_SYS_ADMIN"]
    bundle.script("mount -t tmpfs t /tmp || umount /proc/kcore || umount /sys || cat /proc/mounts")
    before = mounted("self"), mounted(existing)
    result = anocir("run", "-b", bundle, "c1")
    assert result.out == "" and len(result.err.splitlines()) == 3
    assert (mounted("self"), mounted(existing)) == before


def test_setuid_gives_no_rights(anocir: Runtime, bundle: Bundle, existing: int | str) -> None:
    """Mounts that are not in the process's namespace count as nosuid (mnt_may_suid)."""
    shutil.copy(bundle.rootfs / "bin/busybox", bundle.rootfs / "home/busybox")
    (bundle.rootfs / "home/busybox").chmod(0o4755)
    bundle.process["user"] = {"uid": 7, "gid": 7}
    bundle.process["noNewPrivileges"] = False
    bundle.args("/home/busybox", "cat", "/proc/self/status")
    assert proc.status(anocir.output(bundle))["Uid"].split() == ["7"] * 4
    # Here too it gives up what it needn't, but could get it back: the saved one is root's.
    usual = proc.status(anocir.output(_as_usual(bundle)))
    assert usual["Uid"].split()[2] == "0"


def test_hooks_may_mount_in_the_root_and_find_the_process(
    anocir: Runtime, hooked: Hooked, existing: int | str
) -> None:
    """They do that before it goes to the other namespace, and it takes their mounts along."""
    bundle = hooked.bundle
    hooked.add("createRuntime", "read state || :; pid=${state#*'\"pid\": '}; pid=${pid%%[,\\}]*};"
               "nsenter -m -t $pid mount -t tmpfs t $PWD/rootfs/home;"
               "nsenter -m -t $pid touch $PWD/rootfs/home/theirs",
               env=["PATH=/usr/bin:/bin"])  # fmt: skip
    hooked.add("createContainer", "mount -t tmpfs t tmp; touch tmp/ours", env=["PATH=/bin"])
    before = mounted("self"), mounted(existing)
    assert anocir.output(bundle.args("ls", "/home", "/tmp")).split() == [
        "/home:", "theirs", "/tmp:", "ours",
    ]  # fmt: skip
    assert (mounted("self"), mounted(existing)) == before


def test_the_others_of_the_namespace_may_end(
    anocir: Runtime, bundle: Bundle, holder: Holder
) -> None:
    pid = holder(*PEER)
    bundle.namespace("mount", f"/proc/{pid}/ns/mnt").args("sleep", "1000")
    name = proc.namespace(pid, "mount")
    anocir.quiet("create", "-b", bundle, "c1")
    os.kill(pid, signal.SIGKILL)
    world.wait_end(pid)
    anocir.quiet("start", "c1")
    assert proc.namespace(anocir.pid("c1"), "mount") == name
    anocir.quiet("delete", "--force", "c1")


def test_what_is_mounted_ends_with_the_last_process(
    anocir: Runtime, bundle: Bundle, existing: int | str, volume: Path
) -> None:
    """The kernel gives a filesystem up when nobody has it mounted any more, and tells that."""
    world.mount("t", str(volume), "tmpfs", "")
    with world.Watch(volume) as watch:
        bundle.mount("/v", "bind", volume).args("sleep", "1000")
        anocir.quiet("run", "-d", "-b", bundle, "c1")
        world.unmount(volume)
        assert not watch.unmounted(0), "the container has it"
        anocir.quiet("kill", "c1", "KILL")
        anocir.wait_stopped("c1")
        assert watch.unmounted(60), "nobody has deleted the container, and nobody has to"


def test_a_root_that_is_not_visible_there(
    anocir: Runtime, bundle: Bundle, holder: Holder, volume: Path
) -> None:
    """Paths of the config are the runtime's (config.md, Root and Mounts)."""
    pid = holder("unshare", "--mount", "sh", "-ec", f"mount -t tmpfs none {bundle.path};"
                 f'mount -t tmpfs none {volume}; exec "$@"', "sh")  # fmt: skip
    assert not Path(f"/proc/{pid}/root{bundle.rootfs}").exists()
    bundle.namespace("mount", f"/proc/{pid}/ns/mnt").mount("/v", "bind", volume)
    before = mounted(pid)
    assert anocir.output(bundle.args("cat", "/v/file")) == "content\n"
    assert mounted(pid) == before


def test_the_mount_namespace_of_a_user_namespace_that_is_joined_as_well(
    anocir: Runtime, bundle: Bundle, holder: Holder
) -> None:
    pid = holder("unshare", "--user", "--map-root-user", "--mount")
    bundle.namespace("user", f"/proc/{pid}/ns/user").namespace("mount", f"/proc/{pid}/ns/mnt")
    # It has one group, and no cgroup namespace.
    bundle.without_mount("/sys/fs/cgroup").without_mount("/dev/pts")
    before = mounted(pid)
    anocir.quiet("run", "-d", "-b", bundle.args("sleep", "1000"), "c1")
    for kind in ("mount", "user"):
        assert proc.namespace(anocir.pid("c1"), kind) == proc.namespace(pid, kind)
    assert mounted(pid) == before
    bundle.namespace("mount", "/proc/self/ns/mnt")
    message = anocir.fails("create", "-b", bundle, "c2")
    assert message.startswith("enter mount namespace: operation not permitted (it takes rights in")


def test_a_new_user_namespace_is_refused(anocir: Runtime, bundle: Bundle) -> None:
    ids = {"containerID": 0, "hostID": 100000, "size": 65536}
    bundle.namespace("mount").linux["namespaces"].append({"type": "user"})
    bundle.linux.update(uidMappings=[ids], gidMappings=[ids])
    message = anocir.fails("create", "-b", bundle, "c1")
    assert message.startswith("config.json: linux.namespaces: a user namespace needs a new mount")


def test_a_path_that_is_no_mount_namespace(anocir: Runtime, bundle: Bundle) -> None:
    bundle.namespace("mount", "/proc/self/ns/net")
    message = anocir.fails("create", "-b", bundle, "c1")
    assert message == "mount namespace: /proc/self/ns/net is not a mount namespace"


def test_create_warns_of_it(anocir: Runtime, bundle: Bundle, tmp_path: Path) -> None:
    bundle.namespace("mount").process["capabilities"]["bounding"] += [
        "CAP_SYS_ADMIN", "CAP_SYS_CHROOT",
    ]  # fmt: skip
    anocir.quiet("create", "-b", bundle, "c1", globals=["--log", tmp_path / "log"])
    warnings = [line for line in (tmp_path / "log").read_text().splitlines() if "warning" in line]
    assert len(warnings) == 2
    assert "the mount namespace is no new one" in warnings[0]
    assert "lead out of the container" in warnings[1]


def test_no_pivot_makes_no_difference(anocir: Runtime, bundle: Bundle, existing: int | str) -> None:
    before = mounted("self"), mounted(existing)
    anocir.quiet("run", "--no-pivot", "-d", "-b", bundle.args("sleep", "1000"), "c1")
    assert proc.namespace(anocir.pid("c1"), "mount") == proc.namespace(existing, "mount")
    assert (mounted("self"), mounted(existing)) == before
