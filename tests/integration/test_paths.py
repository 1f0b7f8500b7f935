"""No path inside the root filesystem leads out of it, whatever the image has put there."""

from __future__ import annotations

import ctypes
import itertools
import os
import stat
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.integration import sabotage
from tests.integration.sabotage import Sabotage
from tests.integration.support import proc, world
from tests.integration.support.bundles import Bundle
from tests.integration.support.driver import Runtime

AT_FDCWD = -100
RENAME_EXCHANGE = 2  # linux/fs.h


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A directory of the host that must stay as it is."""
    where = tmp_path / "outside"
    (where / "below").mkdir(parents=True)
    (where / "file").write_text("content")
    return where


def contents(where: Path) -> dict[str, tuple[int, int, bytes]]:
    """Every file below a directory: mode, device number, content."""
    found = {}
    for path in sorted(where.rglob("*")):
        status = path.lstat()
        text = path.read_bytes() if stat.S_ISREG(status.st_mode) else b""
        found[str(path.relative_to(where))] = (status.st_mode, status.st_rdev, text)
    return found


def link_to(kind: str, outside: Path, at: Path) -> str:
    """A symlink's target of one kind, for a link that will be at ``at``."""
    up = "../" * 30
    return {
        "absolute": str(outside),
        "absolute, missing": str(outside / "new"),
        "absolute, deep and missing": str(outside / "new/and/deeper"),
        "relative": f"{up}{outside}",
        "relative, missing": f"{up}{outside}/new",
        "out of what is missing": f"missing/{up}{outside}/new",
        "to a file": str(outside / "file"),
        "loop": at.name,
        "parent": "..",
        "through proc": "/proc/self/root" + str(outside),
        "through the caller": "/proc/1/root" + str(outside),
    }[kind]


KINDS = ["absolute", "absolute, missing", "absolute, deep and missing", "relative",
         "relative, missing", "out of what is missing", "to a file", "loop", "parent",
         "through proc", "through the caller"]  # fmt: skip
# Place of the link -> what makes the runtime go there.
PLACES = ["dev", "dev/pts", "dev/shm", "dev/null", "dev/ptmx", "mount", "mount/below", "file",
          "cwd", "cwd/deeper", "proc", "sys"]  # fmt: skip


def prepare(bundle: Bundle, place: str, kind: str, outside: Path) -> Bundle:
    """A bundle whose root filesystem has a link where the runtime makes something."""
    for where in ("/dev", "/dev/pts", "/dev/shm", "/dev/mqueue"):
        if where == "/dev" or place == "dev":
            bundle.without_mount(where)
    at = bundle.rootfs / place
    if at.is_dir() and not at.is_symlink():
        at.rmdir()
    at.parent.mkdir(parents=True, exist_ok=True)
    at.symlink_to(link_to(kind, outside, at))
    bundle.mount("/mount/below/it", "tmpfs", "t").mount("/mount/new", "tmpfs", "t")
    bundle.mount("/file", "bind", bundle.rootfs / "etc/passwd")
    bundle.process["cwd"] = "/cwd/deeper"
    bundle.config["root"]["readonly"] = False
    return bundle.args("true")


def tried(runtime: Runtime, bundle: Bundle) -> str:
    """Run; it works or it is refused with one line."""
    result = runtime.any("run", "-b", bundle, "c1")
    assert result.code == 0 or len(result.err.splitlines()) == 1, result.err
    return result.err


@pytest.mark.parametrize("place", PLACES)
def test_links_in_the_image_lead_nowhere(
    anocir: Runtime, make_bundle: Callable[[], Bundle], outside: Path, place: str
) -> None:
    before, world_before = contents(outside), world.look()
    beside = set(os.listdir(outside.parent))
    for kind in KINDS:
        bundle = make_bundle()
        beside.add(bundle.path.name)
        tried(anocir, prepare(bundle, place, kind, outside))
        assert contents(outside) == before, kind
        assert world.look().since(world_before) == {}, kind
    assert set(os.listdir(outside.parent)) - beside <= {"state"}


@pytest.mark.parametrize("place", ["dev", "dev/pts", "mount", "cwd"])
def test_without_confinement_links_lead_outside(
    sabotaged: Sabotage, make_bundle: Callable[[], Bundle], outside: Path, place: str
) -> None:
    """The control for the test above."""
    broken = sabotaged(sabotage.NO_CONFINEMENT)
    before = contents(outside)
    for kind in ("absolute", "relative, missing"):
        bundle = prepare(make_bundle(), place, kind, outside)
        (outside.parent / "passwd").write_text("")
        broken.any("run", "-b", bundle, "c1")
    assert contents(outside) != before


def test_a_missing_target_is_made_inside(anocir: Runtime, bundle: Bundle, outside: Path) -> None:
    """The link is followed as the container would follow it."""
    (bundle.rootfs / "v").symlink_to(outside / "new")
    anocir.output(bundle.mount("/v", "tmpfs", "t").args("test", "-d", f"{outside}/new"))
    assert Path(f"{bundle.rootfs}{outside}/new").is_dir()


