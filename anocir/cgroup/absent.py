"""No cgroup at all: what an ordinary user has where none is delegated to him."""

from __future__ import annotations

from anocir.cgroup.base import Manager

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.cgroup.base import DeviceRule


class Absent(Manager):
    """The cgroup of a container that has none: nothing is restricted, counted or listed.

    ``version`` is that of the host's hierarchies, which the container may still be shown.
    """

    __slots__ = ("version",)

    def __init__(self, version: int) -> None:
        super().__init__([], "")
        self.version = version

    def load_devices(self, rules: list[DeviceRule]) -> None:
        """Do nothing: nobody can make a device who may not make a cgroup."""
