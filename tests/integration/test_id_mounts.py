"""Id-mapped mounts, and mounts in user namespaces: whose the files are."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.support import proc, world
from tests.integration.support.bundles import Bundle
from tests.integration.support.driver import Runtime
from tests.integration.test_mount_options import below
from tests.integration.test_user_namespace import IDS, SIZE, joining, own, sleeping

NO_SUPPORT = "takes no id maps in this kernel"


def mapping(inside: int, outside: int, size: int) -> list[dict[str, int]]:
    return [{"containerID": inside, "hostID": outside, "size": size}]


def mapped(
    bundle: Bundle, at: str, source: Path | str, *options: str, kind: str = "bind",
    uids: Any = None, gids: Any = None,
) -> Bundle:  # fmt: skip
    """Add a mount whose files' ids 0 to 99 show as 1000 to 1099, and groups as 2000 to 2099."""
    bundle.mount(at, kind, source, *options)
    bundle.config["mounts"][-1] |= {
        "uidMappings": mapping(0, 1000, 100) if uids is None else uids,
        "gidMappings": mapping(0, 2000, 100) if gids is None else gids,
    }
    return bundle


def tried(anocir: Runtime, bundle: Bundle, **how: Any) -> str:
    """The output of a bundle, or skip where the kernel can't do it for this filesystem."""
    result = anocir.any("run", "-b", bundle, "c1", **how)
    if NO_SUPPORT in result.err:
        pytest.skip(result.err)
    assert (result.code, result.err) == (0, "")
    return result.out


@pytest.fixture
def volume(tmp_path: Path) -> Path:
    """A directory of the host with files of several owners."""
    where = tmp_path / "volume"
    (where / "below").mkdir(parents=True)
    for name, uid, gid in (("first", 0, 0), ("other", 5, 6), ("stranger", 500, 500)):
        (where / name).touch()
        os.chown(where / name, uid, gid)
    where.chmod(0o777)
    return where


@pytest.fixture
def nested(volume: Path, tmp_path: Path) -> Iterator[Path]:
    """The same with another mount below."""
    (tmp_path / "second").mkdir()
    world.bind(tmp_path / "second", volume / "below")
    yield volume
    world.unmount(volume / "below")


def owners(places: str) -> str:
    return f"for i in {places}; do stat -c '%n %u %g' $i; done"


def test_owners_are_shifted(anocir: Runtime, bundle: Bundle, volume: Path) -> None:
    mapped(bundle, "/v", volume, "bind", "idmap").script(owners("/v/first /v/other /v/stranger"))
    assert tried(anocir, bundle).splitlines() == [
        "/v/first 1000 2000", "/v/other 1005 2006", "/v/stranger 65534 65534",
    ]  # fmt: skip
    status = (volume / "other").stat()
    assert (status.st_uid, status.st_gid) == (5, 6), "the host sees what it always saw"


def test_new_files_get_the_owner_that_is_shown_as_theirs(
    anocir: Runtime, bundle: Bundle, volume: Path
) -> None:
    mapped(bundle, "/v", volume, "bind", "idmap").script("touch /v/new; stat -c '%u %g' /v/new")
    bundle.process["user"] = {"uid": 1007, "gid": 2008}
    assert tried(anocir, bundle) == "1007 2008\n"
    status = (volume / "new").stat()
    assert (status.st_uid, status.st_gid) == (7, 8)


def test_who_has_no_id_there_makes_no_files(anocir: Runtime, bundle: Bundle, volume: Path) -> None:
    mapped(bundle, "/v", volume, "bind", "idmap").script("! touch /v/new 2>&1")
    assert "Value too large" in tried(anocir, bundle)
    assert not (volume / "new").exists()


@pytest.mark.parametrize(
    "options", [["bind"], ["bind", "idmap"], ["bind", "idmap", "ro", "noexec"]]
)
def test_the_mount_says_so(
    anocir: Runtime, bundle: Bundle, volume: Path, options: list[str]
) -> None:
    mapped(bundle, "/v", volume, *options).args("cat", "/proc/self/mountinfo")
    (mount,) = [m for m in proc.mountinfo(tried(anocir, bundle)) if m.where == "/v"]
    assert mount.options >= {"idmapped", *options} - {"bind", "idmap"}


