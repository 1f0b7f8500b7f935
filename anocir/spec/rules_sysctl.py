"""What kernel parameters must satisfy beyond their shape."""

from __future__ import annotations

from anocir.spec.json import dotted
from anocir.spec.rules import DIGITS, LETTERS, namespaces

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from anocir.spec.types import Config


# ipc_namespaces(7): the System V parameters that an IPC namespace has for itself.
IPC_SYSCTLS = frozenset(
    f"kernel.{name}"
    for name in (
        "msgmax",
        "msgmnb",
        "msgmni",
        "sem",
        "shmall",
        "shmmax",
        "shmmni",
        "shm_rmid_forced",
    )
)


def sysctls(config: Config) -> Iterator[str]:
    """A key names a parameter of a namespace that the container has (CVE-2022-0811).

    config-linux.md, Sysctl, says that the parameters are the container's; the others belong to
    the whole host. sysctl(8) allows dots and slashes; an empty part could climb in /proc/sys.
    """
    present = namespaces(config)
    for key in config["linux"]["sysctl"]:
        path = dotted(("linux", "sysctl", key))
        parts = key.replace("/", ".").split(".")
        if not all(part and (DIGITS | LETTERS | {"_", "-"}).issuperset(part) for part in parts):
            yield f"{path}: allowed in a key: names of A-Z a-z 0-9 _ - with . or / between them"
            continue
        kind = _namespace(parts)
        if parts == ["kernel", "hostname"]:
            yield f"{path}: conflicts with hostname, which is the setting for it"
        elif kind is None:
            yield f"{path}: is a parameter of the whole host, not of a namespace"
        elif kind not in present:
            yield f"{path}: needs a {kind} namespace in linux.namespaces"


def _namespace(parts: list[str]) -> str | None:
    """Return the type of namespace that a kernel parameter belongs to, None for the host's."""
    name = ".".join(parts)
    if parts[0] == "net":
        return "network"
    if name in IPC_SYSCTLS or parts[:2] == ["fs", "mqueue"]:
        return "ipc"
    return "uts" if name == "kernel.domainname" else None


RULES = (sysctls,)
