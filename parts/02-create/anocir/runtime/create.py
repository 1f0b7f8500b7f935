"""`create`: from a bundle to a container that is written down."""

from __future__ import annotations

import time

from anocir.spec import bundle as bundles
from anocir.spec import support
from anocir.state.record import Record, timestamp
from anocir.state.store import Store

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

# Settings that this part does something about.
APPLIED = ("ociVersion", "annotations")


def create(root: str, container_id: str, bundle: str, *, warn: Callable[[str], None]) -> None:
    """Create a container (runtime.md, Create).

    ``root`` is the state directory of all containers, ``bundle`` the directory of config.json.
    A failure leaves nothing behind. Raises errors.Error.
    """
    loaded = bundles.load(bundle)
    for path in support.unsupported(loaded.config, APPLIED):
        warn(f"{path}: not applied yet")
    entry = Store(root).reserve(container_id)
    try:
        record = Record(
            entry.id,
            loaded.config["ociVersion"],
            loaded.path,
            bundles.root_path(loaded),
            timestamp(time.time_ns()),
        )
        record.annotations = loaded.config.get("annotations", {})
        record.save(entry)
    except BaseException:
        entry.remove()
        raise