def test_a_target_of_two_thousand_parts(anocir: Runtime, bundle: Bundle) -> None:
    (bundle.rootfs / "v").symlink_to("a/" * 2000)
    anocir.output(bundle.mount("/v", "tmpfs", "t").script("cd -P /v && pwd | wc -c"))
    # What tidies up after pytest descends by recursion and comes no deeper than 1000.
    world.shell(f"rm -r {bundle.rootfs}/a")


def exchange(one: Path, other: Path) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    done = libc.renameat2(AT_FDCWD, os.fsencode(one), AT_FDCWD, os.fsencode(other), RENAME_EXCHANGE)
    assert done == 0, os.strerror(ctypes.get_errno())


@pytest.fixture
def racing(tmp_path: Path, outside: Path) -> Iterator[Path]:
    """A shared volume in which a directory turns into a link to the outside and back, for ever."""
    volume = tmp_path / "volume"
    (volume / "x").mkdir(parents=True)
    (volume / "y").symlink_to(outside)
    stop = threading.Event()

    def race() -> None:
        while not stop.is_set():
            exchange(volume / "x", volume / "y")

    racer = threading.Thread(target=race)
    racer.start()
    yield volume
    stop.set()
    racer.join()


def on_shared_volume(bundle: Bundle, volume: Path, number: int) -> Bundle:
    """Mounts and a working directory below the name that changes, missing each time."""
    bundle.mount("/v", "bind", volume).mount(f"/v/x/d{number}", "tmpfs", "t")
    bundle.mount(f"/v/x/f{number}", "bind", bundle.rootfs / "etc/passwd")
    bundle.process["cwd"] = f"/v/x/c{number}"
    return bundle


@pytest.mark.parametrize("rounds", [20, pytest.param(2000, marks=pytest.mark.full)])
def test_links_that_come_and_go_lead_nowhere(
    anocir: Runtime, bundle: Bundle, racing: Path, outside: Path, rounds: int
) -> None:
    before, mounts = contents(outside), list(bundle.config["mounts"])
    for number in range(rounds):
        bundle.config["mounts"] = list(mounts)
        tried(anocir, on_shared_volume(bundle, racing, number).args("true"))
        assert contents(outside) == before, number


@pytest.mark.parametrize("rounds", [20, pytest.param(2000, marks=pytest.mark.full)])
def test_a_copy_of_what_changes_has_nothing_of_the_outside(
    anocir: Runtime, bundle: Bundle, racing: Path, outside: Path, rounds: int
) -> None:
    """The copy for a tmpfs is made by a process that sees all of the host."""
    bundle.mount("/v", "bind", racing).mount("/v", "tmpfs", "t", "tmpcopyup")
    bundle.script("cd /v; for i in *; do [ -L $i ] || [ ! -e $i ] || ls -A $i; done")
    before = contents(outside)
    for _ in range(rounds):
        assert anocir.output(bundle) == ""
    assert contents(outside) == before


def test_a_copy_that_followed_links_would_have_it(
    sabotaged: Sabotage, bundle: Bundle, outside: Path
) -> None:
    """The control for the test above."""
    broken = sabotaged(sabotage.COPY_FOLLOWS_LINKS)
    (bundle.rootfs / "v").mkdir()
    (bundle.rootfs / "v/x").symlink_to(outside)
    bundle.mount("/v", "tmpfs", "t", "tmpcopyup").script("cd /v; [ -L x ] || ls -A x")
    assert broken.output(bundle) == "below\nfile\n"


def test_without_confinement_they_lead_outside_soon(
    sabotaged: Sabotage, bundle: Bundle, racing: Path, outside: Path
) -> None:
    """The control for the test above."""
    broken = sabotaged(sabotage.NO_CONFINEMENT)
    before, mounts = contents(outside), list(bundle.config["mounts"])
    for number in itertools.count():
        bundle.config["mounts"] = list(mounts)
        broken.any("run", "-b", on_shared_volume(bundle, racing, number).args("true"), "c1")
        if contents(outside) != before:
            return
        assert number < 100


@pytest.mark.parametrize("place", ["proc", "sys"])
@pytest.mark.parametrize("target", ["/tmp", "tmp", "/nosuch", "/etc/passwd", "SELF"])
def test_proc_and_sys_as_links_are_refused(
    anocir: Runtime, bundle: Bundle, place: str, target: str
) -> None:
    (bundle.rootfs / place).rmdir()
    (bundle.rootfs / place).symlink_to(target.replace("SELF", place))
    message = anocir.fails("create", "-b", bundle, "c1")
    assert f"/{place}" in message


