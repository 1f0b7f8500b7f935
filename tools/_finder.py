"""Imports anocir's modules from the one file that the installer packs them into.

Python looks for each module in directories, reads a file and checks it: 0.1 ms, 75 times in a
create. This looks into a dictionary. It is stored in the file itself, see ``tools/_pack.py``.
"""

from __future__ import annotations

import marshal
import sys
from _frozen_importlib import ModuleSpec

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType

    # File, directory of a package or "", and where the code is: start and end.
    Index = dict[str, tuple[str, str, int, int]]


class Finder:
    """Finds and loads the modules in ``index``; ``code`` holds their code, marshalled."""

    __slots__ = ("code", "index")

    def __init__(self, index: Index, code: bytes) -> None:
        self.index = index
        self.code = memoryview(code)

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """Return where a module of ours is, None for others (the meta path protocol)."""
        if name not in self.index:
            return None
        file, directory, _, _ = self.index[name]
        spec = ModuleSpec(name, self, origin=file)  # type: ignore[arg-type]
        spec.has_location = True
        if directory:
            spec.submodule_search_locations = [directory]
        return spec

    def create_module(self, spec: ModuleSpec) -> None:
        """Leave the making of the module to Python."""

    def exec_module(self, module: ModuleType) -> None:
        """Run the module's code."""
        _, _, start, end = self.index[module.__name__]
        exec(marshal.loads(self.code[start:end]), module.__dict__)


def add(index: Index, code: bytes) -> None:
    """Ask this finder first."""
    sys.meta_path.insert(0, Finder(index, code))
