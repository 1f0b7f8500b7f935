"""CVE-2019-5736 played through: a container that goes for the host's interpreter."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from anocir.linux import stub
from anocir.linux.stub_code import CODE

REPO = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(not stub.supported(), reason="no stub for this machine")

RUNNER = f"""
import os, sys
sys.path.insert(0, {str(REPO)!r})
from anocir.linux import stub
way, error_fd, path, *argv = sys.argv[1:]
fd = stub.open_stub() if way == "stub" else stub.NO_STUB
if os.environ.get("AS_NOBODY"):
    os.setuid(65534)
stub.execve(fd, path, argv, dict(os.environ), int(error_fd))
"""

# What the container brings: it keeps its own executable open, becomes something else, so that
# nobody runs that file any more, and writes through what it kept.
PAYLOAD = """
import os
fd = os.open("/proc/self/exe", os.O_RDONLY)
os.set_inheritable(fd, True)
os.execv("/bin/sh", ["sh", "-c", f"printf owned > /proc/self/fd/{fd}"])
"""

REFUSAL = b"exec: refusing to execute the runtime's own stub\n"


@pytest.fixture
def host(tmp_path: Path) -> Path:
    """The host's interpreter: a copy, since the attack succeeds without the stub."""
    return Path(shutil.copy(os.path.realpath(sys.executable), tmp_path / "host-python"))


def attack(host: Path, way: str, path: str, argv: list[str]) -> subprocess.CompletedProcess[bytes]:
    environment = {"PYTHONHOME": sys.base_prefix, "PATH": "/usr/bin:/bin"}
    runner = [str(host), "-c", RUNNER, way, "-1", path, *argv]
    return subprocess.run(runner, env=environment, capture_output=True, check=False, timeout=30)


def by_path(tmp_path: Path) -> tuple[str, list[str]]:
    return "/proc/self/exe", ["sh", "-c", PAYLOAD]


def by_link(tmp_path: Path) -> tuple[str, list[str]]:
    (tmp_path / "entry").symlink_to("/proc/self/exe")
    return str(tmp_path / "entry"), ["entry", "-c", PAYLOAD]


def by_script(tmp_path: Path) -> tuple[str, list[str]]:
    (tmp_path / "entry").write_text(f"#!/proc/self/exe\n{PAYLOAD}")
    (tmp_path / "entry").chmod(0o755)
    return str(tmp_path / "entry"), ["entry", "a", "b"]


Route = Callable[[Path], tuple[str, list[str]]]
ROUTES = pytest.mark.parametrize("route", [by_path, by_link, by_script])


@ROUTES
def test_without_the_stub_the_attack_succeeds(route: Route, host: Path, tmp_path: Path) -> None:
    attack(host, "direct", *route(tmp_path))
    assert host.read_bytes() == b"owned"


@ROUTES
def test_with_the_stub_the_attack_meets_the_stub(route: Route, host: Path, tmp_path: Path) -> None:
    before = host.read_bytes()
    done = attack(host, "stub", *route(tmp_path))
    assert (done.stderr, done.returncode) == (REFUSAL, 255)
    assert host.read_bytes() == before


def test_a_program_whose_loader_is_proc_self_exe_meets_the_stub(host: Path, tmp_path: Path) -> None:
    loader = b"/proc/self/exe\0"
    code = bytearray(CODE[os.uname().machine])
    interp = struct.pack("<IIQQQQQQ", 3, 4, len(code), 0, 0, len(loader), len(loader), 1)
    code[64 + 56 : 64 + 112] = interp
    (tmp_path / "entry").write_bytes(bytes(code) + loader)
    (tmp_path / "entry").chmod(0o755)
    done = attack(host, "stub", str(tmp_path / "entry"), ["entry", "a", "b"])
    assert (done.stderr, done.returncode) == (REFUSAL, 255)


class Waiting:
    """A stub whose exec has failed and which waits for room in a full stderr."""

    def __init__(self, env: dict[str, str]) -> None:
        told, error_fd = os.pipe()
        self._stderr, stderr = os.pipe()
        os.set_blocking(stderr, False)
        try:
            while os.write(stderr, b"x" * 4096):
                pass
        except BlockingIOError:
            os.set_blocking(stderr, True)
        self._process = subprocess.Popen(
            [sys.executable, "-IS", "-c", RUNNER, "stub", str(error_fd), "/missing", "missing"],
            pass_fds=(error_fd,),
            stderr=stderr,
            env=env,
        )
        os.close(error_fd)
        os.close(stderr)
        with os.fdopen(told, "rb") as pipe:
            self.told = pipe.readline()
        self.proc = f"/proc/{self._process.pid}"

    def end(self) -> int:
        with os.fdopen(self._stderr, "rb") as pipe:
            pipe.read()
        return self._process.wait(30)


@pytest.fixture
def waiting(request: pytest.FixtureRequest) -> Iterator[Waiting]:
    stub_process = Waiting(getattr(request, "param", {}))
    assert stub_process.told == b"exec: 2\n"
    yield stub_process
    assert stub_process.end() == 255


needs_root = pytest.mark.skipif(
    os.geteuid() != 0, reason="needs root: the kernel lets nobody else look"
)


@needs_root
def test_what_stands_behind_the_exec_can_be_written_neither_then_nor_later() -> None:
    waiting = Waiting({})
    assert os.readlink(f"{waiting.proc}/exe") == "/memfd:anocir-exec (deleted)"
    kept = os.open(f"{waiting.proc}/exe", os.O_RDONLY)
    with pytest.raises(OSError, match="Text file busy"):
        os.open(f"{waiting.proc}/exe", os.O_WRONLY)
    assert waiting.end() == 255
    writable = os.open(f"/proc/self/fd/{kept}", os.O_RDWR)
    try:
        with pytest.raises(PermissionError):
            os.write(writable, b"owned")
        with pytest.raises(PermissionError):
            os.ftruncate(writable, 0)
        assert os.read(writable, 4096) == CODE[os.uname().machine]
    finally:
        os.close(writable)
        os.close(kept)


@needs_root
def test_the_waiting_stub_maps_nothing_writable_but_its_stack(waiting: Waiting) -> None:
    maps = Path(f"{waiting.proc}/maps").read_text().splitlines()
    writable = [line.split()[-1] for line in maps if line.split()[1][1] == "w"]
    executable = [line.split()[5] for line in maps if line.split()[1][2] == "x"]
    assert writable == ["[stack]"]
    assert "/memfd:anocir-exec" in executable
    assert not [line for line in maps if line.split()[1][1:3] == "wx"]


@needs_root
@pytest.mark.parametrize("waiting", [{"AS_NOBODY": "1"}], indirect=True)
def test_a_user_who_is_not_root_gets_no_hold_of_the_waiting_stub(waiting: Waiting) -> None:
    assert os.stat(f"{waiting.proc}/fd").st_uid == 0
    look = [
        sys.executable,
        "-IS",
        "-c",
        f"import os; os.setuid(65534); os.listdir('{waiting.proc}/fd')",
    ]
    done = subprocess.run(look, capture_output=True, check=False)
    assert b"PermissionError" in done.stderr
