"""The lab's image: its hash, its lock file, where its packages come from, what the host lacks."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from lab import accel, arch, image, lock, mirror, paths, qemu, saved, tools
from lab.errors import LabError

AMD64 = arch.named("amd64")
TRIXIE = image.named("trixie")


def test_everything_that_makes_an_image_is_in_its_hash() -> None:
    plain = image.digest(TRIXIE, AMD64)
    others = [
        dataclasses.replace(TRIXIE, packages=(*TRIXIE.packages, "jq")),
        dataclasses.replace(TRIXIE, suite="forky"),
        dataclasses.replace(TRIXIE, init="systemd"),
        dataclasses.replace(TRIXIE, excluded=()),
        dataclasses.replace(TRIXIE, size=1 << 30),
    ]
    digests = [image.digest(other, AMD64) for other in others]
    digests.append(image.digest(TRIXIE, arch.named("arm64")))
    assert len({plain, *digests}) == len(digests) + 1


def test_the_recipe_is_in_the_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = image.digest(TRIXIE, AMD64)
    monkeypatch.setattr(image, "RECIPE", image.RECIPE + 1)
    assert image.digest(TRIXIE, AMD64) != plain


def test_images_go_by_both_names() -> None:
    assert image.named("debian12") is image.named("bookworm")
    with pytest.raises(LabError, match=r"'sarge'.*debian13"):
        image.named("sarge")


def test_another_process_1_is_refused_by_name() -> None:
    assert image.named("trixie", "busybox") is TRIXIE
    with pytest.raises(LabError, match="not systemd"):
        image.named("trixie", "systemd")


def test_the_cache_moves_with_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/elsewhere")
    assert image.built(TRIXIE, AMD64).root.is_relative_to("/elsewhere/anocir-lab/images")
    monkeypatch.setenv("XDG_CACHE_HOME", "relative/is/ignored")
    monkeypatch.setenv("HOME", "/home/me")
    assert paths.cache() == Path("/home/me/.cache/anocir-lab")


def test_an_unknown_machine_is_refused_by_name() -> None:
    assert arch.named("aarch64").qemu == "qemu-system-aarch64"
    with pytest.raises(LabError, match=r"sparc64.*x86_64, aarch64"):
        arch.named("sparc64")


# The lock file.

SHOWN = """\
Package: runc
Version: 1.1.15
Size: 100
Installed-Size: 7
SHA256: aa

Package: bash
Version: 5.2
Description: a shell
 with a second line: here
Size: 5
SHA256: bb

"""


def test_packages_are_read_from_apt_cache() -> None:
    assert lock.parse_manifest(SHOWN) == [
        lock.Package("bash", "5.2", "bb", 5, 0),
        lock.Package("runc", "1.1.15", "aa", 100, 7),
    ]


def test_the_lock_file_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "image.lock"
    locked = {"trixie-amd64": lock.parse_manifest(SHOWN), "bookworm-amd64": []}
    lock.write(locked, path)
    assert lock.read(path) == locked
    assert lock.read(tmp_path / "none") == {}
    assert path.read_text().count("\n") > len(SHOWN.split("\n\n"))
    json.loads(path.read_text())


def test_each_difference_is_named() -> None:
    one = lock.Package("one", "1", "aa", 1, 1)
    two = lock.Package("two", "1", "bb", 1, 1)
    newer = one._replace(version="2", sha256="cc")
    changed = one._replace(sha256="dd")
    assert lock.differences([one, two], [one, two]) == []
    assert lock.differences([one], [newer]) == ["one: locked 1, 2 here"]
    assert lock.differences([one], [changed]) == ["one: 1 with another content than locked"]
    assert lock.differences([one, two], [one]) == ["two: locked 1, absent here"]
    assert lock.differences([one], [one, two]) == ["two: not locked, 1 here"]


def test_nothing_locked_is_no_difference() -> None:
    assert lock.differences([], lock.parse_manifest(SHOWN)) == []


def test_the_repository_locks_every_image() -> None:
    locked = lock.read()
    for each in image.IMAGES:
        packages = {package.name: package for package in locked[lock.key(each, AMD64)]}
        assert {*each.packages, AMD64.kernel_package} <= packages.keys()
        assert all(len(package.sha256) == 64 for package in packages.values())


def test_sizes_are_stated_before_a_build() -> None:
    words = lock.sizes_ahead(TRIXIE, AMD64)
    assert "MB to download" in words and str(paths.images()) in words
    assert "not in lab/image.lock" in lock.sizes_ahead(TRIXIE, arch.named("arm64"))


# What `du` says of the images that were built from the lock file, in MB.
REAL_SIZES = {"trixie": 300, "bookworm": 372}


@pytest.mark.parametrize("name", REAL_SIZES)
def test_the_size_that_is_stated_is_enough_and_not_twice_too_much(name: str) -> None:
    stated = re.search(r"at most (\d+) MB of disk.* at most (\d+) MB there",
                       lock.sizes_ahead(image.named(name), AMD64))  # fmt: skip
    assert stated
    assert REAL_SIZES[name] <= int(stated[1]) <= REAL_SIZES[name] * 1.3
    assert int(stated[2]) >= 2 * int(stated[1])


# Where packages come from.

ONE_LINE = """\
# deb http://commented.example/debian trixie main
deb [arch=amd64 signed-by=/k.gpg] http://mirror.example/debian bookworm main contrib
deb-src http://mirror.example/debian bookworm main
deb http://mirror.example/debian-security bookworm-security main
deb http://other.example/tool stable-tool main
"""
STANZAS = """\
# a comment
Types: deb deb-src
URIs: http://mirror.example/debian
Suites: trixie
 trixie-updates
