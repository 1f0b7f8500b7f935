"""A create that is killed leaves a container that can only be deleted by force, and that can.

The script break.sh lies in the directory with bin/anocir. `sh break.sh N COMMAND...` runs the
command and kills it at its Nth rename, before that is done.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

LEFT = {1: {".config.json"}, 2: {"config.json", ".state.json"}}

needs_strace = pytest.mark.skipif(not shutil.which("strace"), reason="strace is not installed")


@pytest.fixture(name="kill_create")
def kill_create_fixture(
    program: Path, handed_in: Callable[[str], Path], root: Path
) -> Callable[[int, Path], None]:
    """Have the script kill a create; the wreck must be what the Nth rename leaves."""

    def kill(number: int, bundle: Path) -> None:
        words = (number, program, "--root", root, "create", "--bundle", bundle, "demo")
        argv = ["sh", handed_in("break.sh"), *map(str, words)]
        done = subprocess.run(argv, capture_output=True, check=False, timeout=60)
        assert done.returncode != 0, "create was not killed"
        assert (root / "demo").is_dir(), f"nothing is left: {done.stderr.decode()}"
        assert {path.name for path in (root / "demo").iterdir()} == LEFT[number]

    return kill


@needs_strace
@pytest.mark.parametrize("number", LEFT)
def test_what_is_left_can_be_deleted(
    anocir: Any,
    kill_create: Callable[[int, Path], None],
    bundle: Callable[..., Path],
    root: Path,
    number: int,
) -> None:
    path = bundle()
    kill_create(number, path)

    state = anocir.state("demo")
    assert state.exit_code == 1 and b"damaged" in state.stderr and not state.stdout
    assert state.stderr.count(b"\n") == 1, "an error is one line"
    again = anocir.create("--bundle", path, "demo")
    assert again.exit_code == 1 and b"already exists" in again.stderr, "the id is still taken"
    assert anocir.delete("demo").exit_code == 1, "without force it is refused"

    assert anocir.delete("--force", "demo").exit_code == 0
    assert not (root / "demo").exists()
    assert anocir.create("--bundle", path, "demo").exit_code == 0, "the id is free again"
    assert anocir.state("demo").exit_code == 0
