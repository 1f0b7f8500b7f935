"""Open every page of the built site in Chromium, look at it, and use it.

    python3 -m tools.browser                        after `mkdocs build`
    python3 -m tools.browser --page series/02       pages that begin so
    python3 -m tools.browser --screenshots DIR      also take pictures
    python3 -m tools.browser --jobs 1               one browser, and not one for each processor

Each page is looked at in two schemes and three widths: no error in its console, no request to
another host, no sideways scrolling, a text for each picture, no violation found by axe-core. It is
opened once in each scheme, and resized. Then the site is used: keyboard alone, tabs, search,
scheme, copy. Exit status: 0 nothing found, 1 findings, 2 it could not run.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from playwright.sync_api import Browser, Page
from playwright.sync_api import Error as PlaywrightError

from tools import _browser_look as looking
from tools import _browser_site as sites
from tools import _browser_use as using
from tools._md import REPO

Use = Callable[[Page], list[str]]


def look_at_all(
    chromium: Browser, address: str, pages: list[str], axe: str, pictures: Path | None
) -> list[str]:
    """Look at pages in each scheme and width; a finding names them."""
    findings: dict[str, dict[str, None]] = {}
    for scheme, widths in sites.VIEWS.items():
        with sites.view(chromium, scheme, widths[0]) as context:
            page = context.new_page()
            watch = sites.Watch(page, address)
            for name in pages:
                page.goto(f"{address}/{name}", wait_until="load")
                begin = f"{name.replace('/', '-').removesuffix('.html')}-{scheme}"
                picture = pictures / begin if pictures else None
                for width, problem in look_at(page, watch, scheme, widths, axe, picture=picture):
                    where = findings.setdefault(f"{name}: {problem}", {})
                    where[f"{scheme} {width}"] = None
    return [f"{text} [{', '.join(where)}]" for text, where in findings.items()]


def look_at(
    page: Page,
    watch: sites.Watch,
    scheme: str,
    widths: tuple[int, ...],
    axe: str,
    *,
    picture: Path | None = None,
) -> Iterator[tuple[int, str]]:
    """Problems of a page that is open, each with the width: as it comes, then all unfolded.

    What goes wrong while the page loads is told of the width that it was opened in. Pictures are
    taken of the page as it comes, where `picture` is what their names begin with. At the end the
    window is in the first width again, ready for the next page.
    """
    for width in widths:
        sites.resize(page, width)
        if picture:
            page.screenshot(path=f"{picture}-{width}.png", full_page=True)
        yield from ((width, problem) for problem in looking.look(page, scheme) + watch.take())
    looking.unfold(page, axe)
    for width in reversed(widths):
        sites.resize(page, width)
        found = looking.look_unfolded(page, scheme) + watch.take()
        yield from ((width, problem) for problem in found)


def use_all(chromium: Browser, address: str, pages: list[str], one: str) -> list[str]:
    """Use pages with the keyboard; what is the same on all pages is tried on `one` of them."""
    findings: list[str] = []

    def use(name: str, *uses: tuple[int, list[Use]], index: bool = False) -> None:
        """Use a page as a reader who has never been there, opened in one width after the other."""
        with sites.view(chromium, "light", uses[0][0], index=index) as context:
            page = context.new_page()
            watch = sites.Watch(page, address)
            for width, ways in uses:
                sites.resize(page, width)
                page.goto(f"{address}/{name}", wait_until="load")
                for way in ways:
                    findings.extend(f"{name}: {text}" for text in _tried(way, page))
            findings.extend(f"{name}: {text}" for text in watch.take())

    # The page for what isn't found has no text that a skip link could lead to.
    for name in pages:
        if name != "404.html":
            # Tabs are last: the reader's choice stays, and hides what the other uses would try.
            use(name, (360, [using.keyboard]), (1440, [using.keyboard, using.copy, using.tabs]))
    if one in pages:
        for way in (using.skip_link, using.scheme):
            use(one, (1440, [way]))
        use(one, (1440, [lambda page: using.search(page, "runtime")]), index=True)
    # A page in a section would open the menu at that section, with the others behind it.
    if "index.html" in pages:
        use("index.html", (360, [using.menu]))
    return findings


def try_all(
    pages: list[str], *, site: Path, one: str, executable: Path, pictures: Path | None
) -> list[str]:
    """Look at pages and use them, in a browser of their own; raises sites.BrowserError."""
    axe = sites.axe_source()
    with sites.serve(site) as address, sites.browser(executable) as chromium:
        findings = look_at_all(chromium, address, pages, axe, pictures)
        return findings + use_all(chromium, address, pages, one)


def _tried(use: Use, page: Page) -> list[str]:
    try:
        return use(page)
    except PlaywrightError as error:
        return [f"{getattr(use, '__name__', 'use')}: {error.message.splitlines()[0]}"]


def main(argv: list[str] | None = None) -> int:
    """Run; see the module's text for the exit status."""
    parser = argparse.ArgumentParser(prog="python3 -m tools.browser", description="Try the site.")
    parser.add_argument("--site", type=Path, default=REPO / "site", help="the built site")
    parser.add_argument("--page", action="append", default=[], help="only pages that begin so")
    parser.add_argument("--screenshots", type=Path, metavar="DIR", help="take pictures too")
    parser.add_argument("--chromium", type=Path, default=sites.CHROMIUM, help="the browser")
    parser.add_argument(
        "--jobs", type=int, default=os.cpu_count() or 1, help="browsers at once (%(default)s)"
    )
    options = parser.parse_args(argv)
    pages = sites.pages(options.site, options.page)
    if not pages:
        print(f"browser: no page in {options.site}: run `mkdocs build` first", file=sys.stderr)
        return 2
    named = [name for name in pages if name != "404.html"]
    work = partial(
        try_all,
        site=options.site,
        one="index.html" if "index.html" in named else named[0] if named else "",
        executable=options.chromium,
        pictures=options.screenshots,
    )
    jobs = max(1, min(options.jobs, len(pages)))
    shares = [pages[number::jobs] for number in range(jobs)]
    try:
        if jobs == 1:
            found = [work(pages)]
        else:
            with ProcessPoolExecutor(jobs) as pool:
                found = list(pool.map(work, shares))
    except sites.BrowserError as error:
        print(f"browser: {error}", file=sys.stderr)
        return 2
    findings = sorted(finding for share in found for finding in share)
    for finding in findings:
        print(finding)
    print(f"{len(pages)} pages, {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
