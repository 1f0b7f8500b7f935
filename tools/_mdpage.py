"""What every Markdown file of the project must be like."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from markdown_it import MarkdownIt
from markdown_it.token import Token

from tools import _md

# Where snippets are looked for; mkdocs.yml has the same list.
SNIPPETS = ("docs/_snippets", "docs", ".")
SVG = "{http://www.w3.org/2000/svg}"

_INCLUDE_LIKE = re.compile(r"-+8<-+")
_INCLUDE = re.compile(r'\s*--8<-- "(?P<path>[^"\s]+)"')
_BARE_URL = re.compile(r"https?://[^\s)>\]]+")
_LATER = re.compile(
    r"\b(?:we(?:'ll| will) (?:see|meet|come|get|return|look|learn|need|add|fix|do)"
    r"|later (?:chapter|part|on|we)|in a later|see(?:n)? later|more on (?:this|that) later"
    r"|(?:next|following|coming|future) (?:chapter|part)s?|come back to (?:this|that|it))\b",
    re.IGNORECASE,
)
# Directories that are on the machine of whoever wrote the page, and on no reader's.
_AUTHORS_PATH = re.compile(r"(?<![\w.])/(?:home|Users|mnt|media)/[\w.-]")
_SENTENCE = re.compile(r"(?<=[.!?:])\s+")
_LINK_MARK = "\x00"


class Heading(NamedTuple):
    """A heading outside of containers; `line` is 0-based."""

    level: int
    text: str
    line: int


class Page(NamedTuple):
    """A Markdown file, cut into containers, each with its tokens."""

    path: Path
    name: str
    lines: tuple[str, ...]
    pieces: tuple[tuple[_md.Container, tuple[Token, ...]], ...]

    @classmethod
    def read(cls, path: Path, repo: Path) -> Page:
        """Read and parse a file; it is named by its path in the repository where it lies there."""
        text = path.read_text(encoding="utf-8")
        lines = _without_front_matter(text.split("\n"))
        parser = MarkdownIt("commonmark").enable("table")
        pieces = tuple(
            (container, tuple(parser.parse("\n".join(container.lines))))
            for container in _md.containers(lines)
        )
        inside = path.resolve().is_relative_to(repo)
        name = str(path.resolve().relative_to(repo)) if inside else str(path)
        return cls(path, name, tuple(lines), pieces)

    def finding(self, line: int, text: str) -> _md.Finding:
        """A finding at a 0-based line."""
        return _md.Finding(self.name, line + 1, text)

    def tokens(self) -> Iterator[tuple[Token, int]]:
        """All tokens that have a place, with their 0-based lines in the file."""
        for container, tokens in self.pieces:
            for token in tokens:
                if token.map:
                    yield token, container.numbers[token.map[0]]

    def headings(self) -> list[Heading]:
        """The headings, in order; those in containers are no part of a page's outline."""
        container, tokens = self.pieces[0]
        return [
            Heading(int(token.tag[1]), tokens[n + 1].content, container.numbers[token.map[0]])
            for n, token in enumerate(tokens)
            if token.type == "heading_open" and token.map
        ]

    def prose(self) -> Iterator[tuple[int, str]]:
        """Lines that are neither code nor HTML comments, with their 0-based numbers."""
        fenced = _md.fenced_lines(list(self.lines))
        comment = False
        for number, line in enumerate(self.lines):
            starts = "<!--" in line
            if number not in fenced and not comment and not starts:
                yield number, line
            comment = (comment or starts) and "-->" not in line


def check(page: Page) -> list[_md.Finding]:
    """What is to mend in any Markdown file."""
    return [
        *_lines(page),
        *_outline(page),
        *_fences(page),
        *_includes(page),
        *_tables(page),
        *_inline(page),
        *_diagrams(page),
    ]


def _without_front_matter(lines: list[str]) -> list[str]:
    if lines[0] != "---" or "---" not in lines[1:]:
        return lines
    end = lines.index("---", 1) + 1
    return [""] * end + lines[end:]


def _lines(page: Page) -> Iterator[_md.Finding]:
    for number, line in enumerate(page.lines):
        if line != line.rstrip():
            yield page.finding(number, "trailing space")
        if "\t" in line:
            yield page.finding(number, "tab: use spaces")
        if found := _AUTHORS_PATH.search(line):
            yield page.finding(number, f"{found.group()!r} means nothing to a reader")


