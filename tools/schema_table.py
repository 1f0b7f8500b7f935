"""Write the tables in anocir/spec from the JSON Schema documents beside them.

    python3 tools/schema_table.py           write the tables
    python3 tools/schema_table.py --check   exit 1 when a table is not what its documents say

The documents are what people read and what jsonschema judges by. The tables say the same in
tuples that ``anocir/spec/check.py`` walks without importing anything. Only the keywords that
the documents use are understood: another one is refused here, so that a table can never be
laxer than its document.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

SPEC = Path(__file__).resolve().parent.parent / "anocir" / "spec"
# What few commands read is in a table of its own: the others don't load it.
TABLES = {"table.py": ("config", "state"), "table_features.py": ("features",)}

HEADER = '''"""JSON Schema documents as tuples: made by tools/schema_table.py, not to be edited.

A node begins with the Python type that the value must have:

    (bool,)
    (int, minimum, maximum)
    (str, values of an enum, (pattern, pieces of the pattern))
    (list, node of every item, least number of items)
    (dict, {name: node}, required names, node of every other name)

(None, node) is null, or what the node says. In other places None stands for "anything". A piece of
a pattern is (characters, True when these are the ones allowed, least number, greatest or None).
"""
# fmt: off
# ruff: noqa: E501

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Node = tuple[Any, ...]

'''

NOTES = {"$schema", "$comment", "title", "description", "$defs"}
KEYWORDS = {
    "boolean": set[str](),
    "integer": {"minimum", "maximum"},
    "string": {"enum", "pattern"},
    "array": {"items", "minItems"},
    "object": {"properties", "required", "additionalProperties"},
}


def constant(document: str, definition: str) -> str:
    """Return the table's name for a ``$defs`` entry: ``IdMapping`` is ``ID_MAPPING``."""
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z][a-z0-9]*", definition)
    prefix = "" if document == "config" else document.upper() + "_"
    return prefix + "_".join(words).upper()


def pieces(pattern: str) -> tuple[tuple[str, bool, int, int | None], ...]:
    """Cut a pattern into runs of one character class each.

    Understood is ``^...$(?!\\n)`` around literals and classes, each with ``*``, ``+`` or nothing.
    A repeated class must not share a character with what can follow it: then reading as much as
    possible is always right, and the checker needs no backtracking (nor the ``re`` module, which
    costs as much to import as half a command).
    """
    if not (pattern.startswith("^") and pattern.endswith(r"$(?!\n)")):
        raise SystemExit(f"pattern {pattern!r} must be of the form ^...$(?!\\n)")
    runs: list[tuple[str, bool, int, int | None]] = []
    for match in re.finditer(r"\[(\^?)([^\]]+)\]([*+]?)|([A-Za-z0-9_:])([*+]?)", pattern[1:-7]):
        inverted, inside, many, literal, many_literals = match.groups()
        chars = literal or _members(inside)
        count = many or many_literals or ""
        least, most = {"": (1, 1), "*": (0, None), "+": (1, None)}[count]
        runs.append((chars, not inverted, least, most))
    for position, run in enumerate(runs):
        for later in runs[position + 1 :] if run[3] is None else ():
            if _overlap(run, later):
                raise SystemExit(f"pattern {pattern!r} would need backtracking")
            if later[2]:
                break
    if not re.fullmatch(r"(\[\^?[^\]]+\][*+]?|[A-Za-z0-9_:][*+]?)*", pattern[1:-7]):
        raise SystemExit(f"pattern {pattern!r} uses more than literals and classes")
    return tuple(runs)


def _members(inside: str) -> str:
    """Spell out the characters of a class: ``0-9, -`` gives ``0123456789, -``."""
    out = ""
    inside = inside.replace("\\n", "\n")
    while inside:
        if len(inside) > 2 and inside[1] == "-":
            out += "".join(map(chr, range(ord(inside[0]), ord(inside[2]) + 1)))
            inside = inside[3:]
        else:
            out += inside[0]
            inside = inside[1:]
    return out


