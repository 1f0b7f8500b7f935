"""A hook that gets the environment of the image is the image's, with the rights of the host.

ANOCIR is the command of your copy, which gives a hook without an ``env`` that of ``process``.
Beside it, in the directory with bin/anocir, lies attack.sh: `sh attack.sh BUNDLE MARK` changes what
the author of an image decides, which is ``process.env`` and the files in BUNDLE/rootfs. After that,
a create with your copy makes the file MARK on the host, and one with the plain part doesn't.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sh

Attack = Callable[[], Path]
HOOK = "#!/bin/bash\n# A hook of the engine's, which has nothing to do with the image.\ntrue\n"


@pytest.fixture(name="mark")
def mark_fixture(tmp_path: Path) -> Path:
    """The file that the attack is to make."""
    return tmp_path / "mark"


@pytest.fixture(name="attack")
def attack_fixture(
    bundle: Callable[..., Path], handed_in: Callable[[str], Path], tmp_path: Path, mark: Path
) -> Attack:
    """Make a bundle with a harmless hook, and attack it."""
    return lambda: attacked(bundle("/bin/sh", "-c", "exit 0"), handed_in, tmp_path / "hook", mark)


def attacked(path: Path, handed_in: Callable[[str], Path], hook: Path, mark: Path) -> Path:
    """Return the bundle, in which nothing has changed that isn't the image's."""
    hook.write_text(HOOK)
    hook.chmod(0o755)
    file = path / "config.json"
    config = json.loads(file.read_text())
    config["hooks"] = {"createRuntime": [{"path": str(hook)}]}
    file.write_text(json.dumps(config))
    sh.Command("sh")(handed_in("attack.sh"), path, mark)
    after = json.loads(file.read_text())
    config["process"].pop("env")
    after["process"].pop("env")
    assert after == config, "the author of an image decides on process.env, and on nothing else"
    assert hook.read_text() == HOOK and sorted(os.listdir(path)) == ["config.json", "rootfs"]
    assert not mark.exists(), "create must make it, not attack.sh"
    return path


def create(command: Any, bundle: Path) -> None:
    # The container holds the streams of create, so a pipe would not end with it.
    streams = {"_out": os.devnull, "_err": os.devnull}
    assert command.create("--bundle", bundle, "demo", **streams).exit_code == 0
    assert command.delete("--force", "demo").exit_code == 0


def test_the_copy_runs_what_the_image_says(anocir: Any, attack: Attack, mark: Path) -> None:
    create(anocir, attack())
    assert mark.exists(), "the hook did nothing but its own work"


def test_the_plain_part_does_not(part: Any, attack: Attack, mark: Path) -> None:
    create(part, attack())
    assert not mark.exists(), "attack.sh breaks the plain part as well"
