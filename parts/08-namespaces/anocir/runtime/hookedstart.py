"""Starting a container that has hooks."""

from __future__ import annotations

from anocir.errors import Interrupted, StepError
from anocir.runtime import delete, interrupt

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from anocir.runtime.hooks import Hooks
    from anocir.state.record import Record
    from anocir.state.store import Entry


def start(
    entry: Entry,
    record: Record,
    hooks: Hooks,
    release: Callable[[], None],
    warn: Callable[[str], None],
) -> None:
    """Let init go on by ``release``, which raises what it says, and run the poststart hooks.

    They run without the lock, so that `delete --force` need not wait for them. A hook that fails,
    or an interruption, is the end of the container (runtime.md, Lifecycle, 7 and 9).
    """
    try:
        with interrupt.Window():
            release()
            entry.unlock()
            assert record.pid is not None
            hooks.run("poststart", "running", record.pid)
    except (StepError, Interrupted):
        delete.destroy(entry, record, warn)
        raise
