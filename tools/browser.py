"""Open every page of the built site in Chromium, look at it, and use it.

    python3 -m tools.browser                        after `mkdocs build`
    python3 -m tools.browser --page series/02       pages that begin so
    python3 -m tools.browser --screenshots DIR      also take pictures

Each page is looked at in two schemes and three widths: no error in its console, no request to
another host, no sideways scrolling, a text for each picture, no violation found by axe-core. Then
the site is used: keyboard alone, tabs, search, scheme, copy. Exit status: 0 nothing found, 1
findings, 2 it could not run.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
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
    findings: dict[str, list[str]] = {}
    for scheme in sites.SCHEMES:
        for width in sites.WIDTHS:
            with sites.view(chromium, scheme, width) as context:
                page = context.new_page()
                watch = sites.Watch(page, address)
                for name in pages:
                    page.goto(f"{address}/{name}", wait_until="load")
                    if pictures:
                        _picture(page, pictures, f"{name}-{scheme}-{width}")
                    for problem in looking.look(page, scheme, axe) + watch.take():
                        findings.setdefault(f"{name}: {problem}", []).append(f"{scheme} {width}")
    return [f"{text} [{', '.join(where)}]" for text, where in findings.items()]


def use_all(chromium: Browser, address: str, pages: list[str]) -> list[str]:
    """Use pages with the keyboard; what is the same on all pages is tried on one of them."""
    wide: list[Use] = [using.keyboard, using.tabs, using.copy]
    once: list[Use] = [
        using.skip_link,
        using.scheme,
        lambda page: using.search(page, "runtime"),
    ]
    findings: list[str] = []
    one = "index.html" if "index.html" in pages else pages[0]
    # The page for what isn't found has no text that a skip link could lead to.
    for name in (name for name in pages if name != "404.html"):
        uses = [(1440, use) for use in (*wide, *(once if name == one else ()))]
        # A page in a section would open the menu at that section, with the others behind it.
        uses += [(360, using.keyboard), *([(360, using.menu)] if name == "index.html" else [])]
        for width, use in uses:
            with sites.view(chromium, "light", width) as context:
                page = context.new_page()
                watch = sites.Watch(page, address)
                page.goto(f"{address}/{name}", wait_until="load")
                findings += [f"{name}: {text}" for text in _tried(use, page) + watch.take()]
    return findings


def _tried(use: Use, page: Page) -> list[str]:
    try:
        return use(page)
    except PlaywrightError as error:
        return [f"{getattr(use, '__name__', 'use')}: {error.message.splitlines()[0]}"]


def _picture(page: Page, directory: Path, name: str) -> None:
    path = directory / f"{name.replace('/', '-').replace('.html', '')}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=path, full_page=True)


def main(argv: list[str] | None = None) -> int:
    """Run; see the module's text for the exit status."""
    parser = argparse.ArgumentParser(prog="python3 -m tools.browser", description="Try the site.")
    parser.add_argument("--site", type=Path, default=REPO / "site", help="the built site")
    parser.add_argument("--page", action="append", default=[], help="only pages that begin so")
    parser.add_argument("--screenshots", type=Path, metavar="DIR", help="take pictures too")
    parser.add_argument("--chromium", type=Path, default=sites.CHROMIUM, help="the browser")
    options = parser.parse_args(argv)
    pages = sites.pages(options.site, options.page)
    if not pages:
        print(f"browser: no page in {options.site}: run `mkdocs build` first", file=sys.stderr)
        return 2
    try:
        axe = sites.axe_source()
        with sites.serve(options.site) as address, sites.browser(options.chromium) as chromium:
            findings = look_at_all(chromium, address, pages, axe, options.screenshots)
            findings += use_all(chromium, address, pages)
    except sites.BrowserError as error:
        print(f"browser: {error}", file=sys.stderr)
        return 2
    for finding in findings:
        print(finding)
    print(f"{len(pages)} pages, {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
