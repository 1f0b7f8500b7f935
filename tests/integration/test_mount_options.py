"""Every option of a mount, as the kernel shows it inside."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.integration.support import proc, world
from tests.integration.support.bundles import Bundle
from tests.integration.support.driver import PYTHON, Runtime
from tests.integration.support.shown import mounts_of

MS_ALL = 1 | 2 | 4 | 8 | 256 | 1024 | 2048  # ro nosuid nodev noexec nosymfollow noatime nodiratime
ALL = {"ro", "nosuid", "nodev", "noexec", "nosymfollow", "noatime", "nodiratime"}
MS_REMOUNT, MS_BIND = 0x20, 0x1000  # linux/mount.h


@pytest.fixture
def restricted(volume: Path) -> Iterator[Path]:
    """A source whose mount, and the one below it, has every flag that there is."""
    world.bind(volume, volume)
    world.mount("nested", str(volume / "below"), "tmpfs", "mode=755", MS_ALL)
    world.mount("none", str(volume), "none", "", MS_REMOUNT | MS_BIND | MS_ALL)
    yield volume
    world.unmount(volume)


# Option -> (what mountinfo has, what it lacks), for a mount that starts with no flag at all.
FLAGS: dict[str, tuple[set[str], set[str]]] = {
    "ro": ({"ro"}, {"rw"}),
    "rw": ({"rw"}, {"ro"}),
    "nosuid": ({"nosuid"}, set()),
    "nodev": ({"nodev"}, set()),
    "noexec": ({"noexec"}, set()),
    "noatime": ({"noatime"}, {"relatime"}),
    "nodiratime": ({"nodiratime", "relatime"}, set()),
    "relatime": ({"relatime"}, {"noatime"}),
    "strictatime": (set(), {"relatime", "noatime"}),
    "nosymfollow": ({"nosymfollow"}, set()),
    **{name: ({"rw", "relatime"}, ALL)
       for name in ("suid", "dev", "exec", "atime", "diratime", "norelatime", "nostrictatime",
                    "symfollow", "defaults", "async", "nolazytime", "nomand", "silent", "loud",
                    "iversion", "noiversion", "")},
}  # fmt: skip
# Option -> what it takes away from a mount that has every flag.
INVERSES = {
    "rw": "ro", "suid": "nosuid", "dev": "nodev", "exec": "noexec", "symfollow": "nosymfollow",
    "diratime": "nodiratime", "atime": "noatime", "relatime": "noatime", "strictatime": "noatime",
}  # fmt: skip


@pytest.mark.parametrize("kind", ["tmpfs", "bind"])
def test_every_flag(anocir: Runtime, bundle: Bundle, volume: Path, kind: str) -> None:
    """In one container, which has a mount for each."""
    for option in FLAGS:
        words = ("bind", option) if kind == "bind" else (option,)
        bundle.mount(f"/m/{option or 'none'}", kind, volume, *words)
    mounts = mounts_of(anocir, bundle)
    for option, (has, lacks) in FLAGS.items():
        found = mounts[f"/m/{option or 'none'}"]
        assert found.kind == "tmpfs" or kind == "bind"
        assert found.options >= has and not found.options & lacks, option


def test_every_inverse(anocir: Runtime, bundle: Bundle, restricted: Path) -> None:
    """Alone, it takes away one flag; the others stay, as the source has them."""
    for option in INVERSES:
        bundle.mount(f"/m/{option}", "bind", restricted, "bind", option)
    mounts = mounts_of(anocir, bundle)
    for option, flag in INVERSES.items():
        assert mounts[f"/m/{option}"].options & ALL == ALL - {flag}, option


def test_every_recursive_flag(anocir: Runtime, bundle: Bundle, restricted: Path) -> None:
    flags = [option for option, (has, _) in FLAGS.items() if has & ALL or option == "strictatime"]
    for option in INVERSES:
        bundle.mount(f"/off/{option}", "bind", restricted, "rbind", f"r{option}")
    every = [f"r{inverse}" for inverse in INVERSES]
    for option in flags:
        bundle.mount(f"/on/{option}", "bind", restricted, "rbind", *every, f"r{option}")
    mounts = mounts_of(anocir, bundle)
    for option, flag in INVERSES.items():
        for place in (f"/off/{option}", f"/off/{option}/below"):
            assert mounts[place].options & ALL == ALL - {flag}, place
    for option in flags:
        has, lacks = FLAGS[option]
        for place in (f"/on/{option}", f"/on/{option}/below"):
            assert mounts[place].options >= has - {"relatime"}, place
            assert not mounts[place].options & lacks, place


def test_what_is_plain_stays_on_top(anocir: Runtime, bundle: Bundle, restricted: Path) -> None:
    mounts = mounts_of(anocir, bundle.mount("/v", "bind", restricted, "rbind", "rw", "suid"))
    assert mounts["/v"].options & ALL == ALL - {"ro", "nosuid"}
    assert mounts["/v/below"].options & ALL == ALL


@pytest.mark.parametrize(
    ("options", "has", "lacks"),
    [
        (["sync"], {"sync"}, set()),
        (["dirsync"], {"dirsync"}, set()),
        (["lazytime"], {"lazytime"}, set()),
        (["sync", "async"], set(), {"sync"}),
        (["lazytime", "nolazytime"], set(), {"lazytime"}),
        (["ro"], {"ro"}, {"rw"}),
        (["ro", "rw"], {"rw"}, {"ro"}),
        (["size=1m", "size=2m"], {"size=2048k"}, {"size=1024k"}),
    ],
)
def test_flags_of_the_filesystem(
    anocir: Runtime, bundle: Bundle, options: list[str], has: set[str], lacks: set[str]
) -> None:
    data = mounts_of(anocir, bundle.mount("/t", "tmpfs", "t", *options))["/t"].data
    assert data >= has and not data & lacks


def test_a_bind_leaves_the_filesystem_as_it_is(
    anocir: Runtime, bundle: Bundle, volume: Path
) -> None:
    bundle.mount("/v", "bind", volume, "bind", "sync", "dirsync", "lazytime", "mand")
    assert not mounts_of(anocir, bundle)["/v"].data & {"sync", "dirsync", "lazytime", "mand"}


# Filesystems of their own


@pytest.mark.parametrize(
    ("kind", "options", "has"),
    [
        ("proc", ["hidepid=2", "gid=5"], {"hidepid=invisible", "gid=5"}),
        ("proc", ["hidepid=invisible"], {"hidepid=invisible"}),
        ("proc", ["subset=pid"], {"subset=pid"}),
        ("devpts", ["newinstance", "ptmxmode=0640", "mode=0600", "gid=7"],
         {"ptmxmode=640", "mode=600", "gid=7"}),
        ("mqueue", [], set()),
        ("sysfs", ["ro"], set()),
        ("ramfs", ["mode=0711"], set()),
    ],
)  # fmt: skip
def test_pseudo_filesystems(
    anocir: Runtime, bundle: Bundle, kind: str, options: list[str], has: set[str]
) -> None:
    bundle.namespace("network")
    mount = mounts_of(anocir, bundle.mount("/x", kind, "name", *(options or ["rw"])))["/x"]
    assert (mount.kind, mount.source) == (kind, "name")
    assert mount.data >= has
    if kind == "sysfs":
        assert mount.options >= {"ro"} and mount.data == {"rw"}, "the host's own is not changed"


@pytest.mark.parametrize(
    ("kind", "option", "words"),
    [
        ("tmpfs", "frobnicate", "tmpfs: Unknown parameter 'frobnicate'"),
        ("tmpfs", "size=much", "tmpfs: Bad value for 'size'"),
        ("proc", "hidepid=9", "proc: unknown value of hidepid"),
        ("proc", "subset=all", "proc: unsupported subset option"),
        ("mqueue", "frobnicate", "mqueue: Unknown parameter 'frobnicate'"),
        ("sysfs", "frobnicate=1", "sysfs: Unknown parameter 'frobnicate'"),
    ],
)
def test_the_filesystems_own_words_are_in_the_error(
    anocir: Runtime, bundle: Bundle, kind: str, option: str, words: str
) -> None:
    message = anocir.fails("create", "-b", bundle.mount("/x", kind, "x", option), "c1")
    assert message.startswith("mount 7 /x: invalid argument") and words in message


def test_an_overlay(anocir: Runtime, bundle: Bundle, volume: Path, tmp_path: Path) -> None:
    if "overlay" not in Path("/proc/filesystems").read_text():
        pytest.skip("this kernel has no overlay")
    for name in ("upper", "work"):
        (tmp_path / name).mkdir()
    bundle.mount("/v", "overlay", "overlay", f"lowerdir={volume}", f"upperdir={tmp_path}/upper",
                 f"workdir={tmp_path}/work", "nodev")  # fmt: skip
    assert anocir.output(bundle.script("cat /v/file; echo new > /v/file")) == "content\n"
    assert (tmp_path / "upper/file").read_text() == "new\n"
    assert (volume / "file").read_text() == "content\n"


def test_options_that_are_longer_than_the_mount_interface_takes(
    anocir: Runtime, bundle: Bundle
) -> None:
    zeros = "0" * 300
    bundle.mount("/t", "tmpfs", "name", f"mode={zeros}711", "size=1m", "ro", "nosuid", "sync")
    mount = mounts_of(anocir, bundle)["/t"]
    assert mount.data >= {"mode=711", "size=1024k", "ro", "sync"}
    assert mount.options >= {"ro", "nosuid"} and mount.source == "name"
    (bundle.rootfs / "out").symlink_to(bundle.path)
    bundle.mount("/out", "tmpfs", "t", f"mode={zeros}7").args("stat", "-c", "%a", f"{bundle.path}")
    assert anocir.output(bundle) == "7\n"
    bundle.mount("/u", "tmpfs", "t", f"mode={zeros}9")
    assert anocir.fails("create", "-b", bundle, "c1") == "mount 9 /u: invalid argument"
    bundle.mount("/proc", "tmpfs", "t", f"mode={zeros}7").config["mounts"].pop(-2)
    assert "only proc may be mounted" in anocir.fails("create", "-b", bundle, "c1")


# remount


def test_bind_remount_changes_one_mount(anocir: Runtime, bundle: Bundle, volume: Path) -> None:
    bundle.mount("/v", "bind", volume, "bind", "nosuid").mount("/w", "bind", volume, "bind")
    bundle.mount("/v", "none", "", "bind", "remount", "ro")
    mounts = mounts_of(anocir, bundle)
    assert mounts["/v"].options >= {"ro", "nosuid"}, "what is not named stays"
    assert "rw" in mounts["/w"].options and "rw" in mounts["/v"].data


def test_remount_changes_the_filesystem(anocir: Runtime, bundle: Bundle) -> None:
    bundle.mount("/t", "tmpfs", "t", "size=1m", "nosuid")
    bundle.mount("/t", "tmpfs", "t", "remount", "size=2m", "ro", "noexec")
    mounts = mounts_of(anocir, bundle)
    assert mounts["/t"].data >= {"size=2048k", "ro"}
    assert mounts["/t"].options >= {"ro", "nosuid", "noexec"}


def test_remount_sysfs_does_not_reach_the_host(anocir: Runtime, bundle: Bundle) -> None:
    bundle.namespace("network")
    bundle.mount("/sys", "sysfs", "sysfs", "remount", "rw")
    mount = mounts_of(anocir, bundle)["/sys"]
    assert "rw" in mount.options
    bundle.mount("/sys", "sysfs", "sysfs", "remount", "ro")
    assert mounts_of(anocir, bundle)["/sys"].data == mount.data


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["bind", "remount", "ro"], "mount 7 /x: /x: nothing is mounted there"),
        (
            ["remount", "ro"],
            "mounts[7].options: remount: no earlier mount makes a filesystem at /x",
        ),
    ],
)
def test_remount_of_nothing(
    anocir: Runtime, bundle: Bundle, options: list[str], words: str
) -> None:
    (bundle.rootfs / "x").mkdir()
    assert words in anocir.fails("create", "-b", bundle.mount("/x", "none", "x", *options), "c1")


def test_remount_with_what_the_filesystem_refuses(anocir: Runtime, bundle: Bundle) -> None:
    bundle.mount("/t", "tmpfs", "t", "size=1m").mount("/t", "tmpfs", "t", "remount", "size=much")
    message = anocir.fails("create", "-b", bundle, "c1")
    assert message.startswith("mount 8 /t: ") and "Bad value for 'size'" in message


# Places


def test_a_mount_on_the_root_becomes_the_root(
    anocir: Runtime, bundle: Bundle, make_bundle: Callable[[], Bundle]
) -> None:
    other = make_bundle()
    (other.rootfs / "mark").touch()
    bundle.config["mounts"].insert(
        0, {"destination": "/", "type": "bind", "source": str(other.rootfs), "options": ["rbind"]}
    )
    bundle.config["root"]["readonly"] = True
    bundle.script("ls /mark; cat /proc/sys/kernel/hostname; ! touch /new 2>&1")
    assert anocir.output(bundle).splitlines() == [
        "/mark", "anocir", "touch: /new: Read-only file system",
    ]  # fmt: skip


def test_a_hundred_and_fifty_mounts(anocir: Runtime, bundle: Bundle, volume: Path) -> None:
    for number in range(75):
        bundle.mount(f"/m/bind{number}", "bind", volume, "bind", "ro")
        bundle.mount(f"/m/tmpfs{number}", "tmpfs", "t", "size=4k")
    before = world.look()
    places = mounts_of(anocir, bundle)
    assert len([place for place in places if place.startswith("/m/")]) == 150
    assert world.look().since(before) == {}


def test_proc_on_proc(anocir: Runtime, bundle: Bundle, volume: Path) -> None:
    bundle.mount("/proc", "proc", "again", "hidepid=2").mount("/proc", "bind", "/proc", "rbind")
    bundle.mount("/proc/cpuinfo", "bind", volume / "file").args("cat", "/proc/cpuinfo")
    assert anocir.output(bundle) == "content\n"


@pytest.mark.parametrize(
    ("mount", "words"),
    [
        (("/proc", "tmpfs", "t"), "only proc may be mounted on /proc"),
        (("/proc", "bind", "/tmp"), "only proc may be mounted on /proc"),
        (("/proc", "sysfs", "sysfs"), "only proc may be mounted on /proc"),
        (("/proc", "cgroup", "cgroup"), "only proc may be mounted on /proc"),
        (("/proc", "bind", "/proc/self"), "only the whole of proc may be mounted on /proc"),
        (("/proc/sys", "tmpfs", "t"), "only a few of its files be replaced"),
        (("/proc/sys", "bind", "/proc/fs"), "only a few of its files be replaced"),
        (("/link/sys", "tmpfs", "t"), "only a few of its files be replaced"),
        (("/link", "tmpfs", "t"), "only proc may be mounted on /proc"),
        (("/elsewhere/self/attr", "tmpfs", "t"), "only a few of its files be replaced"),
    ],
)
def test_proc_is_not_covered(
    anocir: Runtime, bundle: Bundle, mount: tuple[str, str, str], words: str
) -> None:
    (bundle.rootfs / "link").symlink_to("/proc")
    bundle.mount("/elsewhere", "proc", "p", "rw").mount(*mount)
    assert words in anocir.fails("create", "-b", bundle, "c1")


def test_the_root_as_a_read_only_path(anocir: Runtime, bundle: Bundle) -> None:
    bundle.config["root"]["readonly"] = False
    bundle.linux["readonlyPaths"] = ["/"]
    bundle.script("! touch /x 2>&1; touch /dev/shm/x")
    assert "Read-only file system" in anocir.output(bundle)


def test_read_only_paths_are_so_all_the_way_down(
    anocir: Runtime, bundle: Bundle, restricted: Path
) -> None:
    bundle.mount("/v", "bind", restricted, "rbind", "rrw")
    bundle.linux["readonlyPaths"] = ["/v", "/no/such", "/etc/passwd/none"]
    mounts = mounts_of(anocir, bundle)
    assert mounts["/v"].options >= {"ro", "nosuid"}
    assert mounts["/v/below"].options >= {"ro", "nosuid"}


def test_masked_paths(anocir: Runtime, bundle: Bundle, volume: Path, tmp_path: Path) -> None:
    (bundle.rootfs / "link").symlink_to("/etc/passwd")
    bundle.mount("/v", "bind", volume)
    bundle.linux["maskedPaths"] = ["/v", "/link", "/no/such"]
    bundle.script("ls -A /v; cat /etc/passwd; ! touch /v/x 2> /dev/null; readlink /link")
    assert anocir.output(bundle) == "/etc/passwd\n"


# The label


def test_a_label_without_selinux_is_warned_of(
    anocir: Runtime, bundle: Bundle, tmp_path: Path
) -> None:
    if Path("/sys/fs/selinux/enforce").exists():
        pytest.skip("this host has SELinux")
    bundle.linux["mountLabel"] = "system_u:object_r:container_file_t:s0:c1,c2"
    anocir.quiet("run", "-b", bundle.args("true"), "c1", globals=["--log", tmp_path / "log"])
    assert "linux.mountLabel: ignored, SELinux is not enabled" in (tmp_path / "log").read_text()


# The root's propagation

PROPAGATIONS = {
    "shared": {"shared", "master"}, "rshared": {"shared", "master"}, "slave": {"master"},
    "rslave": {"master"}, "private": set(), "rprivate": set(), "unbindable": {"unbindable"},
    "runbindable": {"unbindable"},
}  # fmt: skip


@pytest.mark.parametrize("kind", PROPAGATIONS)
def test_root_propagation(anocir: Runtime, bundle: Bundle, kind: str) -> None:
    world.bind(bundle.path, bundle.path)
    try:
        before = world.look()
        bundle.linux["rootfsPropagation"] = kind
        anocir.quiet("create", "-b", bundle.args("true"), "c1")
        text = Path(f"/proc/{anocir.pid('c1')}/mountinfo").read_text()
        tags = {mount.where: mount.tags for mount in proc.mountinfo(text)}
        assert tags["/"] == PROPAGATIONS[kind]
        if kind in ("rshared", "runbindable"):
            assert tags["/proc"] == PROPAGATIONS[kind] - {"master"}
        assert world.look().mounts == before.mounts
        anocir.quiet("delete", "-f", "c1")
    finally:
        world.unmount(bundle.path)


# Without pivot_root


def test_no_pivot_gives_the_same_container(anocir: Runtime, bundle: Bundle) -> None:
    bundle.script("cd ..; cd ../..; pwd; ls; cat /proc/self/mountinfo | wc -l; touch /x || echo ro")
    usual = anocir.any("run", "-b", bundle, "c1")
    other = anocir.any("run", "--no-pivot", "-b", bundle, "c1")
    assert (other.code, other.out, other.err) == (usual.code, usual.out, usual.err)
    assert usual.out.startswith("/\nbin\n") and usual.out.endswith("ro\n")


BELOW = """
import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
space = os.open(f"/proc/{sys.argv[1]}/ns/mnt", os.O_RDONLY)
assert libc.setns(space, 0) == 0
assert libc.umount2(b"/", 2) == 0
assert libc.setns(space, 0) == 0
print(os.path.exists(sys.argv[2]), os.path.exists("/proc/self"), os.path.exists("/sys/kernel"))
"""


def below(pid: int, tmp_path: Path) -> str:
    """Whether a directory of the host, its /proc and its /sys are to be seen below the root."""
    (tmp_path / "below.py").write_text(BELOW)
    return world.shell(f"{PYTHON} {tmp_path}/below.py {pid} {tmp_path}").strip()


def test_what_no_pivot_leaves_below(anocir: Runtime, bundle: Bundle, tmp_path: Path) -> None:
    """Whoever may unmount sees the host's files, which is why the help warns; not its /proc."""
    for options, seen in ((["--no-pivot"], "True False False"), ([], "False False False")):
        anocir.quiet("create", *options, "-b", bundle.args("true"), "c1")
        assert below(anocir.pid("c1"), tmp_path) == seen
        anocir.quiet("delete", "-f", "c1")


