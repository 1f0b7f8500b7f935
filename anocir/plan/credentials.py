"""Who the process is and what it may do (config.md, User and Linux Process)."""

from __future__ import annotations

from anocir.linux.consts import CAPABILITIES
from anocir.plan.plan import FINISH, PREPARE, START, Step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from anocir.spec.types import Config, Process

SETS = ("bounding", "effective", "permitted", "inheritable", "ambient")

# resource.h of asm-generic; the numbers are the same on every machine this runs on.
RLIMITS = {
    "RLIMIT_CPU": 0,
    "RLIMIT_FSIZE": 1,
    "RLIMIT_DATA": 2,
    "RLIMIT_STACK": 3,
    "RLIMIT_CORE": 4,
    "RLIMIT_RSS": 5,
    "RLIMIT_NPROC": 6,
    "RLIMIT_NOFILE": 7,
    "RLIMIT_MEMLOCK": 8,
    "RLIMIT_AS": 9,
    "RLIMIT_LOCKS": 10,
    "RLIMIT_SIGPENDING": 11,
    "RLIMIT_MSGQUEUE": 12,
    "RLIMIT_NICE": 13,
    "RLIMIT_RTPRIO": 14,
    "RLIMIT_RTTIME": 15,
}


class Credentials:
    """Ids, capability sets (as numbers), umask and no_new_privs of the process.

    ``umask`` is None for that of the runtime's caller. ``mapped``: in another user namespace.
    ``unknown`` names the capabilities that were asked for and have no number here, ``lost`` the
    ambient ones that the kernel would refuse, since they aren't both permitted and inheritable
    (capabilities(7)). runc up to 1.1 writes a config with such ones.
    """

    __slots__ = (
        "gid",
        "groups",
        "lost",
        "mapped",
        "no_new_privileges",
        "sets",
        "uid",
        "umask",
        "unknown",
    )

    def __init__(self, process: Process, mapped: bool = False) -> None:
        self.mapped = mapped
        user = process.get("user", {})
        self.uid: int = user.get("uid", 0)
        self.gid: int = user.get("gid", 0)
        self.groups: list[int] = list(user.get("additionalGids", []))
        self.umask: int | None = user.get("umask")
        self.no_new_privileges: bool = process.get("noNewPrivileges", False)
        wanted: dict[str, Any] = dict(process.get("capabilities", {}))
        self.unknown: set[str] = set()
        self.sets: dict[str, frozenset[int]] = {}
        for name in SETS:
            names: list[str] = wanted.get(name, [])
            self.sets[name] = frozenset(map(CAPABILITIES.index, filter(_known, names)))
            self.unknown.update(n for n in names if not _known(n))
        possible = self.sets["permitted"] & self.sets["inheritable"]
        self.lost = [CAPABILITIES[n] for n in sorted(self.sets["ambient"] - possible)]
        self.sets["ambient"] &= possible


def plan_limits(config: Config, container_id: str) -> list[Step]:
    """Return the steps that set the process's limits, if there are any."""
    limits = [(r["type"], RLIMITS[r["type"]], r["soft"], r["hard"])
              for r in config.get("process", {}).get("rlimits", [])]  # fmt: skip
    if not limits:
        return []
    text = ", ".join(f"{name} {soft}:{hard}" for name, _, soft, hard in limits)
    data = [(number, soft, hard) for _, number, soft, hard in limits]
    # Raising a limit is a right over the host, which root of a user namespace doesn't have.
    if _mapped(config):
        return [Step(FINISH, "outer-rlimits", "rlimits", text, data)]
    return [Step(START, "rlimits", "rlimits", text, data)]


def plan(config: Config, container_id: str) -> list[Step]:
    """Return the steps that give up what the process must not have, most of them after `start`."""
    process = config.get("process")
    if process is None:
        return []
    credentials = Credentials(process, _mapped(config))
    kept = ", ".join(CAPABILITIES[n] for n in sorted(credentials.sets["bounding"])) or "none"
    text = f"uid {credentials.uid}, gid {credentials.gid}, capabilities {kept}"
    if credentials.no_new_privileges:
        text += ", no new privileges"
    return [
        Step(PREPARE, "check-capabilities", "known capabilities", "ask the kernel", credentials),
        Step(START, "credentials", "credentials", text, credentials),
    ]


def _known(name: str) -> bool:
    return name in CAPABILITIES


def _mapped(config: Config) -> bool:
    """Tell whether the process is in another user namespace than the runtime."""
    namespaces = config.get("linux", {}).get("namespaces", [])
    return any(namespace["type"] == "user" for namespace in namespaces)