def _overlap(one: tuple[str, bool, Any, Any], two: tuple[str, bool, Any, Any]) -> bool:
    """Tell whether some character belongs to both classes."""
    if one[1] and two[1]:
        return bool(set(one[0]) & set(two[0]))
    if one[1] != two[1]:
        allowed, refused = (one, two) if one[1] else (two, one)
        return bool(set(allowed[0]) - set(refused[0]))
    return True


def node(schema: dict[str, Any], document: str) -> str:
    """Return the source text of one schema's tuple."""
    if "$ref" in schema:
        return constant(document, schema["$ref"].removeprefix("#/$defs/"))
    kind = schema["type"]
    if isinstance(kind, list):
        if len(kind) != 2 or kind[1] != "null":
            raise SystemExit(f"{document}.json: type {kind}: not understood")
        return f"(None, {node({**schema, 'type': kind[0]}, document)})"
    strange = set(schema) - KEYWORDS[kind] - NOTES - {"type"}
    if strange:
        raise SystemExit(f"{document}.json: {kind} with {sorted(strange)}: not understood")
    return WRITERS[kind](schema, document)


def _boolean(schema: dict[str, Any], document: str) -> str:
    return "(bool,)"


def _integer(schema: dict[str, Any], document: str) -> str:
    return f"(int, {schema.get('minimum')}, {schema.get('maximum')})"


def _string(schema: dict[str, Any], document: str) -> str:
    enum = tuple(schema["enum"]) if "enum" in schema else None
    pattern = (schema["pattern"], pieces(schema["pattern"])) if "pattern" in schema else None
    return f"(str, {enum!r}, {pattern!r})"


def _array(schema: dict[str, Any], document: str) -> str:
    return f"(list, {node(schema['items'], document)}, {schema.get('minItems', 0)})"


def _object(schema: dict[str, Any], document: str) -> str:
    properties = "".join(
        f"    {name!r}: {node(inner, document)},\n".replace("\n    ", "\n        ")
        for name, inner in schema.get("properties", {}).items()
    )
    names = f"{{\n{properties}}}" if properties else "{}"
    rest = schema.get("additionalProperties")
    other = node(rest, document) if rest else None
    return f"(dict, {names}, {tuple(schema.get('required', ()))!r}, {other})"


WRITERS = {
    "boolean": _boolean,
    "integer": _integer,
    "string": _string,
    "array": _array,
    "object": _object,
}


def references(schema: object) -> list[str]:
    """Return the definitions that a schema names, in the order in which they appear."""
    if isinstance(schema, dict):
        here = [schema["$ref"].removeprefix("#/$defs/")] if "$ref" in schema else []
        return here + [name for value in schema.values() for name in references(value)]
    if isinstance(schema, list):
        return [name for value in schema for name in references(value)]
    return []


def ordered(definitions: dict[str, Any]) -> list[str]:
    """Return the definitions so that each comes after those it names."""
    done: list[str] = []

    def visit(name: str, above: tuple[str, ...]) -> None:
        if name in above:
            raise SystemExit(f"definition {name} contains itself")
        if name not in done:
            for inner in references(definitions[name]):
                visit(inner, (*above, name))
            done.append(name)

    for name in definitions:
        visit(name, ())
    return done


def table(documents: tuple[str, ...]) -> str:
    """Return the source text of the table of some documents."""
    text = HEADER
    for document in documents:
        schema = json.loads((SPEC / "schema" / f"{document}.json").read_text("utf-8"))
        definitions = schema.pop("$defs", {})
        for name in ordered(definitions):
            inner = node(definitions[name], document)
            text += f"{constant(document, name)}: Node = {inner}\n"
        text += f"{document.upper()}: Node = {node(schema, document)}\n"
    return text


def main() -> int:
    status = 0
    for name, documents in TABLES.items():
        file = SPEC / name
        new = table(documents)
        if sys.argv[1:] != ["--check"]:
            file.write_text(new, "utf-8")
        elif not file.exists() or file.read_text("utf-8") != new:
            print(f"{file} is out of date: run python3 tools/schema_table.py", file=sys.stderr)
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
