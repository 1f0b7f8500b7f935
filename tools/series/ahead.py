"""What the head has beyond the last part: the table in parts/README.md."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tools.series import tree
from tools.series.tree import SeriesError

README = "parts/README.md"
HEADER = "| module | ahead by | chapter |"

_ROW = re.compile(r"\| `(?P<path>[^`]+)` \|(?P<work>[^|]*)\|(?P<chapter>[^|]*)\|")
_VERSION = re.compile(rb"^__version__ = .*$", re.MULTILINE)


class Row(NamedTuple):
    """A file, or a directory and all below it, with what the head has more of."""

    path: str
    work: str
    chapter: str

    def covers(self, path: str) -> bool:
        """Whether the row speaks of this file."""
        return path == self.path or (self.path.endswith("/") and path.startswith(self.path))


def differences(repo: Path) -> dict[str, str]:
    """The files of the head that the last part lacks (`new`) or has otherwise (`changed`)."""
    top, last = tree.head(repo).package(), tree.parts(repo)[-1].package()
    found = dict.fromkeys(top.keys() - last.keys(), "new")
    for path in top.keys() & last.keys():
        # A version changes with a release, so a part has none.
        if _VERSION.sub(b"", top[path]) != _VERSION.sub(b"", last[path]):
            found[path] = "changed"
    return dict(sorted(found.items()))


def rows(repo: Path) -> list[Row]:
    """The rows of the table. Raises SeriesError when there is no table."""
    path = repo / README
    lines = path.read_text(encoding="utf-8").split("\n") if path.exists() else []
    if HEADER not in lines:
        raise SeriesError(f"{README} has no table with the header `{HEADER}`")
    found = []
    for line in lines[lines.index(HEADER) + 2 :]:
        match = _ROW.fullmatch(line.strip())
        if match is None:
            break
        found.append(Row(match["path"], match["work"].strip(), match["chapter"].strip()))
    return found


def problems(repo: Path) -> Iterator[str]:
    """What the table leaves out, and what it names for nothing."""
    parts = tree.parts(repo)
    if not parts:
        return
    found = differences(repo)
    try:
        table = rows(repo) if found else []
    except SeriesError as error:
        yield str(error)
        return
    missing = [path for path in found if not any(row.covers(path) for row in table)]
    for path in missing:
        yield f"{README}: {path} is {found[path]} in the head, and not in the table"
    if missing:
        yield (
            f"{README}: carry these into part {parts[-1].number}, or list them:"
            " `python3 -m tools.parts ahead --write` makes the rows"
        )
    for row in table:
        if not any(row.covers(path) for path in found):
            yield f"{README}: {row.path} is not ahead of part {parts[-1].number}: take the row out"
        elif not row.work or not row.chapter:
            yield f"{README}: {row.path}: say what it is ahead by, and in which chapter it comes"


def table(repo: Path) -> str:
    """The table as it has to be, with the words that are there already."""
    found = differences(repo)
    try:
        known = rows(repo)
    except SeriesError:
        known = []
    kept = [row for row in known if any(row.covers(path) for path in found)]
    for path in found:
        if not any(row.covers(path) for row in kept):
            kept.append(Row(path, "", ""))
    body = [f"| `{r.path}` | {r.work} | {r.chapter} |" for r in sorted(kept)]
    return "\n".join([HEADER, "| --- | --- | --- |", *body]) + "\n"


def write(repo: Path) -> None:
    """Put the table into the README in the place of the one that is there."""
    path = repo / README
    lines = path.read_text(encoding="utf-8").split("\n") if path.exists() else []
    if HEADER in lines:
        first = lines.index(HEADER)
        last = first + 2
        while last < len(lines) and _ROW.fullmatch(lines[last].strip()):
            last += 1
        lines[first:last] = table(repo).rstrip("\n").split("\n")
        path.write_text("\n".join(lines), encoding="utf-8")
    else:
        raise SeriesError(f"{README} has no table with the header `{HEADER}`")
