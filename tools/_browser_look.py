"""What is looked at on each page, in each scheme and width."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

_SCHEME = "document.body.getAttribute('data-md-color-scheme')"

# What is folded or behind a tab is part of the page too.
_UNFOLD = """() => {
  for (const details of document.querySelectorAll('details')) details.open = true;
  const style = document.createElement('style');
  style.textContent = '.tabbed-block { display: block !important }';
  document.head.append(style);
}"""

# A chapter has 20 000 coloured words, for each of which axe-core would look at the screen. They
# have a dozen pairs of colours: one word of each is enough. What is taken out is where words differ
# in nothing, down to the block around them.
_THIN = """() => {
  const seen = new Set();
  const same = [...document.querySelectorAll('pre code span')].reverse().filter((span) => {
    let key = span.closest('.highlight')?.className ?? '';
    for (let e = span; e && e.tagName !== 'PRE'; e = e.parentElement) key += ` < ${e.className}`;
    const { color, backgroundColor, fontWeight } = getComputedStyle(span);
    key = [key, color, backgroundColor, fontWeight].join();
    const known = seen.has(key);
    seen.add(key);
    return known;
  });
  for (const span of same) span.replaceWith(...span.childNodes);
  for (const code of document.querySelectorAll('pre code')) code.normalize();
}"""

_OVERFLOW = """() => {
  const root = document.documentElement;
  if (root.scrollWidth <= root.clientWidth) return [];
  const inside = (e) => {
    for (let p = e.parentElement; p && p !== document.body; p = p.parentElement)
      if (getComputedStyle(p).overflowX !== 'visible') return true;
    return false;
  };
  const name = (e) => e.tagName.toLowerCase() + [...e.classList].map((c) => '.' + c).join('');
  const wide = [...document.body.querySelectorAll('*')].filter(
    (e) => e.getBoundingClientRect().right > root.clientWidth + 1 && !inside(e));
  return [`${root.scrollWidth} wide: ` + (wide.slice(0, 3).map(name).join(', ') || 'the page')];
}"""

_PICTURES = """() => {
  const problems = [];
  const text = (id) => (document.getElementById(id)?.textContent ?? '').trim();
  for (const svg of document.querySelectorAll('article svg')) {
    if (svg.closest('a, button, label, .twemoji, [aria-hidden=true]')) continue;
    const ids = (svg.getAttribute('aria-labelledby') ?? '').split(/ +/).filter(Boolean);
    const name = ids[0] ?? 'svg';
    if (svg.getAttribute('role') !== 'img') problems.push(`${name}: no role="img"`);
    if (ids.length < 2 || ids.some((id) => !text(id)))
      problems.push(`${name}: aria-labelledby does not name a title and a desc`);
  }
  for (const img of document.querySelectorAll('article img'))
    if (!(img.alt ?? '').trim()) problems.push(`${img.getAttribute('src')}: no text`);
  const seen = new Set();
  for (const { id } of document.querySelectorAll('[id]')) {
    if (seen.has(id)) problems.push(`id ${id} is there twice`);
    seen.add(id);
  }
  return problems;
}"""

_AXE = """async (rules) => {
  const only = rules.length ? { runOnly: { type: 'rule', values: rules } } : {};
  const result = await axe.run(document, { resultTypes: ['violations'], ...only });
  return result.violations.map((v) => ({
    id: v.id, help: v.help,
    nodes: v.nodes.map((n) => [n.target.join(' '), n.failureSummary]),
  }));
}"""


def look(page: Page, scheme: str) -> list[str]:
    """The problems of a page as it comes: scheme, overflow, pictures."""
    problems: list[str] = []
    expected = "slate" if scheme == "dark" else "default"
    if page.evaluate(_SCHEME) != expected:
        problems.append(f"the page is not in the {scheme} scheme")
    problems += [f"overflow: {text}" for text in page.evaluate(_OVERFLOW)]
    problems += [f"picture: {text}" for text in page.evaluate(_PICTURES)]
    return problems


def unfold(page: Page, axe: str) -> None:
    """Show all of a page, and make it ready for axe-core."""
    page.evaluate(_UNFOLD)
    page.evaluate(_THIN)
    page.evaluate(axe)


def look_unfolded(page: Page, scheme: str) -> list[str]:
    """The problems of a page that is unfolded: overflow, axe-core."""
    problems = [f"overflow, unfolded: {text}" for text in page.evaluate(_OVERFLOW)]
    # The scheme changes nothing but colours.
    rules = ["color-contrast", "link-in-text-block"] if scheme == "dark" else []
    problems += [_words(violation) for violation in page.evaluate(_AXE, rules)]
    return problems


def _words(violation: dict[str, Any]) -> str:
    nodes = violation["nodes"]
    target, summary = nodes[0]
    reason = " ".join(line.strip() for line in summary.splitlines()[1:2])
    more = f" and {len(nodes) - 1} more" if len(nodes) > 1 else ""
    return f"axe {violation['id']}: {violation['help']}: {target}{more}: {reason}"
