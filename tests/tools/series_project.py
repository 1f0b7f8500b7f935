"""A small project with parts, in a git repository of its own."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

MAIN = '''"""The command line."""

from __future__ import annotations

import sys

from anocir.cli.commands import COMMANDS


def main() -> int:
    """Run one command."""
    word = sys.argv[1]
    if word == "--version":
        print("anocir version 0")
        return 0
    if word not in COMMANDS:
        print(f"unknown command {word}", file=sys.stderr)
        return 1
    return 0
'''

COMMANDS_01 = '''"""The commands."""

COMMANDS = (
    "create",
    "state",
)
'''
COMMANDS_02 = COMMANDS_01.replace('    "state",\n', '    "state",\n    "start",\n')
COMMANDS_03 = COMMANDS_01.replace('    "state",\n', '    "state",\n    "start",\n    "kill",\n')

STORE_02 = '''"""Where containers are kept."""

from __future__ import annotations

import os

LIMIT = 255


class Store:
    """The directory of all containers."""

    __slots__ = ("root",)

    def __init__(self, root: str) -> None:
        self.root = root

    def reserve(self, name: str) -> str:
        """Make the directory of one container."""
        path = os.path.join(self.root, name)
        os.mkdir(path)
        return path


def check_id(name: str) -> None:
    """Refuse a bad name."""
    if not name or len(name) > LIMIT:
        raise ValueError(name)
'''

STORE_03 = STORE_02.replace("        os.mkdir(path)\n", "        os.mkdir(path, 0o700)\n").replace(
    """

def check_id(""",
    '''
    def names(self) -> list[str]:
        """Every container."""
        return sorted(os.listdir(self.root))


def check_id(''',
)

KILL = '''"""Signals."""

from __future__ import annotations

import os


def kill(pid: int, number: int) -> None:
    """Send a signal."""
    os.kill(pid, number)
'''

TOY = '''"""A container in a few lines."""

import os


def toy() -> None:
    """Run busybox."""
    os.chroot("rootfs")
    os.execv("/bin/busybox", ["sh"])


toy()
'''

INIT = '"""A package."""\n'

PART_01 = {
    "anocir/__init__.py": '"""A runtime."""\n\n__version__ = "0"\n',
    "anocir/__main__.py": "import sys\n\nfrom anocir.cli.main import main\n\nsys.exit(main())\n",
    "anocir/cli/__init__.py": INIT,
    "anocir/cli/commands.py": COMMANDS_01,
    "anocir/cli/main.py": MAIN,
}
PART_02 = {
    **PART_01,
    "anocir/cli/commands.py": COMMANDS_02,
    "anocir/state/__init__.py": INIT,
    "anocir/state/store.py": STORE_02,
}
PART_03 = {
    **PART_02,
    "anocir/cli/commands.py": COMMANDS_03,
    "anocir/state/store.py": STORE_03,
    "anocir/state/schema.json": '{"properties": {"id": {"type": "string"}}}\n',
}
HEAD = {
    **PART_03,
    "anocir/__init__.py": '"""A runtime."""\n\n__version__ = "1.4.2"\n',
    "anocir/runtime/__init__.py": INIT,
    "anocir/runtime/kill.py": KILL,
}

README = """# Parts

| module | ahead by | chapter |
| --- | --- | --- |
| `anocir/runtime/` | signals | 06 |

The end.
"""


def part_toml(title: str, slug: str, number: str, more: str = "") -> str:
    """A valid part.toml."""
    return (
        f'title = "{title}"\nslug = "{slug}"\nminutes = 30\nconcepts = ["one"]\n'
        f'spec = ["runtime.md#create"]\nchecks = ["test_{number}_{slug.replace("-", "_")}.py"]\n'
        f"{more}"
    )


class Project:
    """Files and commits of the project."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @classmethod
    def make(cls, root: Path) -> Project:
        """Write a project that is in order, and commit it."""
        project = cls(root)
        project.git("init", "-q", "-b", "main")
        for path, text in HEAD.items():
            project.write(path, text)
        project.write("parts/README.md", README)
        project.write("parts/00-lab/toy.py", TOY)
        lab = part_toml("Lab", "lab", "00", 'files = ["toy.py"]\n')
        project.write("parts/00-lab/part.toml", lab)
        for name, files in (("01-cli", PART_01), ("02-create", PART_02), ("03-delete", PART_03)):
            number, _, slug = name.partition("-")
            project.write(f"parts/{name}/part.toml", part_toml(slug.title(), slug, number))
            for path, text in files.items():
                project.write(f"parts/{name}/{path}", text)
        for name in ("00_lab", "01_cli", "02_create", "03_delete"):
            project.write(f"tests/parts/test_{name}.py", "")
        project.commit("Begin")
        return project

    def git(self, *arguments: str) -> str:
        """Run git as a fixed person; returns what it prints."""
        person = {f"GIT_{w}_{k}": "x" for w in ("AUTHOR", "COMMITTER") for k in ("NAME", "EMAIL")}
        done = subprocess.run(
            ["git", *arguments],
            cwd=self.root,
            env={**os.environ, **person, "GIT_CONFIG_GLOBAL": "/dev/null"},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    def commit(self, message: str) -> None:
        """Commit everything, or nothing."""
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)

    def write(self, path: str, text: str) -> None:
        """Write a file."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def read(self, path: str) -> str:
        """Read a file."""
        return (self.root / path).read_text(encoding="utf-8")

    def replace(self, path: str, old: str, new: str) -> None:
        """Replace a text that is there."""
        text = self.read(path)
        assert old in text, f"{path} has no {old!r}"
        self.write(path, text.replace(old, new))

    def delete(self, path: str) -> None:
        """Delete a file."""
        (self.root / path).unlink()
