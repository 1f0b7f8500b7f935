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
    finder, groups, rest = marshal.loads(file.read(size))
exec(finder)
add(modules, 4 + size, library, groups, rest)
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

    def run(self, script: str) -> str:
        """Pack, remove the sources, run ``script``, and return what it writes."""
        modules = self.library / "modules"
        line = [sys.executable, "-IS", str(PACK), str(self.library), str(self.library)]
        modules.write_bytes(subprocess.run(line, check=True, capture_output=True).stdout)
        for path in (self.library / "anocir").rglob("*.py"):
            path.unlink()
        start = START.format(library=str(self.library), modules=str(modules))
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
