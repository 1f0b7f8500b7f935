"""What the checks of part 00 share: a bundle with busybox, and the toy that they run on it."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

import sh

BUSYBOX = Path("/bin/busybox")
WORK = "ANOCIR_EXERCISE"  # the environment variable that names the directory with toy.py


def work() -> Path:
    """The directory of the person who does the exercise; the current one if nothing is said."""
    return Path(os.environ.get(WORK, "."))


def make(path: Path, line: str, *namespaces: str) -> Path:
    """Make a bundle in a new directory `path`, whose program is a line of shell."""
    commands = path / "rootfs/bin"
    for name in ("bin", "proc", "tmp"):
        (path / "rootfs" / name).mkdir(parents=True)
    shutil.copy(BUSYBOX, commands / "busybox")
    sh.Command(str(commands / "busybox"))("--install", commands)
    config = {
        "ociVersion": "1.0.2",
        "process": {
            "user": {"uid": 0, "gid": 0},
            "args": ["/bin/sh", "-c", line],
            "env": ["PATH=/bin"],
            "cwd": "/",
        },
        "root": {"path": "rootfs"},
        "hostname": "box",
        "linux": {"namespaces": [{"type": name} for name in ("pid", "uts", "mount", *namespaces)]},
    }
    (path / "config.json").write_text(json.dumps(config))
    return path


def toy(bundle: Path) -> Any:
    """Run toy.py of the exercise on a bundle; the finished command, whatever its exit status."""
    python = sh.Command("/usr/bin/python3")
    return python(work() / "toy.py", bundle, _ok_code=range(256), _return_cmd=True)
