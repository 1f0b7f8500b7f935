"""Pack the modules of anocir into one file, run by the interpreter that will read it.

    python3 -IS tools/_pack.py SOURCE LIBRARY

SOURCE holds the directory ``anocir``, and LIBRARY will hold it once it is installed. Standard
output is the size of a header in four bytes, the header, which is a marshalled tuple of the code
of ``_finder.py`` and of the index that it wants, and the code of the modules.
"""

from __future__ import annotations
import __future__

import ast
import marshal
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType

HERE = os.path.dirname(os.path.abspath(__file__))


def pack(source: str, library: str) -> bytes:
    """Return the contents of the file."""
    trees = {}
    for directory, names, files in os.walk(os.path.join(source, "anocir")):
        names.sort()
        for file in sorted(name for name in files if name.endswith(".py")):
            path = os.path.join(directory, file)
            relative = os.path.relpath(path, source)
            trees[relative.removesuffix(".py").replace(os.sep, ".")] = parsed(path)
    index = {}
    code = b""
    for name, tree in trees.items():
        needed: dict[str, None] = {}
        collect(name.removesuffix(".__init__"), trees, needed)
        data = marshal.dumps(compiled(tree, f"{library}/{name.replace('.', '/')}.py"))
        index[name] = (len(code), len(data), tuple(needed)[:-1])
        code += data
    finder = compiled(parsed(os.path.join(HERE, "_finder.py")), "<finder>")
    header = marshal.dumps((finder, index))
    return len(header).to_bytes(4, "little") + header + code


def parsed(path: str) -> ast.Module:
    """Return a source file as a tree."""
    with open(path, "rb") as source:
        return ast.parse(source.read(), path)


def compiled(tree: ast.Module, shown: str) -> CodeType:
    """Return the code of a module without its docstrings, which nobody can see here.

    The import of ``__future__`` is left out, too: a file less to open.
    """
    flags = 0
    body = list(tree.body)
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            body.remove(node)
            for alias in node.names:
                flags |= getattr(__future__, alias.name).compiler_flag
    whole = ast.Module(body, tree.type_ignores)
    code: CodeType = compile(whole, shown, "exec", flags, dont_inherit=True, optimize=2)
    return code


def collect(name: str, trees: dict[str, ast.Module], needed: dict[str, None]) -> None:
    """Add ``name`` and all that it imports when it is itself imported, in Python's order.

    That leaves out what functions import, and what stands below an ``if``.
    """
    key = name if name in trees else f"{name}.__init__"
    if key not in trees or name in needed:
        return
    parent = name.rpartition(".")[0]
    if parent:
        collect(parent, trees, needed)
    for node in trees[key].body:
        if isinstance(node, ast.Import):
            for alias in node.names:
                collect(alias.name, trees, needed)
        elif isinstance(node, ast.ImportFrom) and node.module:
            collect(node.module, trees, needed)
            for alias in node.names:
                collect(f"{node.module}.{alias.name}", trees, needed)
    needed[name] = None


if __name__ == "__main__":
    sys.stdout.buffer.write(pack(sys.argv[1], sys.argv[2]))
