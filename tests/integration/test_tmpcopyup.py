"""tmpcopyup: a tmpfs starts as a copy of the directory below it, and of nothing else."""

from __future__ import annotations

import os
import shutil
import socket
import stat
import subprocess
from pathlib import Path

import pytest

from tests.integration.support import proc
from tests.integration.support.bundles import Bundle
from tests.integration.support.driver import ENVIRONMENT, PYTHON, REPO, Runtime

CAPABILITY = bytes.fromhex("0100000200040000000000000000000000000000")  # cap_net_bind_service=ep


def described(top: Path) -> dict[str, tuple[object, ...]]:
    """Everything below a directory, and itself, as it is to be copied."""
    found = {}
    for path in [top, *sorted(top.rglob("*"))]:
        status = path.lstat()
        content: object = os.readlink(path) if path.is_symlink() else None
        if stat.S_ISREG(status.st_mode):
            content = path.read_bytes()
        found[str(path.relative_to(top))] = (
            oct(status.st_mode), status.st_uid, status.st_gid, status.st_rdev, content,
            status.st_mtime_ns if path != top else 0,
        )  # fmt: skip
    return found


def inside(anocir: Runtime, bundle: Bundle, place: str = "data") -> Path:
    """Create a container and return where the host sees one of its directories."""
    anocir.quiet("create", "-b", bundle.args("true"), "c1")
    return Path(f"/proc/{anocir.pid('c1')}/root/{place}")


