"""Mounts: what the options say is what the kernel has, and nothing gets out of the root."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.support import world
from tests.integration.support.bundles import Bundle
from tests.integration.support.driver import Runtime
from tests.integration.support.shown import mounts_of


@pytest.fixture
def nested(volume: Path) -> Iterator[Path]:
    """The same with another filesystem mounted below."""
    world.mount("nested", str(volume / "below"), "tmpfs", "mode=755")
    yield volume
    world.unmount(volume / "below")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["bind"], ({"rw"}, {"nosuid", "nodev", "noexec", "ro"})),
        (["bind", "ro"], ({"ro"}, set())),
        (["bind", "nosuid", "nodev", "noexec"], ({"rw", "nosuid", "nodev", "noexec"}, set())),
        (["bind", "nosuid", "suid"], ({"rw"}, {"nosuid"})),
        (["bind", "ro", "rw"], ({"rw"}, {"ro"})),
        (["bind", "noatime"], ({"noatime"}, {"relatime"})),
        (["bind", "strictatime"], (set(), {"relatime", "noatime"})),
        (["bind", "nodiratime"], ({"nodiratime"}, set())),
        (["bind", "nosymfollow"], ({"nosymfollow"}, set())),
        (["bind", "defaults", "async", ""], ({"rw"}, set())),
    ],
)
def test_options_of_a_bind_mount(
    anocir: Runtime,
    bundle: Bundle,
    volume: Path,
    options: list[str],
    expected: tuple[set[str], set[str]],
) -> None:
    has, lacks = expected
    mount = mounts_of(anocir, bundle.mount("/v", "bind", volume, *options))["/v"]
    assert mount.options >= has and not mount.options & lacks


def test_the_type_of_a_bind_mount_may_be_anything(
    anocir: Runtime, bundle: Bundle, volume: Path
) -> None:
    bundle.mount("/v", "none", volume, "bind").mount("/w", "tmpfs", volume, "rbind")
    assert anocir.output(bundle.args("cat", "/v/file", "/w/file")) == "content\n" * 2


def test_read_only_means_no_writes(anocir: Runtime, bundle: Bundle, volume: Path) -> None:
    bundle.mount("/ro", "bind", volume, "bind", "ro").mount("/rw", "bind", volume, "bind")
    bundle.script("! touch /ro/x 2> /dev/null; touch /rw/y; ls /ro")
    assert anocir.output(bundle).split() == ["below", "file", "y"]


@pytest.mark.parametrize(
    ("options", "below"),
    [
        (["bind"], None),
        (["rbind"], "rw"),
        (["rbind", "ro"], "rw"),
        (["rbind", "rro"], "ro"),
        (["rbind", "ro", "rrw"], "rw"),
        (["rbind", "rnosuid"], "nosuid"),
    ],
)
def test_recursive_options(
    anocir: Runtime, bundle: Bundle, nested: Path, options: list[str], below: str | None
) -> None:
    mounts = mounts_of(anocir, bundle.mount("/v", "bind", nested, *options))
    if below is None:
        assert "/v/below" not in mounts
    else:
        assert below in mounts["/v/below"].options
    top = "ro" if "ro" in options or "rro" in options else "rw"
    assert top in mounts["/v"].options or "rrw" in options


def test_a_file_is_bound_to_a_file(anocir: Runtime, bundle: Bundle, volume: Path) -> None:
    bundle.mount("/etc/new/file", "bind", volume / "file").mount("/etc/passwd", "bind",
                                                                 volume / "file")  # fmt: skip
    assert anocir.output(bundle.args("cat", "/etc/new/file", "/etc/passwd")) == "content\n" * 2
    assert (bundle.rootfs / "etc/new/file").read_text() == "", "the place for it was made"
    assert (bundle.rootfs / "etc/passwd").read_text().startswith("root:")


def test_a_relative_source_counts_from_the_bundle(
    anocir: Runtime, bundle: Bundle, tmp_path: Path
) -> None:
    (bundle.path / "data").write_text("here\n")
    bundle.mount("/data", "bind", "data")
    assert anocir.output(bundle.args("cat", "/data"), cwd=tmp_path) == "here\n"


def test_a_relative_destination_counts_from_the_root(
    anocir: Runtime, bundle: Bundle, volume: Path
) -> None:
    assert anocir.output(bundle.mount("v", "bind", volume).args("cat", "/v/file")) == "content\n"


def test_mounts_are_made_in_order(anocir: Runtime, bundle: Bundle, volume: Path) -> None:
    bundle.mount("/v", "bind", volume).mount("/v/below", "tmpfs", "t", "mode=700")
    bundle.mount("/x", "tmpfs", "t").mount("/x", "bind", volume)
    bundle.script("stat -c %a /v/below; cat /x/file")
    assert anocir.output(bundle) == "700\ncontent\n"


def test_tmpfs_options_reach_the_filesystem(anocir: Runtime, bundle: Bundle) -> None:
    options = ("nosuid", "noexec", "size=1m", "nr_inodes=10", "mode=0710", "uid=5", "gid=6")
    mount = mounts_of(anocir, bundle.mount("/t", "tmpfs", "source", *options))["/t"]
    assert mount.data >= {"size=1024k", "nr_inodes=10", "mode=710", "uid=5", "gid=6"}
    assert (mount.kind, mount.source) == ("tmpfs", "source")
    assert mount.options >= {"rw", "nosuid", "noexec"}


def test_tmpfs_takes_on_the_mode_of_the_directory_below(anocir: Runtime, bundle: Bundle) -> None:
    (bundle.rootfs / "tmp").chmod(0o1777)
    bundle.mount("/tmp", "tmpfs", "t").args("stat", "-c", "%a", "/tmp")
    assert anocir.output(bundle) == "1777\n"


def test_read_only_tmpfs(anocir: Runtime, bundle: Bundle) -> None:
    bundle.mount("/t", "tmpfs", "t", "ro").script("! touch /t/x 2>&1")
    assert "Read-only file system" in anocir.output(bundle)


@pytest.mark.parametrize(
    ("options", "tags"),
    [
        (["rbind"], {"master"}),
        (["rbind", "private"], set()),
        (["rbind", "rprivate"], set()),
        (["rbind", "slave"], {"master"}),
        (["rbind", "rshared"], {"shared", "master"}),
        (["rbind", "unbindable"], {"unbindable"}),
    ],
)
def test_propagation_of_a_mount(
    anocir: Runtime, bundle: Bundle, nested: Path, options: list[str], tags: set[str]
) -> None:
    mounts = mounts_of(anocir, bundle.mount("/v", "bind", nested, *options))
    assert mounts["/v"].tags == tags
    deep = {"rbind", "rprivate", "rshared"} & set(options)
    expected = tags if deep - {"rbind"} else {"master"}
    assert mounts["/v/below"].tags == expected


@pytest.mark.parametrize("kind", ["", "slave", "rslave", "private", "rprivate"])
def test_the_hosts_mounts_stay_whatever_the_propagation(
    anocir: Runtime, bundle: Bundle, nested: Path, kind: str
) -> None:
    """All mounts of the host are shared here: what is unmounted in a peer is unmounted there."""
    before = world.look()
    if kind:
        bundle.linux["rootfsPropagation"] = kind
    root = mounts_of(anocir, bundle.mount("/v", "bind", nested, "rbind"))["/"]
    assert root.tags == ({"master"} if kind.endswith("slave") else set())
    assert world.look().since(before) == {}


@pytest.mark.parametrize("kind", ["", "private", "slave"])
def test_a_root_on_a_shared_mount_of_its_own_stays_in_the_container(
    anocir: Runtime, bundle: Bundle, kind: str
) -> None:
    world.bind(bundle.path, bundle.path)
    try:
        before = world.look()
        if kind:
            bundle.linux["rootfsPropagation"] = kind
        anocir.quiet("create", "-b", bundle.args("true"), "c1")
        assert world.look().mounts == before.mounts
    finally:
        world.unmount(bundle.path)


def test_the_hosts_new_mounts_reach_a_slave_and_not_a_private_one(
    anocir: Runtime, bundle: Bundle, volume: Path
) -> None:
    bundle.mount("/slave", "bind", volume, "rbind", "rslave")
    bundle.mount("/private", "bind", volume, "rbind", "rprivate")
    world.bind(volume, volume)
    try:
        bundle.script("read go; ls /slave/below; echo -; ls /private/below")
        (volume / "fifo").unlink(missing_ok=True)
        os.mkfifo(volume / "fifo")
        keep = os.open(volume / "fifo", os.O_RDWR)
        running = anocir.background("create", "-b", bundle, "c1", stdin=volume / "fifo")
        assert running.wait().code == 0
        world.mount("late", str(volume / "below"), "tmpfs", "")
        (volume / "below/seen").touch()
        anocir.quiet("start", "c1")
        os.write(keep, b"go\n")
        anocir.wait_stopped("c1")
        os.close(keep)
        world.unmount(volume / "below")
        assert running.out == "seen\n-\n"
    finally:
        world.unmount(volume)


REFUSED = [
    ({"type": "ext99", "source": "x"}, "the kernel has no filesystem 'ext99'"),
    ({"options": ["ro"]}, "mounts[7].type: found nothing"),
    ({"type": "bind", "source": "", "options": ["bind"]}, "mounts[7].source: found nothing"),
    ({"type": "ext4", "source": "/nosuch", "options": ["ro"]}, "mount 7 /x: "),
    ({"type": "bind", "options": ["bind", "frobnicate"]}, "frobnicate: unknown for a bind mount"),
    ({"type": "tmpfs", "options": ["frobnicate"]}, "mount 7 /x: "),
    ({"type": "tmpfs", "options": ["size=much"]}, "mount 7 /x: "),
    ({"type": "tmpfs", "options": ["mode=9"]}, "mount 7 /x: "),
    ({"type": "bind", "source": "/nosuch", "options": ["bind"]}, "mount 7 /x: /nosuch: no such"),
    ({"type": "bind", "source": "no/such", "options": ["bind"]}, "no/such: no such file"),
]


@pytest.mark.parametrize(("entry", "words"), REFUSED)
def test_a_mount_that_cannot_be_made_fails_create_and_leaves_nothing(
    anocir: Runtime,
    bundle: Bundle,
    entry: dict[str, object],
    words: str,
) -> None:
    bundle.config["mounts"].append({"destination": "/x", "source": "/tmp", **entry})
    assert words in anocir.fails("create", "-b", bundle, "c1")


def test_a_directory_on_a_file_is_refused(
    anocir: Runtime,
    bundle: Bundle,
    volume: Path,
) -> None:
    bundle.mount("/etc/passwd", "bind", volume)
    words = f"/etc/passwd: not a directory, and {volume} is one"
    assert words in anocir.fails("create", "-b", bundle, "c1")
    bundle.without_mount("/etc/passwd").mount("/etc", "bind", volume / "file")
    words = f"/etc: is a directory, and {volume}/file is not"
    assert words in anocir.fails("create", "-b", bundle, "c1")


def test_a_dev_of_the_hosts_is_left_alone(anocir: Runtime, bundle: Bundle, tmp_path: Path) -> None:
    for place in ("/dev", "/dev/pts", "/dev/shm", "/dev/mqueue"):
        bundle.without_mount(place)
    (tmp_path / "dev").mkdir()
    bundle.mount("/dev", "bind", tmp_path / "dev").script("ls /dev")
    assert anocir.output(bundle) == ""


def test_without_a_dev_mount_the_devices_are_made_in_the_root(
    anocir: Runtime, bundle: Bundle
) -> None:
    for place in ("/dev", "/dev/pts", "/dev/shm", "/dev/mqueue"):
        bundle.without_mount(place)
    (bundle.rootfs / "dev/zero").write_text("no device")
    (bundle.rootfs / "dev/null").symlink_to("/etc/passwd")
    (bundle.rootfs / "dev/core").write_text("stays")
    bundle.script("stat -c '%F %a %t:%T' /dev/zero /dev/null; cat /dev/core")
    assert anocir.output(bundle) == (
        "character special file 666 1:5\ncharacter special file 666 1:3\nstays"
    )
    assert (bundle.rootfs / "etc/passwd").read_text().startswith("root:")


def test_links_in_dev_are_made_only_if_they_lead_somewhere(anocir: Runtime, bundle: Bundle) -> None:
    bundle.without_mount("/proc").linux.update(maskedPaths=[], readonlyPaths=[])
    names = anocir.output(bundle.script("cd /dev; echo *")).split()
    assert not {"fd", "stdin", "stdout", "stderr", "core"} & set(names)
    assert {"ptmx", "null"} <= set(names)
