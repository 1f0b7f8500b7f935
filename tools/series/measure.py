"""How large a step is, in net lines of code."""

from __future__ import annotations

from collections.abc import Iterator

from tools.series.lines import SHOWN, changed, kinds, new_lines
from tools.series.tree import SeriesError, Tree, text

PART_LIMIT = 300
STEP_LIMIT = 120

# Side ('old' or 'new'), path, line from 1.
Place = tuple[str, str, int]


def python_files(tree: Tree) -> dict[str, str]:
    """The Python files of a stage as text. Raises SeriesError."""
    return {path: text(data, path) for path, data in tree.items() if path.endswith(".py")}


def growth(old: Tree, new: Tree) -> int:
    """Net lines that are in the new tree and weren't in the old one. Raises SeriesError."""
    before, after = python_files(old), python_files(new)
    total = 0
    for path, source in after.items():
        try:
            total += new_lines(before.get(path, ""), source)
        except SyntaxError as error:
            raise SeriesError(f"{path}:{error.lineno}: {error.msg}") from None
    return total


def changed_places(old: Tree, new: Tree) -> frozenset[Place]:
    """The lines that came or went between two trees, and have to be shown. Raises SeriesError."""
    before, after = python_files(old), python_files(new)
    found: set[Place] = set()
    for path in before.keys() | after.keys():
        found.update(_places(path, before.get(path, ""), after.get(path, "")))
    return frozenset(found)


def _places(path: str, old: str, new: str) -> Iterator[Place]:
    if old == new:
        return
    gone, came = changed(old, new)
    try:
        for side, source, numbers in (("old", old, gone), ("new", new, came)):
            of = kinds(source)
            yield from ((side, path, n) for n in numbers if of[n - 1] in SHOWN)
    except SyntaxError as error:
        raise SeriesError(f"{path}:{error.lineno}: {error.msg}") from None
