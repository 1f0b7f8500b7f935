"""Ending what is left in a container's cgroup, and removing it.

Apart from the making of cgroups, since `delete` and `kill` have no use for the rest of it.
"""

from __future__ import annotations

from anocir.cgroup import manager
from anocir.errors import Error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.cgroup.base import Manager
    from anocir.state.record import Record
    from anocir.state.store import Entry


def remove(entry: Entry, record: Record | None) -> None:
    """Kill and remove; with no readable record, the cgroup is found by its place and its mark."""
    if record is None:
        cgroup = _find(entry)
    else:
        cgroup = manager.load(record.cgroup) if record.cgroup else None
    if cgroup is not None:
        cgroup.kill()
        cgroup.remove()


def signal_all(record: Record, number: int) -> None:
    """Send a signal to every process in the container's cgroup."""
    if record.cgroup:
        manager.load(record.cgroup).kill(number)


def _find(entry: Entry) -> Manager | None:
    from anocir.plan.cgroup import plan_cgroup
    from anocir.spec import bundle
    from anocir.state.store import CONFIG_FILE

    try:
        config = bundle.parse(entry.read(CONFIG_FILE), CONFIG_FILE)
    except (Error, OSError):
        config = {"ociVersion": ""}
    place = plan_cgroup(config, entry.id)
    return manager.find(place.path, place.relative, entry.path)
