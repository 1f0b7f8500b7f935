"""Carry the change of one file from a stage into the next one."""

from __future__ import annotations

import enum
from typing import NamedTuple

from tools.series import git


class State(enum.Enum):
    """What came of it."""

    NOTHING = "nothing to do"
    MERGED = "merged"
    CONFLICT = "both changed the same lines"
    DELETED = "deleted here, but the next one has another version"
    ABSENT = "the next one doesn't have the file"


class Outcome(NamedTuple):
    """What the next stage's file becomes: None for no file."""

    state: State
    data: bytes | None

    @property
    def stops(self) -> bool:
        """Whether a person has to decide."""
        return self.state in {State.CONFLICT, State.DELETED, State.ABSENT}


def carry(
    base: bytes | None,
    theirs: bytes | None,
    ours: bytes | None,
    labels: tuple[str, str, str] = ("the next part", "before the change", "the change"),
) -> Outcome:
    """Carry the change from `base` to `theirs` into `ours`, the file of the next stage.

    None is a file that isn't there. A file that is new in the stage, and that the next one has
    already, is taken to be the version of the next one. Raises SeriesError.
    """
    if theirs in (base, ours) or (base is None and ours is not None):
        return Outcome(State.NOTHING, ours)
    if ours is None:
        return Outcome(State.MERGED, theirs) if base is None else Outcome(State.ABSENT, None)
    if ours == base:
        return Outcome(State.MERGED, theirs)
    if theirs is None:
        return Outcome(State.DELETED, ours)
    merged = git.merge(ours, base or b"", theirs, labels)
    if merged.conflicts:
        return Outcome(State.CONFLICT, merged.data)
    return Outcome(State.NOTHING if merged.data == ours else State.MERGED, merged.data)
