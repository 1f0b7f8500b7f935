"""What `delete` has to take away beside the state directory."""

from __future__ import annotations

from anocir.runtime import cgroupremoval

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from anocir.state.record import Record
    from anocir.state.store import Entry

REMOVERS: tuple[Callable[[Entry, Record | None], None], ...] = (cgroupremoval.remove,)
