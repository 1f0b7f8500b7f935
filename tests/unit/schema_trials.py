"""Documents with something at one place that may or may not fit, and verdicts on them."""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from anocir.spec import check, explain, table, table_features

DATA = Path(__file__).parent / "data"
Place = tuple[str | int, ...]


def read(name: str) -> Any:
    return json.loads((DATA / name).read_text("utf-8"))


EVERYTHING: Any = read("config/good/everything.json")
STATE: Any = {
    "ociVersion": "1.3.0",
    "id": "a",
    "status": "running",
    "pid": 7,
    "bundle": "/b",
    "annotations": {"a": "b"},
    "rootfs": "/b/r",
    "created": "2026-01-02T03:04:05Z",
    "owner": "root",
}
# A document that has every property, and the table's node for it.
DOCUMENTS: dict[str, tuple[Any, Any]] = {
    "config": (EVERYTHING, table.CONFIG),
    "state": (STATE, table.STATE),
    "features": (read("features/everything.json"), table_features.FEATURES),
}
GONE = object()
JUNK: list[Any] = [
    None,
    True,
    False,
    -1,
    0,
    1.0,
    0.5,
    "",
    "x",
    "\n",
    [],
    [1],
    ["x"],
    {},
    {"x": "y"},
]
SAMPLES = [
    *("2MB", "2MB\n", "02MB", "12GB", "1024KB", "2B", "2TB", "MB:", "MB:\n", "MB:a\nb", "MB:0=20"),
    *("CAP_KILL", "CAP_", "CAP_1", "cap_kill", "CAP_KILL\n"),
    *("MB", "r", "rw", "mwr", "rwx", "0-3,7", "0-3, 7 ", "0\n", "a"),
]


def trials(node: Any) -> list[Any]:
    """Return values to put where a node of the table applies: junk, and the edges of the node."""
    if node[0] is None:
        return trials(node[1])
    if node[0] is int:
        limits = [limit for limit in node[1:] if limit is not None]
        return [GONE, *JUNK, *(limit + step for limit in limits for step in (-1, 0, 1))]
    if node[0] is str and node[1] is not None:
        first = node[1][0]
        return [GONE, *JUNK, *node[1], first.lower(), first + "\n", first[:-1]]
    if node[0] is str and node[2] is not None:
        return [GONE, *JUNK, *SAMPLES]
    if node[0] is dict and node[3] is not None:
        return [GONE, *JUNK, {"": 1}, {"\n": 1}, {"a.b": 1}]
    return [GONE, *JUNK]


def places(value: Any, node: Any, path: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Yield each place of a document that the table knows, with its node."""
    node = node[1] if node[0] is None else node
    yield path, node
    if isinstance(value, dict) and node[0] is dict:
        for name, item in value.items():
            inner = node[1].get(name, node[3])
            if inner is not None:
                yield from places(item, inner, (*path, name))
    elif isinstance(value, list) and node[0] is list:
        for index, item in enumerate(value):
            yield from places(item, node[1], (*path, index))


def put(document: Any, path: Place, value: Any) -> Any:
    """Return the document with another value at a place; the rest is shared."""
    if not path:
        return {} if value is GONE else value
    if isinstance(document, dict) and path[0] in document:
        rest = {name: item for name, item in document.items() if name != path[0]}
        if len(path) == 1 and value is GONE:
            return rest
        return {**rest, path[0]: put(document[path[0]], path[1:], value)}
    if isinstance(document, list) and isinstance(path[0], int) and path[0] < len(document):
        inner = (
            [] if len(path) == 1 and value is GONE else [put(document[path[0]], path[1:], value)]
        )
        return [*document[: path[0]], *inner, *document[path[0] + 1 :]]
    return document


def chain(document: Any, node: Any, path: Place) -> tuple[Any, Place]:
    """Cut a document down to one place and what is required around it; return its new path."""
    node = node[1] if node[0] is None else node
    if not path:
        return document, ()
    name = path[0]
    if isinstance(document, list):
        inner, below = chain(document[int(name)], node[1], path[1:])
        return [inner], (0, *below)
    inner, below = chain(document[name], node[1].get(name, node[3]), path[1:])
    return {**{one: document[one] for one in node[2]}, name: inner}, (name, *below)


def variants(document: Any, node: Any, words: Iterable[str] = ()) -> Iterator[tuple[Place, Any]]:
    """Yield (place, small document with a trial value at that place), each kind of place once.

    ``words`` are tried as well where a node lists the values that it takes.
    """
    seen = set()
    for path, there in places(document, node):
        pattern = re.sub(r"\d+", "N", str(path))
        if pattern not in seen and (not path or path[0] not in FOREIGN):
            seen.add(pattern)
            small, short = chain(document, node, path)
            listed = there[0] is str and there[1] is not None
            for value in (*trials(there), *(words if listed else ())):
                yield short, put(small, short, value)


FOREIGN = {"windows", "solaris", "vm", "zos", "freebsd"}

# Verdicts as sets of places


def our_places(value: object, node: Any) -> set[Place]:
    return {path for path, _, _ in check.problems(value, node)}


def error_places(validator: Any, value: object) -> set[Place]:
    found: set[Place] = set()
    for error in leaves(validator.iter_errors(value)):
        path = tuple(error.absolute_path)
        if error.validator == "required":
            found |= {(*path, name) for name in error.validator_value if name not in error.instance}
        else:
            found.add(path)
    return found


def leaves(errors: Iterable[Any]) -> Iterator[Any]:
    """Yield errors, those inside an anyOf instead of the anyOf."""
    for error in errors:
        yield from leaves(error.context) if error.context else [error]


@functools.cache
def validator(name: str) -> Any:
    return explain.validator(explain.load_schema(name))
