"""What the id mappings of a user namespace must satisfy beyond their shape."""

from __future__ import annotations

from anocir.spec.rules import DIGITS, namespaces

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from anocir.spec.types import Config, IdMapping

# user_namespaces(7): what the kernel takes, and the id that stands for none.
MOST_RANGES = 340
NO_ID = 2**32 - 1
# (type, option) of mounts that name an id
OPTIONS = {("tmpfs", "uid"), ("tmpfs", "gid"), ("devpts", "uid"), ("devpts", "gid")}


def id_ranges(config: Config) -> Iterator[str]:
    """Ranges are not empty, not too many, and don't overlap on either side.

    config-linux.md, User namespace mappings: the number may be limited by the kernel.
    """
    for name, mappings in _given(config):
        path = f"linux.{name}"
        if len(mappings) > MOST_RANGES:
            yield f"{path}: found {len(mappings)} mappings, the kernel takes {MOST_RANGES}"
            continue
        for index, mapping in enumerate(mappings):
            size = mapping["size"]
            highest = max(mapping["containerID"], mapping["hostID"])
            if size < 1:
                yield f"{path}[{index}].size: found {size}, allowed: at least 1"
            elif highest + size > NO_ID:
                yield f"{path}[{index}].size: found {size}, the last id would be above {NO_ID - 1}"
        yield from _overlaps(path, "containerID", [m["containerID"] for m in mappings], mappings)
        yield from _overlaps(path, "hostID", [m["hostID"] for m in mappings], mappings)


def _overlaps(path: str, side: str, starts: list[int], mappings: list[IdMapping]) -> Iterator[str]:
    order = sorted(range(len(starts)), key=lambda index: starts[index])
    for place, other in enumerate(order[1:]):
        one = order[place]
        if starts[one] + mappings[one]["size"] > starts[other]:
            yield f"{path}[{other}].{side}: the ids of {path}[{one}] reach into these"


def mapped_ids(config: Config) -> Iterator[str]:
    """The ids that a config uses are mapped, if it makes the namespace.

    One without a mapping can't be taken on (setresuid(2)), and a mount refuses it.
    """
    space = namespaces(config).get("user")
    if space is None or space.get("path"):
        return
    user = config["process"].get("user", {}) if "process" in config else {}
    groups = user.get("additionalGids", [])
    used = [("process.user.uid", "uid", user.get("uid", 0))]
    used.append(("process.user.gid", "gid", user.get("gid", 0)))
    used += [(f"process.user.additionalGids[{i}]", "gid", gid) for i, gid in enumerate(groups)]
    used += _options(config)
    given = dict(_given(config))
    for path, kind, number in used:
        name = f"{kind}Mappings"
        if name in given and not maps(given[name], number):
            yield f"{path}: {number} is not mapped by linux.{name}"


def _options(config: Config) -> Iterator[tuple[str, str, int]]:
    """Yield (path, uid or gid, number) of the mount options that name an id."""
    for index, mount in enumerate(config.get("mounts", [])):
        for place, option in enumerate(mount.get("options", [])):
            kind, _, number = option.partition("=")
            if (mount.get("type", ""), kind) in OPTIONS and number and DIGITS.issuperset(number):
                yield f"mounts[{index}].options[{place}]", kind, int(number)


def _given(config: Config) -> Iterator[tuple[str, list[IdMapping]]]:
    linux = config["linux"]
    for name, mappings in (
        ("uidMappings", linux.get("uidMappings")),
        ("gidMappings", linux.get("gidMappings")),
    ):
        if mappings:
            yield name, mappings


def maps(mappings: list[IdMapping], number: int) -> bool:
    """Tell whether there is an id ``number`` in the container."""
    return any(0 <= number - m["containerID"] < m["size"] for m in mappings)


RULES = (id_ranges, mapped_ids)
