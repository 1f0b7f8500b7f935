"""The container's cgroup: where it is, and which devices it lets through."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.support import proc, world
from tests.integration.support.bundles import Bundle
from tests.integration.support.driver import Runtime

UNIFIED = os.path.exists("/sys/fs/cgroup/cgroup.controllers")
# A number for local use, with no driver: a filter that lets it through makes open say ENXIO.
FREE = "60:5"


def with_device(bundle: Bundle, name: str, numbers: str) -> Bundle:
    """Let the container make a device node in a place where nodes count."""
    major, minor = numbers.split(":")
    bundle.mount("/t", "tmpfs", "t")
    for kind in ("bounding", "effective", "permitted"):
        bundle.process["capabilities"][kind].append("CAP_MKNOD")
    return bundle.script(f"mknod /t/{name} c {major} {minor}; : < /t/{name}")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (None, "/anocir/ID"),
        ("one/two", "/anocir/one/two"),
        ("/anocir-test-one/two", "/anocir-test-one/two"),
        ("//anocir-test-one//two/", "/anocir-test-one/two"),
    ],
)
def test_place(anocir: Runtime, bundle: Bundle, path: str | None, expected: str) -> None:
    if path is not None:
        bundle.linux["cgroupsPath"] = path
    anocir.quiet("create", "-b", bundle.args("sleep", "1000"), "c1")
    expected = expected.replace("ID", "c1")
    assert set(proc.cgroups(anocir.pid("c1")).values()) == {expected}
    anocir.quiet("start", "c1")
    assert set(proc.cgroups(anocir.pid("c1")).values()) == {expected}


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/", "root of the hierarchy"),
        ("../other", "without .."),
        ("/a/../b", "without .."),
        ("/a/./b", 'a part is "." or ".."'),
        ("a" * 256, "longer than 255 bytes"),
        ("a/" * 1100, "longer than 2048 bytes"),
        ("a\nb", "control character"),
    ],
)
def test_a_path_that_is_no_place(anocir: Runtime, bundle: Bundle, path: str, words: str) -> None:
    bundle.linux["cgroupsPath"] = path
    message = anocir.fails("create", "-b", bundle, "c1")
    assert words in message and "linux.cgroupsPath" in message


@pytest.mark.parametrize(
    ("rules", "numbers", "allowed"),
    [
        ([{"allow": False, "access": "rwm"}], FREE, False),
        ([{"allow": False, "access": "rwm"}], "1:3", True),
        ([{"allow": False, "access": "rwm"}], "1:5", True),
        (
            [
                {"allow": False, "access": "rwm"},
                {"allow": True, "type": "c", "major": 60, "minor": 5, "access": "rwm"},
            ],
            FREE,
            True,
        ),
        (
            [
                {"allow": True, "access": "rwm"},
                {"allow": False, "type": "c", "major": 60, "minor": 5, "access": "r"},
            ],
            FREE,
            False,
        ),
        ([{"allow": True, "access": "rwm"}], FREE, True),
    ],
)
def test_devices_are_let_through_as_configured(
    anocir: Runtime, bundle: Bundle, rules: list[dict[str, object]], numbers: str, allowed: bool
) -> None:
    bundle.linux["resources"]["devices"] = rules
    result = anocir.any("run", "-b", with_device(bundle, "node", numbers), "c1")
    if numbers == FREE:
        reason = "No such device or address" if allowed else "Operation not permitted"
        assert reason in result.err
    else:
        assert (result.code == 0) == allowed


def test_without_rules_devices_are_refused_all_the_same(anocir: Runtime, bundle: Bundle) -> None:
    del bundle.linux["resources"]
    result = anocir.any("run", "-b", with_device(bundle, "node", FREE), "c1")
    assert "Operation not permitted" in result.err


def test_groups_that_the_container_nests_go_with_it(anocir: Runtime, bundle: Bundle) -> None:
    anocir.quiet("run", "-d", "-b", bundle.args("sleep", "1000"), "c1")
    own = [path for path in world.look().cgroups if path.endswith("/anocir/c1")]
    for path in own:
        os.makedirs(f"{path}/deep/er")
    anocir.quiet("delete", "--force", "c1")
    assert not any(Path(path).exists() for path in own)


def test_a_cgroup_in_use_is_refused_and_left_alone(
    anocir: Runtime, bundle: Bundle, tmp_path: Path
) -> None:
    other = Runtime(tmp_path / "other", tmp_path / "other-output")
    other.quiet("run", "-d", "-b", bundle.args("sleep", "1000"), "c1")
    pid = other.pid("c1")
    message = anocir.fails("create", "-b", bundle, "c1")
    assert "cgroup" in message
    assert other.state("c1")["status"] == "running"
    anocir.quiet("delete", "--force", "c1")
    assert other.pid("c1") == pid
    other.quiet("delete", "--force", "c1")


def writable_cgroups(bundle: Bundle, *options: str) -> Bundle:
    """Let user 7 of the container, 100007 of the host, see its cgroups."""
    bundle.process["user"] = {"uid": 7, "gid": 7}
    bundle.linux["namespaces"].append({"type": "user"})
    mapping = [{"containerID": 0, "hostID": 100000, "size": 65536}]
    bundle.linux.update(uidMappings=mapping, gidMappings=mapping)
    bundle.without_mount("/sys/fs/cgroup")
    os.chown(bundle.rootfs, 100000, 100000)
    return bundle.mount("/sys/fs/cgroup", "cgroup", "cgroup", "nosuid", *options)


def owners(container_id: str) -> dict[str, int]:
    (group,) = [Path(g) for g in world.look().cgroups if g.endswith(f"/anocir/{container_id}")]
    return {".": group.stat().st_uid} | {path.name: path.stat().st_uid for path in group.iterdir()}


@pytest.mark.skipif(not UNIFIED, reason="version 1 can't delegate")
def test_a_container_that_may_write_its_cgroup_owns_it(
    anocir: Runtime, make_bundle: Callable[[], Bundle]
) -> None:
    anocir.quiet("create", "-b", writable_cgroups(make_bundle(), "rw").args("sleep", "9"), "c1")
    found = owners("c1")
    given = {name for name, uid in found.items() if uid == 100007}
    assert {".", "cgroup.procs", "cgroup.threads", "cgroup.subtree_control"} <= given
    assert not given & {"cgroup.kill", "cgroup.freeze", "cgroup.max.depth", "cgroup.type"}
    for n, options in enumerate((["ro"], ["rw"])):
        bundle = writable_cgroups(make_bundle(), *options).args("sleep", "9")
        if n == 1:
            bundle.linux["namespaces"].remove({"type": "cgroup"})
            bundle.without_mount("/sys/fs/cgroup")
        anocir.quiet("create", "-b", bundle, f"other{n}")
        assert set(owners(f"other{n}").values()) == {0}


@pytest.mark.skipif(not UNIFIED, reason="version 1 can't delegate")
def test_the_owner_makes_cgroups_of_its_own(anocir: Runtime, bundle: Bundle) -> None:
    script = "cd /sys/fs/cgroup; mkdir mine; echo 0 > mine/cgroup.procs; cat /proc/self/cgroup"
    assert "/mine" in anocir.output(writable_cgroups(bundle, "rw").script(script))


@pytest.mark.skipif(UNIFIED, reason="version 1 only")
def test_on_version_1_nothing_is_given_away(anocir: Runtime, bundle: Bundle) -> None:
    anocir.quiet("create", "-b", writable_cgroups(bundle, "rw").args("sleep", "9"), "c1")
    groups = [Path(g) for g in world.look().cgroups if g.endswith("/anocir/c1")]
    assert {group.stat().st_uid for group in groups} == {0}
