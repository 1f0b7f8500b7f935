"""The container's cgroup: where it is, and which devices it lets through."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.integration.support import proc, world
from tests.integration.support.bundles import Bundle
from tests.integration.support.driver import Runtime

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
