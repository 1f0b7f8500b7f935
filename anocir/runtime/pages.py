"""Who pays for the memory that init shares with the runtime that was forked."""

from __future__ import annotations

from anocir.linux import consts, libc

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from anocir.plan.plan import Step
    from anocir.runtime.context import Context


def copy(step: Step, context: Context) -> None:
    """Write to all of this process's own pages, as it were, while init waits.

    After a fork the first to write to a page gets a copy, on the account of its own cgroup, and the
    other keeps the page. Which of the two that is would be left to chance, and init would have
    0.5 to 1.2 MB. Linux before 5.14 can't do it (madvise(2), MADV_POPULATE_WRITE); nor is
    anything lost when memory runs out.
    """
    for start, size in _own():
        try:
            libc.syscall("madvise", start, size, consts.MADV_POPULATE_WRITE)
        except OSError:
            return


def _own() -> Iterator[tuple[int, int]]:
    """Yield (address, size) of each area of memory that is private and writable (proc(5), maps)."""
    with open("/proc/self/maps", encoding="utf-8", errors="surrogateescape") as maps:
        for line in maps.read().splitlines():
            area, permissions, _ = line.split(" ", 2)
            start, end = (int(address, 16) for address in area.split("-"))
            if permissions.startswith("rw") and permissions.endswith("p"):
                yield start, end - start
