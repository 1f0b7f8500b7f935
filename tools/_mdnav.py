"""A hook of mkdocs: patterns in `nav`, and pages made of the repository's own files.

`nav` may hold a pattern where a page stands; it is replaced by the pages that fit, in order.
SECURITY.md and CONTRIBUTING.md lie at the top of the repository, where people look for them. The
site shows them too, at the end of `nav`.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files

TOP = {"Security": "SECURITY.md", "Contributing": "CONTRIBUTING.md"}


def on_config(config: MkDocsConfig) -> None:
    """Replace the patterns of `nav`, and add the pages of the top."""
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
