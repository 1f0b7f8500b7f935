"""The built site on a local address, a browser to look at it, and axe-core to judge it."""

from __future__ import annotations

import contextlib
import importlib.resources
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page, Request, sync_playwright

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# A page is opened once in each scheme, in the first of these widths, and then resized; it is used
# in 360 and 1440, so that all but the page for what is not found has been opened in each.
VIEWS = {"light": (360, 800, 1440), "dark": (800, 1440, 360)}
HEIGHT = 900
_INDEX = "**/search/search_index.json"
_NOTHING = {
    "config": {"lang": ["en"], "separator": " ", "pipeline": [], "fields": {"title": {}}},
    "docs": [],
}
_DRAWN = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


class BrowserError(Exception):
    """The browser, or what it needs, is missing; the text says how to get it."""


class _Handler(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: what a page asks for in vain is reported by the page."""

    def handle(self) -> None:
        """Answer one connection, and don't mind a browser that leaves before the end."""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            super().handle()


@contextlib.contextmanager
def serve(site: Path) -> Iterator[str]:
    """Serve a directory on a free port of 127.0.0.1; gives the address, without a slash."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, directory=str(site)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextlib.contextmanager
def browser(executable: Path = CHROMIUM) -> Iterator[Browser]:
    """Start Chromium; BrowserError where it is not installed."""
    if not executable.exists():
        raise BrowserError(
            f"there is no {executable}: install it with `apt-get install chromium` as root"
        )
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=str(executable), args=list(ARGUMENTS), headless=True
        )
        try:
            yield chromium
        finally:
            chromium.close()


def axe_source() -> str:
    """axe-core as a script; BrowserError where its package is not installed."""
    try:
        package = importlib.resources.files("axe_playwright_python")
    except ModuleNotFoundError:
        raise BrowserError(
            "axe-core is missing: install the project's `docs` extra (axe-playwright-python)"
        ) from None
    return package.joinpath("axe.min.js").read_text(encoding="utf-8")


def pages(site: Path, prefixes: list[str]) -> list[str]:
    """Paths of the site's pages, as a link writes them: all, or those that begin with a prefix."""
    found = sorted(p.relative_to(site).as_posix() for p in site.rglob("*.html"))
    return [p for p in found if not prefixes or p.startswith(tuple(prefixes))]


@contextlib.contextmanager
def view(
    chromium: Browser, scheme: str, width: int, *, index: bool = False
) -> Iterator[BrowserContext]:
    """A window of one width, for a reader who prefers one scheme; nothing moves in it.

    Without `index` the pages get an index of nothing to search in. Each page would read and sort
    the words of all of them otherwise, which takes longer than to show it.
    """
    context = chromium.new_context(
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce",
        viewport={"width": width, "height": HEIGHT},
    )
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    if not index:
        context.route(_INDEX, lambda route: route.fulfill(json=_NOTHING))
    try:
        yield context
    finally:
        context.close()


def resize(page: Page, width: int) -> None:
    """Give a page another width, and wait until it has been laid out and drawn in it."""
    page.set_viewport_size({"width": width, "height": HEIGHT})
    page.evaluate(_DRAWN)


class Watch:
    """Collects what goes wrong in a page while it is open; requests to other hosts are refused."""

    def __init__(self, page: Page, address: str) -> None:
        self.problems: list[str] = []
        self._address = address
        page.on("console", lambda m: self._add(m.type == "error", f"console: {m.text}"))
        page.on("pageerror", lambda error: self._add(True, f"script: {error}"))
        page.on("request", self._request)
        page.on("response", lambda r: self._add(r.status >= 400, f"{r.status} for {r.url}"))
        page.route(
            lambda url: not url.startswith((address, "data:", "blob:", "about:")),
            lambda route: route.abort(),
        )

    def take(self) -> list[str]:
        """The problems so far, once each; the next call begins anew."""
        taken, self.problems = list(dict.fromkeys(self.problems)), []
        return taken

    def _add(self, wrong: bool, text: str) -> None:
        if wrong:
            self.problems.append(text)

    def _request(self, request: Request) -> None:
        local = request.url.startswith((self._address, "data:", "blob:"))
        self._add(not local, f"request to another host: {request.url}")
