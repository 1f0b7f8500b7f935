"""Device rules for version 1: lines for devices.allow and devices.deny.

The kernel does not keep an ordered list. It keeps a default, allow or deny, and a set of
exceptions from it (admin-guide/cgroup-v1/devices.rst, security/device_cgroup.c):

* default deny: an access passes if one single exception covers all of it;
* default allow: an access fails if any exception covers a part of it.

So the list is first reduced to a table: what is granted to each place, which is a pair of numbers
that rules name, or all of a major, all of a minor, or all. Exceptions are then read off the
table. With default deny no exception can take something away from a wider one, nor add anything
with default allow: a list which needs that is refused, never approximated.
"""

from __future__ import annotations

from anocir.errors import Error

DeviceRule = tuple[bool, str, int, int, str]

ANY = -1
_ACCESS = "rwm"

# _Table: (kind, major, minor) -> access. _Verdict: (place in the list, allow, access).
_Place = tuple[str, int, int]
_Verdict = tuple[int, bool, str]
_Table = dict[_Place, frozenset[str]]


def lines(rules: list[DeviceRule]) -> list[tuple[str, str]]:
    """Return (file, line) writes which make the kernel grant what ``rules`` grant.

    ``rules`` are ordered, the last that names a device and an access decides, and what none
    names is denied. Raises Error if version 1 can't express them.
    """
    table = _reduce(rules)
    likely = all(table[kind, ANY, ANY] == set(_ACCESS) for kind in "bc")
    conflicts = []
    for default in (likely, not likely):
        # An exception adds what is granted to a denial, and what is denied to a grant.
        exceptions = {
            place: frozenset(_ACCESS) - granted if default else granted
            for place, granted in table.items()
        }
        found = _conflicts(exceptions)
        if not found:
            return _writes(exceptions, default, rules)
        conflicts += found
    raise Error(_refusal(*conflicts[0]))


def _wider(place: _Place) -> list[_Place]:
    """Return the places that hold the same devices and more, the narrowest first."""
    kind, major, minor = place
    return [p for p in ((kind, major, ANY), (kind, ANY, minor), (kind, ANY, ANY)) if p != place]


def _conflicts(exceptions: _Table) -> list[tuple[_Place, _Place]]:
    """Return each place that would have to be without an exception made for a wider one."""
    return [
        (place, wider)
        for place, access in exceptions.items()
        for wider in _wider(place)
        if not exceptions.get(wider, access) <= access
    ]


def _writes(exceptions: _Table, default: bool, rules: list[DeviceRule]) -> list[tuple[str, str]]:
    named = {(rule[1], rule[2], rule[3]) for rule in rules if "m" in rule[4]}
    first, other = "devices.deny", "devices.allow"
    if default:
        first, other = other, first
    writes = [(first, "a")]
    for place, all_access in exceptions.items():
        access, around = all_access, _wider(place)
        if place not in named and any("m" in exceptions.get(wider, ()) for wider in around):
            # The kernel never asks for making a device and opening it at once. So one exception
            # for each will do, and devices.list says what the config says.
            access = access - {"m"}
        covered = any(exceptions.get(wider) == all_access for wider in around)
        if access and not covered:
            letters = "".join(letter for letter in _ACCESS if letter in access)
            writes.append((other, f"{_words(place)} {letters}"))
    return writes


def _reduce(rules: list[DeviceRule]) -> _Table:
    named: dict[_Place, list[_Verdict]] = {}
    for order, (allow, kinds, major, minor, access) in enumerate(rules):
        for kind in "bc" if kinds == "a" else kinds:
            named.setdefault((kind, major, minor), []).append((order, allow, access))
    places = {("b", ANY, ANY), ("c", ANY, ANY)}
    for kind in "bc":
        # Where all of a major meets all of a minor, both rules speak.
        majors = {place[1] for place in named if place[0] == kind and place[2] == ANY}
        minors = {place[2] for place in named if place[0] == kind and place[1] == ANY}
        places |= {(kind, major, minor) for major in majors for minor in minors}
    # In the order of the rules, so that devices.list reads as the config does.
    ordered = [*named, *sorted(places - named.keys())]
    return {place: _granted(place, named) for place in ordered}


def _granted(place: _Place, named: dict[_Place, list[_Verdict]]) -> frozenset[str]:
    verdicts = [v for p in (place, *_wider(place)) for v in named.get(p, ())]
    granted: set[str] = set()
    for _, allow, access in sorted(verdicts):
        granted = granted | set(access) if allow else granted - set(access)
    return frozenset(granted)


def _words(place: _Place) -> str:
    kind, *numbers = place
    return f"{kind} " + ":".join("*" if number == ANY else str(number) for number in numbers)


def _refusal(place: _Place, wider: _Place) -> str:
    return (
        f"linux.resources.devices: cgroup version 1 can't treat {_words(place)} otherwise than"
        f" {_words(wider)}; name the devices one by one, or use a host with cgroup version 2"
    )
