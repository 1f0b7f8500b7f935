"""User namespaces: new with mappings, joined, and beside other namespaces that are joined."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sh

from tests.integration.support import proc
from tests.integration.support.bundles import Bundle
from tests.integration.support.driver import Runtime

HOST = 100000
SIZE = 65536
SYS_RESOURCE = 24  # CAP_SYS_RESOURCE
IDS = {"containerID": 0, "hostID": HOST, "size": SIZE}


def own(bundle: Bundle) -> Bundle:
    """Give the files of the rootfs to the container's root. They are copies, not hard links."""
    copy = bundle.path / "copy"
    shutil.copytree(bundle.rootfs, copy, symlinks=True)
    shutil.rmtree(bundle.rootfs)
    copy.rename(bundle.rootfs)
    for path in (bundle.rootfs, *bundle.rootfs.rglob("*")):
        os.chown(path, HOST, HOST, follow_symlinks=False)
    return bundle


@pytest.fixture
def make_mapped(make_bundle: Callable[[], Bundle]) -> Callable[[], Bundle]:
    def make() -> Bundle:
        bundle = own(make_bundle())
        bundle.linux["namespaces"].append({"type": "user"})
        bundle.linux.update(uidMappings=[IDS], gidMappings=[IDS])
        return bundle

    return make


@pytest.fixture
def mapped(make_mapped: Callable[[], Bundle]) -> Bundle:
    """A bundle with a user namespace, below a directory that only the host's root may enter."""
    bundle = make_mapped()
    assert os.stat(bundle.path.parent).st_mode & 0o777 == 0o700
    return bundle


def joining(bundle: Bundle, pid: int, *kinds: str) -> Bundle:
    """Change a bundle with a user namespace so that it joins those of ``pid``."""
    for name in ("uidMappings", "gidMappings"):
        bundle.linux.pop(name, None)
    for kind in kinds:
        bundle.namespace(kind, f"/proc/{pid}/ns/{proc.NAMESPACES.get(kind, kind)}")
    if "uts" in kinds:
        del bundle.config["hostname"]
    return bundle


def sleeping(anocir: Runtime, bundle: Bundle, container_id: str = "c1") -> int:
    anocir.quiet("run", "-d", "-b", bundle.args("sleep", "1000"), container_id)
    return anocir.pid(container_id)


def test_ids_are_mapped(anocir: Runtime, mapped: Bundle) -> None:
    pid = sleeping(anocir, mapped)
    for name in ("uid_map", "gid_map"):
        words = Path(f"/proc/{pid}/{name}").read_text().split()
        assert words == ["0", str(HOST), str(SIZE)]
    status = proc.status(Path(f"/proc/{pid}/status").read_text())
    assert status["Uid"].split() == status["Gid"].split() == [str(HOST)] * 4
    assert status["Groups"] == ""


def test_every_namespace_belongs_to_the_user_namespace(anocir: Runtime, mapped: Bundle) -> None:
    """What needs rights over each of them works for the container's root."""
    mapped.linux["namespaces"].append({"type": "time"})
    mapped.process["capabilities"] = {
        name: ["CAP_SYS_ADMIN", "CAP_NET_ADMIN"] for name in ("bounding", "effective", "permitted")
    }
    mapped.script(
        "hostname changed; hostname; ifconfig lo up; mount -t tmpfs x /tmp; touch /tmp/a;"
        "stat -c '%u %g' /dev/mqueue /dev/pts /dev/shm /tmp"
    )
    assert anocir.output(mapped).splitlines() == ["changed", *["0 0"] * 4]


def test_files_that_the_container_makes_are_its_roots(anocir: Runtime, mapped: Bundle) -> None:
    mapped.config["root"]["readonly"] = False
    mapped.mount("/new/place", "tmpfs", "tmpfs")
    anocir.quiet("run", "-b", mapped.args("touch", "/file"), "c1")
    for name in ("file", "new", "new/place"):
        found = os.stat(mapped.rootfs / name)
        assert (found.st_uid, found.st_gid) == (HOST, HOST), name


def test_the_devices_are_the_hosts(anocir: Runtime, mapped: Bundle) -> None:
    mapped.script(
        "echo x > /dev/null; head -c 3 /dev/zero | wc -c;"
        "cd /dev; stat -c '%F %t:%T' null zero full random urandom tty"
    )
    lines = anocir.output(mapped).splitlines()
    numbers = ["1:3", "1:5", "1:7", "1:8", "1:9", "5:0"]
    assert lines == ["3", *(f"character special file {number}" for number in numbers)]


def test_masked_and_readonly_paths_are(anocir: Runtime, mapped: Bundle) -> None:
    mapped.script("cat /proc/keys /proc/timer_list; ls /sys/firmware;"
                  "touch /proc/sys/kernel/domainname 2>&1 || true")  # fmt: skip
    assert "Read-only file system" in anocir.output(mapped)


