"""The starting state of a chapter, and the lab's command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from lab import arch, cli, image, part, paths, qemu, share
from lab.errors import LabError
from lab.vm import Machine

START = paths.PACKAGE / "start.sh"
needs_busybox = pytest.mark.skipif(
    not os.access("/bin/busybox", os.X_OK), reason="needs busybox-static"
)


def tree(tmp_path: Path) -> Path:
    """A work tree with the script, the bundle's configuration and four parts."""
    repo = tmp_path / "repo"
    for name in ("00-lab", "01-cli/anocir", "02-create/anocir", "09-rootfs/anocir", "../anocir"):
        (repo / "parts" / name).mkdir(parents=True)
    (repo / "parts/00-lab/toy.py").write_text("print('toy')\n")
    for number in ("01-cli", "02-create", "09-rootfs", ".."):
        main = repo / "parts" / number / "anocir/__main__.py"
        main.write_text(f"import sys; print({number!r}, sys.argv[1:])\n")
    (repo / "lab").mkdir()
    for name in ("start.sh", "bundle.json"):
        (repo / "lab" / name).write_bytes((paths.PACKAGE / name).read_bytes())
    return repo


def start(repo: Path, name: str, directory: Path) -> subprocess.CompletedProcess[str]:
    argv = ["sh", str(repo / "lab/start.sh"), name, str(directory), str(directory / "bin")]
    return subprocess.run(argv, capture_output=True, text=True, check=False)


def says(command: Path, *arguments: str) -> str:
    argv = [str(command), *arguments]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.strip()


def test_a_part_is_named_in_several_ways(tmp_path: Path) -> None:
    repo = tree(tmp_path)
    assert part.names(repo) == ["00", "01", "02", "09", "head"]
    for word in ("9", "09", "09-rootfs"):
        assert part.number(word, repo) == "09"
    assert part.number("head", repo) == "head"
    for word in ("03", "x", "", "head/..", "9x"):
        with pytest.raises(LabError, match="choose 00, 01, 02, 09, head"):
            part.number(word, repo)


@needs_busybox
def test_a_part_has_its_command_and_the_earlier_ones(tmp_path: Path) -> None:
    repo = tree(tmp_path)
    done = start(repo, "09", tmp_path / "lab")
    assert (done.returncode, done.stderr) == (0, "")
    bin_ = tmp_path / "lab/bin"
    assert sorted(os.listdir(bin_)) == ["anocir", "anocir-01", "anocir-02"]
    assert says(bin_ / "anocir", "state", "a b") == "09-rootfs ['state', 'a b']"
    assert says(bin_ / "anocir-02") == "02-create []"


@needs_busybox
def test_the_head_comes_after_every_part(tmp_path: Path) -> None:
    repo = tree(tmp_path)
    assert start(repo, "head", tmp_path / "lab").returncode == 0
    bin_ = tmp_path / "lab/bin"
    assert sorted(os.listdir(bin_)) == ["anocir", "anocir-01", "anocir-02", "anocir-09"]
    assert says(bin_ / "anocir") == ".. []"


@needs_busybox
def test_another_part_takes_the_commands_of_the_last_away(tmp_path: Path) -> None:
    repo = tree(tmp_path)
    start(repo, "09", tmp_path / "lab")
    assert start(repo, "00", tmp_path / "lab").returncode == 0
    assert os.listdir(tmp_path / "lab/bin") == []
    assert (tmp_path / "lab/toy.py").read_text() == "print('toy')\n"


@needs_busybox
def test_the_bundle_is_a_busybox_and_a_config(tmp_path: Path) -> None:
    start(tree(tmp_path), "01", tmp_path / "lab")
    rootfs = tmp_path / "lab/bundle/rootfs"
    for name in ("dev", "etc", "proc", "sys", "tmp"):
        assert (rootfs / name).is_dir()
    applet = subprocess.run([rootfs / "bin/cat"], input=b"x", capture_output=True, check=True)
    assert applet.stdout == b"x"
    assert (rootfs / "etc/passwd").read_text().startswith("root:x:0:0:")
    config = json.loads((tmp_path / "lab/bundle/config.json").read_text())
    assert config["process"]["args"][:2] == ["/bin/busybox", "sh"]
    assert config["process"]["terminal"] is False


@needs_busybox
def test_what_a_reader_did_stays_until_another_part(tmp_path: Path) -> None:
    repo = tree(tmp_path)
    directory = tmp_path / "lab"
    start(repo, "02", directory)
    (directory / "bundle/config.json").write_text("mine")
    (directory / "notes").write_text("mine")
    assert start(repo, "02", directory).returncode == 0
    assert (directory / "bundle/config.json").read_text() == "mine"
    assert start(repo, "09", directory).returncode == 0
    assert (directory / "bundle/config.json").read_bytes() == (
        paths.PACKAGE / "bundle.json"
    ).read_bytes()
    assert (directory / "notes").read_text() == "mine"


def test_a_part_that_is_not_there_leaves_nothing(tmp_path: Path) -> None:
    done = start(tree(tmp_path), "05", tmp_path / "lab")
    assert done.returncode == 1
    assert "there is no part 05" in done.stderr
    assert not (tmp_path / "lab").exists()


# The command line.


def lab(*words: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "lab", *words]
    return subprocess.run(argv, capture_output=True, text=True, cwd=paths.REPO, check=False)


