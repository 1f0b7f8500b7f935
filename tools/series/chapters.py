"""What the chapters include, and the code that they paste in spite of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tools import _md
from tools.series import tree

ILLUSTRATIVE = "illustrative"
MOST_ILLUSTRATIVE = 2

# So many lines in a row, with so many letters and digits together, are project code.
RUN = 3
LETTERS = 24

_INCLUDE = re.compile(r"""\s*-+8<-+ +["'](?P<target>[^"']+)["']\s*""")
_BLOCK = re.compile(r"\s*-+8<-+\s*")
_PART = re.compile(r"\d\d/.+")
_PYTHON = {"python", "py", "python3", "pycon"}


class Include(NamedTuple):
    """A snippet that a chapter includes, at a line counted from 0; `fenced`: in a code block."""

    line: int
    target: str
    fenced: bool


class Chapter(NamedTuple):
    """A chapter, with its includes of code."""

    number: str
    path: Path
    name: str
    lines: list[str]
    includes: list[Include]

    def at(self, line: int, text: str) -> str:
        """A finding at a line counted from 0, in the form that editors open."""
        return f"{self.name}:{line + 1}: {text}"


def read(repo: Path) -> dict[str, Chapter]:
    """The chapters by number."""
    found = {}
    for path in _md.chapters(repo):
        number = _md.chapter_number(path)
        if number:
            lines = path.read_text(encoding="utf-8").split("\n")
            name = path.relative_to(repo).as_posix()
            found[number] = Chapter(number, path, name, lines, list(_includes(lines)))
    return found


def _includes(lines: list[str]) -> Iterator[Include]:
    fenced = _md.fenced_lines(lines)
    for number, line in enumerate(lines):
        match = _INCLUDE.fullmatch(line)
        if match and _PART.fullmatch(match["target"]):
            yield Include(number, match["target"], number in fenced)


def index(repo: Path) -> dict[tuple[str, ...], str]:
    """Each run of three lines of code in the project, with the file that it is in."""
    found: dict[tuple[str, ...], str] = {}
    for stage in reversed(tree.stages(repo)):
        for path, data in stage.tree().items():
            if path.endswith(".py"):
                code = _stripped(data.decode(errors="replace").split("\n"))
                found.update(dict.fromkeys(_runs(code), stage.prefix + path))
    return found


def _stripped(lines: list[str]) -> list[str]:
    return [line.strip() for line in lines if line.strip()]


def _runs(lines: list[str]) -> Iterator[tuple[str, ...]]:
    for first in range(len(lines) - RUN + 1):
        run = tuple(lines[first : first + RUN])
        if sum(c.isalnum() for line in run for c in line) >= LETTERS:
            yield run


def problems(chapter: Chapter, code: dict[tuple[str, ...], str]) -> Iterator[str]:
    """What is wrong with a chapter's includes and code blocks, but for names that don't exist."""
    for include in chapter.includes:
        name = include.target
        if ":" in name:
            yield chapter.at(include.line, f"{name}: include a symbol, not lines of it")
        elif name.endswith(".md") and include.fenced:
            yield chapter.at(include.line, f"{name} brings its own fence: take it out of the block")
        elif not name.endswith(".md") and not include.fenced:
            yield chapter.at(include.line, f"{name} needs a fence: put it into one, or use .new.md")
    for number, line in enumerate(chapter.lines):
        if _BLOCK.fullmatch(line):
            yield chapter.at(
                number, "one include a line: write the file's name behind the scissors"
            )
    illustrative = 0
    for fence in _md.fences(chapter.lines):
        marked = ILLUSTRATIVE in _md.comments_before(chapter.lines, fence.first)
        illustrative += marked
        yield from _fence(chapter, fence, marked, code)
    if illustrative > MOST_ILLUSTRATIVE:
        yield (
            f"{chapter.name}: {illustrative} illustrative blocks; allowed are {MOST_ILLUSTRATIVE}"
        )


def _fence(
    chapter: Chapter, fence: _md.Fence, marked: bool, code: dict[tuple[str, ...], str]
) -> Iterator[str]:
    own = [line for line in fence.body if line.strip() and not _INCLUDE.fullmatch(line)]
    includes = len(own) < sum(bool(line.strip()) for line in fence.body)
    if includes and "hl_lines" in fence.info:
        yield chapter.at(fence.first, "line numbers written by hand: .tabs.md marks the changes")
    if fence.language in _PYTHON and own and not marked:
        yield chapter.at(
            fence.first, "Python that is not included: include it, or mark it <!-- illustrative -->"
        )
    if fence.language != "console":
        plain = [re.sub(r"^[+-]", "", line) for line in own] if fence.language == "diff" else own
        hits = [code[run] for run in _runs(_stripped(plain)) if run in code]
        if hits:
            yield chapter.at(fence.first, f"pasted from {hits[0]}: include the symbol instead")
