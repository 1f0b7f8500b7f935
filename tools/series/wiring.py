"""The tables that tie the modules together, without the rows of modules that are left out."""

from __future__ import annotations

import ast
from collections.abc import Callable

from tools.series.tree import PACKAGE

FILES = tuple(
    f"{PACKAGE}{name}"
    for name in (
        "plan/planners.py",
        "runtime/appliers.py",
        "runtime/removers.py",
        "cli/commands.py",
        "spec/rules.py",
    )
)

# Says whether a module stays, by its path.
Stays = Callable[[str], bool]


def without(source: bytes, modules: dict[str, str], stays: Stays) -> bytes:
    """A wiring file without the rows that speak of modules which do not stay.

    `modules` gives the file behind each imported name. A row of the table of commands speaks of
    the module of its command. Imports that nothing uses any more are left out too.
    """
    tree = ast.parse(source)
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign):
            _drop_rows(node.value, modules, stays)
    used = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module != "__future__":
            node.names = [a for a in node.names if (a.asname or a.name) in used]
    tree.body = [n for n in tree.body if not isinstance(n, ast.ImportFrom) or n.names]
    return (ast.unparse(tree) + "\n").encode()


def _drop_rows(table: ast.expr | None, modules: dict[str, str], stays: Stays) -> None:
    if isinstance(table, ast.Tuple | ast.List):
        table.elts = [row for row in table.elts if _stays(row, modules, stays)]
    elif isinstance(table, ast.Dict):
        rows = list(zip(table.keys, table.values, strict=True))
        rows = [(key, value) for key, value in rows if _stays(value, modules, stays)]
        rows = [(key, value) for key, value in rows if _named_stays(value, stays)]
        table.keys = [key for key, _ in rows]
        table.values = [value for _, value in rows]


def _stays(row: ast.expr, modules: dict[str, str], stays: Stays) -> bool:
    needed = {modules[n.id] for n in ast.walk(row) if isinstance(n, ast.Name) and n.id in modules}
    match row:
        case ast.Call(func=ast.Name(id="Command"), args=[ast.Constant(value=str(name)), *_]):
            needed.add(f"{PACKAGE}cli/cmd/{name}.py")
        case ast.Tuple(elts=[ast.Constant(value=str(name)), ast.Constant(value=str()), *_]):
            # Rules that are loaded for a config with one of some settings.
            needed.add(f"{PACKAGE}spec/rules_{name}.py")
        case ast.Call(func=ast.Name(id="on_demand"), args=[ast.Constant(value=str(name)), *_]):
            needed.add(f"{PACKAGE}plan/{name.partition('.')[0]}.py")
    return all(stays(path) for path in needed)


def _named_stays(applier: ast.expr, stays: Stays) -> bool:
    """Whether an applier stays that is named in a string, ``module.function``."""
    match applier:
        case ast.Constant(value=str(name)):
            return stays(f"{PACKAGE}runtime/{name.partition('.')[0]}.py")
    return True
