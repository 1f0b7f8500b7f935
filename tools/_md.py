"""Reading chapters: what mdlint, console and links have in common.

Python-Markdown, which builds the site, nests blocks by indentation below `!!!`, `???` and `===`
lines. CommonMark parsers read such lines as indented code. So a document is first cut into
containers, each of which is plain CommonMark.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

REPO = Path(__file__).resolve().parent.parent
SERIES = Path("docs/series")

_CHAPTER = re.compile(r"(?P<number>\d\d)-(?P<slug>[a-z0-9-]+)\.md")
_OPEN = re.compile(r"(?P<indent> *)(?P<marker>`{3,}|~{3,})(?P<info>.*)")
_CONTAINER = re.compile(r"(?P<indent> *)(?P<kind>!!!|\?\?\?\+?|===[!+]?) *(?P<title>\S.*)")
_COMMENT = re.compile(r"\s*<!--\s*(?P<text>.*?)\s*-->\s*")


class Finding(NamedTuple):
    """One thing to mend, at a 1-based line of a file."""

    path: str
    line: int
    text: str

    def __str__(self) -> str:
        """`path:line: text`, which editors and terminals can open."""
        return f"{self.path}:{self.line}: {self.text}"


class Fence(NamedTuple):
    """A fenced block; `first` and `last` are the 0-based lines of its two fences."""

    first: int
    last: int
    indent: int
    info: str
    body: tuple[str, ...]

    @property
    def language(self) -> str:
        """The first word of the info string, or ''."""
        return self.info.split()[0] if self.info.split() else ""


class Container(NamedTuple):
    """A piece of a document at one nesting level: dedented lines, blank where a nested piece was
    cut out.

    `numbers[i]` is the 0-based line of the document that `lines[i]` comes from. `path` holds the
    opening lines of the containers around it, outermost first: `('??? tip "Hint"',)`.
    """

    path: tuple[str, ...]
    lines: tuple[str, ...]
    numbers: tuple[int, ...]


def chapters(repo: Path) -> list[Path]:
    """The chapters' files, in order."""
    return sorted(p for p in (repo / SERIES).glob("*.md") if _CHAPTER.fullmatch(p.name))


def chapter_number(path: Path) -> str | None:
    """'04' of `04-init-start.md`; None for a file that isn't a chapter."""
    match = _CHAPTER.fullmatch(path.name)
    return match["number"] if match else None


def relative(path: Path) -> Path:
    """The path as a reader would type it: relative to here where it lies below here."""
    here = Path.cwd()
    return path.relative_to(here) if path.is_relative_to(here) else path


def fences(lines: list[str]) -> list[Fence]:
    """The fenced blocks of a document, at any indentation; one that isn't closed ends with the
    document.
    """
    found: list[Fence] = []
    number = 0
    while number < len(lines):
        match = _OPEN.fullmatch(lines[number])
        if match is None or (match["marker"][0] == "`" and "`" in match["info"]):
            number += 1
            continue
        first, indent = number, len(match["indent"])
        closing = re.compile(rf" *{re.escape(match['marker'][0])}{{{len(match['marker'])},}} *")
        number += 1
        while number < len(lines) and not closing.fullmatch(lines[number]):
            number += 1
        body = tuple(_dedent(line, indent) for line in lines[first + 1 : number])
        found.append(Fence(first, number, indent, match["info"].strip(), body))
        number += 1
    return found


def fenced_lines(lines: list[str]) -> set[int]:
    """The 0-based lines that belong to a fenced block, fences included."""
    return {n for fence in fences(lines) for n in range(fence.first, fence.last + 1)}


def comments_before(lines: list[str], number: int) -> list[str]:
    """The texts of the HTML comments right above a line; blank lines between are allowed."""
    found: list[str] = []
    for line in reversed(lines[:number]):
        match = _COMMENT.fullmatch(line)
        if match:
            found.insert(0, match["text"])
        elif line.strip():
            break
    return found


def containers(lines: list[str]) -> Iterator[Container]:
    """Cut a document into containers: the outermost first, then the nested ones in order."""
    yield from _containers((), lines, list(range(len(lines))))


def _containers(path: tuple[str, ...], lines: list[str], numbers: list[int]) -> Iterator[Container]:
    fenced = fenced_lines(lines)
    kept = list(lines)
    nested: list[tuple[str, int, int, int]] = []
    number = 0
    while number < len(lines):
        match = None if number in fenced else _CONTAINER.fullmatch(lines[number])
        if match is None:
            number += 1
            continue
        width = len(match["indent"]) + 4
        end = _end_of_container(lines, number + 1, width)
        nested.append((lines[number].strip(), number + 1, end, width))
        kept[number:end] = [""] * (end - number)
        number = end
    yield Container(path, tuple(kept), tuple(numbers))
    for title, start, end, width in nested:
        inner = [_dedent(line, width) for line in lines[start:end]]
        yield from _containers((*path, title), inner, numbers[start:end])


def _end_of_container(lines: list[str], number: int, width: int) -> int:
    while number < len(lines) and (
        not lines[number].strip() or lines[number].startswith(" " * width)
    ):
        number += 1
    return number


def _dedent(line: str, width: int) -> str:
    return line[min(width, len(line) - len(line.lstrip(" "))) :]
