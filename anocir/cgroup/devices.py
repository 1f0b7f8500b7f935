"""Device rules for version 1: lines for devices.allow and devices.deny.

The kernel does not keep an ordered list. It keeps a default, allow or deny, and a set of
exceptions from it (admin-guide/cgroup-v1/devices.rst, security/device_cgroup.c):

* default deny: an access passes if one single exception covers all of it;
* default allow: an access fails if any exception covers a part of it.

So the list is first reduced to a table: what is granted to each pair of numbers that a rule
names, where "any other number" is one more value of each axis. Exceptions are then read off the
table. With default deny no exception can take something away from a wider one, nor add anything
with default allow: a list which needs that is refused, never approximated.
"""

from __future__ import annotations

from anocir.errors import Error

DeviceRule = tuple[bool, str, int, int, str]

ANY = -1
_ACCESS = "rwm"

# (kind, major, minor) -> granted access, for every number named and for ANY.
_Table = dict[tuple[str, int, int], frozenset[str]]


def lines(rules: list[DeviceRule]) -> list[tuple[str, str]]:
    """Return (file, line) writes which make the kernel grant what ``rules`` grant.

    ``rules`` are ordered, the last that names a device and an access decides, and what none
    names is denied. Raises Error if version 1 can't express them.
    """
    table = _reduce(rules)
    default = all(table[kind, ANY, ANY] == set(_ACCESS) for kind in "bc")
    # An exception adds what is granted to what is denied by default, and the other way round.
    exceptions = {
        place: frozenset(_ACCESS) - granted if default else granted
        for place, granted in table.items()
    }
    needed = {place: access for place, access in exceptions.items() if access}
    for (kind, major, minor), access in exceptions.items():
        wider = [(kind, ANY, ANY), (kind, major, ANY), (kind, ANY, minor)]
        for place in wider:
            if not exceptions[place] <= access:
                raise Error(_refusal((kind, major, minor), place, default))
        if any(exceptions[place] == access for place in wider if place != (kind, major, minor)):
            needed.pop((kind, major, minor), None)
    first = "devices.allow" if default else "devices.deny"
    other = "devices.deny" if default else "devices.allow"
    return [(first, "a")] + [(other, _line(place, access)) for place, access in needed.items()]


def _reduce(rules: list[DeviceRule]) -> _Table:
    table: _Table = {}
    for kind in "bc":
        concerned = [rule for rule in rules if rule[1] in ("a", kind)]
        majors = {ANY} | {rule[2] for rule in concerned}
        minors = {ANY} | {rule[3] for rule in concerned}
        for major in sorted(majors):
            for minor in sorted(minors):
                table[kind, major, minor] = _granted(concerned, major, minor)
    return table


def _granted(rules: list[DeviceRule], major: int, minor: int) -> frozenset[str]:
    granted: set[str] = set()
    for allow, _, rule_major, rule_minor, access in rules:
        if rule_major in (ANY, major) and rule_minor in (ANY, minor):
            granted = granted | set(access) if allow else granted - set(access)
    return frozenset(granted)


def _line(place: tuple[str, int, int], access: frozenset[str]) -> str:
    kind, major, minor = place
    letters = "".join(letter for letter in _ACCESS if letter in access)
    return f"{kind} {_star(major)}:{_star(minor)} {letters}"


def _star(number: int) -> str:
    return "*" if number == ANY else str(number)


def _refusal(place: tuple[str, int, int], wider: tuple[str, int, int], default: bool) -> str:
    kind, major, minor = place
    devices = f"{kind} {_star(major)}:{_star(minor)}"
    group = f"{kind} {_star(wider[1])}:{_star(wider[2])}"
    done = "allow" if default else "deny"
    return (
        f"linux.resources.devices: cgroup version 1 can't {done} {devices} what the list says of"
        f" all {group}; name the devices one by one, or use a host with cgroup version 2"
    )
