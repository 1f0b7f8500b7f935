"""The fixpoint: a change in part N is in part N+1, and so on up to the head.

The commits are taken as a line of states, the work tree being the last. For each file of each two
neighbouring stages the line is cut into change sets, and in each of them merging the change of
part N into part N+1 changes nothing. When there is no such cut, a change was left out.
"""

from __future__ import annotations

import bisect
import functools
import itertools
import re
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from tools.series import git, tree
from tools.series.carry import Outcome, State, carry
from tools.series.tree import PACKAGE, PARTS, Stage

_TRAILER = re.compile(
    r"^(?P<word>Resolved|Stops-at): +(?P<number>\d\d|head)(?: +(?P<path>anocir/\S*[^\s:]))?"
    r": +(?P<reason>\S.*)$",
    re.MULTILINE,
)


class Trailer(NamedTuple):
    """A line of a commit message that allows a change to end, or to be carried by hand.

    `slug` is the part that receives (Resolved), or the last one that has the change (Stops-at).
    """

    word: str
    slug: str
    path: str | None


class Left(NamedTuple):
    """A change that part `giver` has and the stage after it hasn't."""

    giver: Stage
    receiver: Stage
    path: str
    since: str
    state: State

    def __str__(self) -> str:
        """One paragraph for the person who has to mend it."""
        here = f"{self.receiver.prefix}{self.path}"
        word = (
            f"Stops-at: {self.giver.number}"
            if self.state is State.ABSENT
            else f"Resolved: {self.receiver.number}"
        )
        return (
            f"{here}: the change of {self.giver.prefix}{self.path} since {self.since} is not in it"
            f" ({self.state.value}). Carry it with `python3 -m tools.parts propagate --from"
            f" {self.giver.number}`, or say in the commit's message why not:"
            f" `{word} {self.path}: REASON`"
        )


class Timeline:
    """Every file of every stage's package, through the commits and up to the work tree.

    State 0 is the base, or the nothing before the first commit. A stage is known by its slug,
    so that its number may change.
    """

    def __init__(self, repo: Path, base: str | None, message: str = "") -> None:
        """Read the history; `message` belongs to the work tree. Raises SeriesError."""
        self.repo = repo
        self.names = [git.commit_id(repo, base) if base else "the beginning"]
        self.first: dict[str, int] = {}
        self.trailers: dict[int, tuple[Trailer, ...]] = {}
        self._points: dict[tuple[str, str], list[tuple[int, str | None]]] = {}
        self._directories: Counter[str] = Counter()
        self._local: dict[str, bytes] = {}
        if base:
            self._record(git.listing(repo, base, PARTS, "anocir"), "")
        if git.commit_id(repo, "HEAD"):
            for commit in git.history(repo, base, (f"{PARTS}/", PACKAGE)):
                self.names.append(commit.id)
                self._record(commit.files, commit.message)
        self.names.append("the work tree")
        self._record(self._uncommitted(), message)

    @property
    def last(self) -> int:
        """The number of the last state, the work tree's."""
        return len(self.names) - 1

    def _record(self, files: Mapping[str, str | None], message: str) -> None:
        state = len(self.names) - 1
        # Deletions first: a part that gets another number is deleted and added in one commit.
        for path, blob in sorted(files.items(), key=lambda item: item[1] is not None):
            located = _locate(path)
            if located is None:
                continue
            directory, slug, inner = located
            points = self._points.setdefault((slug, inner), [])
            had = points[-1][1] if points else None
            self._directories[directory] += (blob is not None) - (had is not None)
            self.first.setdefault(slug, state)
            points.append((state, blob))
        found = tuple(self._trailers(message))
        if found:
            self.trailers[state] = found

    def _uncommitted(self) -> dict[str, str | None]:
        found: dict[str, str | None] = {}
        on_disk: dict[tuple[str, str], str] = {}
        prefixes = {}
        for stage in tree.stages(self.repo):
            prefixes[stage.slug] = stage.prefix
            for path, data in stage.package().items():
                blob = on_disk[stage.slug, path] = git.blob_id(data)
                self._local[blob] = data
        for key in on_disk.keys() | self._points.keys():
            points = self._points.get(key, [])
            blob_now = on_disk.get(key)
            if (points[-1][1] if points else None) != blob_now:
                slug, path = key
                found[prefixes.get(slug, f"{PARTS}/99-{slug}/") + path] = blob_now
        return found

    def _trailers(self, message: str) -> list[Trailer]:
        slugs = {d[:2]: d[3:] for d, count in self._directories.items() if count > 0}
        slugs["head"] = "head"
        return [
            Trailer(m["word"], slugs[m["number"]], m["path"])
            for m in _TRAILER.finditer(message)
            if m["number"] in slugs and (m["path"] or m["word"] == "Stops-at")
        ]

    def paths(self, slug: str) -> list[str]:
        """Every path that the stage's package has had."""
        return sorted(path for s, path in self._points if s == slug)

    def changes(self, slug: str, path: str) -> list[int]:
        """The states in which the file came, changed or went."""
        return [state for state, _ in self._points.get((slug, path), [])]

    def at(self, slug: str, path: str, state: int) -> bytes | None:
        """The file as it was; None when there was none. Raises SeriesError."""
        points = self._points.get((slug, path), [])
        position = bisect.bisect_right(points, state, key=lambda point: point[0])
        blob = points[position - 1][1] if position else None
        return None if blob is None else self._blob(blob)

    def _blob(self, blob: str) -> bytes:
        if blob not in self._local:
            (self._local[blob],) = git.blobs(self.repo, [blob])
        return self._local[blob]


