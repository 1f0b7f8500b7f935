"""Pack the modules of anocir into one file, run by the interpreter that will read it.

    python3 -IS tools/_pack.py SOURCE LIBRARY

SOURCE holds the directory ``anocir``, and LIBRARY will hold it once it is installed. Standard
output is the size of a header in four bytes, the header, which is a marshalled tuple of the code
of ``_finder.py`` and of what its ``add`` wants, and the modules, in groups. What commands begin
with has groups of its own, so a module may be in the file several times.
"""

from __future__ import annotations
import __future__

import ast
import marshal
import os
import sys
from importlib.util import find_spec

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from types import CodeType
    from typing import Any

HERE = os.path.dirname(os.path.abspath(__file__))
MAIN = "anocir.cli.main"
COMMANDS = "anocir.cli.cmd"
# What commands need of Python's own shared libraries.
SHARED = ("_json", "_ctypes")


def pack(source: str, library: str) -> bytes:
    """Return the contents of the file."""
    trees, files = read(source)
    places: list[tuple[int, int]] = []
    parts: list[bytes] = []

    def add(value: Any) -> tuple[int, int]:
        """Put a value into the file; return its place."""
        start = sum(places[-1]) if places else 0
        parts.append(marshal.dumps(value))
        places.append((start, len(parts[-1])))
        return places[-1]

    modules = {
        name: (
            name,
            files[name].endswith("__init__.py"),
            compiled(tree, f"{library}/{files[name]}"),
        )
        for name, tree in trees.items()
    }
    roots = begun_with(trees)
    first = closure([MAIN, *(name.rpartition(".")[0] for name in roots)], trees)
    first.append(first.pop(first.index(MAIN)))
    groups = {MAIN: add([modules[name] for name in first])}
    for root in roots:
        needed = closure([root], trees)
        groups[root] = add([modules[name] for name in needed if name not in first])
    index = {name: (add(modules[name]), tuple(closure([name], trees)[:-1])) for name in trees}
    finder = compiled(parsed(os.path.join(HERE, "_finder.py")), "<finder>")
    header = marshal.dumps((finder, groups, add(index), shared_libraries()))
    return b"".join([len(header).to_bytes(4, "little"), header, *parts])


def shared_libraries() -> dict[str, str]:
    """Return the files of those modules of ``SHARED`` that are shared libraries of this Python."""
    specs = {name: find_spec(name) for name in SHARED}
    files = {name: spec.origin for name, spec in specs.items() if spec and spec.has_location}
    return {name: file for name, file in files.items() if file}


def read(source: str) -> tuple[dict[str, ast.Module], dict[str, str]]:
    """Return the tree of each module, and its file below ``source``."""
    trees = {}
    files = {}
    for directory, names, here in os.walk(os.path.join(source, "anocir")):
        names.sort()
        for file in sorted(name for name in here if name.endswith(".py")):
            path = os.path.join(directory, file)
            relative = os.path.relpath(path, source)
            name = relative.removesuffix(".py").removesuffix("/__init__").replace(os.sep, ".")
            trees[name] = parsed(path)
            files[name] = relative
    return trees, files


def begun_with(trees: dict[str, ast.Module]) -> list[str]:
    """Return the modules that most of a command's others come with.

    That are the commands, and what they import in their functions.
    """
    roots: dict[str, None] = {}
    for name, tree in trees.items():
        if name.rpartition(".")[0] == COMMANDS:
            roots[name] = None
            functions = (node for node in tree.body if isinstance(node, ast.FunctionDef))
            for function in functions:
                roots.update(dict.fromkeys(imported(ast.walk(function))))
    return [name for name in roots if name in trees]


def parsed(path: str) -> ast.Module:
    """Return a source file as a tree."""
    with open(path, "rb") as source:
        return ast.parse(source.read(), path)


def compiled(tree: ast.Module, shown: str) -> CodeType:
    """Return the code of a module without what nobody can see here.

    That are docstrings, and annotations of functions.

    The import of ``__future__`` is left out, too: a file less to open.
    """
    flags = 0
    body = list(tree.body)
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            body.remove(node)
            for alias in node.names:
                flags |= getattr(__future__, alias.name).compiler_flag
    whole = Bare().visit(ast.Module(body, tree.type_ignores))
    code: CodeType = compile(whole, shown, "exec", flags, dont_inherit=True, optimize=2)
    return code


class Bare(ast.NodeTransformer):
    """Takes the annotations off functions and their parameters."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        """Leave out what the function returns."""
        node.returns = None
        self.generic_visit(node)
        return node

    def visit_arg(self, node: ast.arg) -> ast.arg:
        """Leave out what the parameter is."""
        node.annotation = None
        return node


def closure(names: list[str], trees: dict[str, ast.Module]) -> list[str]:
    """Return the modules and all that they import when they are imported, in Python's order.

    That leaves out what functions import, and what stands below an ``if``.
    """
    found: dict[str, None] = {}
    for name in names:
        collect(name, trees, found)
    return list(found)


def collect(name: str, trees: dict[str, ast.Module], found: dict[str, None]) -> None:
    """Add a module to those found, after its parent and all that it imports itself."""
    if name not in trees or name in found:
        return
    collect(name.rpartition(".")[0], trees, found)
    for other in imported(trees[name].body):
        collect(other, trees, found)
    found[name] = None


def imported(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Yield the names of the modules that import statements name."""
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


if __name__ == "__main__":
    sys.stdout.buffer.write(pack(sys.argv[1], sys.argv[2]))
