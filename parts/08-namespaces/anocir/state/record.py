"""What is kept about one container, and what it is doing now.

The record holds what the kernel can't tell later. The status is never stored: it is derived from
the process each time, so it can't be out of date.
"""

from __future__ import annotations

import time

from anocir.errors import ConfigError, StateError
from anocir.linux import proc
from anocir.spec import json
from anocir.state.store import STATE_FILE, Entry

# Field of the file -> types it may have.
_FIELDS: dict[str, tuple[type, ...]] = {
    "ociVersion": (str,),
    "id": (str,),
    "bundle": (str,),
    "rootfs": (str,),
    "created": (str,),
    "annotations": (dict,),
    "pid": (int, type(None)),
    "startTime": (int, type(None)),
}
# Process 1 is never a container's, and the kernel counts no further than that (linux/threads.h).
_PIDS = range(2, 4 * 1024 * 1024 + 1)


class Record:
    """One container's facts.

    ``pid`` and ``start_time`` name the process and are None until there is one.
    """

    __slots__ = (
        "annotations",
        "bundle",
        "created",
        "id",
        "oci_version",
        "pid",
        "rootfs",
        "start_time",
    )

    def __init__(
        self, container_id: str, oci_version: str, bundle: str, rootfs: str, created: str
    ) -> None:
        self.id = container_id
        self.oci_version = oci_version
        self.bundle = bundle
        self.rootfs = rootfs
        self.created = created
        self.annotations: dict[str, str] = {}
        self.pid: int | None = None
        self.start_time: int | None = None

    def save(self, entry: Entry) -> None:
        """Write the record into the container's directory, as a whole or not at all."""
        document = {
            "ociVersion": self.oci_version,
            "id": self.id,
            "bundle": self.bundle,
            "rootfs": self.rootfs,
            "created": self.created,
            "annotations": self.annotations,
            "pid": self.pid,
            "startTime": self.start_time,
        }
        entry.write(STATE_FILE, json.dumps(document).encode())

    def status(self) -> str:
        """Return ``creating``, ``created``, ``running`` or ``stopped`` (runtime.md, State).

        A process that has been forked and has not called execve is still our own init, waiting
        for ``start``: the kernel keeps that fact for us.
        """
        if self.pid is None or self.start_time is None:
            return "creating"
        stat = proc.read_stat(self.pid)
        if stat is None or stat.start_time != self.start_time or stat.ended:
            return "stopped"
        return "running" if stat.executed else "created"


def load(entry: Entry) -> Record:
    """Read the record of a container; raises StateError naming the damage."""
    path = f"{entry.path}/{STATE_FILE}"
    try:
        document = json.loads(entry.read(STATE_FILE), path)
    except FileNotFoundError:
        raise StateError(_advice(entry, "it is missing")) from None
    except OSError as error:
        raise StateError(_advice(entry, f"{error.strerror}")) from None
    except ConfigError as error:
        raise StateError(_advice(entry, "; ".join(error.violations))) from None
    if not isinstance(document, dict):
        raise StateError(_advice(entry, "it holds no JSON object"))
    for field, types in _FIELDS.items():
        if type(document.get(field)) not in types:
            raise StateError(_advice(entry, f"field {field} is missing or of the wrong type"))
    if document["id"] != entry.id:
        raise StateError(_advice(entry, "it is the record of another container"))
    if (pid := document.get("pid")) is not None and pid not in _PIDS:
        raise StateError(_advice(entry, f"{pid} is no pid of a container"))
    record = Record(
        document["id"],
        document["ociVersion"],
        document["bundle"],
        document["rootfs"],
        document["created"],
    )
    record.annotations = document["annotations"]
    record.pid = pid
    record.start_time = document.get("startTime")
    return record


def timestamp(nanoseconds: int) -> str:
    """Return a time since the epoch as RFC 3339 in UTC."""
    seconds, rest = divmod(nanoseconds, 1_000_000_000)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{rest:09d}Z"


def _advice(entry: Entry, damage: str) -> str:
    return (
        f"state file {entry.path}/{STATE_FILE} of container {entry.id} is damaged: {damage};"
        f" only `delete --force {entry.id}` can be done with it"
    )
