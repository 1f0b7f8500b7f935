"""Files of version 2 by name: ``linux.resources.unified`` (config-linux.md, Unified)."""

from __future__ import annotations

from anocir.cgroup.limits import Write, refuse
from anocir.spec.json import dotted

# These act on processes at once, or decide where they may be: they are no limits, and the runtime
# would lose the container over them.
_NO_LIMITS = frozenset(
    f"cgroup.{name}" for name in ("freeze", "kill", "procs", "subtree_control", "threads", "type")
)


def v1(files: dict[str, str]) -> list[Write]:
    """Raise ConfigError: version 1 has no such files."""
    refuse(["unified: this host has cgroup version 1; say it by memory, cpu and so on"])
    return []


def v2(files: dict[str, str]) -> list[Write]:
    """Return the writes; a value of several lines is one for each, as these files want it.

    Raises ConfigError for a name that leads out of the cgroup, or is no limit.
    """
    wrong = []
    for file in files:
        if not file or "/" in file or file in (".", "..") or "\0" in file:
            wrong.append(f"{_setting(file)}: allowed: the name of a file in the cgroup")
        elif file in _NO_LIMITS:
            wrong.append(f"{_setting(file)}: this file acts on processes, it is no limit")
    refuse(wrong)
    return [
        Write(file, line, _setting(file))
        for file, text in files.items()
        for line in text.strip("\n").split("\n")
    ]


def _setting(file: str) -> str:
    return dotted(("unified", file))