def _outline(page: Page) -> Iterator[_md.Finding]:
    headings = page.headings()
    titles = [h for h in headings if h.level == 1]
    if len(titles) != 1 or headings[0].level != 1:
        yield page.finding(0, "a page has one title, `# TITLE`, above all other headings")
    for before, heading in itertools.pairwise(headings):
        if heading.level > before.level + 1:
            yield page.finding(heading.line, f"heading level {heading.level} after {before.level}")
    for heading in headings:
        if heading.level > 4:
            yield page.finding(heading.line, "heading deeper than ####")
    seen: set[tuple[int, str]] = set()
    for heading in headings:
        if heading.level <= 2 and (heading.level, heading.text) in seen:
            yield page.finding(heading.line, f"heading {heading.text!r} is there twice")
        seen.add((heading.level, heading.text))


def _fences(page: Page) -> Iterator[_md.Finding]:
    for fence in _md.fences(list(page.lines)):
        if not fence.language:
            yield page.finding(fence.first, "code block without a language: `text` is one")
        if fence.last >= len(page.lines):
            yield page.finding(fence.first, "code block that is never closed")


def included(page: Page) -> Iterator[tuple[int, str]]:
    """The files that a page includes, with the 0-based lines; `;` before a line escapes it."""
    for number, line in enumerate(page.lines):
        match = _INCLUDE.fullmatch(line)
        if match:
            yield number, match["path"]


def _includes(page: Page) -> Iterator[_md.Finding]:
    for number, line in enumerate(page.lines):
        if not _INCLUDE_LIKE.search(line) or _is_shown(page, number):
            continue
        if _INCLUDE.fullmatch(line) is None:
            yield page.finding(number, 'malformed include: a line of its own, --8<-- "PATH"')


def _is_shown(page: Page, number: int) -> bool:
    """Whether an include is talked about: in running text as code, or escaped by `;`."""
    return "`" in page.lines[number] or page.lines[number].strip().startswith(";--8<-- ")


def _tables(page: Page) -> Iterator[_md.Finding]:
    for container, tokens in page.pieces:
        for token, inside in itertools.pairwise(tokens):
            if token.type == "th_open" and not inside.content.strip() and inside.map:
                yield page.finding(container.numbers[inside.map[0]], "column without a heading")


def _inline(page: Page) -> Iterator[_md.Finding]:
    for token, line in page.tokens():
        if token.type != "inline":
            continue
        text = ""
        for child in token.children or []:
            if child.type == "text":
                if found := _BARE_URL.search(child.content):
                    yield page.finding(line, f"bare URL: give {found.group()} words")
                text += child.content
            elif child.type == "link_open":
                text += _LINK_MARK
            elif child.type in {"softbreak", "hardbreak"}:
                text += " "
            elif child.type == "image" and not child.content.strip():
                yield page.finding(line, "picture without a text in its square brackets")
        sentences = _SENTENCE.split(text.replace("\u2019", "'"))
        for sentence in sentences if _md.chapter_number(page.path) else ():
            found = _LATER.search(sentence)
            if found and _LINK_MARK not in sentence:
                yield page.finding(line, f"{found.group()!r} needs a link in the same sentence")


def _diagrams(page: Page) -> Iterator[_md.Finding]:
    for number, line in page.prose():
        if re.search(r"<img\b(?![^>]*\balt=\"[^\"]+\")", line):
            yield page.finding(number, "picture without alt")
    for number, name in included(page):
        if name.endswith(".svg"):
            for text in _svg(name):
                yield page.finding(number, f"{name}: {text}")


def _svg(name: str) -> Iterator[str]:
    import xml.etree.ElementTree as ET

    path = next((p for b in SNIPPETS if (p := _md.REPO / b / name).exists()), None)
    if path is None:
        yield "there is no such file"
        return
    try:
        root = ET.fromstring(path.read_text(encoding="utf-8"))
    except ET.ParseError as error:
        yield f"not well-formed: {error}"
        return
    ids = (root.get("aria-labelledby") or "").split()
    named = {e.get("id"): e.tag.removeprefix(SVG) for e in root if (e.text or "").strip()}
    if root.get("role") != "img" or [named.get(i) for i in ids] != ["title", "desc"]:
        yield 'needs role="img", and aria-labelledby with the ids of its title and its desc'
    if not all(e.get("id", path.stem).startswith(path.stem) for e in root.iter()):
        yield f"ids begin with {path.stem!r}: all diagrams of a page share one document"
    width = (root.get("viewBox") or "0 0 9999 0").split()[2]
    if float(width) > 720:
        yield "its viewBox is missing, or wider than 720"
    for element in root.iter():
        if {"fill", "stroke", "style", "font-family"} & set(element.attrib):
            yield "colours and fonts are given by classes, not in the file"
            break