def test_what_is_mounted_from_the_host_may_be_out_of_the_containers_reach(
    anocir: Runtime, mapped: Bundle, tmp_path: Path
) -> None:
    """The runtime's rights decide, not those of the container's root, who is nobody out there."""
    closed = tmp_path / "closed"
    volume = closed / "volume"
    volume.mkdir(parents=True)
    (volume / "file").write_text("hello\n")
    (closed / "single").write_text("single\n")
    closed.chmod(0o700)
    mapped.mount("/v", "bind", volume, "rbind", "ro").mount("/f", "bind", closed / "single")
    mapped.mount("/w", "bind", volume, "rbind")
    assert (
        anocir.output(mapped.args("cat", "/v/file", "/w/file", "/f")) == "hello\n" * 2 + "single\n"
    )


def test_other_ways_of_mounting(anocir: Runtime, mapped: Bundle, tmp_path: Path) -> None:
    """Mounts with maps of their own, a remount, and a root without pivot_root."""
    volume = tmp_path / "volume"
    volume.mkdir()
    (volume / "file").write_text("")
    mapped.mount("/plain", "bind", volume, "rbind").mount("/mapped", "bind", volume, "rbind")
    mapped.config["mounts"][-1].update(uidMappings=[IDS], gidMappings=[IDS])
    mapped.mount("/plain", "bind", volume, "remount", "bind", "ro")
    mapped.script("stat -c %u /plain/file /mapped/file; touch /plain/new 2>&1 || true")
    for option in ([], ["--no-pivot"]):
        result = anocir("run", *option, "-b", mapped, "c1")
        owners = result.out.splitlines()
        assert owners[:2] == ["65534", "0"] and "Read-only" in owners[2]


def test_nothing_of_the_host_stays_open(anocir: Runtime, mapped: Bundle, tmp_path: Path) -> None:
    mapped.mount("/v", "bind", tmp_path, "rbind")
    anocir.quiet("create", "-b", mapped.args("sleep", "9"), "c1")
    pid = anocir.pid("c1")
    inside = ("/dev/null", "/memfd:", str(anocir.root), str(anocir.work))
    paths = [link for link in proc.fds(pid).values() if link.startswith("/")]
    assert [path for path in paths if not path.startswith(inside)] == []
    for fd in proc.fds(pid):
        assert not os.path.isdir(f"/proc/{pid}/fd/{fd}")


def test_user_and_groups_are_those_of_the_namespace(anocir: Runtime, mapped: Bundle) -> None:
    mapped.process["user"] = {"uid": 5, "gid": 6, "additionalGids": [7, 8]}
    status = proc.status(anocir.output(mapped.args("cat", "/proc/self/status")))
    assert (status["Uid"].split(), status["Gid"].split()) == (["5"] * 4, ["6"] * 4)
    assert status["Groups"].split() == ["7", "8"]


def test_limits_can_be_raised_by_who_may_raise_them(anocir: Runtime, mapped: Bundle) -> None:
    """Root of the container couldn't do that itself."""
    limit = {"type": "RLIMIT_NOFILE", "soft": 500, "hard": 600}
    mapped.process["rlimits"] = [limit]
    mapped.script("ulimit -S -n; ulimit -H -n")
    assert anocir.output(mapped).split() == ["500", "600"]
    own = proc.status(Path("/proc/self/status").read_text())
    if not int(own["CapEff"], 16) >> SYS_RESOURCE & 1:
        pytest.skip("the root of this machine may not raise limits")
    limit.update(soft=2000, hard=3000)
    text = anocir.output(mapped, wrap=["prlimit", "--nofile=1000:1000"])
    assert text.split() == ["2000", "3000"]


def test_nobody_in_a_joined_namespace_can_trace_init(
    anocir: Runtime, make_mapped: Callable[[], Bundle]
) -> None:
    """What belongs to a process that can't be dumped is the host's root's in /proc."""
    pid = sleeping(anocir, make_mapped())
    second = joining(make_mapped(), pid, "user", "pid").args("sleep", "1000")
    anocir.quiet("create", "-b", second, "c2")
    assert os.stat(f"/proc/{anocir.pid('c2')}/environ").st_uid == 0
    anocir.quiet("start", "c2")
    assert os.stat(f"/proc/{anocir.pid('c2')}/environ").st_uid == HOST


def test_many_ranges(anocir: Runtime, mapped: Bundle) -> None:
    many = [{"containerID": n, "hostID": 10000 + 2 * n, "size": 1} for n in range(300)]
    mapped.linux["uidMappings"] = many
    shutil.rmtree(mapped.rootfs / "tmp")
    text = anocir.output(mapped.args("cat", "/proc/self/uid_map"))
    assert [int(word) for word in text.split()] == [
        number for m in many for number in (m["containerID"], m["hostID"], m["size"])
    ]


def test_the_kernels_words_are_told(anocir: Runtime, mapped: Bundle) -> None:
    ids = [IDS | {"containerID": 2**31 + n, "hostID": 2**31 + 2 * n, "size": 1} for n in range(339)]
    mapped.linux["uidMappings"] = [IDS, *ids]
    message = anocir.fails("create", "-b", mapped, "c1")
    assert "id maps: linux.uidMappings: writing uid_map: invalid argument" in message
    assert "less than a page" in message