Components: main

Types: deb
URIs: http://mirror.example/sec http://second.example/sec
Suites: trixie-security

Types: deb
URIs: http://off.example/debian
Suites: sid
Enabled: no

Types: deb-src
URIs: http://sources.example/debian
Suites: sid
"""


def test_one_line_sources_are_read() -> None:
    assert list(mirror.one_line_sources(ONE_LINE)) == [
        mirror.Source("http://mirror.example/debian", ("bookworm",)),
        mirror.Source("http://mirror.example/debian-security", ("bookworm-security",)),
        mirror.Source("http://other.example/tool", ("stable-tool",)),
    ]


def test_stanzas_are_read() -> None:
    assert list(mirror.deb822_sources(STANZAS)) == [
        mirror.Source("http://mirror.example/debian", ("trixie", "trixie-updates")),
        mirror.Source("http://mirror.example/sec", ("trixie-security",)),
        mirror.Source("http://second.example/sec", ("trixie-security",)),
    ]


def test_a_suite_comes_from_the_hosts_own_archives() -> None:
    assert mirror.lines_for("forky", mirror.one_line_sources(ONE_LINE)) == [
        "deb http://mirror.example/debian forky main",
        "deb http://mirror.example/debian-security forky-security main",
    ]


def test_archives_of_other_distributions_are_left_alone() -> None:
    ubuntu = [mirror.Source("http://mirror.example/ubuntu", ("noble", "noble-security"))]
    assert mirror.lines_for("trixie", ubuntu) == []
    backports = [mirror.Source("http://mirror.example/debian", ("bookworm-backports",))]
    assert mirror.lines_for("trixie", backports) == []


def test_a_host_without_debian_is_told_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(mirror.VARIABLE, raising=False)
    monkeypatch.setattr(mirror, "host_sources", list)
    with pytest.raises(LabError, match=mirror.VARIABLE):
        mirror.lines("trixie")


def test_the_variable_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mirror, "KEYRING", Path("/none"))
    monkeypatch.setenv(mirror.VARIABLE, "http://mine.example/debian http://mine.example/sec")
    assert mirror.lines("trixie") == [
        "deb http://mine.example/debian trixie main",
        "deb http://mine.example/sec trixie-security main",
    ]


def test_sources_are_found_in_both_places(tmp_path: Path) -> None:
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list").write_text("deb http://a.example/debian trixie main\n")
    (tmp_path / "sources.list.d/b.list").write_text("deb http://b.example/debian trixie main\n")
    (tmp_path / "sources.list.d/c.sources").write_text(STANZAS)
    (tmp_path / "sources.list.d/d.sources.off").write_text(STANZAS)
    uris = [source.uri for source in mirror.host_sources(tmp_path)]
    assert uris[:3] == [
        f"http://{name}/debian" for name in ("a.example", "b.example", "mirror.example")
    ]
    assert len(uris) == 5


def test_the_lab_names_no_archive_itself() -> None:
    for path in paths.PACKAGE.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            text = path.read_text()
            assert "debian.org" not in text, path
            assert "http://" not in text, path
            assert "https://" not in text, path


# What the host lacks.


def test_all_that_is_missing_is_named_with_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools, "find", lambda name: None if name in {"a", "b"} else "/bin/x")
    with pytest.raises(LabError) as caught:
        tools.require({"a": "pkg-a", "b": "pkg-a", "c": "pkg-c"}, "do it")
    assert "to do it, this host lacks a, b" in str(caught.value)
    assert str(caught.value).endswith("apt-get install --no-install-recommends pkg-a")


def test_programs_of_administrators_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(tools, "SBIN", ("/bin",))
    assert tools.find("sh") == "/bin/sh"
    assert tools.find("no-such-program") is None


def test_building_as_a_user_needs_more() -> None:
    assert tools.to_build(root=True).items() < tools.to_build(root=False).items()
    assert "newuidmap" in tools.to_build(root=False)
    assert tools.to_run(AMD64)["qemu-system-x86_64"] == "qemu-system-x86"


def test_a_user_without_a_range_of_ids_is_told_how_to_get_one() -> None:
    with pytest.raises(LabError, match=r"usermod --add-subuids .* no-such-user"):
        tools.require_id_maps("no-such-user", 4242424)


# KVM or not.


def test_a_verdict_holds_for_one_boot_and_one_qemu(tmp_path: Path) -> None:
    path = tmp_path / "accel.json"
    assert accel.remembered(path, "boot-1", "/usr/bin/qemu") is None
    path.write_text(json.dumps({"boot": "boot-1", "qemu": "/usr/bin/qemu", "accel": "tcg"}))
    assert accel.remembered(path, "boot-1", "/usr/bin/qemu") == "tcg"
    assert accel.remembered(path, "boot-2", "/usr/bin/qemu") is None
    assert accel.remembered(path, "boot-1", "/opt/qemu") is None
    path.write_text("{ torn")
    assert accel.remembered(path, "boot-1", "/usr/bin/qemu") is None


def test_a_guest_is_asked_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    device = tmp_path / "kvm"
    device.touch()
    asked = []
    monkeypatch.delenv(accel.VARIABLE, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(accel, "DEVICE", device)
    monkeypatch.setattr(accel, "answers", lambda argv, initrd: bool(asked.append(argv)))
    assert [accel.choose(["qemu"], b"") for _ in range(3)] == ["tcg"] * 3
    assert asked == [["qemu"]]


def test_without_a_device_nobody_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(accel.VARIABLE, raising=False)
    monkeypatch.setattr(accel, "DEVICE", tmp_path / "kvm")
    assert accel.choose(["qemu"], b"") == "tcg"


def test_the_accelerator_can_be_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(accel.VARIABLE, "kvm")
    assert accel.choose(["qemu"], b"") == "kvm"
    monkeypatch.setenv(accel.VARIABLE, "xen")
    with pytest.raises(LabError, match="kvm or tcg, not 'xen'"):
        accel.choose(["qemu"], b"")


# QEMU's command line.


def test_the_disk_is_never_written_to() -> None:
    argv = qemu.command_line(AMD64, image.Built(Path("/i")), "v2", qemu.Hardware("tcg"))
    drives = [word for word in argv if word.startswith("file=/i/root.ext4")]
    assert drives == ["file=/i/root.ext4,format=raw,if=none,id=root,snapshot=on"]


@pytest.mark.parametrize("row", arch.ARCHES, ids=lambda row: row.debian)
def test_each_architecture_has_its_machine(row: arch.Arch) -> None:
    for accelerator, cpu in (("kvm", row.kvm_cpu), ("tcg", row.tcg_cpu)):
        hardware = qemu.Hardware(accelerator, memory=512, cpus=3)
        argv = qemu.command_line(row, image.Built(Path("/i")), "v1", hardware)
        assert argv[argv.index("-cpu") + 1] == cpu
        assert argv[argv.index("-accel") + 1].startswith(accelerator)
        append = argv[argv.index("-append") + 1].split()
        assert {"lab.cgroup=v1", f"console={row.console}"} <= set(append)


def test_each_socket_is_handed_over() -> None:
    names = qemu.sockets()
    argv = " ".join(qemu.socket_arguments(range(10, 10 + len(names))))
    assert len(names) == qemu.PORTS + 1
    assert "id=monitor,fd=10," in argv
    assert f"id=lab.{qemu.PORTS - 1},fd={10 + qemu.PORTS}," in argv


# The saved memory.


def test_a_disk_that_is_built_again_has_a_saved_memory_of_its_own(tmp_path: Path) -> None:
    def disk(name: str) -> bytes:
        made = image.Built(tmp_path / name)
        made.directory.mkdir()
        mke2fs = ["mke2fs", "-q", "-t", "ext4", str(made.root), "1M"]
        search = os.pathsep.join((os.environ["PATH"], *tools.SBIN))
        subprocess.run(mke2fs, check=True, env=os.environ | {"PATH": search})
        return made.disk_id()

    first, second = disk("first"), disk("second")
    keys = {saved.key(["true"], b"initrd", id_) for id_ in (first, second, first)}
    assert len(keys) == 2
