"""A hook of mkdocs: patterns in `nav`, pages made of the repository's own files, sessions.

`nav` may hold a pattern where a page stands; it is replaced by the pages that fit, in order.
SECURITY.md and CONTRIBUTING.md lie at the top of the repository, where people look for them. The
site shows them too, at the end of `nav`.

The list of chapters links those that are written.

In a console block a command may go on behind `> `, which Pygments takes for output unless told.
"""

from __future__ import annotations

import importlib
import re
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

INDEX = "series/index.md"
TOP = {"Security": "SECURITY.md", "Contributing": "CONTRIBUTING.md"}


def on_config(config: MkDocsConfig) -> None:
    """Replace the patterns of `nav`, add the pages of the top, and set up Pygments."""
    shell = importlib.import_module("pygments.lexers.shell")
    shell.BashSessionLexer._bare_continuation = True
    docs = Path(config.docs_dir)
    nav = expand(docs, config.nav or [])
    for title, name in TOP.items():
        if (docs.parent / name).exists():
            nav.append({title: name.lower()})
    config.nav = nav


def on_files(files: Files, config: MkDocsConfig) -> None:
    """Make pages of the files of the top; their links lead from there into docs/."""
    from mkdocs.structure.files import File

    top = Path(config.docs_dir).parent
    for name in TOP.values():
        if (top / name).exists():
            text = (top / name).read_text(encoding="utf-8").replace("](docs/", "](")
            files.append(File.generated(config, name.lower(), content=text))


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Link the chapters in their list, part sets of tabs, prepare console blocks for Pygments."""
    if page.file.src_uri == INDEX:
        markdown = link_chapters(markdown, [p.name for p in _series(config).glob("[0-9]*.md")])
    markdown = part_tabs(markdown)
    # It looks for a space after `>`, which an empty line of a here-document doesn't have.
    return re.sub(r"(?m)^( *)>$", r"\1> ", markdown)


def link_chapters(markdown: str, names: list[str]) -> str:
    """Make links of the titles in rows such as `| 02 | Create |`, for chapters that are there."""
    for name in names:
        row = rf"(?m)^\| {name[:2]} \| ([^|\[]+?) \|"
        markdown = re.sub(row, rf"| {name[:2]} | [\1]({name}) |", markdown)
    return markdown


def part_tabs(markdown: str) -> str:
    """Put a comment between includes of tabs: without it, two that touch become one set."""
    tabs = r'--8<-- "[^"\n]+\.tabs\.md"$'
    return re.sub(rf"(?m)^( *)({tabs})(?=\s+{tabs})", r"\1\2\n\n\1<!-- -->", markdown)


def _series(config: MkDocsConfig) -> Path:
    return Path(config.docs_dir) / Path(INDEX).parent


def expand(docs: Path, nav: list[Any]) -> list[Any]:
    """`nav` with each pattern replaced by the pages that fit it."""
    expanded: list[Any] = []
    for entry in nav:
        if isinstance(entry, str):
            expanded += _pages(docs, entry)
        else:
            ((title, value),) = entry.items()
            if isinstance(value, str):
                pages = _pages(docs, value)
                expanded.append({title: pages if "*" in value else value})
            else:
                expanded.append({title: expand(docs, value)})
    return expanded


def _pages(docs: Path, entry: str) -> list[str]:
    if "*" not in entry:
        return [entry]
    found = [p.relative_to(docs) for p in docs.glob(entry)]
    # An index page comes first: mkdocs-material makes it the page of its section.
    return [str(p) for p in sorted(found, key=lambda p: (p.name != "index.md", PurePosixPath(p)))]
