"""Imports anocir's modules from the one file that the installer packs them into.

Python looks for each module in directories, reads a file and checks it: 0.1 ms, 75 times in a
create. This looks into a dictionary, and before a module's code runs it has run that of all
modules which that one needs, so that their import statements find them made. It is stored in the
file itself, see ``tools/_pack.py``.
"""

import marshal
import posix
import sys
from _frozen_importlib import ModuleSpec, module_from_spec

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    # Where the code starts, counted from the base; its size; the modules it needs, in order.
    Entry = tuple[int, int, tuple[str, ...]]


class Finder:
    """Finds the modules in ``index``, whose code is in ``file`` from ``base`` on.

    The index has ``NAME.__init__`` for packages. Sources are in the directory ``library``.
    """

    __slots__ = ("base", "file", "index", "library")

    def __init__(self, file: str, base: int, library: str, index: dict[str, "Entry"]) -> None:
        self.file = file
        self.base = base
        self.library = library
        self.index = index

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """Return where a module of ours is, None for others (the meta path protocol).

        None as well when the file is gone, because a new version was installed: then the next
        finder takes the source. The file is opened each time, no descriptor stays behind.
        """
        return next(self._specs([name]), None)

    def create_module(self, spec: ModuleSpec) -> None:
        """Leave the making of the module to Python."""

    def exec_module(self, module: "ModuleType") -> None:
        """Run the module's code, after that of the modules it needs."""
        _, _, needed = self.index[self._key(module.__name__)]
        for spec in self._specs([name for name in needed if name not in sys.modules]):
            self._load(spec)
        exec(marshal.loads(module.__spec__.loader_state), module.__dict__)  # type: ignore[union-attr]

    def _key(self, name: str) -> str:
        return name if name in self.index else f"{name}.__init__"

    def _specs(self, names: list[str]) -> "Iterator[ModuleSpec]":
        """Yield a spec, with the code, for each of the names that is in the file."""
        keys = {name: key for name in names if (key := self._key(name)) in self.index}
        if not keys:
            return
        try:
            fd = posix.open(self.file, posix.O_RDONLY | posix.O_CLOEXEC)
        except OSError:
            return
        codes = {}
        for name, key in keys.items():
            start, size, _ = self.index[key]
            codes[name] = posix.pread(fd, size, self.base + start)
        posix.close(fd)
        for name, key in keys.items():
            source = f"{self.library}/{key.replace('.', '/')}.py"
            spec = ModuleSpec(name, self, origin=source, loader_state=codes[name])  # type: ignore[arg-type]
            spec.has_location = True
            if key != name:
                spec.submodule_search_locations = [source.removesuffix("/__init__.py")]
            yield spec

    def _load(self, spec: ModuleSpec) -> None:
        """Do what an import statement does once it has found a module."""
        module = module_from_spec(spec)
        sys.modules[spec.name] = module
        try:
            exec(marshal.loads(spec.loader_state), module.__dict__)
        except BaseException:
            del sys.modules[spec.name]
            raise
        parent, _, name = spec.name.rpartition(".")
        if parent:
            setattr(sys.modules[parent], name, module)


def add(file: str, base: int, library: str, index: dict[str, "Entry"]) -> None:
    """Ask this finder first."""
    sys.meta_path.insert(0, Finder(file, base, library, index))
