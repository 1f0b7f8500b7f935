"""The one file of modules: what is run before what, and what is left of a module that fails."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PACK = Path(__file__).parents[2] / "tools/_pack.py"

# How the launcher begins to use the file.
START = """
import marshal, sys
library, modules = {library!r}, {modules!r}
sys.path.insert(0, library)
with open(modules, "rb", 0) as file:
    size = int.from_bytes(file.read(4), "little")
    finder, *contents = marshal.loads(file.read(size))
exec(finder)
add(modules, 4 + size, library, contents)
"""


class Packed:
    """A package ``anocir`` of a few modules, packed."""

    def __init__(self, library: Path) -> None:
        self.library = library
        for name in ("__init__", "cli/__init__", "cli/main"):
            self.module(name, "")

    def module(self, name: str, text: str) -> None:
        path = self.library / "anocir" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def run(self, script: str, before: str = "") -> str:
        """Pack, remove the sources, run ``script``, and return what it writes.

        ``before`` is run before the launcher's part.
        """
        modules = self.library / "modules"
        line = [sys.executable, "-IS", str(PACK), str(self.library), str(self.library)]
        modules.write_bytes(subprocess.run(line, check=True, capture_output=True).stdout)
        for path in (self.library / "anocir").rglob("*.py"):
            path.unlink()
        start = before + START.format(library=str(self.library), modules=str(modules))
        done = subprocess.run(
            [sys.executable, "-IS", "-c", start + script],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture
def packed(tmp_path: Path) -> Packed:
    return Packed(tmp_path)


def test_modules_run_in_the_order_of_the_import_statements(packed: Packed) -> None:
    packed.module("a", "print('a begins')\nfrom anocir import b\nimport anocir.sub.c\nprint('a')")
    packed.module("b", "print('b')\nfrom anocir.sub.d import D")
    packed.module("sub/__init__", "print('sub')")
    packed.module("sub/c", "print('c')")
    packed.module("sub/d", "D = 1\nprint('d')")
    # All that a needs is there before a itself begins.
    assert packed.run("import anocir.a").split("\n") == ["sub", "d", "b", "c", "a begins", "a", ""]


def test_what_a_function_imports_waits_for_the_call(packed: Packed) -> None:
    packed.module("a", "def f():\n    from anocir import b\nif False:\n    from anocir import c")
    packed.module("b", "print('b')")
    packed.module("c", "print('c')")
    assert packed.run("import anocir.a; print('a'); anocir.a.f()") == "a\nb\n"


def test_modules_know_their_parents_and_themselves(packed: Packed) -> None:
    packed.module("a", "import anocir.sub.c as c\nprint(c.__spec__.name, c.__package__)")
    packed.module("sub/__init__", "")
    packed.module("sub/c", "")
    out = packed.run(
        "import anocir.a\nprint(anocir.sub.c is sys.modules['anocir.sub.c'], anocir.sub.__path__)"
    )
    assert out == f"anocir.sub.c anocir.sub\nTrue ['{packed.library}/anocir/sub']\n"


def test_a_module_that_fails_is_not_left_behind(packed: Packed) -> None:
    packed.module("a", "from anocir import b, c")
    packed.module("b", "")
    packed.module("c", "raise ValueError('broken')")
    out = packed.run(
        "try:\n    import anocir.a\nexcept ValueError as error:\n    print(error)\n"
        "print([name for name in sorted(sys.modules) if name.startswith('anocir')])"
    )
    assert out == "broken\n['anocir', 'anocir.b', 'anocir.cli', 'anocir.cli.main']\n"


def test_a_command_comes_with_all_that_it_needs(packed: Packed) -> None:
    """With its own imports and those of its functions, each in one reading of the file."""
    packed.module("cli/cmd/__init__", "")
    packed.module("cli/cmd/run", "from anocir import a\ndef run():\n    from anocir.sub import c")
    packed.module("a", "print('a')")
    packed.module("sub/__init__", "print('sub')")
    packed.module("sub/c", "from anocir import a, b\nprint('c')")
    packed.module("b", "print('b')")
    out = packed.run(
        "import posix\nread = posix.pread\n"
        "posix.pread = lambda *place: print('read') or read(*place)\n"
        "print('start')\nfrom anocir.cli.cmd import run\nprint('run')\nrun.run()\nimport anocir.b"
    )
    # Their parents come with what is read first.
    assert out.split() == ["sub", "start", "read", "a", "run", "read", "b", "c"]


def test_docstrings_and_annotations_are_left_out(packed: Packed) -> None:
    packed.module("a", '"""Words."""\nfrom __future__ import annotations\ndef f(x: int): "Words."')
    out = packed.run("import anocir.a as a; print(a.__doc__, a.f.__doc__, a.f.__annotations__)")
    assert out == "None None {}\n"


SLOW = ["_collections_abc", "posixpath", "stat"]


def test_system_calls_come_without_the_rest_of_os(packed: Packed) -> None:
    packed.module("a", "import os\nos.close(os.open('/', os.O_RDONLY))\nos._exit")
    out = packed.run(f"import anocir.a; print([name for name in {SLOW} if name in sys.modules])")
    assert out == "[]\n"


def test_what_os_has_from_posix_is_what_it_has_when_it_is_whole(packed: Packed) -> None:
    out = packed.run(
        "import os, posix\n"
        "partial = {name: value for name, value in vars(os).items() if name[:2] != '__'}\n"
        "os.path\n"
        "print(len(partial) > 200, [n for n in partial if getattr(os, n) is not partial[n]])\n"
        "print(sorted(set(dir(posix)) - set(partial) - {n for n in dir(posix) if n[0] == '_'}))"
    )
    assert out == "True []\n['environ']\n"


@pytest.mark.parametrize(
    "script",
    [
        "import os; print(os.path.join('a', 'b'))",
        "import os.path; print(os.path.join('a', 'b'))",
        "import os.path as path; print(path.join('a', 'b'))",
        "from os.path import join; print(join('a', 'b'))",
        "from os import path; print(path.join('a', 'b'))",
        "import posixpath; print(posixpath.join('a', 'b'))",
        "import shutil; print(shutil.os.path.join('a', 'b'))",
    ],
)
def test_the_rest_of_os_is_there_for_who_asks_for_it(script: str, packed: Packed) -> None:
    packed.module("a", "import os\nenviron = lambda: os.environ")
    asked = (
        "; import anocir.a, os, posixpath"
        "; print(type(next(iter(anocir.a.environ()))).__name__, os.path is posixpath)"
    )
    assert packed.run("import anocir.a; " + script + asked) == "a/b\nstr True\n"


def test_what_os_has_not_is_an_attribute_error(packed: Packed) -> None:
    out = packed.run(
        "import os\n"
        "for _ in range(2):\n"
        "    try:\n        os.nothing\n    except AttributeError as error:\n        print(error)\n"
        "print(hasattr(os.path, 'nothing'), hasattr(os, 'walk'))"
    )
    assert out == "module 'os' has no attribute 'nothing'\n" * 2 + "False True\n"


def test_an_os_that_is_there_is_left_alone(packed: Packed) -> None:
    out = packed.run("import os; print(os is before, os.walk.__name__)", "import os as before\n")
    assert out == "True walk\n"


def test_a_shared_library_is_found_without_a_search(packed: Packed) -> None:
    """A search remembers the directories that it has listed; any other module takes one."""
    out = packed.run(
        "for name in ('_json', 'keyword'):\n"
        "    sys.path_importer_cache.clear()\n"
        "    __import__(name)\n"
        "    print(name, len(sys.path_importer_cache) > 0)"
    )
    assert out == "_json False\nkeyword True\n"


def test_a_shared_library_that_has_moved_is_searched_for(packed: Packed) -> None:
    move = (
        "sys.meta_path[0].shared['_json'] = '/nowhere/_json.so'\n"
        "import _json; print(_json.make_scanner.__name__)"
    )
    assert packed.run(move) == "Scanner\n"
