"""Version 2: one hierarchy for all controllers (the kernel's admin-guide/cgroup-v2.rst)."""

from __future__ import annotations

import os
import time

from anocir.cgroup import base, tree
from anocir.cgroup.group import PATIENCE, Group, close, wait_for_change
from anocir.errors import Error


class Manager(base.Manager):
    """The container's cgroup on a host with version 2 alone."""

    __slots__ = ()

    version = 2

    @property
    def group(self) -> Group:
        return self.groups[0]

    def _prepare(self) -> None:
        enable_controllers(self.group)

    def dirfd(self) -> int | None:
        return self.group.open()

    def apply_devices(self, rules: list[base.DeviceRule]) -> None:
        from anocir.cgroup import devicefilter

        devicefilter.apply(self.group, rules)

    def _kill(self) -> None:
        if self._own() and not kill_group(self.group):
            super()._kill()

    def _hold(self, frozen: bool) -> None:
        try:
            base.write(self.group, "cgroup.freeze", str(int(frozen)), "freezing")
        except Error:
            pass


def enable_controllers(group: Group) -> None:
    """Hand every controller that the host has down to ``group``, as far as the kernel lets us.

    A parent with processes of its own can't hand down a domain controller (no internal process
    rule). That is only an error once a limit needs the controller.
    """
    fds = group.levels()
    try:
        for fd in fds[:-1]:
            there = set(tree.read(fd, "cgroup.controllers").split())
            missing = sorted(there - set(tree.read(fd, "cgroup.subtree_control").split()))
            if missing and not _enable(fd, missing):
                for controller in missing:
                    _enable(fd, [controller])
    finally:
        close(fds)


def _enable(fd: int, controllers: list[str]) -> bool:
    try:
        tree.write(fd, "cgroup.subtree_control", " ".join("+" + name for name in controllers))
    except OSError:
        return False
    return True


def kill_group(group: Group) -> bool:
    """Kill everything in ``group`` with one write and wait until it is empty.

    Returns False on a kernel without cgroup.kill (before 5.14). Raises Error if something is
    left after ``PATIENCE`` seconds.
    """
    deadline = time.monotonic() + PATIENCE
    try:
        fd = group.open()
    except FileNotFoundError:
        return True
    try:
        tree.write(fd, "cgroup.kill", "1")
        while "populated 1" in tree.read(fd, "cgroup.events"):
            if time.monotonic() > deadline:
                left = len(tree.pids(fd))
                raise Error(f"cgroup {group.path}: {left} process(es) did not end within"
                            f" {PATIENCE:.0f} s of SIGKILL")  # fmt: skip
            wait_for_change(fd)
    except OSError as error:
        if error.errno in tree.GONE:
            return not os.path.isdir(group.path)
        raise Error(f"killing cgroup {group.path}: {error.strerror}") from None
    finally:
        os.close(fd)
    return True
