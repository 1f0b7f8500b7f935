"""The head without what later parts bring: the proof that early parts need nothing of them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tools.series import tree, wiring
from tools.series.tree import PACKAGE, SeriesError, Stage, Tree

# Commands are imported by name; the ones that this module names itself belong to it.
DISPATCH = f"{PACKAGE}cli/main.py"


def stripped(repo: Path, part: Stage) -> dict[str, bytes]:
    """The head's version of the part's modules, and of what these import. Raises SeriesError.

    The wiring is the head's, without the rows of modules that the part doesn't have. A data file
    stays when its package does.
    """
    top = tree.head(repo).package()
    simpler = tuple(entry["name"] for entry in tree.meta(part).get("simplified", []))
    own = [path for path in part.package() if path.endswith(".py")]
    for path in own:
        if path not in top and not tree.covers(simpler, path):
            raise SeriesError(f"{part.prefix}{path}: the head has no such module")
    kept: dict[str, bytes] = {}
    todo = list(own)
    while todo:
        path = todo.pop()
        if path in top and path not in kept:
            kept[path] = _rewired(path, top, own) if path in wiring.FILES else top[path]
            todo += imports(path, kept[path], top)
    packages = {path.rpartition("/")[0] for path in kept}
    for path, data in top.items():
        if not path.endswith(".py") and _package(path, top) in packages:
            kept[path] = data
    return dict(sorted(kept.items()))


def _rewired(path: str, top: Tree, own: list[str]) -> bytes:
    return wiring.without(top[path], _bindings(path, top[path], top), lambda p: p in own)


def _bindings(path: str, source: bytes, files: Tree) -> dict[str, str]:
    """The file behind each name that a module imports from the package at its top."""
    found: dict[str, str] = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.ImportFrom):
            base = _absolute(path, node)
            for alias in node.names:
                reached = [*_files(base, files), *_files(f"{base}.{alias.name}", files)]
                if reached:
                    found[alias.asname or alias.name] = reached[-1]
    return found


def _package(path: str, files: Tree) -> str:
    """The package that a data file belongs to."""
    directory = path.rpartition("/")[0]
    while directory and f"{directory}/__init__.py" not in files:
        directory = directory.rpartition("/")[0]
    return directory


def imports(path: str, source: bytes, files: Tree) -> list[str]:
    """The files that a module imports at run time, wherever in it; with their packages."""
    found: set[str] = set()
    for node in _run_time(ast.parse(source)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                found.update(_files(alias.name, files))
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(path, node)
            found.update(_files(base, files))
            for alias in node.names:
                found.update(_files(f"{base}.{alias.name}", files))
        elif isinstance(node, ast.Constant) and path == DISPATCH and isinstance(node.value, str):
            found.update(p for p in [f"{PACKAGE}cli/cmd/{node.value}.py"] if p in files)
    found.update(_files(path.removesuffix(".py").replace("/", "."), files))
    return sorted(found - {path})


def _run_time(node: ast.AST) -> Iterator[ast.AST]:
    yield node
    for child in ast.iter_child_nodes(node):
        checking = isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING"
        if not checking:
            yield from _run_time(child)


def _absolute(path: str, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    package = path.split("/")[: -node.level]
    return ".".join([*package, node.module] if node.module else package)


def _files(module: str, files: Tree) -> Iterator[str]:
    """The `__init__.py` of each package above a module, and the module's own file last."""
    names = module.split(".")
    for length in range(1, len(names) + 1):
        path = "/".join(names[:length])
        for candidate in (f"{path}/__init__.py", f"{path}.py"):
            if candidate in files:
                yield candidate
