"""What a reader does with the site: without a mouse where it says keyboard."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, TimeoutError

_FOCUS = """() => {
  const e = document.activeElement;
  if (!e || e === document.body) return null;
  // A hidden radio button shows its focus on the label beside it.
  const tab = e.matches('.tabbed-set > input');
  const shown = tab ? document.querySelector(`label[for="${e.id}"]`)
    : e.matches('.md-option') ? e.nextElementSibling ?? e : e;
  const box = shown.getBoundingClientRect();
  const style = getComputedStyle(shown);
  return {
    name: (e.getAttribute('aria-label') || e.textContent || e.id).trim().slice(0, 40),
    key: (e.stopNumber ??= (window.stops = (window.stops ?? 0) + 1)),
    href: e.getAttribute('href'),
    id: e.id,
    classes: [...e.classList],
    where: e.closest('.md-nav .md-nav') ? 'nested' : '',
    visible: box.width > 0 && box.height > 0 && style.visibility === 'visible'
      && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth,
    outlined: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0,
  };
}"""

_LINKS = """() => [...document.querySelectorAll('a[href]')]
  .filter((e) => e.checkVisibility({ visibilityProperty: true, opacityProperty: true }))
  .filter((e) => !e.closest('details:not([open]), [inert]') && e.tabIndex >= 0)
  .map((e) => e.getAttribute('href'))"""

_LIMIT = 3000
SETS = 3  # of tabs that are tried on one page
PATIENCE = 10_000  # milliseconds that the search may take


def tab_through(page: Page) -> list[dict[str, Any]]:
    """Press Tab from the top of a page to its end; gives what had the focus, in order.

    Nothing has it at the end, and where a button hides while it has it: Tab goes on from there.
    """
    stops: list[dict[str, Any]] = []
    nowhere = 0
    for _ in range(_LIMIT):
        page.keyboard.press("Tab")
        stop = page.evaluate(_FOCUS)
        if stop is None:
            nowhere += 1
            if nowhere == 2:
                break
            continue
        if stops and stop["key"] == stops[0]["key"]:
            break
        nowhere = 0
        stops.append(stop)
    return stops


def keyboard(page: Page) -> list[str]:
    """Tab alone reaches the skip link first, then every link, and what it reaches is seen."""
    links = set(page.evaluate(_LINKS))
    stops = tab_through(page)
    problems = [] if stops and "md-skip" in stops[0]["classes"] else ["Tab: no skip link first"]
    for stop in stops:
        if not stop["visible"]:
            problems.append(f"Tab: the focus is out of sight: {stop['name']!r}")
        elif not stop["outlined"]:
            problems.append(f"Tab: the focus is not shown: {stop['name']!r}")
    missed = sorted(links - {stop["href"] for stop in stops})
    problems += [f"Tab: never reaches the link {href}" for href in missed]
    return problems


def skip_link(page: Page) -> list[str]:
    """The skip link leads over the navigation, into the text."""
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    inside = page.evaluate("!!document.activeElement.closest('article, footer, .md-top')")
    return [] if inside else ["skip link: the next Tab is not in the text"]


def menu(page: Page) -> list[str]:
    """On a phone, the menu opens with the keyboard, and its links are reached."""
    if not _tab_to(page, lambda stop: stop["name"] == "Menu"):
        return ["keyboard: the menu's button is not reached"]
    page.keyboard.press("Enter")
    if not page.evaluate("document.getElementById('__drawer').checked"):
        return ["keyboard: Enter does not open the menu"]
    sections = page.locator(".md-nav--primary label.md-nav__link[for^='__nav_']:visible")
    if not sections.count():
        return []
    section = sections.first.inner_text().strip()
    if not _tab_to(page, lambda stop: stop["name"] == section and stop["visible"]):
        return ["keyboard: Tab does not reach the sections of the menu"]
    page.keyboard.press("Enter")
    if not _tab_to(page, lambda stop: stop["where"] == "nested" and stop["visible"]):
        return ["keyboard: Tab does not reach the pages of a section"]
    return []


def search(page: Page, word: str) -> list[str]:
    """With the keyboard alone: open the search, type a word, go to the first result."""
    if not page.locator("[data-md-component=search-query]").count():
        return ["search: there is no field for it"]
    before = page.url
    page.keyboard.press("/")
    page.keyboard.type(word)
    result = page.locator(".md-search-result__link").first
    try:
        result.wait_for(state="visible", timeout=PATIENCE)
    except TimeoutError:
        return [f"search: nothing found for {word!r}"]
    page.keyboard.press("ArrowDown")
    with page.expect_navigation():
        page.keyboard.press("Enter")
    return [] if page.url != before else ["search: Enter does not open the result"]


def scheme(page: Page) -> list[str]:
    """The scheme is changed with the keyboard, and the next page keeps it."""
    attribute = "document.body.getAttribute('data-md-color-scheme')"
    before = page.evaluate(attribute)
    if not _tab_to(page, lambda stop: "md-option" in stop["classes"]):
        return ["keyboard: the button for the scheme is not reached"]
    page.keyboard.press("Enter")
    if page.evaluate(attribute) == before:
        page.keyboard.press("ArrowRight")
    after = page.evaluate(attribute)
    if after == before:
        return ["keyboard: the scheme does not change"]
    page.reload()
    return [] if page.evaluate(attribute) == after else ["the next page forgets the scheme"]


def tabs(page: Page) -> list[str]:
    """Tabs change by mouse and by keyboard, and sets with the same labels change together."""
    problems: list[str] = []
    sets = page.locator(".tabbed-set")
    for number in range(min(sets.count(), SETS)):
        one = sets.nth(number)
        labels, blocks = one.locator(".tabbed-labels > label"), one.locator(".tabbed-block")
        last = labels.count() - 1
        if last < 1 or not one.is_visible():
            continue
        labels.nth(last).click()
        if not _shown(blocks.nth(last)):
            problems.append(f"tabs {number}: a click does not show the tab")
        problems += _linked(page, number)
        one.locator("input").nth(last).focus()
        page.keyboard.press("ArrowLeft")
        if not _shown(blocks.nth(last - 1)):
            problems.append(f"tabs {number}: an arrow key does not show the tab")
    return problems


def _linked(page: Page, number: int) -> list[str]:
    chosen = page.evaluate(
        """(n) => {
          const of = (set) => [...set.querySelectorAll(':scope > .tabbed-labels > label')]
            .map((l) => [l.textContent.trim(), document.getElementById(l.htmlFor).checked]);
          const sets = [...document.querySelectorAll('.tabbed-set')].map(of);
          const wanted = sets[n].find(([, checked]) => checked)[0];
          return sets.filter((set) => set.some(([name]) => name === wanted))
            .every((set) => set.some(([name, checked]) => checked && name === wanted));
        }""",
        number,
    )
    return [] if chosen else [f"tabs {number}: sets with the same label do not follow"]


def copy(page: Page) -> list[str]:
    """The copy button of a session takes its commands, without prompts and output."""
    problems: list[str] = []
    blocks = page.locator("article .language-console:visible")
    for number in range(blocks.count()):
        block = blocks.nth(number)
        button = block.locator(".md-clipboard, [data-clipboard-target]").first
        button.focus()
        page.keyboard.press("Enter")
        copied = page.evaluate("navigator.clipboard.readText()")
        lines = block.locator("pre code").inner_text().splitlines()
        prompts = [line for line in lines if line.startswith(("$ ", "> ")) or line == ">"]
        if copied.split("\n") != [line[2:] for line in prompts]:
            problems.append(f"copy {number}: {copied[:60]!r} is not what is typed")
    return problems


def _shown(locator: Any) -> bool:
    return bool(locator.is_visible())


def _tab_to(page: Page, wanted: Callable[[dict[str, Any]], bool]) -> bool:
    """Press Tab until something has the focus; False where the page ends before."""
    page.evaluate("document.activeElement.blur()")
    for _ in range(_LIMIT):
        page.keyboard.press("Tab")
        stop = page.evaluate(_FOCUS)
        if stop is None:
            return False
        if wanted(stop):
            return True
    return False
