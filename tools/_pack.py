"""Pack the modules of a package into one file, run by the interpreter that will read it.

    python3 -IS tools/_pack.py SOURCE LIBRARY

SOURCE holds the directory ``anocir``, and LIBRARY will hold it once it is installed. Standard
output is a marshalled tuple: the code of ``_finder.py``, the index of the modules, their code.
"""

from __future__ import annotations

import marshal
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType


def pack(source: str, library: str) -> bytes:
    """Return the contents of the file."""
    finder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "_finder.py")
    index: dict[str, tuple[str, str, int, int]] = {}
    code = b""
    for directory, names, files in os.walk(os.path.join(source, "anocir")):
        names.sort()
        for file in sorted(name for name in files if name.endswith(".py")):
            path = os.path.join(directory, file)
            relative = os.path.relpath(path, source)
            place = os.path.join(library, relative)
            module = relative.removesuffix(".py").replace(os.sep, ".")
            package = module.endswith(".__init__")
            data = marshal.dumps(_compiled(path, place))
            name = module.removesuffix(".__init__")
            index[name] = (
                place,
                os.path.dirname(place) if package else "",
                len(code),
                len(code) + len(data),
            )
            code += data
    return marshal.dumps((_compiled(finder, "<finder>"), index, code))


def _compiled(path: str, shown: str) -> CodeType:
    with open(path, "rb") as source:
        code: CodeType = compile(source.read(), shown, "exec", dont_inherit=True)
    return code


if __name__ == "__main__":
    sys.stdout.buffer.write(pack(sys.argv[1], sys.argv[2]))
