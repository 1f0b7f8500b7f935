"""Device nodes: linux.devices, beside the default ones."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.integration.support.bundles import Bundle
from tests.integration.support.driver import Runtime


def device(path: str, kind: str = "c", major: int = 1, minor: int = 3, **more: Any) -> Any:
    numbers = {} if kind == "p" else {"major": major, "minor": minor}
    return {"path": path, "type": kind, **numbers, **more}


def asked(bundle: Bundle, *devices: Any) -> Bundle:
    bundle.linux["devices"] = list(devices)
    bundle.config["root"]["readonly"] = False
    return bundle


def seen(runtime: Runtime, bundle: Bundle, *names: str) -> list[str]:
    return runtime.output(bundle.args("stat", "-c", "%F %a %u:%g %t:%T", *names)).splitlines()


def test_all_types(anocir: Runtime, bundle: Bundle) -> None:
    asked(
        bundle,
        device("/dev/c", "c", 60, 5),
        device("/dev/u", "u", 60, 6, fileMode=0o600),
        device("/dev/deep/er/b", "b", 61, 7, fileMode=0o60640, uid=3, gid=4),
        device("/run/p", "p", fileMode=0o620, uid=2**32 - 2),
        device("/dev/none", "c", 60, 5, fileMode=0),
        device("/dev/big", "c", 4095, 1048575),
    )
    names = ("/dev/c", "/dev/u", "/dev/deep/er/b", "/run/p", "/dev/none", "/dev/big")
    assert seen(anocir, bundle, *names) == [
        "character special file 666 0:0 3c:5",
        "character special file 600 0:0 3c:6",
        "block special file 640 3:4 3d:7",
        "fifo 620 4294967294:0 0:0",
        "character special file 0 0:0 3c:5",
        "character special file 666 0:0 fff:fffff",
    ]
    assert stat.S_ISFIFO((bundle.rootfs / "run/p").stat().st_mode)


def test_a_device_works_when_the_rules_let_it(anocir: Runtime, bundle: Bundle) -> None:
    asked(bundle, device("/dev/mine", "c", 1, 5)).script("head -c 3 /dev/mine | wc -c")
    assert anocir.output(bundle).split() == ["3"]
    asked(bundle, device("/dev/mine", "c", 60, 5)).script(": < /dev/mine")
    assert "Operation not permitted" in anocir.any("run", "-b", bundle, "c1").err


def test_a_default_device_may_be_another(anocir: Runtime, bundle: Bundle) -> None:
    asked(bundle, device("/dev/zero", "c", 1, 3, fileMode=0o600), device("/dev//full", "c", 60, 5))
    assert seen(anocir, bundle, "/dev/zero", "/dev/full", "/dev/null") == [
        "character special file 600 0:0 1:3",
        "character special file 666 0:0 3c:5",
        "character special file 666 0:0 1:3",
    ]


def test_the_same_device_twice_is_one(anocir: Runtime, bundle: Bundle) -> None:
    asked(bundle, device("/dev/a"), device("/dev//a"), device("/dev/b"))
    assert len(seen(anocir, bundle, "/dev/a", "/dev/b")) == 2


@pytest.mark.parametrize(
    ("devices", "words"),
    [
        ([device("/dev/a"), device("/dev/./a", minor=5)], "linux.devices[1].path: /dev/a is given"),
        ([device("dev/a")], "linux.devices[0].path"),
        ([device("/")], "linux.devices[0].path"),
        ([device("/dev/..")], "linux.devices[0].path"),
        ([device("/a/../dev/x")], "linux.devices[0].path"),
        ([device("/dev/a", major=4096)], "linux.devices[0].major: found 4096, allowed: 0 to 4095"),
        ([device("/dev/a", minor=-1)], "linux.devices[0].minor: found -1, allowed: 0 to 1048575"),
        ([{"path": "/dev/a", "type": "c", "major": 1}], "linux.devices[0].minor: found nothing"),
        ([{"path": "/dev/a", "type": "x"}], "linux.devices[0].type"),
        ([device("/etc/passwd")], "/etc/passwd: there is something else already"),
        ([device("/etc")], "/etc: there is something else already"),
        ([device("/etc/passwd/below")], "/etc/passwd/below: "),
        ([device("/proc/new")], "/proc/new: "),
    ],
    ids=str,
)
def test_what_cannot_be_made_is_refused(
    anocir: Runtime, bundle: Bundle, devices: list[Any], words: str
) -> None:
    asked(bundle, *devices).write(valid=False)
    before = (bundle.rootfs / "etc/passwd").read_bytes()
    assert words in anocir.fails("create", "-b", bundle.path, "c1")
    assert (bundle.rootfs / "etc/passwd").read_bytes() == before


def test_what_the_image_has_is_left_as_it_is_if_it_is_the_device(
    anocir: Runtime, bundle: Bundle
) -> None:
    os.mknod(bundle.rootfs / "mine", stat.S_IFCHR | 0o600, os.makedev(60, 5))
    (bundle.rootfs / "link").symlink_to("/mine")
    asked(bundle, device("/mine", "c", 60, 5), device("/link", "c", 60, 5))
    assert seen(anocir, bundle, "/mine") == ["character special file 600 0:0 3c:5"]
    asked(bundle, device("/link", "c", 60, 6))
    assert "/link: there is something else" in anocir.fails("create", "-b", bundle, "c1")


@pytest.mark.parametrize("link", ["/outside", "../../../../outside", "none/../../../outside"])
def test_parents_that_are_links_stay_in_the_root(
    anocir: Runtime, bundle: Bundle, tmp_path: Path, link: str
) -> None:
    (tmp_path / "outside").mkdir()
    target = link.replace("outside", f"{tmp_path}/outside")
    (bundle.rootfs / "way").symlink_to(target)
    asked(bundle, device("/way/deep/x", "c", 60, 5))
    anocir.output(bundle.args("true"))
    assert list((tmp_path / "outside").iterdir()) == []
    made = [path for path in bundle.rootfs.rglob("x") if not path.is_symlink()]
    assert [path.stat().st_rdev for path in made] == [os.makedev(60, 5)]


def test_on_the_hosts_own_dev_nothing_of_the_host_changes(
    anocir: Runtime, bundle: Bundle, tmp_path: Path
) -> None:
    """A privileged container with the host's /dev lists the host's devices, modes and all."""
    host = tmp_path / "hostdev"
    host.mkdir()
    os.mknod(host / "mine", stat.S_IFCHR | 0o600, os.makedev(60, 5))
    bundle.config["mounts"] = [m for m in bundle.config["mounts"] if m["destination"] == "/proc"]
    bundle.mount("/dev", "bind", host, "rbind")
    asked(bundle, device("/dev/mine", "c", 60, 5, fileMode=0o666, uid=7)).args("true")
    anocir.output(bundle)
    status = (host / "mine").stat()
    assert (stat.S_IMODE(status.st_mode), status.st_uid) == (0o600, 0)
    assert os.listdir(host) == ["mine"]


def test_the_mode_does_not_depend_on_the_umask(
    anocir: Runtime, make_bundle: Callable[[], Bundle]
) -> None:
    for umask in (0, 0o277):
        bundle = asked(make_bundle(), device("/dev/a", fileMode=0o646))
        bundle.args("stat", "-c", "%a", "/dev/a")
        out = anocir.output(bundle, before=lambda mask=umask: os.umask(mask) and None)
        assert out == "646\n"


def test_ptmx_is_the_containers_own_whatever_the_image_has(anocir: Runtime, bundle: Bundle) -> None:
    """The image's could be any terminal of the host's (config-linux.md, Default Devices)."""
    bundle.without_mount("/dev")
    os.mknod(bundle.rootfs / "dev/ptmx", stat.S_IFCHR | 0o666, os.makedev(5, 2))
    bundle.config["root"]["readonly"] = False
    assert anocir.output(bundle.args("readlink", "/dev/ptmx")) == "pts/ptmx\n"
