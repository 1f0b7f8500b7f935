"""Imports anocir's modules from the one file that the installer packs them into.

Python looks for each module in directories, reads a file and checks it: 0.1 ms, 75 times in a
create. This looks into a dictionary. It is stored in the file itself, see ``tools/_pack.py``.
"""

import marshal
import posix
import sys
from _frozen_importlib import ModuleSpec

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType


class Finder:
    """Finds the modules in ``index``: each has a start, counted from ``base``, and a size.

    The index has ``NAME.__init__`` for packages. Sources are in the directory ``library``.
    """

    __slots__ = ("base", "file", "index", "library")

    def __init__(
        self, file: str, base: int, library: str, index: dict[str, tuple[int, int]]
    ) -> None:
        self.file = file
        self.base = base
        self.library = library
        self.index = index

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """Return where a module of ours is, None for others (the meta path protocol).

        None as well when the file is gone, because a new version was installed: then the next
        finder takes the source. The file is opened each time, no descriptor stays behind.
        """
        package = f"{name}.__init__" in self.index
        if not package and name not in self.index:
            return None
        start, size = self.index[f"{name}.__init__" if package else name]
        try:
            fd = posix.open(self.file, posix.O_RDONLY | posix.O_CLOEXEC)
        except OSError:
            return None
        code = posix.pread(fd, size, self.base + start)
        posix.close(fd)
        place = f"{self.library}/{name.replace('.', '/')}"
        source = f"{place}/__init__.py" if package else f"{place}.py"
        spec = ModuleSpec(name, self, origin=source, loader_state=code)  # type: ignore[arg-type]
        spec.has_location = True
        if package:
            spec.submodule_search_locations = [place]
        return spec

    def create_module(self, spec: ModuleSpec) -> None:
        """Leave the making of the module to Python."""

    def exec_module(self, module: "ModuleType") -> None:
        """Run the module's code."""
        exec(marshal.loads(module.__spec__.loader_state), module.__dict__)  # type: ignore[union-attr]


def add(file: str, base: int, library: str, index: dict[str, tuple[int, int]]) -> None:
    """Ask this finder first."""
    sys.meta_path.insert(0, Finder(file, base, library, index))