def _locate(path: str) -> tuple[str, str, str] | None:
    """The directory name, slug and path in the stage of a file of a package."""
    if path.startswith(PACKAGE):
        return "head", "head", path
    top, _, rest = path.partition("/")
    directory, _, inner = rest.partition("/")
    match = tree.NAME.fullmatch(directory)
    if top != PARTS or match is None or not inner.startswith(PACKAGE):
        return None
    return directory, match["slug"], inner


def check(repo: Path, base: str | None = None, message: str = "") -> list[Left]:
    """The changes that were left out; see the module's text. Raises SeriesError."""
    line = Timeline(repo, base, message)
    found = []
    for giver, receiver in itertools.pairwise(tree.stages(repo)):
        if giver.slug in line.first and receiver.slug in line.first:
            simpler = tree.replaced(giver, receiver)
            for path in line.paths(giver.slug):
                left = None if tree.covers(simpler, path) else _check(line, giver, receiver, path)
                found += [left] if left else []
    return found


def _check(line: Timeline, giver: Stage, receiver: Stage, path: str) -> Left | None:
    # A part that is new has nothing to give before it is there, and gets what came with it.
    start = max(line.first[giver.slug], line.first[receiver.slug] - 1)
    ours = set(line.changes(giver.slug, path))
    if max(ours) <= start:
        return None
    allowed = {s for s in line.trailers if _allows(line.trailers[s], giver, receiver, path)}
    marks = ours | set(line.changes(receiver.slug, path)) | allowed
    points = [start, *sorted(s for s in marks if s > start)]

    @functools.cache
    def outcome(before: int, after: int) -> Outcome:
        change = line.at(giver.slug, path, before), line.at(giver.slug, path, after)
        had, has = (line.at(receiver.slug, path, state) for state in (before, after))
        found = carry(*change, has)
        if found.state is State.CONFLICT:
            # The receiver has more lines right beside the changed ones. Without the change, before,
            # they were no conflict: then what it has now must be what merging gives.
            carried = carry(*change, had)
            if not carried.stops and carried.data == has:
                return Outcome(State.NOTHING, has)
        return found

    def holds(before: int, after: int) -> bool:
        return after in allowed or outcome(before, after).state is State.NOTHING

    reached = _reach(points, holds)
    if points[-1] in reached:
        return None
    since = max(reached)
    name = line.names[since] or ""
    return Left(
        giver, receiver, path, name[:12] if since else name, outcome(since, points[-1]).state
    )


def _reach(points: list[int], holds: Callable[[int, int], bool]) -> set[int]:
    """The states that a cut into change sets can end in, each of them holding."""
    reached = {points[0]}
    for position, point in enumerate(points[1:], 1):
        if any(p in reached and holds(p, point) for p in reversed(points[:position])):
            reached.add(point)
    return reached


def _allows(trailers: tuple[Trailer, ...], giver: Stage, receiver: Stage, path: str) -> bool:
    return any(
        t.path in {None, path} and t.slug == (receiver if t.word == "Resolved" else giver).slug
        for t in trailers
    )
