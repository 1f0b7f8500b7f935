"""Which settings of a valid config does this runtime leave unapplied, or not know at all?

A config may hold more than the runtime does: settings that are not built yet, settings of other
platforms, misspelt names. Nothing of it is dropped in silence.
"""

from __future__ import annotations

from anocir.spec import table
from anocir.spec.json import dotted, quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from anocir.spec.json import Path
    from anocir.spec.table import Node
    from anocir.spec.types import Config

# Settings of other platforms, which the schema knows so that they are not taken for misspelt.
FOREIGN = (
    "windows",
    "solaris",
    "vm",
    "zos",
    "freebsd",
    "process.commandLine",
    "process.user.username",
)
# Says which spec the config follows: there is nothing to apply.
IMPLIED = ("ociVersion",)
# 0 and false mean the same as an absent setting, but not here.
ZERO_COUNTS = frozenset(
    {
        "process.oomScoreAdj",
        "process.user.umask",
        "linux.resources.memory.swappiness",
        "linux.resources.devices[].allow",
    }
)
FARTHEST = 2


def unsupported(config: Config, applied: Collection[str]) -> list[str]:
    """Return the JSON paths of settings that the schema knows and the runtime does not apply.

    ``applied`` holds patterns such as ``linux.namespaces`` or ``mounts[].type``; a pattern
    covers all that lies below it, and ``[]`` stands for every entry of an array or, for an
    object with free names, every name. The path returned is the highest below which nothing is
    applied. A setting that asks for nothing (false, 0, empty) is not mentioned, nor one of
    another platform, see ``unknown``.
    """
    void = frozenset((*IMPLIED, *FOREIGN, *_moot(config)))
    covered = void.union(applied)
    above = frozenset(start for pattern in applied for start in _starts(pattern))

    def unapplied(value: object, node: Node, path: Path, pattern: str) -> Iterator[str]:
        if pattern in covered or not asks(value, node, pattern, void):
            return
        if pattern and pattern not in above:
            yield dotted(path)
            return
        for name, inner, item, below in _members(value, node, pattern):
            yield from unapplied(item, inner, (*path, name), below)

    return list(unapplied(config, table.CONFIG, (), ""))


def _starts(pattern: str) -> Iterator[str]:
    """Yield the patterns of what lies around a pattern: ``a.b[].c`` gives a, a.b, a.b[]."""
    for index, char in enumerate(pattern):
        if char == "." or pattern.startswith("[]", index):
            yield pattern[:index]


def _moot(config: Config) -> Iterator[str]:
    """Yield the settings that another one makes void (config.md, Process: consoleSize)."""
    if not config.get("process", {}).get("terminal"):
        yield "process.consoleSize"


def asks(value: object, node: Node, pattern: str, void: frozenset[str]) -> bool:
    """Tell whether a value asks for something, or only says what would be so without it."""
    if pattern in void:
        return False
    if isinstance(value, list) and node[1][0] is not dict:
        return bool(value)
    if isinstance(value, dict) and node[3] is not None:
        return bool(value)
    if isinstance(value, (list, dict)):
        return any(
            asks(item, inner, below, void)
            for _, inner, item, below in _members(value, node, pattern)
        )
    return bool(value) or (value is not None and pattern in ZERO_COUNTS)


def _members(
    value: object, node: Node, pattern: str
) -> Iterator[tuple[str | int, Node, object, str]]:
    """Yield (name, node, value, pattern) of what the schema knows inside a value."""
    if isinstance(value, dict):
        names, other = node[1], node[3]
        for name, item in value.items():
            if name in names:
                yield name, names[name], item, f"{pattern}.{name}" if pattern else name
            elif other is not None:
                yield name, other, item, f"{pattern}[]"
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield index, node[1], item, f"{pattern}[]"


def unknown(document: object, node: Node = table.CONFIG) -> list[str]:
    """Return a warning for each name that runtime-spec does not have, or has elsewhere.

    ``node`` is the table of the document, if it is no config.json.

    config.md, Extensibility: an unknown property is logged and otherwise ignored. A misspelt
    one would be ignored too, so the nearest known name is offered.
    """
    return list(_unknown(document, node, (), ""))


def _unknown(value: object, node: Node, path: Path, pattern: str) -> Iterator[str]:
    """Yield the warnings for a value."""
    if node[0] is None:
        node = node[1]
    if pattern in FOREIGN:
        if value:
            yield f"{dotted(path)}: ignored, it is for another platform"
        return
    if isinstance(value, dict) and node[3] is None:
        for name in value:
            if name not in node[1]:
                hint = suggestion(name, node[1])
                meant = f", did you mean {quoted(hint)}?" if hint else ""
                yield f"{dotted((*path, name))}: ignored, not in runtime-spec{meant}"
    for name, inner, item, below in _members(value, node, pattern):
        if inner[0] in (dict, list, None) or below in FOREIGN:
            yield from _unknown(item, inner, (*path, name), below)


def suggestion(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that a misspelt one is nearest to, None if none is near."""
    nearest = None
    least = min(FARTHEST, len(name) // 2) + 1
    for candidate in known:
        if name.lower() == candidate.lower():
            return candidate
        if abs(len(name) - len(candidate)) < least:
            steps = distance(name, candidate)
            if steps < least:
                nearest, least = candidate, steps
    return nearest


def distance(one: str, two: str) -> int:
    """Return how many letters to insert, drop, replace or swap with the next turn one into two.

    The optimal string alignment distance: a letter takes part in one change only.
    """
    before: list[int] = []
    row = list(range(len(two) + 1))
    for i, a in enumerate(one, 1):
        earlier, before, row = before, row, [i]
        for j, b in enumerate(two, 1):
            steps = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == two[j - 2] and one[i - 2] == b:
                steps = min(steps, earlier[j - 2] + 1)
            row.append(steps)
    return row[-1]
