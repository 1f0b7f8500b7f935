"""Imports anocir's modules from the one file that the installer packs them into.

Python looks for each module in directories, reads a file and checks it: 0.1 ms, 75 times in a
create. Here what a command needs is one group, read and unmarshalled at once, and run in the order
of the import statements, which then find all modules made. It is stored in the file itself, see
``tools/_pack.py``.
"""

import marshal
import posix
import sys
from _frozen_importlib import ModuleSpec

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType, ModuleType
    from typing import Any

    # Where something starts, counted from the base, and its size.
    Place = tuple[int, int]
    # The name of a module, whether it is a package, its code.
    Module = tuple[str, bool, CodeType]


class Finder:
    """Finds modules in ``file``, in which places count from ``base`` on.

    ``groups`` has the place of a list of modules for each one that commands begin with, which is
    the last of the list. At ``rest`` is a dictionary: the place of every module, and the names of
    those that it needs. Sources are in the directory ``library``.
    """

    __slots__ = ("base", "file", "groups", "index", "library", "rest")

    def __init__(
        self, file: str, base: int, library: str, groups: "dict[str, Place]", rest: "Place"
    ) -> None:
        self.file = file
        self.base = base
        self.library = library
        self.groups = groups
        self.rest = rest
        self.index: dict[str, tuple[Place, tuple[str, ...]]] | None = None

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """Return where a module of ours is, None for others (the meta path protocol).

        None as well when the file is gone, because a new version was installed: then the next
        finder takes the source. The file is opened each time, no descriptor stays behind.
        """
        if not name.startswith("anocir"):
            return None
        try:
            modules = self._modules(name)
        except OSError:
            return None
        return self._spec(*modules[-1][:2], modules) if modules else None

    def create_module(self, spec: ModuleSpec) -> None:
        """Leave the making of the module to Python."""

    def exec_module(self, module: "ModuleType") -> None:
        """Run the module's code, after that of the modules it needs."""
        *needed, (_, _, code) = module.__spec__.loader_state  # type: ignore[union-attr]
        self.run(needed)
        exec(code, module.__dict__)

    def begin(self, name: str) -> None:
        """Import a module with its group before an import statement asks for its parents."""
        try:
            modules = self._modules(name)
        except OSError:
            return
        self.run(modules)

    def run(self, modules: "list[Module]") -> None:
        """Do what import statements would do, for modules that are not there yet."""
        for name, package, code in modules:
            if name in sys.modules:
                continue
            spec = self._spec(name, package)
            module = type(sys)(name)
            module.__spec__ = spec
            module.__loader__ = self  # type: ignore[assignment]
            module.__file__ = spec.origin
            module.__package__ = spec.parent
            if package:
                module.__path__ = spec.submodule_search_locations or []
            sys.modules[name] = module
            try:
                exec(code, module.__dict__)
            except BaseException:
                del sys.modules[name]
                raise
            parent, _, last = name.rpartition(".")
            if parent:
                setattr(sys.modules[parent], last, module)

    def _modules(self, name: str) -> "list[Module]":
        """Return a module after those that it needs, nothing when there is none of the name."""
        if name in self.groups:
            group: list[Module] = self._read(self.groups[name])
            return group
        if self.index is None:
            self.index = self._read(self.rest)
        if name not in self.index:
            return []
        place, needed = self.index[name]
        places = [self.index[other][0] for other in needed if other not in sys.modules]
        return [self._read(place) for place in [*places, place]]

    def _read(self, place: "Place") -> "Any":
        fd = posix.open(self.file, posix.O_RDONLY | posix.O_CLOEXEC)
        try:
            return marshal.loads(posix.pread(fd, place[1], self.base + place[0]))
        finally:
            posix.close(fd)

    def _spec(self, name: str, package: bool, state: object = None) -> ModuleSpec:
        directory = f"{self.library}/{name.replace('.', '/')}"
        source = f"{directory}/__init__.py" if package else f"{directory}.py"
        spec = ModuleSpec(name, self, origin=source, loader_state=state)  # type: ignore[arg-type]
        spec.has_location = True
        if package:
            spec.submodule_search_locations = [directory]
        return spec


def add(file: str, base: int, library: str, groups: "dict[str, Place]", rest: "Place") -> None:
    """Ask this finder first, and begin with the first group."""
    finder = Finder(file, base, library, groups, rest)
    sys.meta_path.insert(0, finder)
    finder.begin(next(iter(groups)))