def test_a_link_that_an_earlier_mount_brought_is_refused(
    anocir: Runtime, bundle: Bundle, tmp_path: Path
) -> None:
    (tmp_path / "volume").mkdir()
    (tmp_path / "volume/proc").symlink_to("/tmp")
    bundle.mount("/v", "bind", tmp_path / "volume").mount("/v/proc", "proc", "proc")
    assert "/v/proc is a link or no directory" in anocir.fails("create", "-b", bundle, "c1")


def test_without_the_rule_proc_follows_a_link(sabotaged: Sabotage, bundle: Bundle) -> None:
    """The control for the tests above."""
    broken = sabotaged(sabotage.LINKS_ON_THE_WAY)
    (bundle.rootfs / "proc").rmdir()
    (bundle.rootfs / "proc").symlink_to("/tmp")
    bundle.linux.update(maskedPaths=[], readonlyPaths=[])
    mounts = proc.mountinfo(broken.output(bundle.args("cat", "/proc/self/mountinfo")))
    assert "/tmp" in [mount.where for mount in mounts if mount.kind == "proc"]


NOT_PROC = {"tmpfs": [], "sysfs": [], "cgroup": [], "cgroup2": [], "bind": ["bind"], "mqueue": [],
            "devpts": []}  # fmt: skip


@pytest.mark.parametrize("kind", NOT_PROC)
@pytest.mark.parametrize("where", ["/proc", "/proc/sys", "/proc/", "//proc/./sys"])
def test_nothing_but_proc_goes_on_proc(
    anocir: Runtime, bundle: Bundle, kind: str, where: str
) -> None:
    bundle.mount(where, kind, "/tmp", *NOT_PROC[kind])
    message = anocir.fails("create", "-b", bundle, "c1")
    assert "only proc may be mounted on /proc" in message


@pytest.mark.parametrize("where", ["/proc/self", "/proc/self/attr", "/proc/thread-self/fd/0"])
def test_nothing_goes_through_the_links_of_proc(
    anocir: Runtime, bundle: Bundle, where: str
) -> None:
    assert anocir.fails("create", "-b", bundle.mount(where, "tmpfs", "t"), "c1")


def test_nothing_but_proc_goes_on_proc_by_a_link(
    anocir: Runtime, bundle: Bundle, tmp_path: Path
) -> None:
    (bundle.rootfs / "innocent").symlink_to("/proc/sys/kernel")
    bundle.mount("/innocent", "tmpfs", "t")
    message = anocir.fails("create", "-b", bundle, "c1")
    assert "only proc may be mounted on /proc" in message


def test_without_the_guard_anything_goes_on_proc(sabotaged: Sabotage, bundle: Bundle) -> None:
    """The control for the tests above."""
    broken = sabotaged(sabotage.ANYTHING_ON_PROC)
    bundle.mount("/proc", "tmpfs", "t").linux.update(maskedPaths=[], readonlyPaths=[])
    assert broken.output(bundle.script("echo /proc/*")) == "/proc/*\n"


def test_the_files_that_lxcfs_replaces_may_be_replaced(
    anocir: Runtime, bundle: Bundle, tmp_path: Path
) -> None:
    (tmp_path / "uptime").write_text("1 1\n")
    bundle.mount("/proc/uptime", "bind", tmp_path / "uptime")
    assert anocir.output(bundle.args("cat", "/proc/uptime")) == "1 1\n"


def with_false_null(tmp_path: Path) -> list[str]:
    """A command prefix that runs something where /dev/null is a file."""
    (tmp_path / "null").write_text("secret")
    script = 'mount --bind "$0" /dev/null && exec "$@"'
    return ["unshare", "-m", "/bin/sh", "-c", script, str(tmp_path / "null")]


def test_files_are_masked_with_the_null_device_only(
    anocir: Runtime, bundle: Bundle, tmp_path: Path
) -> None:
    """CVE-2025-31133."""
    message = anocir.fails("create", "-b", bundle, "c1", wrap=with_false_null(tmp_path))
    assert "/dev/null is not the null device" in message


def test_without_the_check_they_are_masked_with_anything(
    sabotaged: Sabotage, bundle: Bundle, tmp_path: Path
) -> None:
    """The control for the test above."""
    broken = sabotaged(sabotage.ANY_NULL)
    bundle.linux["maskedPaths"] = ["/etc/passwd"]
    out = broken.output(bundle.args("cat", "/etc/passwd"), wrap=with_false_null(tmp_path))
    assert out == "secret"


@pytest.mark.parametrize("kind", ["maskedPaths", "readonlyPaths"])
def test_protected_paths_may_be_links_or_missing(
    anocir: Runtime, bundle: Bundle, outside: Path, kind: str
) -> None:
    (bundle.rootfs / "link").symlink_to(outside / "file")
    (bundle.rootfs / "up").symlink_to("../" * 30 + str(outside))
    bundle.linux[kind] = ["/link", "/up", "/nosuch", "/etc/passwd/x", "/nosuch/x"]
    before, mounts = contents(outside), world.look()
    tried(anocir, bundle.args("true"))
    assert contents(outside) == before and world.look().since(mounts) == {}
