"""`delete`: take away everything that belongs to a container."""

from __future__ import annotations

from anocir.errors import Error, NoSuchContainer
from anocir.state import record as records
from anocir.state.store import Store


def delete(root: str, container_id: str, force: bool = False) -> None:
    """Delete a stopped container, or with ``force`` any container (runtime.md, Delete).

    ``force`` forgives a container that is not there, and works on one whose files are damaged.
    Raises NoSuchContainer, StateError, and Error when it isn't stopped.
    """
    try:
        entry = Store(root).open(container_id)
    except NoSuchContainer:
        if force:
            return
        raise
    try:
        entry.lock()
        record = None if force else records.load(entry)
        if record is not None and (status := record.status()) != "stopped":
            raise Error(f"cannot delete container {container_id} that is not stopped: {status}")
        entry.remove()
    except NoSuchContainer:
        if not force:
            raise
    finally:
        entry.close()
