"""The starting state of a chapter: lab/start.sh, run in the VM."""

from __future__ import annotations

import re
from pathlib import Path

from lab.errors import LabError
from lab.vm import Machine

DIRECTORY = "/root/lab"
HEAD = "head"


def names(repo: Path) -> list[str]:
    """The parts of a work tree by number, and `head` for the runtime as it is now."""
    found = {path.name[:2] for path in (repo / "parts").glob("[0-9][0-9]-*") if path.is_dir()}
    return [*sorted(found), HEAD]


def number(word: str, repo: Path) -> str:
    """The part that `word` names (4, 04, 04-init-start, head); LabError if there is none."""
    match = re.match(r"(\d{1,2})(-|$)", word)
    name = match[1].zfill(2) if match else word
    if name not in names(repo):
        raise LabError(f"there is no part {word!r}: choose {', '.join(names(repo))}")
    return name


def enter(machine: Machine, name: str) -> None:
    """Bring a running machine into the state in which part `name` (04, head) starts.

    Copies the work tree first. After it, commands run in DIRECTORY.
    """
    machine.sync()
    done = machine.run(["sh", "/anocir/lab/start.sh", name, DIRECTORY], cwd="/", timeout=60)
    if done.status:
        said = done.stderr.decode(errors="replace").strip()
        raise LabError(f"part {name} could not be prepared: {said}")
