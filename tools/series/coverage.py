"""Nothing is skipped: each changed line of code is shown in its chapter, or waived."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from tools.series import measure, symbols, tree
from tools.series.measure import Place
from tools.series.snippets import WHOLE_PAGE, Snippets, Subject
from tools.series.tree import SeriesError

MOST_WAIVED = 0.05

# A new file of so many lines is shown as a whole.
SMALL = 40


class Coverage(NamedTuple):
    """The changed lines of a part. A line is in one of the three sets."""

    shown: frozenset[Place]
    waived: frozenset[Place]
    missing: frozenset[Place]

    @property
    def changed(self) -> int:
        """How many lines the part changes: those that came and those that went."""
        return len(self.shown) + len(self.waived) + len(self.missing)

    def __str__(self) -> str:
        """The counts."""
        return (
            f"{self.changed} lines changed, {len(self.shown)} shown, {len(self.waived)} waived,"
            f" {len(self.missing)} missing"
        )


def measure_part(code: Snippets, names: Iterable[str]) -> tuple[Coverage, list[str]]:
    """What a chapter shows of its part by including these snippets of it; and bad waivers.

    Names that don't exist show nothing. Raises SeriesError.
    """
    changed = changed_lines(code)
    shown = set[Place]()
    imported = set[str]()
    for name in set(names):
        try:
            shown |= code.get(name).shows
        except SeriesError:
            continue
        if name.endswith(".tabs.md"):
            imported.add(code.subject(name.removesuffix(".tabs.md")).path)
    # The tab with the whole file has its imports as well.
    shown |= {p for p in changed if p[0] == "new" and p[1] in imported and _is_import(code, p)}
    waived, wrong = _waived(code, changed)
    waived -= shown
    coverage = Coverage(
        changed & frozenset(shown), frozenset(waived), changed - shown - frozenset(waived)
    )
    most = int(coverage.changed * MOST_WAIVED)
    if len(waived) > most:
        wrong.append(f"{len(waived)} lines are waived; allowed are {most} of {coverage.changed}")
    return coverage, [f"{code.part.prefix}part.toml: {text}" for text in wrong]


def changed_lines(code: Snippets) -> frozenset[Place]:
    """The lines of a part, of those to be shown, that came or went. Raises SeriesError."""
    return measure.changed_places(
        {path: text.encode() for path, text in code.old.items()},
        {path: text.encode() for path, text in code.new.items()},
    )


def _is_import(code: Snippets, place: Place) -> bool:
    _, path, number = place
    found = symbols.symbols(path, code.new[path]).get(symbols.IMPORTS)
    return found is not None and number in found.numbers()


def _waived(code: Snippets, changed: frozenset[Place]) -> tuple[set[Place], list[str]]:
    waived = set[Place]()
    wrong = []
    for entry in tree.meta(code.part).get("waivers", []):
        what = entry.get("symbol") or entry.get("path") or "?"
        try:
            found = changed & frozenset(_places(code, entry))
        except SeriesError as error:
            wrong.append(f"waivers: {error}")
            continue
        if not found:
            wrong.append(f"waivers: {what}: nothing in it changes")
        waived |= found
    return waived, wrong


def _places(code: Snippets, entry: dict[str, Any]) -> Iterator[Place]:
    if "symbol" in entry:
        subject = code.subject(entry["symbol"])
    else:
        subject = code.subject(symbols.module_name(entry["path"]))
    wanted = {line.strip() for line in entry.get("lines", [])}
    for side, symbol, files in (("old", subject.old, code.old), ("new", subject.new, code.new)):
        if symbol:
            text = files[subject.path].split("\n")
            for number in symbol.numbers():
                if not wanted or text[number - 1].strip() in wanted:
                    yield side, subject.path, number


def to_show(code: Snippets, missing: frozenset[Place]) -> Iterator[tuple[str, int]]:
    """The includes that would show the missing lines, each with how many of them."""
    changed = changed_lines(code)
    whole = 0
    for path in sorted({place[1] for place in missing}):
        rest = {p for p in missing if p[1] == path}
        untouched = rest == {p for p in changed if p[1] == path}
        for subject in _best(code, path, untouched):
            own = rest & _of(subject)
            if own and subject.symbol == symbols.IMPORTS:
                whole += len(own)
            elif own:
                yield f"{code.part.number}/{subject.stem}{_form(subject)}", len(own)
            rest -= own
    if whole:
        yield f"{code.part.number}/{WHOLE_PAGE}", whole


def _best(code: Snippets, path: str, untouched: bool) -> list[Subject]:
    """The subjects of a file in the order of choice: what is new or gone is shown as one."""
    every = [s for s in code.subjects() if s.path == path and not _is_row(s)]
    if untouched and every[0].old is None and _text_lines(every[0]) <= SMALL:
        return every[:1]
    found = [s for s in every if s.symbol]
    new_or_gone = [s for s in found if s.old is None or s.new is None]
    whole = [s for s in new_or_gone if "." not in s.symbol and not s.symbol.endswith(symbols.HEAD)]
    members = [s for s in found if "." in s.symbol or s.symbol.endswith(symbols.HEAD)]
    return [*whole, *members, *found]


def _text_lines(subject: Subject) -> int:
    return subject.new.text.count("\n") if subject.new else 0


def _is_row(subject: Subject) -> bool:
    """A row of a table counts only as part of it."""
    head, _, _ = subject.symbol.partition(".")
    return bool(head) and "." in subject.symbol and head.lstrip("_").isupper()


def _of(subject: Subject) -> set[Place]:
    found: set[Place] = set()
    for side, symbol in (("old", subject.old), ("new", subject.new)):
        if symbol:
            found.update((side, subject.path, n) for n in symbol.numbers())
    return found


def _form(subject: Subject) -> str:
    if subject.old is None:
        return ".new.md"
    return ".diff.md" if subject.new is None else ".tabs.md"
