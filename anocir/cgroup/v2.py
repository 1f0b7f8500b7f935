"""Version 2: one hierarchy for all controllers (the kernel's admin-guide/cgroup-v2.rst)."""

from __future__ import annotations

import os
import time

from anocir.cgroup import base, kill, tree, wait
from anocir.errors import Error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from anocir.cgroup.group import Group


class Manager(base.Manager):
    """The container's cgroup on a host with version 2 alone."""

    __slots__ = ("_program",)

    version = 2

    @property
    def group(self) -> Group:
        """The only one."""
        return self.groups[0]

    def group_of(self, controller: str) -> Group:
        return self.group

    def _prepare(self) -> None:
        if base.read(self.group, "cgroup.freeze").strip() == "1":
            raise Error("container's cgroup unexpectedly frozen")
        enable_controllers(self.group)

    def dirfd(self) -> int | None:
        return self.group.open()

    def give_to(self, uid: int) -> None:
        from anocir.cgroup import ownership

        ownership.give(self.group, uid)

    def load_devices(self, rules: list[base.DeviceRule]) -> None:
        self._program = load_devices(self.group, rules)

    def apply_devices(self) -> None:
        attach_devices(self.group, self._program)

    def _kill(self) -> None:
        if self._own() and not kill_group(self.group, lambda: None):
            super()._kill()

    def _hold(self, frozen: bool) -> None:
        try:
            base.write(self.group, "cgroup.freeze", str(int(frozen)), "freezing")
        except Error:
            pass


def enable_controllers(group: Group) -> None:
    """Hand every controller that the host has down to ``group``, as far as the kernel lets us.

    A parent with processes of its own can't hand down a domain controller (no internal process
    rule), and one that hands down threaded controllers would become the root of threads, in which
    no container can be. So it hands down nothing. That is only an error once a limit needs more.
    """
    fds = group.levels()
    try:
        for fd in fds[:-1]:
            there = set(tree.read(fd, "cgroup.controllers").split())
            missing = sorted(there - set(tree.read(fd, "cgroup.subtree_control").split()))
            if missing and not _keeps_all(fd) and not _enable(fd, missing):
                for controller in missing:
                    _enable(fd, [controller])
    finally:
        tree.close(fds)


def _keeps_all(fd: int) -> bool:
    """Tell whether a cgroup has processes of its own, and isn't the root, which is exempt."""
    try:
        tree.read(fd, "cgroup.type")
    except FileNotFoundError:
        return False
    return bool(tree.read(fd, "cgroup.procs").strip())


def load_devices(group: Group, rules: list[base.DeviceRule]) -> int:
    """Return the loaded device program for ``rules``; no other command needs that module."""
    from anocir.cgroup import devicefilter

    return devicefilter.load(group, rules)


def attach_devices(group: Group, program: int) -> None:
    """Put a loaded device program in force."""
    from anocir.cgroup import devicefilter

    devicefilter.attach(group, program)


def _enable(fd: int, controllers: list[str]) -> bool:
    try:
        tree.write(fd, "cgroup.subtree_control", " ".join("+" + name for name in controllers))
    except OSError:
        return False
    return True


def kill_group(group: Group, thaw: Callable[[], None]) -> bool:
    """Kill everything in ``group`` with one write and wait until it is empty.

    ``thaw`` is called once the signal is on its way, since what a version 1 freezer holds can't
    end. Returns False on a kernel without cgroup.kill (before 5.14). Raises Error if something is
    left after ``wait.PATIENCE`` seconds.
    """
    fd = group.open_if_there()
    if fd is None:
        return True
    watched: list[int] = []
    try:
        if not wait.populated(fd):
            return True
        tree.write(fd, "cgroup.kill", "1")
        thaw()
        # The kernel reports a change of cgroup.events at most every 10 ms, an end at once.
        watched = kill.open_all(lambda: tree.pids(fd))
        deadline = time.monotonic() + wait.PATIENCE
        kill.wait_ended(watched, deadline)
        while wait.populated(fd):
            if time.monotonic() > deadline:
                raise Error(kill.survivors(group.path, len(tree.pids(fd))))
            wait.for_change(fd)
    except OSError as error:
        if error.errno in tree.GONE:
            return not os.path.isdir(group.path)
        raise Error(f"killing cgroup {group.path}: {error.strerror}") from None
    finally:
        os.close(fd)
        tree.close(watched)
    return True
