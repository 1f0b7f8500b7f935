"""Prose is pinned: the hash of each included snippet, as it was when its paragraph was approved."""

from __future__ import annotations

from pathlib import Path

from tools.series.chapters import Chapter
from tools.series.snippets import Library
from tools.series.tree import SeriesError

LOCK = "docs/snippets.lock"
HEADER = "# Chapter, snippet, hash of its code: kept by `python3 -m tools.snip approve NN`.\n"

# Chapter and snippet to hash.
Pins = dict[tuple[str, str], str]


def load(repo: Path) -> Pins:
    """What was approved. Raises SeriesError when the file is damaged."""
    path = repo / LOCK
    found: Pins = {}
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    for number, line in enumerate(lines, 1):
        words = line.split()
        if line.startswith("#") or not words:
            continue
        if len(words) != 3:
            raise SeriesError(f"{LOCK}:{number}: not `chapter snippet hash`: {line}")
        found[words[0], words[1]] = words[2]
    return found


def save(repo: Path, pins: Pins) -> None:
    """Write what is approved, one line each, in order, so that merges stay simple."""
    body = "".join(f"{n} {name} {value}\n" for (n, name), value in sorted(pins.items()))
    (repo / LOCK).parent.mkdir(exist_ok=True)
    (repo / LOCK).write_text(HEADER + body, encoding="utf-8")


def current(chapter: Chapter, library: Library) -> Pins:
    """What a chapter's includes are now; names that don't exist are left out."""
    found: Pins = {}
    for include in chapter.includes:
        try:
            pin = library.get(include.target).pin
        except SeriesError:
            continue
        if pin:
            found[chapter.number, include.target] = pin
    return found


def problems(chapter: Chapter, now: Pins, approved: Pins) -> list[str]:
    """The paragraphs that somebody has to read again."""
    approve = f"python3 -m tools.snip approve {chapter.number}"
    found = []
    for key, pin in now.items():
        line = next(i.line for i in chapter.includes if i.target == key[1])
        if key not in approved:
            found.append(chapter.at(line, f"{key[1]} is not approved yet: read it, then {approve}"))
        elif approved[key] != pin:
            text = f"{key[1]} has changed: read its paragraph again, then {approve}"
            found.append(chapter.at(line, text))
    for number, name in approved.keys() - now.keys():
        if number == chapter.number:
            found.append(f"{LOCK}: {number} {name} is not included any more: {approve}")
    return found


def approve(
    chapter: Chapter, now: Pins, approved: Pins, names: list[str]
) -> tuple[Pins, list[str]]:
    """The pins after a person has read these snippets (all, without names); and what changed."""
    wanted = {name if name[:3] == f"{name[:2]}/" else f"{chapter.number}/{name}" for name in names}
    own = {key: pin for key, pin in approved.items() if key[0] == chapter.number}
    unknown = sorted(wanted - {name for _, name in now})
    if unknown:
        raise SeriesError(f"chapter {chapter.number} does not include {', '.join(unknown)}")
    told = []
    for key in sorted(now.keys() | own.keys()):
        if (wanted and key[1] not in wanted and key in now) or now.get(key) == own.get(key):
            continue
        if key in now:
            told.append(f"{'approved again' if key in own else 'approved'}: {key[1]}")
            own[key] = now[key]
        else:
            told.append(f"forgotten: {key[1]}")
            del own[key]
    others = {key: pin for key, pin in approved.items() if key[0] != chapter.number}
    return {**others, **own}, told
