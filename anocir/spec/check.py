"""Does a document have the shape that its schema asks for?

The schema is read from ``table.py`` by the short interpreter below: 0.3 ms for a usual config,
where importing jsonschema alone takes 57 ms. A document that fails is judged once more, by
jsonschema on the document itself, for the words (``explain.py``).
"""

from __future__ import annotations

from anocir.errors import ConfigError
from anocir.spec import table
from anocir.spec.json import dotted, first, quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from anocir.spec.json import Path
    from anocir.spec.table import Node

    Problem = tuple[Path, object, Node]

MISSING = object()
SECRET = {"env", "annotations"}
LONGEST = 60


def check_config(config: object) -> None:
    """Refuse a config.json that does not have the shape of runtime-spec 1.3.0 for Linux.

    Raises ConfigError, with one line per violation: JSON path, what was found, what is allowed.
    """
    _check(config, table.CONFIG, "config.json", "config")


def check_state(state: object) -> None:
    """Refuse a state document (runtime.md, State) before anyone else reads it.

    Raises ConfigError like ``check_config``.
    """
    _check(state, table.STATE, "state", "state")


def check_features(features: object) -> None:
    """Refuse a features document (features.md) that does not have its shape.

    Raises ConfigError like ``check_config``.
    """
    from anocir.spec.table_features import FEATURES

    _check(features, FEATURES, "features", "features")


def _check(value: object, node: Node, what: str, document: str) -> None:
    """Raise ConfigError unless the value fits the node, which is made from the document."""
    found = problems(value, node)
    if found:
        from anocir.spec.explain import explain

        raise ConfigError(what, explain(value, document) or plain(found))


def problems(value: object, node: Node) -> Sequence[Problem]:
    """Return what is wrong with a value: (path, what is there, node that it does not fit).

    The path is built on the way back, so that a good document pays nothing for it.
    """
    kind = node[0]
    if type(value) is not kind:
        if kind is None:
            return () if value is None else problems(value, node[1])
        return [((), value, node)]
    if kind is dict:
        return _object_problems(value, node)  # type: ignore[arg-type]
    if kind is list:
        return _array_problems(value, node)  # type: ignore[arg-type]
    if kind is str:
        fits = (node[1] is None or value in node[1]) and (
            node[2] is None or matches(value, node[2][1])  # type: ignore[arg-type]
        )
    elif kind is int:
        fits = (node[1] is None or value >= node[1]) and (node[2] is None or value <= node[2])
    else:
        fits = True
    return () if fits else [((), value, node)]


def _object_problems(value: dict[str, object], node: Node) -> Sequence[Problem]:
    """Return what is wrong inside an object; a name that the schema does not have is ignored."""
    _, names, required, other = node
    found: list[Problem] = []
    for key, item in value.items():
        inner = names.get(key, other)
        if inner is not None:
            for path, there, wanted in problems(item, inner):
                found.append(((key, *path), there, wanted))
    for key in required:
        if key not in value:
            found.append(((key,), MISSING, names[key]))
    return found


def _array_problems(value: list[object], node: Node) -> Sequence[Problem]:
    """Return what is wrong inside an array."""
    _, inner, least = node
    found: list[Problem] = []
    if len(value) < least:
        found.append(((), value, node))
    for index, item in enumerate(value):
        for path, there, wanted in problems(item, inner):
            found.append(((index, *path), there, wanted))
    return found


def matches(text: str, pieces: tuple[tuple[str, bool, int, int | None], ...]) -> bool:
    """Tell whether a pattern covers the whole text; ``tools/schema_table.py`` cuts the pieces."""
    position = 0
    for chars, wanted, least, most in pieces:
        end = len(text) if most is None else min(len(text), position + most)
        begin = position
        while position < end and (text[position] in chars) is wanted:
            position += 1
        if position - begin < least:
            return False
    return position == len(text)


def plain(found: Sequence[Problem]) -> list[str]:
    """Word problems without the help of jsonschema: one line each."""
    return first(violation(path, there, allowed(node)) for path, there, node in found)


def violation(path: Path, there: object, wanted: str) -> str:
    """Return one line: JSON path, what was found, what is allowed."""
    return f"{dotted(path)}: found {described(there, path)}, allowed: {wanted}"


def described(value: object, path: Path = ()) -> str:
    """Say what a value is, in a few words on one line.

    Values under ``env`` and ``annotations`` are never shown: they carry passwords, and the error
    ends in somebody's log.
    """
    name = KINDS[type(value)]
    if value is MISSING or value is None or isinstance(value, dict):
        return name
    if isinstance(value, list):
        return name if value else "an empty array"
    if not SECRET.isdisjoint(path):
        return name
    text = value if isinstance(value, str) else str(value).lower()
    short = text[:LONGEST]
    more = "" if len(text) <= LONGEST else "..."
    return f"{quoted(short) if isinstance(value, str) else short}{more} ({name})"


KINDS = {
    dict: "an object",
    list: "an array",
    str: "a string",
    int: "a number",
    float: "a fraction",
    bool: "a boolean",
    type(None): "null",
    object: "nothing",
}


def allowed(node: Node) -> str:
    """Say what a node of the table allows."""
    kind = node[0]
    if kind is None:
        return f"{allowed(node[1])}, or null"
    if kind is str:
        return _allowed_text(node)
    if kind is int:
        least = f"a whole number of {node[1]} or more"
        return least if node[2] is None else f"a whole number from {node[1]} to {node[2]}"
    if kind is list:
        return "an array with at least one entry" if node[2] else "an array"
    return "an object" if kind is dict else "true or false"


def _allowed_text(node: Node) -> str:
    """Say which strings a node of the table allows."""
    if node[1] is not None:
        return "one of " + ", ".join(node[1])
    if node[2] is not None:
        pattern: str = node[2][0]
        return "a string that matches " + pattern.removesuffix(r"(?!\n)")
    return "a string"
