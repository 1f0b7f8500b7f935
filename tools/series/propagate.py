"""Carry a change in one part through the parts after it, up to the head."""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path
from typing import NamedTuple

from tools.series import git, steps, tree
from tools.series.carry import State, carry
from tools.series.tree import PACKAGE, PARTS, SeriesError, Stage

_MARKERS = re.compile(rb"^(<{7}|\|{7}|={7}|>{7})( |$)", re.MULTILINE)


class Stop(NamedTuple):
    """A file at which a person has to decide."""

    giver: str
    receiver: str
    path: str
    state: str


class Journey(NamedTuple):
    """What is kept between a stop and `--continue`."""

    start: str
    base: str
    done: list[list[str]]
    trailers: list[str]
    stop: Stop | None


def begin(repo: Path, number: str, base: str) -> list[str]:
    """Carry the change of a part since `base`; returns what to tell. Raises SeriesError."""
    if _state_file(repo).exists():
        raise SeriesError("a propagation has stopped half-way: use --continue, or --abort")
    commit = git.commit_id(repo, base)
    if commit is None:
        raise SeriesError(f"git knows no commit {base}")
    if number == "head":
        raise SeriesError("nothing comes after the head")
    if not _changed(repo, tree.find(repo, number), commit):
        raise SeriesError(f"part {number} has not changed since {base}")
    return _go(repo, Journey(number, commit, [], [], None))


def resume(repo: Path) -> list[str]:
    """Go on after a stop; returns what to tell. Raises SeriesError."""
    journey = _load(repo)
    stop = journey.stop
    if stop is None:
        raise SeriesError("the propagation has not stopped")
    receiver = tree.find(repo, stop.receiver)
    file = receiver.root / stop.path
    if file.exists() and _MARKERS.search(file.read_bytes()):
        raise SeriesError(f"{receiver.prefix}{stop.path} still has conflict markers")
    if file.exists():
        trailer = f"Resolved: {stop.receiver} {stop.path}: REASON"
    else:
        trailer = f"Stops-at: {stop.giver} {stop.path}: REASON"
    done = [*journey.done, [stop.giver, stop.path]]
    return _go(repo, journey._replace(done=done, trailers=[*journey.trailers, trailer], stop=None))


def abort(repo: Path) -> list[str]:
    """Forget the propagation; the files stay as they are."""
    _state_file(repo).unlink(missing_ok=True)
    return ["forgotten; the files stay as they are (git restore takes a change back)"]


def _go(repo: Path, journey: Journey) -> list[str]:
    told: list[str] = []
    stages = tree.stages(repo)
    position = [s.number for s in stages].index(journey.start)
    for giver, receiver in itertools.pairwise(stages[position:]):
        simpler = tree.replaced(giver, receiver)
        for path, (base, theirs) in _changed(repo, giver, journey.base).items():
            if [giver.number, path] in journey.done:
                continue
            if tree.covers(simpler, path):
                told.append(f"{giver.number} {path}: ends here, {receiver.number} replaces it")
                continue
            stop = _carry(giver, receiver, path, (base, theirs), told)
            if stop:
                _save(repo, journey._replace(stop=stop))
                raise SeriesError("\n".join([*told, _advice(receiver, stop)]))
    _state_file(repo).unlink(missing_ok=True)
    for stage in stages[position:-1]:
        told += steps.follow(stage, _changed(repo, stage, journey.base))
    if journey.trailers:
        told += ["Put these lines in the commit's message, with the reasons:", *journey.trailers]
    return told or ["every part after it has the change already"]


def _carry(
    giver: Stage,
    receiver: Stage,
    path: str,
    change: tuple[bytes | None, bytes | None],
    told: list[str],
) -> Stop | None:
    file = receiver.root / path
    ours = file.read_bytes() if file.exists() else None
    labels = (receiver.name, f"{giver.name} before the change", giver.name)
    outcome = carry(*change, ours, labels)
    if outcome.state in {State.MERGED, State.CONFLICT}:
        if outcome.data is None:
            file.unlink()
        else:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(outcome.data)
    if outcome.state is State.MERGED:
        done = "deleted" if outcome.data is None else "added" if ours is None else "merged"
        told.append(f"{receiver.number} {path}: {done}")
    if outcome.stops:
        return Stop(giver.number, receiver.number, path, outcome.state.name)
    return None


def _advice(receiver: Stage, stop: Stop) -> str:
    file = f"{receiver.prefix}{stop.path}"
    text = {
        State.CONFLICT: f"{file}: conflict. Edit it so that it has the change of part"
        f" {stop.giver}, and take the markers out",
        State.DELETED: f"{file}: part {stop.giver} has no such file any more, but this one differs"
        " from what it was there. Delete it, or leave it",
        State.ABSENT: f"{file}: there is no such file, because this stage has replaced it. Make the"
        " change where it belongs, if it is needed at all",
    }[State[stop.state]]
    return f"{text}; then run `python3 -m tools.parts propagate --continue`."


def _changed(repo: Path, stage: Stage, base: str) -> dict[str, tuple[bytes | None, bytes | None]]:
    """What a part's package had at a commit and has now, where that differs."""
    listing = git.listing(repo, base, f"{PARTS}/")
    names = {path.split("/")[1] for path in listing}
    matches = [n for n in names if (m := tree.NAME.fullmatch(n)) and m["slug"] == stage.slug]
    if not matches:
        raise SeriesError(f"part {stage.name} is not in {base[:12]}: commit it before its changes")
    prefix = f"{PARTS}/{matches[0]}/"
    ids = {p.removeprefix(prefix): i for p, i in listing.items() if p.startswith(prefix + PACKAGE)}
    now = stage.package()
    paths = [p for p in sorted(ids.keys() | now.keys()) if ids.get(p) != _id(now.get(p))]
    old = dict(zip(ids, git.blobs(repo, list(ids.values())), strict=True))
    return {path: (old.get(path), now.get(path)) for path in paths}


def _id(data: bytes | None) -> str | None:
    return None if data is None else git.blob_id(data)


def _state_file(repo: Path) -> Path:
    name = git.run(repo, "rev-parse", "--git-path", "anocir-propagate").decode().strip()
    return repo / name


def _save(repo: Path, journey: Journey) -> None:
    _state_file(repo).write_text(json.dumps(journey._asdict()), encoding="utf-8")


def _load(repo: Path) -> Journey:
    path = _state_file(repo)
    if not path.exists():
        raise SeriesError("no propagation has stopped here")
    kept = json.loads(path.read_text(encoding="utf-8"))
    return Journey(**{**kept, "stop": Stop(*kept["stop"]) if kept["stop"] else None})