@pytest.fixture
def data(bundle: Bundle) -> Path:
    """A directory of the image with one of everything."""
    top = bundle.rootfs / "data"
    (top / "deep/er/still").mkdir(parents=True)
    (top / "empty").mkdir(mode=0o711)
    (top / "deep/er/file").write_text("content\n")
    (top / "large").write_bytes(os.urandom(3 << 20))
    (top / "program").write_text("#!/bin/sh\n")
    os.chown(top / "program", 1000, 44)
    (top / "program").chmod(0o6755)
    (top / "unreadable").touch(mode=0o000)
    (top / "link").symlink_to("deep/er/file")
    (top / "to nowhere").symlink_to("/no/such")
    os.chown(top / "link", 5, 6, follow_symlinks=False)
    os.mkfifo(top / "fifo", 0o640)
    os.mknod(top / "null", stat.S_IFCHR | 0o666, os.makedev(1, 3))
    (top / "ü\udcff".encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")).touch()
    os.chown(top / "deep", 7, 8)
    (top / "deep").chmod(0o3775)
    os.chown(top, 9, 10)
    top.chmod(0o1751)
    for path in top.rglob("*"):
        os.utime(path, ns=(10**9, 123456789 * 10**9 + 5), follow_symlinks=False)
    bundle.mount("/data", "tmpfs", "t", "tmpcopyup", "nodev")
    return top


def test_everything_is_there_as_it_was(anocir: Runtime, bundle: Bundle, data: Path) -> None:
    before = described(data)
    copy = inside(anocir, bundle)
    assert described(copy) == before
    assert described(data) == before


def test_it_is_a_tmpfs_with_its_options_and_the_image_is_not_written(
    anocir: Runtime, bundle: Bundle, data: Path
) -> None:
    before = described(data)
    bundle.script("echo new > /data/large; cat /proc/self/mountinfo")
    (mount,) = [m for m in proc.mountinfo(anocir.output(bundle)) if m.where == "/data"]
    assert (mount.kind, mount.source) == ("tmpfs", "t") and mount.options >= {"rw", "nodev"}
    assert described(data) == before


def test_no_link_is_followed(anocir: Runtime, bundle: Bundle, data: Path, tmp_path: Path) -> None:
    (tmp_path / "host").mkdir()
    (tmp_path / "host/secret").write_text("secret")
    (data / "out").symlink_to(tmp_path / "host")
    (data / "secret").symlink_to(tmp_path / "host/secret")
    (data / "up").symlink_to("../" * 20 + str(tmp_path / "host"))
    copy = inside(anocir, bundle)
    for name in ("out", "secret", "up"):
        assert os.readlink(copy / name) == os.readlink(data / name)


def test_extended_attributes(anocir: Runtime, bundle: Bundle, data: Path) -> None:
    os.setxattr(data / "program", "security.capability", CAPABILITY)
    os.setxattr(data / "empty", "trusted.overlay.opaque", b"y")
    copy = inside(anocir, bundle)
    assert os.getxattr(copy / "program", "security.capability") == CAPABILITY
    assert os.getxattr(copy / "empty", "trusted.overlay.opaque") == b"y"
    assert stat.S_IMODE((copy / "program").stat().st_mode) == 0o6755


def test_hard_links_and_holes_stay(anocir: Runtime, bundle: Bundle, data: Path) -> None:
    os.link(data / "large", data / "deep/same")
    with (data / "sparse").open("wb") as file:
        file.seek(1 << 40)
        file.write(b"end")
    (data / "hole").touch()
    os.truncate(data / "hole", 1 << 40)
    bundle.config["mounts"][-1]["options"].append("size=8m")
    copy = inside(anocir, bundle)
    assert (copy / "large").samefile(copy / "deep/same")
    assert (copy / "sparse").stat().st_size == (1 << 40) + 3
    assert (copy / "hole").stat().st_size == 1 << 40
    with (copy / "sparse").open("rb") as file:
        file.seek(1 << 40)
        assert file.read() == b"end"


def test_what_nobody_can_use_stays_out(anocir: Runtime, bundle: Bundle, data: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        place = os.getcwd()
        os.chdir(data)
        listening.bind("socket")
        os.chdir(place)
    assert not (inside(anocir, bundle) / "socket").exists()


def test_what_is_mounted_below_stays_out(
    anocir: Runtime, bundle: Bundle, data: Path, tmp_path: Path
) -> None:
    (tmp_path / "volume").mkdir()
    (tmp_path / "volume/file").touch()
    bundle.config["mounts"].pop()
    bundle.mount("/data/empty", "bind", tmp_path / "volume")
    bundle.mount("/data/program", "bind", tmp_path / "volume/file")
    bundle.mount("/data", "tmpfs", "t", "tmpcopyup")
    copy = inside(anocir, bundle)
    assert (copy / "large").exists()
    assert not (copy / "empty").exists() and not (copy / "program").exists()


def test_read_only(anocir: Runtime, bundle: Bundle, data: Path) -> None:
    bundle.config["mounts"][-1]["options"] += ["ro"]
    bundle.script("cat /data/deep/er/file; ! touch /data/x 2>&1")
    out = anocir.output(bundle)
    assert out.startswith("content\n") and "Read-only file system" in out


def test_options_come_before_what_the_directory_is(
    anocir: Runtime, bundle: Bundle, data: Path
) -> None:
    bundle.config["mounts"][-1]["options"] += ["mode=700", "uid=3"]
    status = inside(anocir, bundle).stat()
    assert (stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid) == (0o700, 3, 10)


def test_a_directory_that_is_missing_is_made_and_empty(anocir: Runtime, bundle: Bundle) -> None:
    bundle.mount("/new/one", "tmpfs", "t", "tmpcopyup").script("ls -A /new/one")
    assert anocir.output(bundle) == ""


def test_a_destination_that_is_a_link_is_followed_in_the_root(
    anocir: Runtime, bundle: Bundle, tmp_path: Path
) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/secret").touch()
    (bundle.rootfs / "out").symlink_to(tmp_path / "etc")
    bundle.mount("/out", "tmpfs", "t", "tmpcopyup").script("ls -A /out")
    assert anocir.output(bundle) == ""
    assert os.listdir(tmp_path / "etc") == ["secret"]


def test_a_copy_that_does_not_fit_says_what(anocir: Runtime, bundle: Bundle, data: Path) -> None:
    bundle.config["mounts"][-1]["options"].append("size=1m")
    message = anocir.fails("create", "-b", bundle, "c1")
    assert message == "mount 7 /data: copying large: no space left on device"


def test_a_file_instead_of_a_directory(anocir: Runtime, bundle: Bundle) -> None:
    bundle.mount("/etc/passwd", "tmpfs", "t", "tmpcopyup")
    message = anocir.fails("create", "-b", bundle, "c1")
    assert message == "mount 7 /etc/passwd: /etc/passwd: not a directory, and t is one"


def test_big_and_deep(anocir: Runtime, bundle: Bundle) -> None:
    """In bounds: as many files as the tmpfs takes, and as deep as there are descriptors."""
    top = bundle.rootfs / "tree"
    top.mkdir()
    for number in range(3000):
        (top / f"file{number}").write_text(str(number))
    (top / "/".join(["d"] * 300)).mkdir(parents=True)
    bundle.mount("/tree", "tmpfs", "t", "tmpcopyup")
    bundle.script(
        "ls /tree | wc -l; cat /tree/file2999; cd /tree; while cd d; do :; done 2>&-; pwd"
    )
    out = anocir.output(bundle)
    assert out == "3001\n2999/tree" + "/d" * 300 + "\n"
    message = anocir.fails("create", "-b", bundle, "c1", wrap=["prlimit", "--nofile=200"])
    assert message.startswith("mount 7 /tree: copying d/d/d/")
    assert message.endswith("too many open files")


NO_ID = """
import os, sys
from anocir.runtime import copyup
one, other = (os.open(path, os.O_RDONLY) for path in sys.argv[1:])
copyup._copy_tree("step", copyup._Level("", one, other))
"""


def test_owners_that_have_no_id_in_the_user_namespace(tmp_path: Path) -> None:
    """The copy is root's there, and gives nobody root's rights."""
    if shutil.which("unshare") is None:
        pytest.skip("unshare is missing: install util-linux")
    source, copy = tmp_path / "source", tmp_path / "copy"
    (source / "directory").mkdir(parents=True)
    copy.mkdir()
    for name in ("own", "stranger", "directory"):
        (source / name).touch()
        os.chown(source / name, 0 if name == "own" else 1234, 0)
        (source / name).chmod(0o6755)
    command = ["unshare", "-U", "--map-root-user", PYTHON, "-c", NO_ID, source, copy]
    subprocess.run(command, env=ENVIRONMENT, cwd=REPO, check=True)
    found = {path.name: path.stat() for path in copy.iterdir()}
    modes = {name: oct(stat.S_IMODE(status.st_mode)) for name, status in found.items()}
    assert modes == {"own": "0o6755", "stranger": "0o755", "directory": "0o755"}
    assert {status.st_uid for status in found.values()} == {0}
