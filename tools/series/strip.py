"""The head without what later parts bring: the proof that early parts need nothing of them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tools.series import tree
from tools.series.tree import PACKAGE, SeriesError, Stage, Tree

# What ties the modules together is another file in every part.
WIRING = tuple(
    f"{PACKAGE}{name}"
    for name in (
        "plan/planners.py",
        "runtime/appliers.py",
        "runtime/removers.py",
        "cli/commands.py",
    )
)


def stripped(repo: Path, part: Stage) -> dict[str, bytes]:
    """The head's version of the part's modules and of what these import. Raises SeriesError.

    The wiring is the part's own. A data file stays when its package does.
    """
    top, own = tree.head(repo).package(), part.package()
    simpler = tuple(entry["name"] for entry in tree.meta(part).get("simplified", []))
    kept: dict[str, bytes] = {}
    todo = [path for path in own if path.endswith(".py")]
    while todo:
        path = todo.pop()
        if path in kept:
            continue
        if path in WIRING and path in own:
            kept[path] = own[path]
        elif path in top:
            kept[path] = top[path]
        elif tree.covers(simpler, path):
            continue
        else:
            raise SeriesError(f"{part.prefix}{path}: the head has no such module")
        todo += imports(path, kept[path], {**own, **top})
    packages = {path.rpartition("/")[0] for path in kept}
    for path, data in top.items():
        if not path.endswith(".py") and _package(path, top) in packages:
            kept[path] = data
    return dict(sorted(kept.items()))


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
    """The module's own file, and the `__init__.py` of each package above it."""
    names = module.split(".")
    for length in range(1, len(names) + 1):
        path = "/".join(names[:length])
        for candidate in (f"{path}/__init__.py", f"{path}.py"):
            if candidate in files:
                yield candidate
