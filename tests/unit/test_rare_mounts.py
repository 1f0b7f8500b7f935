"""Mounts with remount, tmpcopyup, idmap and ridmap: what they are planned as, and what not."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anocir.errors import ConfigError
from anocir.linux import consts
from anocir.plan import mounts, raremounts
from anocir.plan.plan import INIT, PREPARE, Step
from anocir.runtime.appliers import APPLIERS

MAPS: Any = {
    "uidMappings": [{"containerID": 0, "hostID": 1000, "size": 10}],
    "gidMappings": [{"containerID": 0, "hostID": 2000, "size": 20},
                    {"containerID": 30, "hostID": 5, "size": 1}],
}  # fmt: skip
USER = {"type": "user"}


def entry(*options: str, kind: str = "bind", at: str = "/x", **more: Any) -> dict[str, Any]:
    return {"destination": at, "type": kind, "source": "/s", "options": list(options)} | more


def plan(*entries: dict[str, Any], **linux: Any) -> list[Step]:
    config: Any = {"mounts": copy.deepcopy(list(entries)), "linux": linux}
    steps = mounts.plan(config, "c1")
    assert {step.kind for step in steps} <= set(APPLIERS)
    return steps


def refused(*entries: dict[str, Any], **linux: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        plan(*entries, **linux)
    (line,) = caught.value.violations
    assert line.startswith(f"mounts[{len(entries) - 1}].options: ")
    return line.partition(": ")[2]


TMPFS = entry("size=1m", kind="tmpfs")
SYSFS = entry(kind="sysfs")


# remount


def test_bind_remount_changes_the_mount_alone() -> None:
    (step,) = plan(entry("bind", "remount", "remount", "ro", source=""))
    assert (step.stage, step.kind, step.data.whole) == (INIT, "remount", False)
    assert step.data.mount.on == consts.MOUNT_ATTR_RDONLY


@pytest.mark.parametrize("kind", ["", "none", "tmpfs"])
def test_remount_changes_a_filesystem_that_the_config_made(kind: str) -> None:
    change = plan(TMPFS, entry("remount", "size=2m", kind=kind))[1].data
    assert change.whole and change.mount.parameters == ["size=2m"]
    again = plan(TMPFS, entry("remount", "ro", kind=kind), entry("remount", "rw", kind=kind))
    assert again[2].data.whole, "a remount is nothing that hides what was made"


@pytest.mark.parametrize(
    "before", [[], [entry("bind")], [TMPFS, entry("rbind")], [entry(kind="tmpfs", at="/y")]]
)
def test_remount_of_what_is_the_hosts_is_refused(before: list[dict[str, Any]]) -> None:
    message = refused(*before, entry("remount", "ro", kind="none"))
    assert message == ("remount: no earlier mount makes a filesystem at /x; to change the mount"
                       " alone add bind")  # fmt: skip


def test_what_is_shared_with_the_host_is_remounted_in_the_container_alone() -> None:
    assert not plan(SYSFS, entry("remount", "ro", kind="sysfs"))[1].data.whole
    message = refused(SYSFS, entry("remount", "x=y", kind="sysfs"))
    assert message == "x=y: sysfs is shared with the host, and is not changed by a remount"


# long options

LONG = "lowerdir=" + "/long" * 60


def test_long_options_are_handed_over_as_one_text() -> None:
    (step,) = plan(entry("ro", LONG, "sync", "lazytime", "nolazytime", "index=off", kind="overlay"))
    assert (step.stage, step.kind) == (INIT, "mount-long")
    assert step.data.data == f"{LONG},index=off"
    assert step.data.flags == consts.MS_RDONLY | consts.MS_SYNCHRONOUS
    assert step.data.mount.on == consts.MOUNT_ATTR_RDONLY


@pytest.mark.parametrize(("length", "kind"), [(255, "mount"), (256, "mount-long")])
def test_how_long_is_too_long(length: int, kind: str) -> None:
    assert [step.kind for step in plan(entry("ü" * 100 + "x" * (length - 200), kind="t"))] == [kind]


@pytest.mark.parametrize("name", mounts.SUPERBLOCK)
def test_every_flag_of_the_filesystem_beside_long_options(name: str) -> None:
    step = plan(entry(LONG, name, kind="overlay"))[0]
    on = not name.startswith(("no", "async"))
    assert bool(step.data.flags) == on and step.data.data == LONG


def test_more_than_the_kernel_reads_is_refused() -> None:
    assert plan(entry("x" * 4095, kind="t"))
    message = refused(entry("x" * 4000, "y" * 95, kind="t"))
    assert message == "found 4096 bytes for the filesystem, allowed: at most 4095"


def test_a_long_option_goes_with_nothing_else_that_is_rare() -> None:
    message = refused(entry("idmap", LONG, kind="overlay", **MAPS))
    assert message == "idmap and an option of more than 255 bytes do not go together"


# tmpcopyup


def test_copyup_is_read_only_when_the_copy_is_made() -> None:
    (step,) = plan(entry("tmpcopyup", "ro", "nosuid", "size=1m", kind="tmpfs"))
    assert (step.stage, step.kind, step.data.parameters) == (INIT, "mount-copyup", ["size=1m"])
    assert step.data.on == consts.MOUNT_ATTR_NOSUID
    assert step.data.deep_on == consts.MOUNT_ATTR_RDONLY
    assert plan(entry("tmpcopyup", "rw", kind="tmpfs"))[0].data.deep_on == 0


@pytest.mark.parametrize("kind", ["bind", "ramfs", "proc"])
def test_copyup_needs_a_tmpfs(kind: str) -> None:
    message = refused(entry("tmpcopyup", kind=kind))
    assert message == f"tmpcopyup: needs a tmpfs, found type {kind!r}"


# idmap


@pytest.mark.parametrize(
    ("options", "recursive"),
    [(["bind", "idmap"], False), (["rbind", "ridmap"], True), (["bind"], False),
     (["rbind", "idmap"], False), (["rbind", "idmap", "ridmap"], True)],
)  # fmt: skip
def test_maps_of_the_mount(options: list[str], recursive: bool) -> None:
    made, put = plan(entry(*options, **MAPS))
    assert (made.stage, made.kind, put.stage, put.kind) == (PREPARE, "id-map", INIT,
                                                            "mount-idmapped")  # fmt: skip
    assert made.data.uids == [(0, 1000, 10)]
    assert made.data.gids == [(0, 2000, 20), (30, 5, 1)]
    assert (made.data.recursive, made.data.key, made.data.namespace) == (recursive, put.name, "")
    assert made.text == "uids 0-9 are 1000-1009; gids 0-19 are 2000-2019, 30-30 are 5-5"


def test_maps_of_the_containers_user_namespace_stand_in() -> None:
    made = plan(entry("bind", "idmap"), namespaces=[USER], **MAPS)[0]
    assert (made.data.uids, made.data.namespace) == ([(0, 1000, 10)], "")
    own = {"uidMappings": [{"containerID": 7, "hostID": 8, "size": 9}],
           "gidMappings": [{"containerID": 7, "hostID": 8, "size": 9}]}  # fmt: skip
    made = plan(entry("bind", "idmap", **own), namespaces=[USER], **MAPS)[0]
    assert made.data.uids == [(7, 8, 9)]


def test_a_joined_user_namespace_has_its_maps() -> None:
    joined = USER | {"path": "/proc/1/ns/user"}
    made = plan(entry("bind", "idmap"), namespaces=[joined])[0]
    assert (made.data.namespace, made.text) == ("/proc/1/ns/user", "/proc/1/ns/user")
    assert plan(entry("bind", "idmap", **MAPS), namespaces=[joined])[0].data.namespace == ""


@pytest.mark.parametrize("linux", [{}, MAPS, {"namespaces": [{"type": "mount"}]},
                                   {"namespaces": [USER]}])  # fmt: skip
def test_no_maps_at_all_are_refused(linux: dict[str, Any]) -> None:
    for option in ("idmap", "ridmap"):
        message = refused(entry("bind", option), **linux)
        assert message.startswith("idmap: found no uidMappings and gidMappings here, nor a user")


@pytest.mark.parametrize("kind", raremounts.NOT_MAPPED)
def test_filesystems_without_owners_are_not_mapped(kind: str) -> None:
    assert refused(entry("idmap", kind=kind, **MAPS)) == f"idmap: {kind} takes no id maps"


@pytest.mark.parametrize(
    ("options", "words"),
    [(["remount", "tmpcopyup"], "remount and tmpcopyup"), (["idmap", "remount"],
     "remount and idmap"), (["ridmap", "tmpcopyup"], "tmpcopyup and idmap")],
)  # fmt: skip
def test_what_does_not_go_together(options: list[str], words: str) -> None:
    message = refused(entry(*options, kind="tmpfs"))
    assert message == f"{words} do not go together"


def test_many_ranges_are_cut_short_in_the_text() -> None:
    ranges = [{"containerID": n, "hostID": n, "size": 1} for n in range(100_000)]
    made = plan(entry("bind", "idmap", uidMappings=ranges, gidMappings=ranges[:3]))[0]
    assert len(made.data.uids) == 100_000
    assert made.text.startswith("uids 0-0 are 0-0, 1-1 are 1-1, 2-2 are 2-2, ...; gids 0-0 ")
    assert made.text.endswith("2-2 are 2-2")


@given(st.lists(st.sampled_from([*mounts.RARE, "bind", "rbind", "ro", "size=1m", "rslave"])),
       st.sampled_from(["", "none", "tmpfs", "proc", "sysfs", "bind"]),
       st.booleans(), st.booleans())  # fmt: skip
def test_any_mixture_is_planned_or_refused(
    options: list[str], kind: str, mapped: bool, user: bool
) -> None:
    more = MAPS if mapped else {}
    linux = {"namespaces": [USER]} | MAPS if user else {}
    try:
        steps = plan(entry(*options, kind=kind, **more), **linux)
    except ConfigError as error:
        assert all(line.startswith("mounts[0].") for line in error.violations)
        return
    assert len(steps) == (2 if steps[0].kind == "id-map" else 1)
