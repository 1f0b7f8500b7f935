"""Device rules for version 1, against a model of the kernel's device controller."""

from __future__ import annotations

import pytest
from cgroup_reference import ASKED, DEVICES, LISTS, allowed
from hypothesis import given
from hypothesis import strategies as st

from anocir.cgroup import devices
from anocir.errors import Error
from anocir.plan.devicerules import ALWAYS, ANY, DeviceRule

Place = tuple[str, str, str]


class Kernel:
    """The device controller of one cgroup (security/device_cgroup.c), for a permissive parent."""

    def __init__(self) -> None:
        self.default = True
        self.exceptions: dict[Place, set[str]] = {(kind, "7", "7"): {"r"} for kind in "bc"}

    def write(self, file: str, line: str) -> None:
        allow = file == "devices.allow"
        if line == "a":
            self.default, self.exceptions = allow, {}
            return
        kind, numbers, access = line.split(" ")
        major, minor = numbers.split(":")
        place = (kind, major, minor)
        if allow == self.default:
            self.exceptions.setdefault(place, set()).difference_update(access)
        else:
            self.exceptions.setdefault(place, set()).update(access)

    def permits(self, kind: str, major: int, minor: int, wanted: str) -> bool:
        matching = [
            access
            for (a_kind, a_major, a_minor), access in self.exceptions.items()
            if a_kind == kind and a_major in ("*", str(major)) and a_minor in ("*", str(minor))
        ]
        if self.default:
            return not any(access & set(wanted) for access in matching)
        return any(set(wanted) <= access for access in matching)


def grants(rules: list[DeviceRule]) -> Kernel:
    kernel = Kernel()
    for file, line in devices.lines(rules):
        kernel.write(file, line)
    return kernel


# Lists that only add to a default, which version 1 can always express.
ADDITIONS = LISTS.map(lambda rules: [(True, *rule[1:]) for rule in rules])
TAKEN = LISTS.map(lambda rules: [(True, "a", ANY, ANY, "rwm")] + [(False, *r[1:]) for r in rules])


def check(rules: list[DeviceRule], kernel: Kernel) -> None:
    for kind, major, minor in DEVICES:
        for wanted in ASKED:
            expected = allowed(rules, kind, major, minor, wanted)
            assert kernel.permits(kind, major, minor, wanted) == expected, (kind, major, minor)


@given(st.one_of(ADDITIONS, TAKEN))
def test_kernel_grants_what_the_rules_grant(rules: list[DeviceRule]) -> None:
    check(rules, grants(rules))


@given(LISTS)
def test_any_list_is_kept_exactly_or_refused(rules: list[DeviceRule]) -> None:
    try:
        kernel = grants(rules)
    except Error:
        return
    check(rules, kernel)


def test_engine_defaults() -> None:
    written = devices.lines(list(ALWAYS))
    assert written[0] == ("devices.deny", "a")
    assert ("devices.allow", "c 136:* rwm") in written
    assert ("devices.allow", "b *:* m") in written
    assert len(written) == 1 + len(ALWAYS)


def test_the_list_says_what_the_config_says() -> None:
    """In the config's order, with its letters."""
    config = [(True, "c", 10, 229, "rwm"), (True, "b", 8, 20, "rw"), (True, "b", 10, 200, "r")]
    lines = [line for _, line in devices.lines([*config, *ALWAYS])]
    assert lines[1:4] == ["c 10:229 rwm", "b 8:20 rw", "b 10:200 r"]


def test_everything_allowed_needs_one_line() -> None:
    assert devices.lines([(True, "a", ANY, ANY, "rwm"), *ALWAYS]) == [("devices.allow", "a")]


def test_one_device_taken_from_all() -> None:
    rules = [(True, "a", ANY, ANY, "rwm"), (False, "c", 1, 11, "w")]
    assert devices.lines(rules) == [("devices.allow", "a"), ("devices.deny", "c 1:11 w")]


def test_a_hole_in_a_wildcard_is_refused_by_name() -> None:
    with pytest.raises(
        Error, match=r"can't treat c 10:229 otherwise than c 10:\*.*cgroup version 2"
    ):
        devices.lines([(True, "c", 10, ANY, "rw"), (False, "c", 10, 229, "w")])


def test_kinds_share_one_default() -> None:
    rules = [(True, "b", ANY, ANY, "rwm"), (False, "b", 8, 0, "w")]
    assert devices.lines(rules) == [
        ("devices.allow", "a"),
        ("devices.deny", "b 8:0 w"),
        ("devices.deny", "c *:* rwm"),
    ]


def test_a_long_list_takes_no_long_time() -> None:
    rules = [(True, "c", number, ANY, "r") for number in range(1000)]
    rules += [(True, "c", number, number, "w") for number in range(1000)]
    assert len(devices.lines(rules)) == 2001
