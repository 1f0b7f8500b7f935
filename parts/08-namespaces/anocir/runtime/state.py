"""`state`: what a container is and does, for people and engines."""

from __future__ import annotations

from anocir.spec.check import check_state
from anocir.state import record as records
from anocir.state.store import Store

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from anocir.state.store import Entry


def state(root: str, container_id: str) -> dict[str, Any]:
    """Return the state document of one container (runtime.md, State).

    Beyond the spec's fields it has ``rootfs``, ``created`` and ``owner``, as engines expect.
    Raises NoSuchContainer, StateError.
    """
    entry = Store(root).open(container_id)
    try:
        return _document(entry)
    finally:
        entry.close()


def _document(entry: Entry) -> dict[str, Any]:
    record = records.load(entry)
    status = record.status()
    document: dict[str, Any] = {
        "ociVersion": record.oci_version,
        "id": record.id,
        "pid": record.pid if record.pid and status != "stopped" else 0,
        "status": status,
        "bundle": record.bundle,
        "rootfs": record.rootfs,
        "created": record.created,
    }
    if record.annotations:
        document["annotations"] = record.annotations
    document["owner"] = ""
    check_state(document)
    return document
