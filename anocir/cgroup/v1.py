"""Version 1: a hierarchy per controller (the kernel's admin-guide/cgroup-v1), and hybrid hosts.

The container joins every hierarchy that is mounted, named ones too, so that nothing of it stays
behind in the runtime's own cgroup. A hybrid host's version 2 mount is one more of them: limits
don't work there, but listing, watching and killing do, and all at once.
"""

from __future__ import annotations

import itertools
import os

from anocir.cgroup import base, devices, tree, v2
from anocir.cgroup.detect import UNIFIED
from anocir.errors import Error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.cgroup.group import Group


class Manager(base.Manager):
    """The container's cgroup on a host whose controllers are in version 1 hierarchies."""

    __slots__ = ("_lines", "_program")

    version = 1

    def group_of(self, controller: str) -> Group | None:
        for group in self.groups:
            if controller in group.key.split(","):
                return group
        return None

    def _prepare(self) -> None:
        freezer = self.group_of("freezer")
        if freezer and base.read(freezer, "freezer.state").strip() != "THAWED":
            raise Error("container's cgroup unexpectedly frozen")
        cpuset = self.group_of("cpuset")
        if cpuset:
            inherit_cpuset(cpuset)

    def dirfd(self) -> int | None:
        unified = self.group_of(UNIFIED)
        return unified.open() if unified else None

    def doors(self) -> list[int]:
        doors: list[int] = []
        try:
            for group in self.groups:
                if group.key != UNIFIED:
                    doors.append(os.open(f"{group.path}/tasks", os.O_WRONLY | os.O_CLOEXEC))
        except OSError as error:
            tree.close(doors)
            raise self._error("entering", error) from None
        return doors

    def load_devices(self, rules: list[base.DeviceRule]) -> None:
        unified = self.group_of(UNIFIED)
        if self.group_of("devices"):
            self._lines = devices.lines(rules)
        elif unified:
            self._program = v2.load_devices(unified, rules)
        else:
            raise Error("restricting devices needs the devices controller, which is not mounted")

    def apply_devices(self) -> None:
        group, unified = self.group_of("devices"), self.group_of(UNIFIED)
        if group:
            for name, line in self._lines:
                base.write(group, name, line, f"writing device rule {line!r} of")
        elif unified:
            v2.attach_devices(unified, self._program)

    def _kill(self) -> None:
        unified = self.group_of(UNIFIED)
        if unified and unified in self._own():
            v2.kill_group(unified, lambda: self._hold(False))
        if self._pids():
            super()._kill()

    def _hold(self, frozen: bool) -> None:
        freezer = self.group_of("freezer")
        if freezer:
            try:
                state = "FROZEN" if frozen else "THAWED"
                base.write(freezer, "freezer.state", state, "freezing")
            except Error:
                pass


def inherit_cpuset(group: Group) -> None:
    """Give each new level the processors and memory nodes of its parent.

    A version 1 cpuset starts empty, and an empty one takes no process.
    """
    fds = group.levels()
    try:
        for name in ("cpuset.cpus", "cpuset.mems"):
            for parent, child in itertools.pairwise(fds):
                if not tree.read(child, name).strip():
                    tree.write(child, name, tree.read(parent, name).strip())
    finally:
        tree.close(fds)