@pytest.fixture(autouse=True)
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def test_help_names_every_command() -> None:
    done = lab("--help")
    assert done.returncode == 0
    for command in ["build", "up", "sync", "reset", "down", "status", "shell", "run", "part"]:
        assert f"    {command} " in done.stdout
        assert lab(command, "--help").returncode == 0


def test_options_of_the_command_are_not_ours() -> None:
    args = cli.parser().parse_args(["run", "--fresh", "--", "ls", "--image", "-t"])
    assert args.fresh
    assert cli.command_in(args) == ["ls", "--image", "-t"]
    args = cli.parser().parse_args(["part", "--cgroup", "v1", "04", "--", "anocir", "--help"])
    assert (args.cgroup, args.part) == ("v1", "04")
    assert cli.command_in(args) == ["anocir", "--help"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run"], "no command"),
        (["run", "-e", "A", "--", "true"], "NAME=VALUE, not 'A'"),
        (["part", "77"], "no part '77'"),
        (["build", "--image", "sarge"], "no image is called 'sarge'"),
        (["build", "--init", "systemd"], "not systemd"),
        (["sync"], "no VM is up"),
        (["build", "--import", "/no/such"], "/no/such"),
    ],
)
def test_a_mistake_is_one_line(words: list[str], said: str) -> None:
    done = lab(*words)
    assert done.returncode == 255
    assert done.stdout == ""
    assert done.stderr.startswith("lab: ")
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_status_and_down_without_a_machine() -> None:
    done = lab("status")
    assert done.returncode == 1
    assert "trixie" in done.stdout
    assert "not built" in done.stdout
    done = lab("down")
    assert (done.returncode, done.stderr) == (0, "lab: no VM was up\n")


def test_a_machine_without_its_image_says_what_to_run() -> None:
    with pytest.raises(LabError, match="python3 -m lab build --image bookworm"):
        Machine("debian12").start()
    with pytest.raises(LabError, match="v2 or v1, not 'v3'"):
        Machine(cgroup="v3")


def test_a_pid_that_is_used_again_is_not_our_machine(tmp_path: Path) -> None:
    machine = Machine(directory=tmp_path)
    pid = os.getpid()
    record = {"pid": pid, "start_time": qemu.start_time(pid), "accel": "tcg"}
    (tmp_path / "machine.json").write_text(json.dumps(record))
    assert machine.running()
    record["start_time"] = 1
    (tmp_path / "machine.json").write_text(json.dumps(record))
    assert not machine.running()
    assert not machine.stop()


def test_each_work_tree_has_its_own_machine(tmp_path: Path) -> None:
    directories = {
        Machine.shared("trixie", "v2").directory,
        Machine.shared("bookworm", "v2").directory,
        Machine.shared("trixie", "v1").directory,
        Machine.shared("trixie", "v2", tmp_path).directory,
    }
    assert len(directories) == 4
    assert Machine.shared("debian13").directory == Machine.shared("trixie").directory


def test_a_process_that_has_ended_has_no_start_time() -> None:
    child = subprocess.Popen(["true"])
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert qemu.start_time(child.pid) is None
    child.wait()
    assert qemu.start_time(child.pid) is None


# One file for an image.


def fake_image(cache: Path) -> tuple[image.Image, arch.Arch, image.Built]:
    here = arch.host()
    chosen = image.named("trixie")
    built = image.built(chosen, here)
    built.directory.mkdir(parents=True)
    built.kernel.write_bytes(b"kernel")
    built.base.write_bytes(b"base")
    built.packages.write_text("[]")
    with built.root.open("wb") as disk:
        disk.truncate(64 << 20)
        for offset in (0, 10 << 20, 63 << 20):
            disk.seek(offset)
            disk.write(b"%d" % offset * 4096)
    return chosen, here, built


def test_an_exported_image_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chosen, here, built = fake_image(tmp_path)
    content = {path.name: path.read_bytes() for path in built.directory.iterdir()}
    file = tmp_path / "out/lab.img"
    share.export(chosen, here, file)
    assert file.stat().st_size < 100_000
    assert os.listdir(file.parent) == ["lab.img"]
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "other"))
    taken, result = share.take(file, image.IMAGES, here)
    assert taken is chosen
    assert result.directory.is_relative_to(tmp_path / "other")
    assert {path.name: path.read_bytes() for path in result.directory.iterdir()} == content
    assert result.root.stat().st_blocks * 512 < 8 << 20


def damaged(file: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 0xFF
    file.write_bytes(data)


def cut(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-200])


def foreign(file: Path) -> None:
    with tarfile.open(file, "w:xz") as archive:
        archive.add(paths.PACKAGE / "start.sh", "root.ext4/0")


@pytest.mark.parametrize("spoil", [damaged, cut, foreign])
def test_a_spoilt_file_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoil: object
) -> None:
    chosen, here, _ = fake_image(tmp_path)
    file = tmp_path / "lab.img"
    share.export(chosen, here, file)
    assert callable(spoil)
    spoil(file)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "other"))
    with pytest.raises(LabError, match="cannot import"):
        share.take(file, image.IMAGES, here)
    assert [path for path in (tmp_path / "other").rglob("*") if path.is_file()] == []


def test_an_image_of_another_list_of_packages_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen, here, _ = fake_image(tmp_path)
    share.export(chosen, here, tmp_path / "lab.img")
    monkeypatch.setattr(image, "RECIPE", image.RECIPE + 1)
    with pytest.raises(LabError, match="another list of packages"):
        share.take(tmp_path / "lab.img", image.IMAGES, here)
