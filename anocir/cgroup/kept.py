"""A container's cgroup as its record has it, and the removal of one that nobody is in.

That is what most deletes come to. So the rest of the package, which takes longer to load than this
takes to run, is only needed where somebody was left behind.
"""

from __future__ import annotations

import os

from anocir.cgroup import mark
from anocir.errors import StateError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class Kept:
    """What base.Manager.record() wrote down; ``places`` has (key, path, made) of each group."""

    __slots__ = ("marked", "owner", "places")

    def __init__(self, record: dict[str, Any]) -> None:
        """Read a record; raises StateError if it is damaged."""
        try:
            self.owner: str = record["owner"]
            self.marked: bool = record["marked"]
            made = record["made"]
            paths = record["paths"].items()
            self.places = [(key, _checked(path), int(made[key])) for key, path in paths]
            if not paths or type(self.marked) is not bool or not self.owner.startswith("/"):
                raise ValueError
        except (KeyError, TypeError, ValueError, AttributeError):
            raise StateError("the record of the container's cgroup is damaged") from None


def remove_if_empty(record: dict[str, Any]) -> bool:
    """Remove the cgroup of ``record`` if that takes one call a hierarchy, and say whether it did.

    It doesn't if a process or another cgroup is inside, or if the cgroup isn't the container's, or
    wasn't made for it. Then some hierarchies may be done: base.Manager removes the others, and has
    words for what went wrong. Raises StateError for a damaged record.
    """
    kept = Kept(record)
    try:
        for _, path, made in kept.places:
            if not made or not mark.belongs_to(path, kept.owner, kept.marked):
                return False
            os.rmdir(path)
            remove_parents(path, made)
    except OSError:
        return False
    return True


def remove_parents(path: str, made: int) -> None:
    """Remove the parents that the runtime made and nobody needs any more.

    ``made`` is how many of the path's last parts it made for this container.
    """
    while path := path.rpartition("/")[0]:
        made -= 1
        try:
            if made <= 0 and not mark.is_made(path):
                return
            os.rmdir(path)
        except FileNotFoundError:
            continue
        except OSError:
            return


def _checked(path: str) -> str:
    parts = path.split("/")
    if parts[0] or ".." in parts or "" in parts[1:]:
        raise ValueError
    return path