def test_a_failure_without_pivot_leaves_nothing(anocir: Runtime, bundle: Bundle) -> None:
    for step in ("chroot", "read-only root"):
        message = anocir.fails("create", "--no-pivot", "--fail-at", step, "-b", bundle, "c1")
        assert message == f"{step}: made to fail, as asked"


# Control groups


@pytest.mark.parametrize("private", [True, False])
@pytest.mark.parametrize("option", ["ro", "rw", "rro"])
def test_control_groups_are_as_writable_as_asked_everywhere(
    anocir: Runtime, bundle: Bundle, option: str, private: bool
) -> None:
    """CVE-2023-25809."""
    if not private:
        bundle.namespace("cgroup")
    bundle.without_mount("/sys/fs/cgroup")
    options = ("nosuid", "noexec", "nodev", option, "rprivate")
    bundle.mount("/sys/fs/cgroup", "cgroup", "cgroup", *options)
    found = [mount for where, mount in mounts_of(anocir, bundle).items()
             if where.startswith("/sys/fs/cgroup")]  # fmt: skip
    assert found
    expected = {"nosuid", "noexec", "nodev", "rw" if option == "rw" else "ro"}
    for mount in found:
        assert mount.options >= expected and mount.tags == set(), mount


def test_the_group_of_the_container_is_what_is_mounted(anocir: Runtime, bundle: Bundle) -> None:
    """On version 1 in each hierarchy, by each of its controllers' names."""
    bundle.script("""
        cd /sys/fs/cgroup; [ -e cgroup.procs ] && set . || set *
        for i in "$@"; do grep -q . $i/cgroup.procs && echo $i $(readlink $i); done
    """)
    lines = [line.split() for line in anocir.output(bundle).splitlines()]
    kinds = {mount.kind for mount in mounts_of(anocir, bundle).values()}
    if "cgroup" not in kinds:
        assert lines == [["."]]
        return
    keys = {key for line in Path("/proc/self/cgroup").read_text().splitlines()
            for key in line.split(":")[1].split(",") if key and "=" not in key}  # fmt: skip
    assert keys <= {line[0] for line in lines}


def test_options_of_the_hosts_own_control_groups_are_refused(
    anocir: Runtime, bundle: Bundle
) -> None:
    bundle.namespace("cgroup")
    bundle.without_mount("/sys/fs/cgroup")
    bundle.mount("/sys/fs/cgroup", "cgroup", "cgroup", "frobnicate")
    message = anocir.fails("create", "-b", bundle, "c1")
    assert "frobnicate" in message


def test_a_cgroup_mount_on_a_file(anocir: Runtime, bundle: Bundle) -> None:
    bundle.mount("/etc/passwd", "cgroup", "cgroup", "ro")
    message = anocir.fails("create", "-b", bundle, "c1")
    assert message.endswith("/etc/passwd: not a directory, and cgroup is one")
