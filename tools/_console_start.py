"""The starting state of a chapter on a machine that isn't the lab's: /root/lab and the commands.

Run as root in the namespaces of tools/_console_backend.py, with the part's number, or '' for the
newest code.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent
LAB = Path("/root/lab")
BIN = Path("/root/bin")
BUSYBOX = Path("/bin/busybox")

_COMMAND = """#!/bin/sh
PYTHONPATH={path} exec /usr/bin/python3 -P -m anocir "$@"
"""

CONFIG = {
    "ociVersion": "1.3.0",
    "process": {
        "user": {"uid": 0, "gid": 0},
        "args": ["sh"],
        "env": ["PATH=/usr/sbin:/usr/bin:/sbin:/bin"],
        "cwd": "/",
    },
    "root": {"path": "rootfs"},
    "linux": {"namespaces": [{"type": "pid"}, {"type": "mount"}, {"type": "uts"}]},
}


def command(name: str, package: Path) -> None:
    """Write a command that runs the package `anocir` in a directory."""
    path = BIN / name
    path.write_text(_COMMAND.format(path=package))
    path.chmod(0o755)


def bundle(path: Path) -> None:
    """Make a bundle of busybox, with a config.json that names little."""
    directory = path / "rootfs/bin"
    directory.mkdir(parents=True)
    shutil.copy(BUSYBOX, directory / "busybox")
    names = subprocess.run([BUSYBOX, "--list"], capture_output=True, text=True, check=True).stdout
    for name in names.split():
        if name != "busybox":
            os.symlink("busybox", directory / name)
    for name in ("dev", "etc", "proc", "sys", "tmp"):
        (path / "rootfs" / name).mkdir()
    (path / "config.json").write_text(json.dumps(CONFIG, indent=2) + "\n")


def main(part: str) -> None:
    """Make the state of one part: its command, those of the parts before, and the bundle."""
    BIN.mkdir()
    LAB.mkdir()
    command("anocir", REPO)
    for snapshot in sorted((REPO / "parts").glob("[0-9][0-9]-*")):
        number = snapshot.name[:2]
        if number == part:
            command("anocir", snapshot)
        elif (not part or number < part) and (snapshot / "anocir").is_dir():
            command(f"anocir-{number}", snapshot)
    bundle(LAB / "bundle")


if __name__ == "__main__":
    main(sys.argv[1])
