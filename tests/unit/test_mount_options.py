"""Mount options: sorted into attributes, propagation, and what the filesystem takes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anocir.errors import ConfigError
from anocir.linux import consts
from anocir.plan import mounts
from anocir.plan.mounts import ATTRIBUTES, NO_EFFECT, PROPAGATION, RARE, SUPERBLOCK
from anocir.spec import rules

RDONLY, NOSUID, NODEV = (
    consts.MOUNT_ATTR_RDONLY,
    consts.MOUNT_ATTR_NOSUID,
    consts.MOUNT_ATTR_NODEV,
)
NOEXEC, ATIME = consts.MOUNT_ATTR_NOEXEC, consts.MOUNT_ATTR__ATIME


def parsed(*options: str, kind: str = "tmpfs", **more: Any) -> mounts.Mount:
    entry: Any = {"destination": "/x", "type": kind, "options": list(options)}
    entry |= {"source": "/y"} | more if kind == "bind" else more
    return mounts.parse(entry, "mounts[0]")


def bits(*options: str) -> tuple[int, int, int, int]:
    mount = parsed(*options)
    return mount.on, mount.off, mount.deep_on, mount.deep_off


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([], (0, 0, 0, 0)),
        (["ro"], (RDONLY, 0, 0, 0)),
        (["rw"], (0, RDONLY, 0, 0)),
        (["ro", "rw"], (0, RDONLY, 0, 0)),
        (["rw", "ro"], (RDONLY, 0, 0, 0)),
        (["rro"], (0, 0, RDONLY, 0)),
        (["rro", "rrw"], (0, 0, 0, RDONLY)),
        (["ro", "rrw"], (RDONLY, 0, 0, RDONLY)),
        (["nosuid", "nodev", "noexec"], (NOSUID | NODEV | NOEXEC, 0, 0, 0)),
        (["nosuid", "suid"], (0, NOSUID, 0, 0)),
        (["rnosuid", "rsuid", "rnodev"], (0, 0, NODEV, NOSUID)),
        (["noatime"], (consts.MOUNT_ATTR_NOATIME, ATIME, 0, 0)),
        (["noatime", "strictatime"], (consts.MOUNT_ATTR_STRICTATIME, ATIME, 0, 0)),
        (["rnoatime"], (0, 0, consts.MOUNT_ATTR_NOATIME, ATIME)),
        (["relatime"], (0, ATIME, 0, 0)),
        (["rrelatime"], (0, 0, 0, ATIME)),
        (["nosymfollow"], (consts.MOUNT_ATTR_NOSYMFOLLOW, 0, 0, 0)),
    ],
)
def test_attributes(options: list[str], expected: tuple[int, int, int, int]) -> None:
    assert bits(*options) == expected


@pytest.mark.parametrize("option", ["relatime", "rw", "rbind", "rslave"])
def test_an_r_may_belong_to_the_name(option: str) -> None:
    """relatime is not a recursive elatime."""
    mount = parsed(option, kind="bind")
    assert mount.parameters == []
    assert (mount.deep_on, mount.deep_off) == (0, 0)


@pytest.mark.parametrize("name", ATTRIBUTES)
def test_every_attribute_has_a_recursive_form(name: str) -> None:
    plain, deep = parsed(name), parsed(f"r{name}")
    assert (deep.deep_on, deep.deep_off) == (plain.on, plain.off)
    assert (deep.on, deep.off, deep.parameters) == (0, 0, [])


@pytest.mark.parametrize("name", PROPAGATION)
def test_propagation(name: str) -> None:
    kind = PROPAGATION[name]
    assert parsed(name, f"r{name}").propagation == [(kind, False), (kind, True)]


@pytest.mark.parametrize(
    ("entry", "bind", "recursive"),
    [
        ({"type": "bind"}, True, False),
        ({"type": "none", "options": ["bind"]}, True, False),
        ({"options": ["bind"]}, True, False),
        ({"type": "tmpfs", "options": ["rbind"]}, True, True),
        ({"type": "bind", "options": ["rbind"]}, True, True),
        ({"type": "bind", "options": ["bind", "rbind"]}, True, True),
        ({"type": "tmpfs"}, False, False),
    ],
)
def test_bind_mounts(entry: dict[str, Any], bind: bool, recursive: bool) -> None:
    mount = mounts.parse({"destination": "/x", "source": "/y"} | entry, "mounts[0]")  # type: ignore[typeddict-item]
    assert (mount.bind, mount.recursive) == (bind, recursive)
    assert mount.type == ("bind" if bind else "tmpfs")


def test_what_the_filesystem_takes_is_passed_on_in_order() -> None:
    mount = parsed("size=1m", "nosuid", "mode=755", *SUPERBLOCK, "whatever", "a=b=c")
    assert mount.parameters == ["size=1m", "mode=755", *SUPERBLOCK, "whatever", "a=b=c"]


def test_options_without_effect_vanish() -> None:
    mount = parsed(*NO_EFFECT, "", kind="bind")
    assert (mount.parameters, mount.on, mount.off, mount.propagation) == ([], 0, 0, [])


@pytest.mark.parametrize("option", RARE)
@pytest.mark.parametrize("kind", ["tmpfs", "bind"])
def test_rare_options_are_set_aside(option: str, kind: str) -> None:
    assert parsed("ro", option, kind=kind).rare == [option]


@pytest.mark.parametrize("option", SUPERBLOCK)
def test_a_bind_mount_does_not_change_the_filesystem_that_it_shows(option: str) -> None:
    assert parsed(option, kind="bind").parameters == []


def test_a_bind_mount_has_no_filesystem_to_pass_things_to() -> None:
    with pytest.raises(ConfigError, match=r"mounts\[0\]\.options: huge=always, frob: unknown for"):
        parsed("ro", "huge=always", "frob", kind="bind")


@pytest.mark.parametrize("kind", ["ext4", "overlay", "ext99"])
def test_any_type_is_left_to_the_kernel(kind: str) -> None:
    assert parsed("data", kind=kind).type == kind


def test_no_type_and_no_bind_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"mounts\[0\]\.type: found nothing, allowed: a type"):
        parsed(kind="")


@pytest.mark.parametrize("more", [{}, {"source": ""}])
def test_a_bind_mount_needs_a_source(more: dict[str, str]) -> None:
    entry: Any = {"destination": "/x", "options": ["rbind"]} | more
    with pytest.raises(ConfigError, match=r"mounts\[0\]\.source: found nothing"):
        mounts.parse(entry, "mounts[0]")


@pytest.mark.parametrize(
    ("given_", "expected"),
    [("/x", "/x"), ("x", "/x"), ("//x//y/", "/x/y"), ("/a/../b", "/b"), ("/../../x", "/x"),
     ("/", "/"), ("./x", "/x"), ("../x", "/x"), ("/ü", "/ü"), ("/proc/./sys", "/proc/sys")],
)  # fmt: skip
def test_destinations_are_made_plain(given_: str, expected: str) -> None:
    assert parsed(destination=given_).destination == expected


def test_the_source_defaults_to_the_type() -> None:
    assert parsed(kind="proc").source == "proc"
    assert parsed(kind="tmpfs", source="shm").source == "shm"


WORDS = st.sampled_from(
    [*ATTRIBUTES, *(f"r{a}" for a in ATTRIBUTES), *PROPAGATION, *(f"r{p}" for p in PROPAGATION),
     *SUPERBLOCK, *NO_EFFECT, *RARE, "bind", "rbind", "", "r", "rr", "rrro", "size=5", "=", "=x"]
)  # fmt: skip


@given(
    st.lists(WORDS | st.text(max_size=12), max_size=8),
    st.sampled_from(["proc", "tmpfs", "bind", "cgroup"]) | st.text(max_size=8),
    st.text(min_size=1, max_size=20),
)
def test_any_options_are_sorted_or_refused(options: list[str], kind: str, destination: str) -> None:
    entry: Any = {"destination": destination, "type": kind, "options": options}
    try:
        mount = mounts.parse(entry, "mounts[3]")
    except ConfigError as error:
        assert all(line.startswith("mounts[3].") for line in error.violations)
        return
    assert mount.destination.startswith("/") and ".." not in mount.destination.split("/")
    assert not mount.on & mount.off & ~ATIME and not mount.deep_on & mount.deep_off & ~ATIME
    assert set(mount.parameters) <= set(options)
    assert not (mount.bind and mount.parameters)


@given(st.lists(st.sampled_from(list(ATTRIBUTES)), min_size=1, max_size=6))
def test_of_two_that_contradict_the_last_one_wins(options: list[str]) -> None:
    mount = parsed(*options)
    on, off = ATTRIBUTES[options[-1]]
    assert mount.on & on == on
    assert mount.off & off == off
    assert not mount.on & off & ~on


def test_what_is_for_a_new_filesystem_has_no_effect_on_a_bind() -> None:
    options = ("bind", "ro", "mode=755", "size=1k", "uid=1", "gid=1", "nr_inodes=9", "nr_blocks=9")
    config: Any = {"mounts": [{"destination": "/x", "source": "/y", "options": [*options]}]}
    mount = mounts.parse(config["mounts"][0], "mounts[0]")
    assert (mount.on, mount.parameters) == (RDONLY, [])
    (warning,) = rules.bind_flags(config)
    assert all(option in warning for option in options[2:])
    for option in ("idmap=uids=0", "context=x", "modes=1"):
        with pytest.raises(ConfigError, match=f"{option}: unknown for a bind mount"):
            parsed("bind", option, kind="bind")
