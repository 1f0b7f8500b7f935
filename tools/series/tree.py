"""The stages of the series: the parts in order, and the head that the last one leads to."""

from __future__ import annotations

import functools
import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

REPO = Path(__file__).resolve().parents[2]
SCHEMA = REPO / "tools" / "part.schema.json"
PARTS = "parts"
PACKAGE = "anocir/"

NAME = re.compile(r"(?P<number>\d\d)-(?P<slug>[a-z0-9]+(?:-[a-z0-9]+)*)")

# Paths relative to the directory of a stage, with their contents.
Tree = Mapping[str, bytes]


class SeriesError(Exception):
    """What a person has to mend before the tool can go on; its text says what and how."""


class Stage(NamedTuple):
    """A part, or the head. `root` is the directory that holds its `anocir/`."""

    number: str
    slug: str
    root: Path

    @property
    def name(self) -> str:
        """`04-init-start`, or `head`."""
        return self.slug if self.number == "head" else f"{self.number}-{self.slug}"

    @property
    def prefix(self) -> str:
        """What comes before a path of this stage in the repository: '' for the head."""
        return "" if self.number == "head" else f"{PARTS}/{self.name}/"

    def tree(self) -> dict[str, bytes]:
        """Every file of the stage as it is on disk; of the head only its package."""
        top = self.root / "anocir" if self.number == "head" else self.root
        return read(top, self.root)

    def package(self) -> dict[str, bytes]:
        """The files below `anocir/`."""
        return {p: data for p, data in self.tree().items() if p.startswith(PACKAGE)}

    def sources(self) -> dict[str, bytes]:
        """What the chapter is about: the package, and files that only this part has."""
        return sources(self.tree())


def sources(files: Tree) -> dict[str, bytes]:
    """The files without what a part says about itself."""
    return {p: d for p, d in files.items() if p != "part.toml" and not p.startswith("steps/")}


def read(top: Path, root: Path | None = None) -> dict[str, bytes]:
    """Every file below a directory, by its path relative to `root`; no bytecode caches."""
    found: dict[str, bytes] = {}
    for path in sorted(top.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            found[path.relative_to(root or top).as_posix()] = path.read_bytes()
    return found


def parts(repo: Path) -> list[Stage]:
    """The parts in order of their numbers."""
    found = []
    for directory in sorted((repo / PARTS).glob("*")):
        match = NAME.fullmatch(directory.name)
        if match and directory.is_dir():
            found.append(Stage(match["number"], match["slug"], directory))
    return found


def head(repo: Path) -> Stage:
    """The head: the package at the top of the repository."""
    return Stage("head", "head", repo)


def stages(repo: Path) -> list[Stage]:
    """The parts, then the head."""
    return [*parts(repo), head(repo)]


def find(repo: Path, number: str) -> Stage:
    """The stage with this number, or `head`. Raises SeriesError."""
    for stage in stages(repo):
        if stage.number == number:
            return stage
    known = " ".join(s.number for s in stages(repo))
    raise SeriesError(f"there is no part {number}; there are {known}")


def before(repo: Path, number: str) -> Stage | None:
    """The stage before this one, if it is a part that has one."""
    known = stages(repo)
    position = [s.number for s in known].index(number)
    return known[position - 1] if position else None


def text(data: bytes, what: str) -> str:
    """The text of a file. Raises SeriesError when it isn't UTF-8."""
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise SeriesError(f"{what}: not UTF-8: {error}") from None


def meta(stage: Stage) -> dict[str, Any]:
    """What part.toml says, without judging it. Raises SeriesError when it can't be read."""
    path = stage.root / "part.toml"
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SeriesError(f"{stage.prefix}part.toml is missing") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SeriesError(f"{stage.prefix}part.toml: {error}") from None


def violations(document: dict[str, Any]) -> list[str]:
    """What is wrong with a part.toml by `tools/part.schema.json`: `field: text`."""
    # Only `check` pays for it, and the rest works without the package.
    import jsonschema

    validator = jsonschema.Draft202012Validator(_schema())
    found = []
    for error in sorted(validator.iter_errors(document), key=lambda e: e.json_path):
        found.append(f"{error.json_path.removeprefix('$.')}: {error.message}")
    return found


@functools.cache
def _schema() -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return schema


def replaced(stage: Stage, following: Stage) -> tuple[str, ...]:
    """The simpler versions that this part has for the last time, as its part.toml names them.

    The head has none of them any more. Raises SeriesError.
    """
    entries = meta(stage).get("simplified", [])
    return tuple(e["name"] for e in entries if following.number in {"head", e.get("until")})


def covers(names: tuple[str, ...], path: str) -> bool:
    """Whether a file belongs to one of these modules, packages or paths."""
    dotted = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    return any(name in (path, dotted) or dotted.startswith(name + ".") for name in names)
