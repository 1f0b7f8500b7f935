"""The symbols of a file, by which chapters show its code."""

from __future__ import annotations

import ast
import functools
import json
import re
import textwrap
from collections.abc import Iterator
from typing import NamedTuple

from tools.series.lines import Definition, Kind, is_import, kinds
from tools.series.tree import PACKAGE

# Lines (from 1) of a file, both ends included.
Spans = tuple[tuple[int, int], ...]

WHOLE = ""
IMPORTS = "-imports"
REST = "-rest"
HEAD = "-head"


class Symbol(NamedTuple):
    """A piece of a file that can be shown."""

    name: str
    spans: Spans
    text: str

    def numbers(self) -> frozenset[int]:
        """The lines that belong to it."""
        return frozenset(n for first, last in self.spans for n in range(first, last + 1))


def module_name(path: str) -> str:
    """A file's name in those of snippets: `state.record`, `toy`, `spec/schema/state.json`."""
    inner = path.removeprefix(PACKAGE)
    return inner.removesuffix(".py").replace("/", ".") if inner.endswith(".py") else inner


@functools.lru_cache(maxsize=4096)
def symbols(path: str, text: str) -> dict[str, Symbol]:
    """The symbols of a file by name, '' being the whole file. Raises SyntaxError."""
    lines = text.split("\n")
    found = {WHOLE: Symbol(WHOLE, ((1, len(lines)),), text)}
    if path.endswith(".json"):
        found.update({name: Symbol(name, (), value) for name, value in _json(text)})
    if not path.endswith(".py"):
        return found
    spans: dict[str, list[tuple[int, int]]] = {}
    for name, first, last in _python(text):
        spans.setdefault(name, []).append((first, last))
    for name, pieces in spans.items():
        joined = _join(lines, pieces)
        texts = [textwrap.dedent("\n".join(lines[a - 1 : b])) for a, b in joined]
        found[name] = Symbol(name, tuple(joined), "\n\n".join(texts) + "\n")
    return found


def _join(lines: list[str], pieces: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Join pieces that only blank lines lie between."""
    joined: list[tuple[int, int]] = []
    for first, last in sorted(pieces):
        if joined and not "".join(lines[joined[-1][1] : first - 1]).strip():
            joined[-1] = (joined[-1][0], last)
        else:
            joined.append((first, last))
    return joined


def _python(text: str) -> Iterator[tuple[str, int, int]]:
    of = kinds(text)
    body = ast.parse(text).body
    for node in body:
        first, last = _extent(node, of)
        match node:
            case ast.ClassDef():
                yield node.name, first, last
                yield from _class(node, of)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield node.name, first, last
            case _ if is_import(node) or _is_flag(node):
                yield IMPORTS, first, last
            case ast.Assign() | ast.AnnAssign() if names := list(_targets(node)):
                for name in names:
                    yield name, first, last
                    yield from _entries(name, node)
            case ast.Expr(value=ast.Constant()):
                pass  # The module's docstring is part of the whole file only.
            case _:
                yield REST, first, last


def _extent(node: ast.stmt, of: tuple[Kind, ...]) -> tuple[int, int]:
    """The lines of a statement, with its decorators and the comment right above it."""
    first = node.lineno
    if isinstance(node, Definition) and node.decorator_list:
        first = min(d.lineno for d in node.decorator_list)
    while first > 1 and of[first - 2] is Kind.COMMENT:
        first -= 1
    return first, node.end_lineno or node.lineno


def _class(node: ast.ClassDef, of: tuple[Kind, ...]) -> Iterator[tuple[str, int, int]]:
    """Each member of a class, and `Class-head`: everything that is in none of them."""
    first, last = _extent(node, of)
    position = first
    for member in node.body:
        if isinstance(member, Definition):
            start, end = _extent(member, of)
            yield f"{node.name}.{member.name}", start, end
            yield from _head(node.name, position, start - 1, of)
            position = end + 1
    yield from _head(node.name, position, last, of)


def _head(name: str, first: int, last: int, of: tuple[Kind, ...]) -> Iterator[tuple[str, int, int]]:
    while first <= last and of[first - 1] is Kind.BLANK:
        first += 1
    while first <= last and of[last - 1] is Kind.BLANK:
        last -= 1
    if first <= last:
        yield name + HEAD, first, last


def _is_flag(node: ast.stmt) -> bool:
    return isinstance(node, ast.Assign) and ast.unparse(node) == "TYPE_CHECKING = False"


def _targets(node: ast.Assign | ast.AnnAssign) -> Iterator[str]:
    for target in node.targets if isinstance(node, ast.Assign) else [node.target]:
        for leaf in ast.walk(target):
            if isinstance(leaf, ast.Name):
                yield leaf.id


def _entries(name: str, node: ast.Assign | ast.AnnAssign) -> Iterator[tuple[str, int, int]]:
    """The named rows of a table: `COMMANDS.create` for `Command("create", ...)`, or dict keys."""
    rows: list[tuple[ast.expr | None, ast.expr]] = []
    if isinstance(node.value, ast.Tuple | ast.List):
        calls = [e for e in node.value.elts if isinstance(e, ast.Call) and e.args]
        rows = [(call.args[0], call) for call in calls]
    elif isinstance(node.value, ast.Dict):
        rows = list(zip(node.value.keys, node.value.values, strict=True))
    for key, value in rows:
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            plain = re.sub(r"[^\w-]+", "", key.value.lstrip("-"))
            first = min(key.lineno, value.lineno)
            yield f"{name}.{plain}", first, value.end_lineno or value.lineno


def _json(text: str) -> Iterator[tuple[str, str]]:
    """Each object and array in a JSON document, by the keys that lead to it."""

    def walk(value: object, path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
        if path and isinstance(value, dict | list):
            body = json.dumps(value, indent=2, ensure_ascii=False)
            yield ".".join(path), f"{json.dumps(path[-1])}: {body}\n"
        if isinstance(value, dict):
            for key, inner in value.items():
                yield from walk(inner, (*path, key))

    try:
        document = json.loads(text)
    except ValueError:
        return
    yield from walk(document, ())
