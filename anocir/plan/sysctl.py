"""Kernel parameters of the container's namespaces (config-linux.md, Sysctl)."""

from __future__ import annotations

from anocir.plan.plan import INIT, PREPARE, Step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.spec.types import Config


class Parameter:
    """One kernel parameter: its name as the config has it, its file below /proc/sys, its value.

    ``namespace`` is the kind of namespace that it belongs to, as /proc/PID/ns names it.
    """

    __slots__ = ("name", "namespace", "path", "value")

    def __init__(self, name: str, value: str) -> None:
        self.name = name
        self.path = path(name)
        self.value = value
        first = self.path.partition("/")[0]
        uts = self.path in ("kernel/domainname", "kernel/hostname")
        self.namespace = "net" if first == "net" else "uts" if uts else "ipc"


def path(name: str) -> str:
    """Return the file below /proc/sys that a name means (sysctl(8), variable).

    Whichever of ``.`` and ``/`` comes first in it separates, and the other stands for a dot:
    ``net.ipv4.conf.eth0/7.forwarding`` and ``net/ipv4/conf/eth0.7/forwarding`` are the same.
    """
    separator = next((char for char in name if char in "./"), "/")
    if separator == "/":
        return name
    return name.translate({ord("."): "/", ord("/"): "."})


def plan(config: Config, container_id: str) -> list[Step]:
    """Return the steps that set the parameters, once the namespaces are the container's own."""
    wanted = [Parameter(*item) for item in config.get("linux", {}).get("sysctl", {}).items()]
    names = ", ".join(parameter.name for parameter in wanted)
    kinds = sorted({parameter.namespace for parameter in wanted})
    return [
        Step(PREPARE, "note-namespaces", "own namespaces", ", ".join(kinds), kinds),
        Step(INIT, "sysctl", "sysctl", names, wanted),
    ]
