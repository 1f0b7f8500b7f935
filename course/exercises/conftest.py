"""What the checks of the exercises share: the command under test, and bundles for it."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sh

PARTS = Path(__file__).resolve().parents[2] / "parts"
LAUNCHER = 'PYTHONPATH={} exec /usr/bin/python3 -P -m anocir "$@"'

Make = Callable[..., Path]


def command(program: Path, root: Path) -> Any:
    """Return the program as a command with a state root. It gives the finished process, whatever
    the exit status: `.exit_code`, `.stdout` and `.stderr`.
    """
    return sh.Command(str(program)).bake(
        "--root", root, _ok_code=range(256), _return_cmd=True, _tty_out=False, _timeout=30
    )


@pytest.fixture(name="program")
def program_fixture() -> Path:
    """The command under test, from the environment variable ANOCIR."""
    named = os.environ.get("ANOCIR")
    if not named:
        pytest.exit("set ANOCIR to the path of your command, such as DIR/bin/anocir", 4)
    return Path(named).absolute()


@pytest.fixture(name="root")
def root_fixture() -> Iterator[Path]:
    """A state root; the containers that are left in it are deleted afterwards."""
    path = Path(tempfile.mkdtemp(prefix="anocir-exercise-"))
    yield path
    part_04 = _launcher(path.parent / f"{path.name}.sh", "04")
    for left in path.iterdir():
        command(part_04, path).delete("--force", left.name)
    part_04.unlink()
    shutil.rmtree(path)


@pytest.fixture(name="anocir")
def anocir_fixture(program: Path, root: Path) -> Any:
    """The command under test, with a state root of this test's own."""
    return command(program, root)


@pytest.fixture(name="part")
def part_fixture(request: pytest.FixtureRequest, root: Path, tmp_path: Path) -> Any:
    """The plain part that the exercise belongs to, with the same state root."""
    return command(_launcher(tmp_path / "part", request.path.parent.name[:2]), root)


@pytest.fixture(name="handed_in")
def handed_in_fixture(program: Path) -> Callable[[str], Path]:
    """Find a script of the reader's: it lies in the directory that has bin/anocir."""

    def find(name: str) -> Path:
        script = program.parent.parent / name
        assert script.is_file(), f"write {script}; the check says what it is called with"
        return script

    return find


@pytest.fixture(name="bundle")
def bundle_fixture(tmp_path: Path) -> Make:
    """Make bundles. The program is the host's own, since no part up to 08 changes the root."""

    def make(*args: str, name: str = "bundle") -> Path:
        path = tmp_path / name
        (path / "rootfs").mkdir(parents=True)
        config = {
            "ociVersion": "1.0.2",
            "process": {
                "user": {"uid": 0, "gid": 0},
                "args": args or ["/bin/sh"],
                "env": ["PATH=/usr/bin:/bin"],
                "cwd": "/",
            },
            "root": {"path": "rootfs"},
        }
        (path / "config.json").write_text(json.dumps(config))
        return path

    return make


def _launcher(path: Path, number: str) -> Path:
    (package,) = PARTS.glob(f"{number}-*")
    path.write_text(f"#!/bin/sh\n{LAUNCHER.format(package)}\n")
    path.chmod(0o755)
    return path
