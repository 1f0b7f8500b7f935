"""A container does not get at the host: its interpreter, its descriptors, its directories."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.integration import sabotage
from tests.integration.sabotage import Sabotage
from tests.integration.support import proc, world
from tests.integration.support.bundles import Bundle
from tests.integration.support.driver import PYTHON, Runtime

INTERPRETER = Path(os.path.realpath(PYTHON))
VERSION = f"python{sys.version_info.major}.{sys.version_info.minor}"
REFUSAL = "refusing to execute the runtime's own"

# What the container brings: it keeps its own executable open, becomes something else, so that
# nobody runs that file any more, and writes through what it kept (CVE-2019-5736).
PAYLOAD = """
import os
fd = os.open("/proc/self/exe", os.O_RDONLY)
os.set_inheritable(fd, True)
script = f"until printf owned > /proc/self/fd/{fd}; do :; done 2> /dev/null"
os.execv("/bin/sh", ["sh", "-c", script])
"""


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture(scope="module", autouse=True)
def interpreter_unchanged() -> Iterator[None]:
    before = digest(INTERPRETER)
    yield
    assert digest(INTERPRETER) == before


@pytest.fixture
def attacker(bundle: Bundle) -> Bundle:
    """An image with everything that the host's interpreter needs to run inside."""
    listed = subprocess.run(["ldd", INTERPRETER], capture_output=True, text=True, check=True).stdout
    for word in listed.split():
        if word.startswith("/"):
            place = Path(f"{bundle.rootfs}{word}")
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(os.path.realpath(word), place)
    bundle.mount(f"/usr/lib/{VERSION}", "bind", f"/usr/lib/{VERSION}", "bind", "ro")
    bundle.process["env"].append("PYTHONHOME=/usr")
    (bundle.rootfs / "script").write_text(f"#!/proc/self/exe\n{PAYLOAD}")
    (bundle.rootfs / "script").chmod(0o755)
    (bundle.rootfs / "link").symlink_to("/proc/self/exe")
    return bundle


ROUTES = {
    "by name": ["/proc/self/exe", "-c", PAYLOAD],
    "by link": ["/link", "-c", PAYLOAD],
    "by script": ["/script"],
}
by_each_route = pytest.mark.parametrize("route", ROUTES)


def with_copy(runtime: Runtime, tmp_path: Path) -> Path:
    """Have the runtime run by a copy of the interpreter, since an attack may succeed."""
    copy = Path(shutil.copy(INTERPRETER, tmp_path / "host-python"))
    runtime.command = (str(copy), *runtime.command[1:])
    runtime.env["PYTHONHOME"] = "/usr"
    return copy


@by_each_route
@pytest.mark.parametrize("command", ["run", "create"])
def test_the_interpreter_cannot_be_run_nor_written(
    anocir: Runtime, attacker: Bundle, tmp_path: Path, route: str, command: str
) -> None:
    copy = with_copy(anocir, tmp_path)
    before = digest(copy)
    attacker.args(*ROUTES[route])
    if command == "run":
        result = anocir.any("run", "-b", attacker, "c1")
        assert REFUSAL in result.err and result.code != 0
    else:
        creation = anocir.background("create", "-b", attacker, "c1")
        assert creation.wait().code == 0
        anocir.any("start", "c1")
        anocir.wait_stopped("c1")
        assert REFUSAL in creation.wait().err
    assert digest(copy) == before


@by_each_route
def test_without_the_stub_it_is_written(
    sabotaged: Sabotage, attacker: Bundle, tmp_path: Path, route: str
) -> None:
    """The control for the test above."""
    broken = sabotaged(sabotage.NO_STUB, sabotage.NO_TARGET_CHECK)
    copy = with_copy(broken, tmp_path)
    # Not by run, which stays: a file can't be written while anyone executes it.
    broken("create", "-b", attacker.args(*ROUTES[route]), "c1")
    pid = broken.pid("c1")
    broken("start", "c1")
    world.wait_end(pid)
    assert copy.read_bytes() == b"owned"


@by_each_route
def test_without_the_stub_the_target_is_checked(
    sabotaged: Sabotage, attacker: Bundle, tmp_path: Path, route: str
) -> None:
    """As on a machine that there is no stub for."""
    runtime = sabotaged(sabotage.NO_STUB)
    copy = with_copy(runtime, tmp_path)
    before = digest(copy)
    message = runtime.fails("run", "-b", attacker.args(*ROUTES[route]), "c1")
    assert "refusing to execute the runtime's own interpreter" in message
    assert digest(copy) == before


@pytest.mark.parametrize("uid", [0, 1000])
def test_a_created_init_is_closed_to_its_container(
    anocir: Runtime, make_bundle: Callable[[], Bundle], uid: int
) -> None:
    """A process that shares the pid namespace sees an interpreter it can neither read nor trace."""
    anocir.quiet("create", "-b", make_bundle().args("true"), "c1")
    init = anocir.pid("c1")
    other = make_bundle()
    other.process["user"]["uid"] = uid
    other.namespace("pid", f"/proc/{init}/ns/pid")
    script = """
        for i in exe root cwd; do ls /proc/1/$i/; done
        for i in /proc/1/exe /proc/1/fd/* /proc/1/cwd; do
            if readlink $i || head -c 1 $i; then echo reached $i; fi
        done
    """
    out = anocir.output(other.args("/bin/sh", "-c", f"exec 2>&1; {script}"))
    assert "reached" not in out and "python" not in out
    assert out.count("Permission denied") >= 3


