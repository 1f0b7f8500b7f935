"""Which devices the container may use: the config's list, in one form for both cgroup versions.

A rule is a tuple ``(allow, kind, major, minor, access)``:

* ``allow``: True or False;
* ``kind``: ``"a"`` (block and char), ``"b"`` or ``"c"``;
* ``major``, ``minor``: a number, or ``ANY``;
* ``access``: a non-empty string of ``r``, ``w``, ``m`` (mknod), in that order.

The list is ordered. For each kind of access asked for, the last rule that names the device and
that access decides; what no rule names is denied (config-linux.md, Allowed Device list).
"""

from __future__ import annotations

from anocir.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.spec import types

DeviceRule = tuple[bool, str, int, int, str]

ANY = -1
ACCESS = "rwm"

# The kernel's dev_t holds 12 bits of major and 20 bits of minor (linux/kdev_t.h).
MAX_MAJOR = (1 << 12) - 1
MAX_MINOR = (1 << 20) - 1

# What every container may use, whatever its config says: the same list as runc's, since images
# rely on it. Making a device node is harmless as long as it cannot be opened.
ALWAYS: tuple[DeviceRule, ...] = (
    (True, "c", ANY, ANY, "m"),
    (True, "b", ANY, ANY, "m"),
    (True, "c", 1, 3, "rwm"),  # null
    (True, "c", 1, 5, "rwm"),  # zero
    (True, "c", 1, 7, "rwm"),  # full
    (True, "c", 1, 8, "rwm"),  # random
    (True, "c", 1, 9, "rwm"),  # urandom
    (True, "c", 5, 0, "rwm"),  # tty
    (True, "c", 5, 2, "rwm"),  # ptmx
    (True, "c", 136, ANY, "rwm"),  # pts/*
    (True, "c", 10, 200, "rwm"),  # net/tun
)


def device_rules(config: types.Config) -> list[DeviceRule]:
    """Return the rules of ``linux.resources.devices`` followed by ``ALWAYS``, without dead ones.

    Raises ConfigError that names every entry with a type, number or access the kernel lacks.
    """
    entries = config.get("linux", {}).get("resources", {}).get("devices") or []
    wrong: list[str] = []
    rules = [_rule(entry, f"linux.resources.devices[{n}]", wrong)
             for n, entry in enumerate(entries)]  # fmt: skip
    if wrong:
        raise ConfigError("config.json", wrong)
    return live([*rules, *ALWAYS])


def live(rules: list[DeviceRule]) -> list[DeviceRule]:
    """Drop the rules that a later rule for all devices and all access makes meaningless."""
    for place in range(len(rules) - 1, -1, -1):
        allow, *pattern = rules[place]
        if pattern == ["a", ANY, ANY, ACCESS]:
            return rules[place:] if allow else rules[place + 1 :]
    return rules


def describe(rule: DeviceRule) -> str:
    """Return a rule in the words of the kernel's version 1 files: ``allow c 136:* rwm``."""
    allow, kind, major, minor, access = rule
    numbers = ":".join("*" if number == ANY else str(number) for number in (major, minor))
    return f"{'allow' if allow else 'deny'} {kind} {numbers} {access}"


def _rule(entry: types.DeviceRule, where: str, wrong: list[str]) -> DeviceRule:
    kind = entry.get("type") or "a"
    if kind not in ("a", "b", "c"):
        wrong.append(f'{where}.type: found "{kind}", allowed "a", "b", "c"')
    major = _number(entry.get("major"), MAX_MAJOR, f"{where}.major", wrong)
    minor = _number(entry.get("minor"), MAX_MINOR, f"{where}.minor", wrong)
    # An absent type or number means all of them; so does an absent access.
    asked = entry.get("access") or ACCESS
    if not set(asked) <= set(ACCESS):
        wrong.append(f'{where}.access: found "{asked}", allowed letters of "{ACCESS}"')
    return bool(entry["allow"]), kind, major, minor, "".join(a for a in ACCESS if a in asked)


def _number(number: int | None, limit: int, where: str, wrong: list[str]) -> int:
    if number is None:
        return ANY
    if not ANY <= number <= limit:
        wrong.append(f"{where}: found {number}, allowed -1 (all) or 0 to {limit}")
    return number
