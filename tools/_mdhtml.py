"""Anchors of Markdown pages as the site gives them, and the links and anchors of built pages."""

from __future__ import annotations

import re
import unicodedata
from html.parser import HTMLParser
from pathlib import Path

from markdown_it.token import Token

from tools._mdpage import Page

_EXPLICIT = re.compile(r"\{[^}]*#(?P<id>[\w-]+)[^}]*\}\s*$")
_HTML_ID = re.compile(r"\bid=\"(?P<id>[^\"]+)\"")


def anchors(page: Page) -> set[str]:
    """The ids that a link into a page can name."""
    used: set[str] = set()
    for _, tokens in page.pieces:
        for number, token in enumerate(tokens):
            if token.type == "heading_open":
                _add(tokens[number + 1], used)
    for _, line in page.prose():
        used |= {match["id"] for match in _HTML_ID.finditer(line)}
    return used


def _add(inline: Token, used: set[str]) -> None:
    explicit = _EXPLICIT.search(inline.content)
    if explicit:
        used.add(explicit["id"])
        return
    text = "".join(child.content for child in inline.children or [])
    anchor = base = slug(text)
    count = 0
    while anchor in used:
        count += 1
        anchor = f"{base}_{count}"
    used.add(anchor)


def slug(text: str) -> str:
    """The id that Python-Markdown's `toc` gives to a heading."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "", plain).strip().lower())


class Html(HTMLParser):
    """A built page: its ids, its links, and what it loads, with their 1-based lines."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[tuple[int, str]] = []
        self.resources: list[tuple[int, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect from one element."""
        values = {name: value or "" for name, value in attrs}
        line = self.getpos()[0]
        self.ids |= {values[name] for name in ("id", "name") if name in values}
        if tag == "a" and "href" in values:
            self.links.append((line, values["href"]))
        if tag == "link" and values.get("rel") not in {"canonical", "prev", "next"}:
            self.resources.append((line, values["href"]))
        if "src" in values:
            self.resources.append((line, values["src"]))


def read(path: Path) -> Html:
    """Parse a built page."""
    parser = Html()
    parser.feed(path.read_text(encoding="utf-8"))
    return parser
