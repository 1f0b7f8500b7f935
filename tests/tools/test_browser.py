"""tools/browser.py: a page that is right, and each way in which one is wrong, in a real browser."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

from playwright.sync_api import Browser

from tools import _browser_site as sites
from tools import _browser_use as using
from tools import browser

REPO = Path(__file__).resolve().parents[2]

PAGE = """<!doctype html>
<html lang="en"><head><title>T</title><style>
body {{ margin: 0; color: #000; background: #fff; --a: 1 }}
a:focus-visible, button:focus-visible {{ outline: 2px solid #00f }}
.go {{ color: #333 }}
</style></head>
<body data-md-color-scheme="default">
<a class="md-skip" href="#main">Skip</a>
<nav aria-label="N"><a href="#x">One</a></nav>
<main id="main" tabindex="-1"><article><h1 id="x">T</h1>{body}</article></main>
</body></html>
"""
SVG = (
    '<svg role="img" aria-labelledby="t d" width="9" height="9"><title id="t">A</title>'
    '<desc id="d">B</desc></svg>'
)
CODE = (
    '<div class="highlight"><pre tabindex="0"><code><span class="go">first</span> '
    '<span class="go">second</span> <span class="go" style="color: #222">third</span> '
    '<span style="color: #333"><span class="go">fourth</span> fifth</span></code></pre></div>'
)
TABS = (
    '<div class="tabbed-set"><input type="radio" name="{n}" id="{n}1" checked>'
    '<input type="radio" name="{n}" id="{n}2"><div class="tabbed-labels">'
    '<label for="{n}1">Diff</label><label for="{n}2">Result</label></div>'
    '<div class="tabbed-block">a</div><div class="tabbed-block">b</div></div>'
)
TABS_STYLE = (
    "<style>.tabbed-block { display: none }"
    ".tabbed-set > input:nth-of-type(1):checked ~ .tabbed-block:nth-of-type(2),"
    ".tabbed-set > input:nth-of-type(2):checked ~ .tabbed-block:nth-of-type(3)"
    "{ display: block }</style>"
)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    if not sites.CHROMIUM.exists():
        pytest.skip(f"there is no {sites.CHROMIUM}")
    with sites.browser() as started:
        yield started


@pytest.fixture(scope="module")
def axe() -> str:
    try:
        return sites.axe_source()
    except sites.BrowserError as error:
        pytest.skip(str(error))


class Opened:
    """A page with some content, opened in a browser."""

    def __init__(self, chromium: Browser, site: Path, axe: str) -> None:
        self.chromium = chromium
        self.site = site
        self.axe = axe

    def write(self, body: str, name: str = "index.html") -> None:
        (self.site / name).write_text(PAGE.format(body=body), encoding="utf-8")

    def look(
        self, body: str, scheme: str = "light", widths: tuple[int, ...] = (800,)
    ) -> list[tuple[int, str]]:
        self.write(body)
        with (
            sites.serve(self.site) as address,
            sites.view(self.chromium, scheme, widths[0]) as context,
        ):
            page = context.new_page()
            watch = sites.Watch(page, address)
            page.goto(f"{address}/index.html")
            return list(browser.look_at(page, watch, scheme, widths, self.axe))

    def use(self, use: browser.Use, body: str) -> list[str]:
        self.write(body)
        with (
            sites.serve(self.site) as address,
            sites.view(self.chromium, "light", 800) as context,
        ):
            page = context.new_page()
            page.goto(f"{address}/index.html")
            return use(page)


@pytest.fixture
def opened(chromium: Browser, tmp_path: Path, axe: str) -> Opened:
    return Opened(chromium, tmp_path, axe)


def test_a_right_page(opened: Opened) -> None:
    assert opened.look(f"<p>{SVG}</p>") == []


@pytest.mark.parametrize(
    ("body", "finding"),
    [
        ("<script>console.error('oh')</script>", "console: oh"),
        ("<script>no()</script>", "script: no is not defined"),
        ('<img src="no.png" alt="x">', "404 for "),
        ('<img src="https://example.org/x.png" alt="x">', "request to another host: https://exam"),
        ('<div class="w" style="width: 900px">x</div>', "overflow: 900 wide: div.w"),
        ('<div style="overflow-x: auto" tabindex="0"><p style="width: 900px">x</p></div>', None),
        ('<details><summary>s</summary><p style="width: 900px">x</p></details>', "unfolded: 900"),
        ("<svg></svg>", 'picture: svg: no role="img"'),
        (SVG.replace("t d", "t"), "picture: t: aria-labelledby does not name"),
        (SVG.replace(">B<", "> <"), "picture: t: aria-labelledby does not name"),
        (f"{SVG}{SVG}", "picture: id t is there twice"),
        ('<img src="data:,x" alt=" ">', "picture: data:,x: no text"),
        ('<p style="color: #aaa">pale</p>', "axe color-contrast"),
        ('<details><summary>s</summary><p style="color: #aaa">pale</p></details>', "axe color-con"),
        ("<h3>x</h3>", "axe heading-order"),
        (CODE.replace("#222", "#aaa"), "axe color-contrast"),
        (CODE.replace("#333", "#aaa"), "axe color-contrast"),
        (CODE, None),
    ],
)
def test_a_wrong_page(opened: Opened, body: str, finding: str | None) -> None:
    found = [problem for _, problem in opened.look(body)]
    assert found == [] if finding is None else any(finding in f for f in found), found


def test_the_wrong_scheme(opened: Opened) -> None:
    assert opened.look("", scheme="dark") == [(800, "the page is not in the dark scheme")]


@pytest.mark.parametrize(
    ("body", "finding"),
    [
        ('<p class="w">x</p>', "overflow: 2000 wide: p.w"),
        ('<details><p class="w">x</p></details>', "overflow, unfolded: 2000 wide: p.w"),
        ('<p class="pale">pale</p>', "axe color-contrast"),
        ("<script>onresize = () => console.error(innerWidth)</script>", "console: 800"),
    ],
)
@pytest.mark.parametrize("widths", [(360, 800, 1440), (1440, 360, 800)])
def test_a_page_that_is_wrong_in_one_width(
    opened: Opened, widths: tuple[int, ...], body: str, finding: str
) -> None:
    style = "<style>@media (width: 800px) { .w { width: 2000px } .pale { color: #aaa } }</style>"
    found = opened.look(style + body, widths=widths)
    assert any(text.startswith(finding) for _, text in found)
    assert {width for width, text in found if text.startswith(finding)} == {800}


def test_keyboard(opened: Opened) -> None:
    assert opened.use(using.keyboard, '<a href="#y">y</a>') == []


def test_a_button_that_hides_while_it_has_the_focus_is_not_the_end(opened: Opened) -> None:
    hiding = '<button onfocus="this.hidden = true">b</button><a href="#y">y</a>'
    assert opened.use(using.keyboard, hiding) == []


@pytest.mark.parametrize(
    ("body", "finding"),
    [
        ('<a href="#y" tabindex="-1">y</a>', None),
        ('<a href="#y" style="outline: none">y</a>', "the focus is not shown: 'y'"),
        ('<a href="#y" style="position: fixed; left: -99px">y</a>', "out of sight: 'y'"),
        ('<a href="#y" onfocus="this.blur()">y</a>', "never reaches the link #y"),
        ("<script>document.querySelector('.md-skip').remove()</script>", "no skip link first"),
    ],
)
def test_wrong_keyboard(opened: Opened, body: str, finding: str | None) -> None:
    found = opened.use(using.keyboard, body)
    assert found == [] if finding is None else any(finding in f for f in found), found


def test_skip_link(opened: Opened) -> None:
    assert opened.use(using.skip_link, '<a href="#y">y</a>') == []
    nowhere = "<script>document.querySelector('.md-skip').href = '#'</script><a href='#y'>y</a>"
    assert opened.use(using.skip_link, nowhere) == ["skip link: the next Tab is not in the text"]


def test_tabs(opened: Opened) -> None:
    one = TABS_STYLE + TABS.format(n="a")
    assert opened.use(using.tabs, one) == []
    broken = one.replace("input:nth-of-type(2)", "input:nth-of-type(9)")
    assert opened.use(using.tabs, broken) == ["tabs 0: a click does not show the tab"]
    two = one + TABS.format(n="b")
    assert "tabs 0: sets with the same label do not follow" in opened.use(using.tabs, two)


def test_copy(opened: Opened) -> None:
    block = (
        '<div class="language-console"><pre><code><span class="gp">$ </span>ls\n'
        '<span class="go">out</span></code></pre><button class="md-clipboard" '
        "onclick=\"navigator.clipboard.writeText('{text}')\">Copy</button></div>"
    )
    assert opened.use(using.copy, block.format(text="ls")) == []
    assert "is not what is typed" in opened.use(using.copy, block.format(text="$ ls"))[0]
    assert "is not what is typed" in opened.use(using.copy, block.format(text="ls\\nout"))[0]


def test_search_that_finds_nothing(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(using, "PATIENCE", 200)
    field = '<input aria-label="Search" data-md-component="search-query">'
    search = opened.use(lambda page: using.search(page, "x"), field)
    assert search == ["search: nothing found for 'x'"]


def test_search_that_is_not_there(opened: Opened) -> None:
    search = opened.use(lambda page: using.search(page, "x"), "")
    assert search == ["search: there is no field for it"]


def test_scheme_that_stays(opened: Opened) -> None:
    assert opened.use(using.scheme, "") == ["keyboard: the button for the scheme is not reached"]
    button = '<button class="md-option">Scheme</button>'
    assert opened.use(using.scheme, button) == ["keyboard: the scheme does not change"]


def test_menu_that_is_not_there(opened: Opened) -> None:
    assert opened.use(using.menu, "") == ["keyboard: the menu's button is not reached"]


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run the tool by itself: only one browser at a time can be driven from a process."""
    argv = [sys.executable, "-m", "tools.browser", *map(str, arguments)]
    return subprocess.run(argv, cwd=REPO, capture_output=True, text=True, check=False)


def test_main_takes_pictures_and_names_pages(opened: Opened, tmp_path: Path) -> None:
    opened.write("<svg></svg><script>console.error('oh')</script>", "page.html")
    pictures = tmp_path / "pictures"
    done = run("--site", tmp_path, "--page", "page", "--screenshots", pictures)
    assert done.returncode == 1
    every = "[light 360, light 800, light 1440, dark 800, dark 1440, dark 360]"
    assert f'page.html: picture: svg: no role="img" {every}' in done.stdout
    assert "page.html: console: oh [light 360, dark 800]" in done.stdout
    assert len(list(pictures.glob("page-*.png"))) == 6


@pytest.mark.parametrize("jobs", [1, 2])
def test_every_page_is_in_some_browser_once(opened: Opened, tmp_path: Path, jobs: int) -> None:
    """The site's first page is the one where the search is tried, whoever has that page."""
    for name in ("a.html", "index.html", "z.html"):
        opened.write("<script>console.error('oh')</script>", name)
    done = run("--site", tmp_path, "--jobs", jobs)
    for name in ("a.html", "index.html", "z.html"):
        assert done.stdout.count(f"{name}: console: oh [") == 1
    assert done.stdout.count("index.html: search: there is no field for it") == 1
    assert "a.html: search" not in done.stdout
    assert "3 pages, " in done.stdout


def test_only_who_searches_gets_the_index(chromium: Browser, tmp_path: Path) -> None:
    index = tmp_path / "search/search_index.json"
    index.parent.mkdir()
    index.write_text('"all"')
    (tmp_path / "index.html").write_text("x")
    ask = "async () => await (await fetch('search/search_index.json')).json()"
    for wanted in (True, False):
        with (
            sites.serve(tmp_path) as address,
            sites.view(chromium, "light", 800, index=wanted) as context,
        ):
            page = context.new_page()
            page.goto(f"{address}/index.html")
            assert (page.evaluate(ask) == "all") is wanted


def test_no_pages(tmp_path: Path) -> None:
    done = run("--site", tmp_path)
    assert done.returncode == 2
    assert "mkdocs build" in done.stderr


def test_no_browser(tmp_path: Path) -> None:
    pytest.importorskip("axe_playwright_python", reason="axe-core is not installed")
    (tmp_path / "index.html").write_text("x")
    done = run("--site", tmp_path, "--chromium", tmp_path / "no")
    assert done.returncode == 2
    assert "apt-get install chromium" in done.stderr
