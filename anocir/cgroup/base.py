"""What a cgroup manager does for the runtime, and what all managers do alike.

The life of a container's cgroup::

    manager = manager.new(path, relative, owner)   nothing touched yet
    record["cgroup"] = manager.record()            saved first: a crash from here on is undone by
    manager.create()                               load(record).remove()
    clone(cgroup_fd=manager.dirfd()), and there tree.enter(manager.doors())
    manager.load_devices(rules), manager.apply_devices()
    manager.load_limits(resources), manager.apply_limits()
    ...
    manager = manager.load(record["cgroup"])
    manager.kill(); manager.remove()
"""

from __future__ import annotations

import os

from anocir.cgroup import kill, tree
from anocir.errors import Error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from anocir.cgroup.group import Group
    from anocir.cgroup.limits import Write
    from anocir.spec.types import Resources

DeviceRule = tuple[bool, str, int, int, str]


class Manager:
    """A container's cgroup: one group per hierarchy.

    ``owner`` is the container's state directory, an absolute path: it tells this container's
    cgroup from another's. ``marked`` is False when the filesystem could not note the owner down.
    Subclasses are v1.Manager and v2.Manager.
    """

    __slots__ = ("_limits", "groups", "marked", "owner")

    version = 0

    def __init__(self, groups: list[Group], owner: str, marked: bool = True) -> None:
        self.groups = groups
        self.owner = owner
        self.marked = marked
        self._limits: list[Write] = []

    def group_of(self, controller: str) -> Group | None:
        """Return the group in the hierarchy that has ``controller``; None if there is none."""
        return None

    def create(self) -> None:
        """Make the cgroup in every hierarchy.

        Raises Error, with everything undone, if it can't be made, is in use, or is another
        container's.
        """
        done: list[Group] = []
        try:
            for group in self.groups:
                self.marked = group.make(self.owner) and self.marked
                done.append(group)
            self._prepare()
        except BaseException as error:
            for group in done:
                group.remove(self.owner, self.marked)
            if isinstance(error, OSError):
                raise self._error("preparing", error) from None
            raise

    def _prepare(self) -> None:
        """Make fresh groups ready for processes; part of create()."""

    def dirfd(self) -> int | None:
        """Return a new descriptor for clone3's CLONE_INTO_CGROUP; None without version 2."""
        return None

    def doors(self) -> list[int]:
        """Return new descriptors for tree.enter(): those of hierarchies nobody is born into.

        Raises Error.
        """
        return []

    def load_devices(self, rules: list[DeviceRule]) -> None:
        """Get everything ready to restrict the devices to ``rules`` (plan.devicerules).

        Nothing is in force before apply_devices(). Raises Error.
        """
        raise Error("this cgroup manager can't restrict devices")

    def apply_devices(self) -> None:
        """Put the loaded device rules in force. Raises Error."""

    def give_to(self, uid: int) -> None:
        """Let the host's user ``uid`` make cgroups of its own below, if that is safe. Raises Error.

        Only version 2 can delegate (config-linux.md, Cgroup ownership).
        """

    def load_limits(self, resources: Resources) -> None:
        """Turn ``linux.resources`` into writes; nothing is in force before apply_limits().

        Raises ConfigError for what this version of cgroups can't express.
        """
        from anocir.cgroup import limits

        self._limits = limits.encode(self.version, resources)

    def apply_limits(self) -> None:
        """Put the loaded limits in force. Raises Error."""
        from anocir.cgroup import limits

        limits.apply(self, self._limits)

    def pids(self) -> list[int]:
        """Return the processes in the cgroup and below; none if it is gone or another's.

        Raises Error.
        """
        try:
            return self._pids()
        except OSError as error:
            raise self._error("listing the processes of", error) from None

    def _pids(self) -> list[int]:
        found: set[int] = set()
        for group in self._own():
            found.update(group.pids())
        return sorted(found)

    def kill(self, signal: int = 9) -> None:
        """Send ``signal`` to every process of the cgroup; with SIGKILL, return when all ended.

        Never signals a process in a cgroup that another owner holds. Raises Error.
        """
        try:
            if signal == 9:
                self._kill()
            else:
                kill.send_all(self._pids, signal)
        except OSError as error:
            raise self._error("signalling the processes of", error) from None

    def _kill(self) -> None:
        kill.kill_all(self._pids, self._hold, self.groups[0].path)

    def _hold(self, frozen: bool) -> None:
        """Freeze or thaw the cgroup if the host can; part of kill()."""

    def remove(self) -> None:
        """Remove the cgroup from every hierarchy, with what the container made below it.

        Parents that the runtime made go too when they are empty. Doing it again is harmless.
        Raises Error if a process is still in it.
        """
        try:
            for group in self.groups:
                group.remove(self.owner, self.marked)
        except OSError as error:
            raise self._error("removing", error) from None

    def record(self) -> dict[str, Any]:
        """Return what load() needs, as JSON values."""
        return {
            "version": self.version,
            "owner": self.owner,
            "marked": self.marked,
            "paths": {group.key: group.path for group in self.groups},
            "made": {group.key: group.made for group in self.groups},
        }

    def _error(self, doing: str, error: OSError) -> Error:
        return Error(f"{doing} cgroup {self.groups[0].path}: {error.strerror}")

    def _own(self) -> list[Group]:
        return [group for group in self.groups if group.belongs_to(self.owner, self.marked)]


def write(group: Group, name: str, text: str, doing: str) -> None:
    """Write a file of ``group``; raises Error that starts with what was being done."""
    try:
        fd = group.open()
        try:
            tree.write(fd, name, text)
        finally:
            os.close(fd)
    except OSError as error:
        raise Error(f"{doing} cgroup {group.path}: {name}: {error.strerror}") from None


def read(group: Group, name: str) -> str:
    """Return the text of a file of ``group``; raises Error."""
    try:
        fd = group.open()
        try:
            return tree.read(fd, name)
        finally:
            os.close(fd)
    except OSError as error:
        raise Error(f"reading cgroup {group.path}: {name}: {error.strerror}") from None
