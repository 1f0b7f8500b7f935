"""Which hierarchies a host has, read from the texts of /proc."""

from __future__ import annotations

import os

import pytest

from anocir.cgroup import detect
from anocir.errors import Error

UNIFIED = "30 23 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n"
HYBRID = """\
25 1 0:21 / / rw - ext4 /dev/vda rw
31 23 0:28 / /sys/fs/cgroup ro,nosuid - tmpfs tmpfs ro,mode=755
32 31 0:29 / /sys/fs/cgroup/unified rw,nosuid shared:9 - cgroup2 cgroup2 rw
33 31 0:30 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct
34 31 0:31 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory
35 31 0:32 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd
"""
HYBRID_OWN = """\
5:cpuacct,cpu:/
4:memory:/user.slice/x
3:pids:/not/mounted
1:name=systemd:/user.slice
0::/user.slice
"""


def shape(found: list[detect.Hierarchy]) -> list[tuple[str, str]]:
    return [(h.key, h.mount) for h in found]


def by_key(found: list[detect.Hierarchy]) -> dict[str, detect.Hierarchy]:
    return {h.key: h for h in found}


def test_unified() -> None:
    found = detect.parse(UNIFIED, "0::/system.slice/ssh.service\n")
    assert shape(found) == [("", "/sys/fs/cgroup")]
    assert found[0].device == os.makedev(0, 26)
    assert detect.version(by_key(found)) == 2


def test_hybrid() -> None:
    found = detect.parse(HYBRID, HYBRID_OWN)
    assert shape(found) == [
        ("cpuacct,cpu", "/sys/fs/cgroup/cpu,cpuacct"),
        ("memory", "/sys/fs/cgroup/memory"),
        ("name=systemd", "/sys/fs/cgroup/systemd"),
        ("", "/sys/fs/cgroup/unified"),
    ]
    assert detect.version(by_key(found)) == 1


def test_named_hierarchy_does_not_make_a_unified_host_version_1() -> None:
    named = "40 1 0:40 / /mnt/x rw - cgroup none rw,name=x\n"
    found = detect.parse(UNIFIED + named, "1:name=x:/\n0::/\n")
    assert detect.version(by_key(found)) == 2


def test_nothing_mounted_says_what_to_do() -> None:
    with pytest.raises(Error, match="mount -t cgroup2"):
        detect.version({})


def test_whole_hierarchy_comes_before_a_part_of_it() -> None:
    mountinfo = (
        "30 1 0:26 /docker/ab /sys/fs/cgroup rw - cgroup2 none rw\n"
        "31 1 0:26 / /mnt/cgroup rw - cgroup2 none rw\n"
    )
    assert [h.mount for h in detect.parse(mountinfo, "0::/\n")] == ["/mnt/cgroup", "/sys/fs/cgroup"]


def test_odd_characters_end_no_line() -> None:
    mountinfo = "30 1 0:26 / /mnt/a\x0bb\x1cc\u2028d rw - cgroup2 none rw\n"
    found = detect.parse(mountinfo, "0::/name\x0bwith\x1codd\u2028ends\n")
    assert shape(found) == [("", "/mnt/a\x0bb\x1cc\u2028d")]


def test_mount_point_with_escaped_characters() -> None:
    mountinfo = "30 23 0:26 / /mnt/a\\040b\\134c rw - cgroup2 cgroup rw\n"
    assert detect.parse(mountinfo, "0::/\n")[0].mount == "/mnt/a b\\c"


def test_writable_mount_comes_first() -> None:
    mountinfo = (
        "30 1 0:26 / /sys/fs/cgroup ro - cgroup2 cgroup rw\n"
        "31 1 0:26 / /mnt/cgroup rw - cgroup2 cgroup rw\n"
    )
    assert [h.mount for h in detect.parse(mountinfo, "0::/\n")] == ["/mnt/cgroup", "/sys/fs/cgroup"]


def test_usual_place_comes_first_among_equals() -> None:
    mountinfo = (
        "30 1 0:26 / /mnt/cgroup rw - cgroup2 cgroup rw\n"
        "31 1 0:26 / /sys/fs/cgroup rw - cgroup2 cgroup rw\n"
    )
    assert detect.parse(mountinfo, "0::/\n")[0].mount == "/sys/fs/cgroup"


def test_optional_fields_do_not_shift_the_type() -> None:
    mountinfo = "30 1 0:26 / /c rw shared:1 master:2 unbindable - cgroup2 none rw\n"
    assert shape(detect.parse(mountinfo, "0::/\n")) == [("", "/c")]


def test_hidden_mount_is_not_used(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    # Another filesystem was mounted over the first place since.
    texts = {
        "/proc/self/mountinfo": f"30 1 0:9999 / {tmp_path} rw - cgroup2 none rw\n",
        "/proc/self/cgroup": "0::/\n",
    }
    monkeypatch.setattr(detect, "_text", texts.__getitem__)
    assert detect.read() == {}
