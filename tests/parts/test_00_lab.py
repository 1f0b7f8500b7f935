"""Part 00: the toy is a container, but a chroot is no prison.

Tests of the chapter's own program, not checks of a runtime. So anocir-check does not collect them.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

if "anocir_check.plugin" in sys.modules or os.environ.get("ANOCIR_CHECK_RUNTIME"):
    pytest.skip("part 00 has no runtime that could be checked", allow_module_level=True)

TOY = Path(__file__).resolve().parents[2] / "parts/00-lab/toy.py"
BUSYBOX = Path("/bin/busybox")
PYTHON = "/usr/bin/python3"

# The chapter's own way out. More `..` than there are directories do no harm: the top is its own
# parent.
ESCAPE = "nsenter -r/tmp -w/ ./bin/busybox chroot ../../../../../../../.. /bin/sh -c 'cat {path}'"

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="namespaces and chroot need root"),
    pytest.mark.skipif(not BUSYBOX.exists(), reason="install busybox-static"),
]


class Bundle:
    """A bundle with busybox, whose program is one line of shell."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rootfs = path / "rootfs"
        for name in ("bin", "proc", "tmp", "dev", "sys"):
            (self.rootfs / name).mkdir(parents=True)
        shutil.copy(BUSYBOX, self.rootfs / "bin/busybox")
        subprocess.run([BUSYBOX, "--install", "-s", self.rootfs / "bin"], check=True)
        for link in (self.rootfs / "bin").iterdir():
            if link.is_symlink():
                link.unlink()
                link.symlink_to("busybox")

    def write(self, line: str, capabilities: tuple[str, ...] = ()) -> None:
        """Write config.json: `line` runs as root, with these capabilities where they count."""
        config = {
            "ociVersion": "1.0.2",
            "process": {
                "user": {"uid": 0, "gid": 0},
                "args": ["/bin/sh", "-c", line],
                "env": ["PATH=/bin", "GREETING=good=day"],
                "cwd": "/tmp",
                "capabilities": {
                    name: list(capabilities) for name in ("bounding", "effective", "permitted")
                },
            },
            "root": {"path": "rootfs"},
            "hostname": "box",
            "mounts": [
                {"destination": "/proc", "type": "proc", "source": "proc"},
                # Below /tmp devices may be forbidden, and runc makes some.
                {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["nosuid"]},
            ],
            "linux": {"namespaces": [{"type": t} for t in ("pid", "mount", "uts", "ipc")]},
        }
        (self.path / "config.json").write_text(json.dumps(config))


def execute(*argv: object) -> subprocess.CompletedProcess[str]:
    """Run a command and return what it wrote."""
    return subprocess.run(
        [str(word) for word in argv], capture_output=True, text=True, timeout=60, check=False
    )


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    """A bundle outside of which lies the file `secret`, which each test may try to reach."""
    (tmp_path / "secret").write_text("this file belongs to the host\n")
    return Bundle(tmp_path / "bundle")


def toy(bundle: Bundle, line: str) -> subprocess.CompletedProcess[str]:
    """Run a line of shell in the toy."""
    bundle.write(line)
    return execute(PYTHON, TOY, bundle.path)


def runc(bundle: Bundle, line: str, *capabilities: str) -> subprocess.CompletedProcess[str]:
    """Run a line of shell under runc, with a state directory of its own."""
    if not shutil.which("runc"):
        pytest.skip("install runc")
    bundle.write(line, capabilities)
    root = bundle.path.parent / "runc"
    return execute("runc", "--root", root, "run", "--bundle", bundle.path, f"toy-{os.getpid()}")


def test_the_program_is_process_1_with_a_host_name_of_its_own(bundle: Bundle) -> None:
    before = os.uname().nodename
    done = toy(bundle, "hostname; echo $$")
    assert done.stdout.split() == ["box", "1"], done.stderr
    assert os.uname().nodename == before != "box"


def test_it_sees_no_process_of_the_host(bundle: Bundle) -> None:
    done = toy(bundle, "echo /proc/[0-9]*")
    assert done.stdout == "/proc/1\n", done.stderr


def test_it_has_the_root_directory_and_environment_of_the_config(bundle: Bundle) -> None:
    done = toy(bundle, "pwd; ls /; echo $GREETING")
    assert done.stdout.split() == ["/tmp", "bin", "dev", "proc", "sys", "tmp", "good=day"]


def test_its_exit_status_is_that_of_the_program(bundle: Bundle) -> None:
    assert toy(bundle, "exit 7").returncode == 7


def test_it_leaves_no_mount_on_the_host(bundle: Bundle) -> None:
    assert toy(bundle, "true").returncode == 0
    assert str(bundle.path) not in Path("/proc/self/mountinfo").read_text()


def test_the_escape_reaches_a_file_of_the_host(bundle: Bundle) -> None:
    secret = bundle.path.parent / "secret"
    assert toy(bundle, f"cat {secret}").returncode != 0, "without an escape there is no such file"
    done = toy(bundle, ESCAPE.format(path=secret))
    assert done.stdout == secret.read_text(), done.stderr


def test_runc_does_not_let_it_change_its_root(bundle: Bundle) -> None:
    done = runc(bundle, ESCAPE.format(path=bundle.path.parent / "secret"))
    assert done.returncode != 0
    assert "change root" in done.stderr and "Operation not permitted" in done.stderr


def test_under_runc_there_is_nothing_above_the_root(bundle: Bundle) -> None:
    """With the capability that the escape needs, each of its steps works, and leads nowhere."""
    (bundle.rootfs / "inside").write_text("this file belongs to the container\n")
    done = runc(bundle, ESCAPE.format(path="/inside"), "CAP_SYS_CHROOT")
    assert done.stdout == "this file belongs to the container\n", done.stderr
    done = runc(bundle, ESCAPE.format(path=bundle.path.parent / "secret"), "CAP_SYS_CHROOT")
    assert (done.returncode, done.stdout) == (1, "")
    assert "No such file or directory" in done.stderr
