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
    index: dict[str, tuple[int, int]] = {}
    code = b""
    for directory, names, files in os.walk(os.path.join(source, "anocir")):
        names.sort()
        for file in sorted(name for name in files if name.endswith(".py")):
            path = os.path.join(directory, file)
            relative = os.path.relpath(path, source)
            data = marshal.dumps(compiled(path, os.path.join(library, relative)))
            index[relative.removesuffix(".py").replace(os.sep, ".")] = (len(code), len(data))
            code += data
    finder = compiled(os.path.join(HERE, "_finder.py"), "<finder>")
    header = marshal.dumps((finder, index))
    return len(header).to_bytes(4, "little") + header + code


def compiled(path: str, shown: str) -> CodeType:
    """Return the code of a module, without its import of ``__future__``: a file less to open."""
    with open(path, "rb") as source:
        tree = ast.parse(source.read(), path)
    flags = 0
    for node in list(tree.body):
        if isinstance(node, ast.ImportFrom) and node.module == "__future__":
            tree.body.remove(node)
            for alias in node.names:
                flags |= getattr(__future__, alias.name).compiler_flag
    code: CodeType = compile(tree, shown, "exec", flags, dont_inherit=True)
    return code


if __name__ == "__main__":
    sys.stdout.buffer.write(pack(sys.argv[1], sys.argv[2]))
