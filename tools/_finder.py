"""Imports anocir's modules from the one file that the installer packs them into.

Python looks for each module in directories, reads a file and checks it: 0.1 ms, 75 times in a
create. Here what a command needs is one group, read and unmarshalled at once, and run in the order
of the import statements, which then find all modules made. It is stored in the file itself, see
``tools/_pack.py``.

Of Python's own modules, ``os`` is made in two steps, and shared libraries are where they were when
the file was written.
"""

import marshal
import posix
import sys
from _frozen_importlib import ModuleSpec
from _frozen_importlib_external import ExtensionFileLoader

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType, ModuleType
    from typing import Any

    # Where something starts, counted from the base, and its size.
    Place = tuple[int, int]
    # The name of a module, whether it is a package, its code.
    Module = tuple[str, bool, CodeType]
    # What the header of the file has, beside this module's own code.
    Contents = tuple[dict[str, Place], Place, dict[str, str]]
else:
    ModuleType = type(sys)


class Finder:
    """Finds modules in ``file``, in which places count from ``base`` on.

    The contents are groups, rest and shared. ``groups`` has the place of a list of modules for each
    one that commands begin with, which is the last of the list. At ``rest`` is a dictionary: the
    place of every module, and the names of those that it needs. Sources are in the directory
    ``library``. ``shared`` has the file of some modules of Python's that are shared libraries,
    for which it would list two directories.
    """

    __slots__ = ("base", "file", "groups", "index", "library", "rest", "shared")

    def __init__(self, file: str, base: int, library: str, contents: "Contents") -> None:
        self.file = file
        self.base = base
        self.library = library
        self.groups, self.rest, self.shared = contents
        self.index: dict[str, tuple[Place, tuple[str, ...]]] | None = None

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """Return where a module of ours is, None for others (the meta path protocol).

        None as well when the file is gone, because a new version was installed: then the next
        finder takes the source. The file is opened each time, no descriptor stays behind.
        """
        if not name.startswith("anocir"):
            return self._shared(name) if name in self.shared else None
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

    def _shared(self, name: str) -> ModuleSpec | None:
        path = self.shared[name]
        try:
            posix.stat(path)
        except OSError:
            return None
        return ModuleSpec(name, ExtensionFileLoader(name, path), origin=path)

    def _spec(self, name: str, package: bool, state: object = None) -> ModuleSpec:
        directory = f"{self.library}/{name.replace('.', '/')}"
        source = f"{directory}/__init__.py" if package else f"{directory}.py"
        spec = ModuleSpec(name, self, origin=source, loader_state=state)  # type: ignore[arg-type]
        spec.has_location = True
        if package:
            spec.submodule_search_locations = [directory]
        return spec


class Partial(ModuleType):
    """``os`` or ``os.path`` with some of its names, which gets the others when one is asked for.

    ``import os`` takes 1 ms, most of it to make the abstract classes of collections. Commands want
    system calls, as a rule, and these it has from ``posix``.
    """

    def __getattr__(self, name: str) -> "Any":
        partial = sys.modules.pop("os"), sys.modules.pop("os.path")
        import os

        for module, whole in zip(partial, (os, os.path), strict=True):
            module.__dict__.update(whole.__dict__)
            module.__class__ = ModuleType
        return getattr(self, name)


def halve_os() -> None:
    """Make ``os`` of what ``posix`` has, if it isn't there already."""
    if "os" in sys.modules:
        return
    sys.modules["os"] = module = Partial("os")
    sys.modules["os.path"] = Partial("os.path")
    for name, value in posix.__dict__.items():
        # The environment is text in os, and bytes in posix.
        if (name[0] != "_" or name == "_exit") and name != "environ":
            module.__dict__[name] = value


def add(file: str, base: int, library: str, contents: "Contents") -> None:
    """Ask this finder first, and begin with the first group."""
    finder = Finder(file, base, library, contents)
    sys.meta_path.insert(0, finder)
    halve_os()
    finder.begin(next(iter(finder.groups)))
