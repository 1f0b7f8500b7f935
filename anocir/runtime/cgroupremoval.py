"""Ending what is left in a container's cgroup, and removing it.

Apart from the making of cgroups, since `delete` and `kill` have no use for the rest of it.
"""

from __future__ import annotations

from anocir.cgroup import kept
from anocir.errors import ConfigError, Error, StateError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.cgroup.base import Manager
    from anocir.state.record import Record
    from anocir.state.store import Entry


def remove(entry: Entry, record: Record | None) -> None:
    """Kill and remove; with no readable record, the cgroup is found by its place and its mark."""
    # Most containers leave nobody behind, and to find that out takes longer than to try.
    if record is None or not _removed_if_empty(record):
        cgroup = _known(record) or _find(entry)
        if cgroup is not None:
            cgroup.kill()
            cgroup.remove()


def signal_all(record: Record, number: int) -> None:
    """Send a signal to every process in the container's cgroup."""
    if record.cgroup:
        from anocir.cgroup import manager

        manager.load(record.cgroup).kill(number)


def _removed_if_empty(record: Record) -> bool:
    try:
        return record.cgroup is not None and kept.remove_if_empty(record.cgroup)
    except StateError:
        return False


def _known(record: Record | None) -> Manager | None:
    """Return what the record names; None when it is damaged or names nothing."""
    from anocir.cgroup import manager

    try:
        return manager.load(record.cgroup) if record and record.cgroup else None
    except StateError:
        return None


def _find(entry: Entry) -> Manager | None:
    from anocir.cgroup import manager
    from anocir.plan.cgroup import plan_cgroup
    from anocir.spec import bundle
    from anocir.state.store import CONFIG_FILE

    try:
        config = bundle.parse(entry.read(CONFIG_FILE), CONFIG_FILE)
    except (Error, OSError):
        config = {"ociVersion": ""}
    try:
        place = plan_cgroup(config, entry.id)
    except ConfigError:
        return None
    return manager.find(place.path, place.relative, entry.path)