def test_sysfs_needs_a_network_namespace(anocir: Runtime, mapped: Bundle) -> None:
    message = anocir.fails("create", "-b", mapped.namespace("network"), "c1")
    assert "/sys: operation not permitted" in message


# Joining


def test_a_user_namespace_is_joined_and_the_new_ones_belong_to_it(
    anocir: Runtime, make_mapped: Callable[[], Bundle]
) -> None:
    pid = sleeping(anocir, make_mapped())
    second = joining(make_mapped(), pid, "user")
    second.process["capabilities"] = {
        name: ["CAP_SYS_ADMIN"] for name in ("bounding", "effective", "permitted")
    }
    second.script("hostname other; hostname; cat /proc/self/uid_map; readlink /proc/self/ns/user;"
                  "stat -c '%u' /dev/mqueue; echo $$")  # fmt: skip
    lines = anocir.output(second, "c2").splitlines()
    assert lines[0] == "other"
    assert lines[1].split() == ["0", str(HOST), str(SIZE)]
    assert lines[2:] == [proc.namespace(pid, "user"), "0", "1"]


def test_all_that_a_pod_shares(anocir: Runtime, make_mapped: Callable[[], Bundle]) -> None:
    shared = ("user", "pid", "network", "ipc", "uts", "time")
    first = make_mapped()
    first.linux["namespaces"].append({"type": "time"})
    pid = sleeping(anocir, first)
    second = sleeping(anocir, joining(make_mapped(), pid, *shared), "c2")
    for kind in shared:
        assert proc.namespace(second, kind) == proc.namespace(pid, kind), kind
    assert proc.namespace(second, "mount") != proc.namespace(pid, "mount")
    status = proc.status(Path(f"/proc/{second}/status").read_text())
    assert len(status["NSpid"].split()) == 2
    assert status["Uid"].split() == [str(HOST)] * 4


def test_the_process_is_the_child_of_whoever_called_create(
    anocir: Runtime, make_mapped: Callable[[], Bundle]
) -> None:
    """As the runtime's own child it goes to the runtime's parent, or its subreaper, in the end."""
    pid = sleeping(anocir, make_mapped())
    joined = joining(make_mapped(), pid, "user", "pid").args("sleep", "1000")
    running = anocir.background("run", "-b", joined, "c2")
    while not anocir.ids() or "c2" not in anocir.ids() or not anocir.state("c2")["pid"]:
        os.sched_yield()
    second = anocir.pid("c2")
    assert int(proc.status(Path(f"/proc/{second}/status").read_text())["PPid"]) == running.pid
    anocir.quiet("kill", "c2", "KILL")
    assert running.wait().code == 137


def test_a_namespace_of_the_hosts_is_joined_beside_a_new_user_namespace(
    anocir: Runtime, mapped: Bundle
) -> None:
    """As engines do that make the network first. No one in the container has rights over it."""
    with open("/dev/null") as nothing:
        holder = sh.Command("unshare")("-n", "sleep", "1000", _bg=True, _in=nothing, _bg_exc=False)
    try:
        while proc.namespace(holder.pid, "network") == proc.namespace("self", "network"):
            os.sched_yield()
        mapped.namespace("network", f"/proc/{holder.pid}/ns/net")
        mapped.without_mount("/sys").without_mount("/sys/fs/cgroup")
        pid = sleeping(anocir, mapped)
        assert proc.namespace(pid, "network") == proc.namespace(holder.pid, "network")
        assert proc.namespace(pid, "user") != proc.namespace("self", "user")
    finally:
        holder.terminate()


def test_mappings_beside_a_path_must_be_true(
    anocir: Runtime, make_mapped: Callable[[], Bundle]
) -> None:
    """Engines repeat them, or give one line that stands for nothing."""
    pid = sleeping(anocir, make_mapped())
    second: Any = joining(make_mapped(), pid, "user").args("true")
    for good in ([IDS], [{"containerID": 0, "hostID": 0, "size": 1}]):
        second.linux.update(uidMappings=good, gidMappings=good)
        assert anocir.output(second, "c2") == ""
    second.linux["gidMappings"] = [IDS | {"hostID": HOST + 1}]
    message = anocir.fails("run", "-b", second, "c2")
    assert message.startswith("user namespace: linux.gidMappings: the namespace at /proc/")


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/proc/self/ns/net", "open namespaces: /proc/self/ns/net is not a user namespace"),
        ("/etc/passwd", "open namespaces: /etc/passwd is not a user namespace"),
        ("/proc/self/ns/user", "clone: joining the user namespace: invalid argument"),
    ],
)
def test_a_path_that_is_no_other_user_namespace(
    anocir: Runtime, mapped: Bundle, path: str, words: str
) -> None:
    assert anocir.fails(
        "create", "-b", joining(mapped, 0).namespace("user", path), "c1"
    ).startswith(words)
