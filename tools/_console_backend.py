"""Where the commands of a chapter run: on this machine as it is, or in namespaces of their own.

A backend takes the script of `tools/_console_run.py` and gives back what that printed.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import tempfile
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from tools._md import REPO

if TYPE_CHECKING:
    from lab.vm import Machine

HEAD = "head"
PYTHON = "/usr/bin/python3"
PATH = "/root/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
ENV = {"HOME": "/root", "USER": "root", "PATH": PATH, "LANG": "C.UTF-8", "TERM": "dumb"}


class BackendError(Exception):
    """The place where commands run could not be made; the text says what to try."""


class Backend(ABC):
    """A place where the commands of one file run."""

    @abstractmethod
    def run(self, part: str | None, commands: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Run commands from the starting state of a part ('04'; None: of the newest).

        Gives one result per command that ran. Raises BackendError.
        """

    def close(self) -> None:
        """Give back what the backend holds."""
        return


def limit(commands: list[dict[str, Any]]) -> float:
    """Seconds that a script may take in all."""
    return 60.0 + sum(float(c["timeout"] + c["late"] + c["again"]) for c in commands)


def decode(stdout: str, stderr: str, status: int) -> list[dict[str, Any]]:
    """The results that the runner printed; BackendError where it failed itself."""
    if status != 0:
        raise BackendError(f"the commands' shell failed with status {status}: {stderr.strip()}")
    return [json.loads(line) for line in stdout.splitlines()]


class Host(Backend):
    """The reader's own machine, at the top of the repository."""

    def run(self, part: str | None, commands: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """See Backend.run; the part does not matter here."""
        script = {"cwd": str(REPO), "env": dict(os.environ), "commands": commands}
        return _run([sys.executable, str(REPO / "tools/_console_run.py")], script)


# A new root that shares the host's directories, except those that commands write to. `/anocir` and
# `/root/bin` exist only here, so nothing is left on the host. The proc of the new pid namespace
# comes last, since the old one is needed until then.
_NEW_ROOT = r"""
set -eu
root=$1 repo=$2
mount -t tmpfs -o mode=755 console "$root"
for path in /*; do
    name=${path#/}
    if [ -L "$path" ]; then
        cp -P "$path" "$root/$name"
    elif [ -d "$path" ]; then
        mkdir "$root/$name"
        case $name in
            root|run|tmp|proc) ;;
            *) mount --rbind "$path" "$root/$name" ;;
        esac
    fi
done
chmod 1777 "$root/tmp"
mkdir "$root/anocir"
mount --bind "$repo" "$root/anocir"
mount -t proc proc "$root/proc"
mkdir "$root/.host"
cd "$root"
pivot_root . .host
umount -l /.host
rmdir /.host
ip link set lo up 2>/dev/null || true
cd /anocir
shift 2
exec "$@"
"""


class Native(Backend):
    """This machine, as root, in namespaces of their own: for quick work, not as safe as a VM."""

    def run(self, part: str | None, commands: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """See Backend.run."""
        if os.geteuid() != 0:
            raise BackendError("--native makes namespaces and mounts: run it as root, or without")
        script = {"cwd": "/root/lab", "env": ENV, "commands": commands}
        unshare = (
            "unshare --mount --pid --net --ipc --uts --fork --kill-child --propagation private"
        )
        start = f"sh lab/start.sh {shlex.quote(part or HEAD)} /root/lab /root/bin"
        inner = f"{start} && exec {PYTHON} tools/_console_run.py"
        with tempfile.TemporaryDirectory(prefix="console-") as root:
            new_root = ["sh", "-c", _NEW_ROOT, "new-root", root, str(REPO)]
            return _run([*unshare.split(), *new_root, "sh", "-c", inner], script)


def _run(argv: list[str], script: dict[str, Any]) -> list[dict[str, Any]]:
    try:
        done = subprocess.run(
            argv,
            input=json.dumps(script),
            capture_output=True,
            text=True,
            timeout=limit(script["commands"]),
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise BackendError(f"the commands took more than {error.timeout:g} s in all") from None
    return decode(done.stdout, done.stderr, done.returncode)


class Lab(Backend):
    """The lab's machine: a new one, with a fresh disk before each file."""

    def __init__(self, image: str | None) -> None:
        self._image = image
        self._machine: Machine | None = None

    def run(self, part: str | None, commands: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """See Backend.run."""
        from lab import part as starting
        from lab.errors import LabError
        from lab.vm import Machine

        script = {"cwd": starting.DIRECTORY, "env": ENV, "commands": commands}
        try:
            if self._machine is None:
                self._machine = Machine(self._image) if self._image else Machine()
                self._machine.start()
            else:
                self._machine.reset()
            starting.enter(self._machine, part or starting.HEAD)
            done = self._machine.run(
                [PYTHON, "tools/_console_run.py"],
                input=json.dumps(script).encode(),
                timeout=limit(commands),
            )
        except LabError as error:
            raise BackendError(str(error)) from None
        return decode(done.stdout.decode(), done.stderr.decode(), done.status)

    def close(self) -> None:
        """End the machine."""
        if self._machine is not None:
            self._machine.stop()
