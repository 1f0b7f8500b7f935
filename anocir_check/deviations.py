"""Lists of checks that a known runtime does not pass, each with the reason."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path


class BadList(Exception):
    """The file of deviations can't be used."""


@dataclass(frozen=True)
class Deviation:
    """``sometimes``: a race that the runtime wins on some days."""

    reason: str
    sometimes: bool = False


def load(path: Path) -> dict[str, Deviation]:
    """Read a TOML file: tables ``[always]`` and ``[sometimes]``, each check id = "reason".

    Raises BadList.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadList(f"{path}: {error}") from None
    unknown = set(document) - {"always", "sometimes"}
    if unknown:
        raise BadList(f"{path}: unknown tables: {', '.join(sorted(unknown))}")
    found: dict[str, Deviation] = {}
    for table in ("always", "sometimes"):
        for name, reason in document.get(table, {}).items():
            if not isinstance(reason, str) or not reason.strip():
                raise BadList(f"{path}: {name} has no reason")
            if name in found:
                raise BadList(f"{path}: {name} is listed twice")
            found[name] = Deviation(reason, table == "sometimes")
    return found