def test_a_single_file(anocir: Runtime, bundle: Bundle, volume: Path) -> None:
    mapped(bundle, "/etc/file", volume / "other", "bind", "idmap").script(owners("/etc/file"))
    assert tried(anocir, bundle) == "/etc/file 1005 2006\n"


@pytest.mark.parametrize(("option", "below"), [("idmap", "0 0"), ("ridmap", "1000 2000")])
def test_what_is_mounted_below(
    anocir: Runtime, bundle: Bundle, nested: Path, option: str, below: str
) -> None:
    mapped(bundle, "/v", nested, "rbind", option).script(owners("/v/first /v/below"))
    assert tried(anocir, bundle) == f"/v/first 1000 2000\n/v/below {below}\n"


def test_a_new_tmpfs(anocir: Runtime, bundle: Bundle) -> None:
    mapped(bundle, "/t", "t", "idmap", "mode=0711", "uid=3", kind="tmpfs")
    bundle.script("stat -c '%a %u %g' /t")
    assert tried(anocir, bundle) == "711 1003 2000\n"


def test_what_the_container_mounts_there_does_not_reach_the_host(
    anocir: Runtime, bundle: Bundle, volume: Path
) -> None:
    """The mount is made in the host's mount namespace, where all mounts are shared."""
    mapped(bundle, "/v", volume, "rbind", "idmap").mount("/v/below", "tmpfs", "t")
    before = world.look()
    result = anocir.any("create", "-b", bundle.args("true"), "c1")
    if NO_SUPPORT in result.err:
        pytest.skip(result.err)
    assert result.code == 0
    assert world.look().mounts == before.mounts
    info = Path(f"/proc/{anocir.pid('c1')}/mountinfo").read_text()
    assert [m.tags for m in proc.mountinfo(info) if m.where == "/v"] == [{"master"}]


def test_nothing_but_the_mount_comes_into_the_process(
    anocir: Runtime, bundle: Bundle, volume: Path
) -> None:
    mapped(bundle, "/v", volume, "bind", "idmap").script("echo /proc/self/fd/*")
    assert tried(anocir, bundle).split() == [f"/proc/self/fd/{n}" for n in (0, 1, 2, 3)]
    result = anocir.any("create", "-b", bundle, "c1")
    assert result.code == 0
    assert not [to for to in proc.fds(anocir.pid("c1")).values() if to.startswith(str(volume))]


RANGES = [{"containerID": 2 * n, "hostID": 2 * n, "size": 1} for n in range(1000)]
REFUSED = [
    ({"uids": [], "gids": []}, "mounts[7].options: idmap: found no uidMappings and gidMappings"),
    ({"gids": []}, "mounts[7]: uidMappings and gidMappings must be given together"),
    ({"uids": mapping(0, 0, 0)}, "uid_map: invalid argument (ranges must not overlap"),
    ({"uids": mapping(0, 5, 9) + mapping(3, 99, 9)}, "uid_map: invalid argument"),
    ({"gids": RANGES}, "gid_map: "),
]


@pytest.mark.parametrize(("maps", "words"), REFUSED)
def test_maps_that_cannot_be(
    anocir: Runtime, bundle: Bundle, tmp_path: Path, maps: Any, words: str
) -> None:
    mapped(bundle, "/v", tmp_path, "bind", "idmap", **maps)
    assert words in anocir.fails("create", "-b", bundle, "c1")


@pytest.mark.parametrize("kind", ["proc", "sysfs", "mqueue", "devpts", "cgroup"])
def test_filesystems_without_owners(anocir: Runtime, bundle: Bundle, kind: str) -> None:
    mapped(bundle, "/v", kind, "idmap", kind=kind)
    assert f"{kind} takes no id maps" in anocir.fails("create", "-b", bundle, "c1")


def test_a_filesystem_that_takes_none(anocir: Runtime, bundle: Bundle) -> None:
    message = anocir.fails("create", "-b", mapped(bundle, "/v", "/proc", "bind", "idmap"), "c1")
    assert message.startswith(f"id map 7 /v: /proc: this filesystem {NO_SUPPORT}")


# In a user namespace, whose root is nobody on the host


@pytest.fixture
def inside(bundle: Bundle) -> Bundle:
    bundle = own(bundle)
    bundle.linux["namespaces"].append({"type": "user"})
    bundle.linux.update(uidMappings=[IDS], gidMappings=[IDS])
    return bundle


