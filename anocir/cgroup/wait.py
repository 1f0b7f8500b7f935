"""Waiting for a cgroup to become empty."""

from __future__ import annotations

import os
import select

from anocir.cgroup import tree

# How long a cgroup may take to empty after its processes were killed, in seconds.
PATIENCE = 10.0

# How long to wait between two looks at a cgroup that is about to become empty, in milliseconds.
_MOMENT = 2


def populated(fd: int) -> bool:
    """Tell whether version 2 counts a process in the cgroup ``fd`` or below. Raises OSError."""
    return "populated 1" in tree.read(fd, "cgroup.events")


def for_change(fd: int) -> None:
    """Wait a moment, less if the kernel reports that the cgroup ``fd`` has become empty.

    Version 2 makes cgroup.events readable out of band then (cgroups(7)); version 1 has no such
    event. No report comes when the last process has ended and the kernel takes it apart, hence
    the short limit.
    """
    try:
        events = os.open("cgroup.events", os.O_RDONLY | os.O_CLOEXEC, dir_fd=fd)
    except FileNotFoundError:
        pause()
        return
    poll = select.poll()
    try:
        os.read(events, 4096)
        poll.register(events, select.POLLPRI)
        poll.poll(_MOMENT)
    finally:
        os.close(events)


def pause() -> None:
    """Let a moment pass."""
    select.poll().poll(_MOMENT)