def host_directory(tmp_path: Path) -> Path:
    (tmp_path / "host").mkdir()
    (tmp_path / "host/secret").write_text("")
    return tmp_path / "host"


DESCRIPTORS = [*range(3, 12)]


@pytest.mark.parametrize(
    "numbers", [DESCRIPTORS, pytest.param([*range(3, 65)], marks=pytest.mark.full)],
    ids=["few", "many"],
)  # fmt: skip
@pytest.mark.parametrize("form", ["/proc/self/fd/{}", "/link{}", "/proc/self/fd/{}/../.."])
def test_no_descriptor_is_a_way_out(
    anocir: Runtime, bundle: Bundle, tmp_path: Path, numbers: list[int], form: str
) -> None:
    """CVE-2024-21626, with a directory of the host leaked on top."""
    host = os.open(host_directory(tmp_path), os.O_RDONLY | os.O_DIRECTORY)
    bundle.config["root"]["readonly"] = False
    for number in numbers:
        (bundle.rootfs / f"link{number}").symlink_to(f"/proc/self/fd/{number}")
        bundle.process["cwd"] = form.format(number)
        bundle.script("pwd; echo $(ls -a)")
        result = anocir.any("run", "-b", bundle, "c1", pass_fds=[host])
        assert "secret" not in result.out
        if result.code == 0:
            assert result.out.startswith("/") and "unreachable" not in result.out
        else:
            assert len(result.err.splitlines()) == 1 and result.out == ""
    os.close(host)


def test_without_the_defences_a_descriptor_is_a_way_out(
    sabotaged: Sabotage, bundle: Bundle, tmp_path: Path
) -> None:
    """The control for the test above."""
    broken = sabotaged(
        sabotage.STRANGERS_STAY_OPEN, sabotage.NO_CWD_CHECK, sabotage.CWD_IS_NOT_MADE
    )
    host = os.open(host_directory(tmp_path), os.O_RDONLY | os.O_DIRECTORY)
    bundle.process["cwd"] = f"/proc/self/fd/{host}"
    assert "secret" in broken.output(bundle.args("ls"), pass_fds=[host])
    os.close(host)


def test_the_directory_is_checked_even_if_a_descriptor_stays_open(
    sabotaged: Sabotage, bundle: Bundle, tmp_path: Path
) -> None:
    """The second line of defence by itself."""
    broken = sabotaged(sabotage.STRANGERS_STAY_OPEN, sabotage.CWD_IS_NOT_MADE)
    host = os.open(host_directory(tmp_path), os.O_RDONLY | os.O_DIRECTORY)
    bundle.process["cwd"] = f"/proc/self/fd/{host}"
    message = broken.fails("create", "-b", bundle.args("ls"), "c1", pass_fds=[host])
    assert "chdir to cwd" in message
    os.close(host)


def test_strangers_would_stay_open_in_a_created_init(
    sabotaged: Sabotage, bundle: Bundle, tmp_path: Path
) -> None:
    """The control for test_a_created_init_holds_a_short_list_of_descriptors."""
    broken = sabotaged(sabotage.STRANGERS_STAY_OPEN)
    host = os.open(host_directory(tmp_path), os.O_RDONLY | os.O_DIRECTORY)
    broken("create", "-b", bundle, "c1", pass_fds=[host])
    assert str(tmp_path / "host") in proc.fds(broken.pid("c1")).values()
    broken("delete", "--force", "c1")
    os.close(host)


def test_ignored_signals_would_stay_ignored(sabotaged: Sabotage, bundle: Bundle) -> None:
    """The control for test_signals_start_afresh_whatever_the_caller_had."""
    broken = sabotaged(sabotage.SIGNALS_AS_THEY_WERE)
    fields = proc.status(broken.output(bundle.args("cat", "/proc/self/status")))
    assert fields["SigIgn"] != f"{0:016x}"


def test_the_hosts_tree_is_gone(anocir: Runtime, bundle: Bundle) -> None:
    """pivot_root, not chroot: there is no way up, and nothing of the host is mounted any more."""
    bundle.script("cd /; for i in 1 2 3 4 5 6 7 8 9; do cd ..; done; echo *")
    assert anocir.output(bundle).split() == sorted(os.listdir(bundle.rootfs))
    anocir.quiet("run", "-d", "-b", bundle.args("sleep", "1000"), "c1")
    seen = Path(f"/proc/{anocir.pid('c1')}/mountinfo").read_text()
    places = {mount.where for mount in proc.mountinfo(seen)}
    allowed = ("/proc", "/dev", "/sys")
    assert {place for place in places if not place.startswith(allowed)} == {"/"}


def test_no_abstract_socket_is_made(anocir: Runtime, bundle: Bundle) -> None:
    """CVE-2020-15257."""

    def abstract() -> set[str]:
        lines = Path("/proc/net/unix").read_text().splitlines()
        return {line.split()[-1] for line in lines if line.split()[-1].startswith("@")}

    before = abstract()
    anocir.quiet("create", "-b", bundle.args("sleep", "1000"), "c1")
    assert not {name for name in abstract() - before if "anocir" in name}
