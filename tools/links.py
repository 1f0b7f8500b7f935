"""Check every link: in the Markdown files, and in the built site.

    python3 -m tools.links                after `mkdocs build`
    python3 -m tools.links --sources      the Markdown files alone
    python3 -m tools.links --external     list the links to other sites

Links to other sites are never followed: their form is checked, and that links to the runtime spec
name a version. Exit status: 0 nothing found, 1 findings, 2 there is no site.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from tools import _md, _mdhtml, _mdpage, mdlint

SPEC_REPOSITORY = "github.com/opencontainers/runtime-spec"
SPEC_PINNED = re.compile(r"/opencontainers/runtime-spec/(?:blob|tree|releases/tag)/v1\.3\.0(?:/|$)")


class Link(NamedTuple):
    """A link; `line` is 0-based, `name` the file that it is in."""

    name: str
    line: int
    target: str

    def finding(self, text: str) -> _md.Finding:
        """A finding where the link stands."""
        return _md.Finding(self.name, self.line + 1, text)


def sources(repo: Path) -> list[_mdpage.Page]:
    """All Markdown files, the generated pages of docs/ included."""
    generated = list((repo / "docs/reference").glob("*.md"))
    return [_mdpage.Page.read(path, repo) for path in [*mdlint.files(repo), *generated]]


def links(page: _mdpage.Page) -> Iterator[Link]:
    """The links and pictures of a Markdown file."""
    for token, line in page.tokens():
        for child in token.children or []:
            target = child.attrs.get("href") if child.type == "link_open" else None
            target = child.attrs.get("src") if child.type == "image" else target
            if isinstance(target, str):
                yield Link(page.name, line, target)


def check_sources(repo: Path) -> list[_md.Finding]:
    """Links between the Markdown files, their anchors, includes, and the series' own list."""
    pages = {page.path.resolve(): page for page in sources(repo)}
    anchors = {path: _mdhtml.anchors(page) for path, page in pages.items()}
    findings: list[_md.Finding] = []
    for path, page in pages.items():
        for link in links(page):
            text = _external(link) if _is_external(link) else _internal(link, path, repo, anchors)
            if text:
                findings.append(link.finding(text))
        findings += includes(page, repo)
    return [*findings, *unlisted(repo)]


def _is_external(link: Link) -> bool:
    return bool(urlsplit(link.target).scheme) or link.target.startswith("//")


def _external(link: Link) -> str:
    """'' if the link to another site has a good form, else what is wrong with it."""
    parts = urlsplit(link.target)
    if parts.scheme == "mailto":
        return "" if "@" in parts.path else f"no address: {link.target}"
    if parts.scheme != "https":
        return f"not https: {link.target}"
    if not re.fullmatch(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+", parts.netloc):
        return f"no host name: {link.target}"
    if re.search(r"[\s<>\"]|[.,;:]$", link.target):
        return f"malformed: {link.target}"
    if f"{parts.netloc}{parts.path}".startswith(SPEC_REPOSITORY) and not SPEC_PINNED.match(
        parts.path
    ):
        return f"names no version of the spec: {link.target}: .../blob/v1.3.0/..."
    return ""


def _internal(link: Link, path: Path, repo: Path, anchors: dict[Path, set[str]]) -> str:
    """'' if the file and the anchor that a link names exist, else what is missing."""
    parts = urlsplit(link.target)
    if parts.path.startswith("/"):
        return f"absolute: {link.target}: write it relative to this file"
    # mkdocs shows the files of the top as pages of docs/, so their links may be written either way.
    target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
    top = repo / parts.path.upper().replace(".MD", ".md")
    if not target.exists() and target.parent == repo / "docs" and top.exists():
        return ""
    if not target.exists():
        return f"there is no {link.target}"
    if parts.fragment and target in anchors and parts.fragment not in anchors[target]:
        return f"there is no heading #{parts.fragment} in {target.name}"
    return ""


def includes(page: _mdpage.Page, repo: Path) -> Iterator[_md.Finding]:
    """Includes whose file does not exist."""
    for line, name in _mdpage.included(page):
        if not any((repo / base / name).is_file() for base in _mdpage.SNIPPETS):
            yield _md.Finding(page.name, line + 1, f"there is no {name} to include")


def unlisted(repo: Path) -> Iterator[_md.Finding]:
    """Chapters without a row in docs/series/index.md, where the site links them."""
    index = repo / _md.SERIES / "index.md"
    if index.exists():
        text = index.read_text(encoding="utf-8")
        for chapter in _md.chapters(repo):
            if f"\n| {_md.chapter_number(chapter)} | " not in text:
                yield _md.Finding(str(_md.SERIES / "index.md"), 1, f"has no row of {chapter.name}")


def check_site(site: Path) -> list[_md.Finding]:
    """Links and resources of the built pages."""
    pages = {path: _mdhtml.read(path) for path in sorted(site.rglob("*.html"))}
    findings: list[_md.Finding] = []
    for path, page in pages.items():
        name = str(path.relative_to(site))
        for line, target in page.resources:
            if urlsplit(target).scheme not in {"", "data"} or target.startswith("//"):
                findings.append(_md.Finding(name, line, f"loads from another host: {target}"))
        for line, target in page.resources + page.links:
            text = _in_site(path, target, site, pages)
            if text:
                findings.append(_md.Finding(name, line, text))
    return findings


def _in_site(path: Path, target: str, site: Path, pages: dict[Path, _mdhtml.Html]) -> str:
    parts = urlsplit(target)
    if parts.scheme or target.startswith("//"):
        return ""
    # The page for what isn't found is served for any path, so its links are absolute.
    base = site if parts.path.startswith("/") else path.parent
    found = (base / unquote(parts.path).lstrip("/")).resolve() if parts.path else path
    found = found / "index.html" if found.is_dir() else found
    if not found.is_file():
        return f"leads nowhere: {target}"
    if parts.fragment and found in pages and unquote(parts.fragment) not in pages[found].ids:
        return f"there is no #{parts.fragment} in {found.relative_to(site)}"
    return ""


def main(argv: list[str] | None = None) -> int:
    """Run; see the module's text for the exit status."""
    parser = argparse.ArgumentParser(prog="python3 -m tools.links", description="Check links.")
    parser.add_argument("--site", type=Path, default=_md.REPO / "site", help="the built site")
    parser.add_argument("--sources", action="store_true", help="the Markdown files alone")
    parser.add_argument("--external", action="store_true", help="list links to other sites")
    options = parser.parse_args(argv)
    if options.external:
        found = {k.target for page in sources(_md.REPO) for k in links(page) if _is_external(k)}
        print("\n".join(sorted(found)))
        return 0
    if not options.sources and not (options.site / "index.html").exists():
        print(f"links: no site in {options.site}: run `mkdocs build` first", file=sys.stderr)
        return 2
    findings = check_sources(_md.REPO)
    findings += [] if options.sources else check_site(options.site.resolve())
    for finding in findings:
        print(finding)
    print(f"{len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