@pytest.fixture
def owned(tmp_path: Path) -> Path:
    """A directory with files of the host's root, of user 5, and of one beyond the container's."""
    (tmp_path / "owned/below").mkdir(parents=True)
    for name, owner in (("root", 0), ("other", 5), ("beyond", SIZE + 5)):
        (tmp_path / "owned" / name).touch(mode=0o640)
        os.chown(tmp_path / "owned" / name, owner, owner)
    return tmp_path / "owned"


SHOW = "cd /v; stat -c '%n %u %g' root other beyond below"


@pytest.mark.parametrize("joined", [False, True])
def test_id_maps_are_those_of_the_user_namespace(
    anocir: Runtime, inside: Bundle, owned: Path, joined: bool
) -> None:
    if joined:
        joining(inside, sleeping(anocir, inside, "first"), "user")
    inside.mount("/v", "bind", owned, "rbind", "ridmap")
    result = anocir.any("run", "-b", inside.script(SHOW), "c1")
    if NO_SUPPORT in result.err:
        pytest.skip(result.err)
    assert result.err == ""
    expected = "root 0 0\nother 5 5\nbeyond 65534 65534\nbelow 0 0\n"
    assert result.out == expected


def test_without_an_id_map_they_are_nobodys(anocir: Runtime, inside: Bundle, owned: Path) -> None:
    """The control for the test above."""
    out = anocir.output(inside.mount("/v", "bind", owned, "rbind").script(SHOW))
    assert set(out.split()) == {"root", "other", "beyond", "below", "65534"}


def test_the_containers_root_writes_as_the_hosts(
    anocir: Runtime, inside: Bundle, owned: Path
) -> None:
    inside.mount("/v", "bind", owned, "bind", "idmap").script("echo new > /v/root; mkdir /v/new")
    result = anocir.any("run", "-b", inside, "c1")
    if NO_SUPPORT in result.err:
        pytest.skip(result.err)
    assert (owned / "root").read_text() == "new\n"
    assert (owned / "new").stat().st_uid == 0


def test_a_copy_has_the_owners_that_can_be_given(anocir: Runtime, inside: Bundle) -> None:
    data = inside.rootfs / "data"
    (data / "of a stranger").mkdir(parents=True)
    (data / "mine").touch(mode=0o600)
    for path, owner in ((data, IDS["hostID"]), (data / "mine", IDS["hostID"] + 7)):
        os.chown(path, owner, owner)
    inside.mount("/data", "tmpfs", "t", "tmpcopyup").script("cd /data; stat -c '%n %u %g' . *")
    assert anocir.output(inside) == ". 0 0\nmine 7 7\nof a stranger 65534 65534\n"
    (data / "of a stranger/secret").touch(mode=0o600)
    message = anocir.fails("create", "-b", inside, "c1")
    assert message == "mount 7 /data: copying of a stranger/secret: permission denied"


def test_remounts_and_long_options(anocir: Runtime, inside: Bundle, owned: Path) -> None:
    inside.mount("/v", "bind", owned, "bind").mount("/v", "bind", "x", "bind", "remount", "ro")
    inside.mount("/t", "tmpfs", "t", "size=1m").mount("/t", "tmpfs", "t", "remount", "size=2m")
    inside.mount("/u", "tmpfs", "u", "mode=" + "0" * 300 + "711", "nosuid")
    text = anocir.output(inside.args("cat", "/proc/self/mountinfo"))
    mounts = {mount.where: mount for mount in proc.mountinfo(text)}
    assert "ro" in mounts["/v"].options and "size=2048k" in mounts["/t"].data
    assert "mode=711" in mounts["/u"].data and "nosuid" in mounts["/u"].options


def test_no_pivot(anocir: Runtime, inside: Bundle) -> None:
    inside.script("cd ../..; ls; cat /proc/self/mountinfo")
    usual = anocir.any("run", "-b", inside, "c1")
    other = anocir.any("run", "--no-pivot", "-b", inside, "c1")
    assert (other.code, other.err) == (usual.code, usual.err) == (0, "")
    assert other.out.count("\n") == usual.out.count("\n")


def test_the_hosts_proc_is_covered_where_it_cannot_be_unmounted(
    anocir: Runtime, inside: Bundle, tmp_path: Path
) -> None:
    anocir.quiet("create", "--no-pivot", "-b", inside.args("true"), "c1")
    assert below(anocir.pid("c1"), tmp_path) == "True False False"
