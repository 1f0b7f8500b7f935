"""What a seccomp profile must satisfy beyond its shape."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from anocir.spec.types import Config


ERRNO_ACTIONS = frozenset({"SCMP_ACT_ERRNO", "SCMP_ACT_TRACE"})


def seccomp_errno(config: Config) -> Iterator[str]:
    """An errno goes with an action that returns one (config-linux.md, Seccomp)."""
    seccomp = config["linux"]["seccomp"]
    if "defaultErrnoRet" in seccomp and seccomp["defaultAction"] not in ERRNO_ACTIONS:
        yield f"linux.seccomp.defaultErrnoRet: {seccomp['defaultAction']} returns no errno"
    for index, rule in enumerate(seccomp.get("syscalls", [])):
        if "errnoRet" in rule and rule["action"] not in ERRNO_ACTIONS:
            path = f"linux.seccomp.syscalls[{index}].errnoRet"
            yield f"{path}: {rule['action']} returns no errno"


def seccomp_listener(config: Config) -> Iterator[str]:
    """Metadata goes to a listener (config-linux.md, Seccomp: listenerMetadata)."""
    seccomp = config["linux"]["seccomp"]
    if seccomp.get("listenerMetadata") and not seccomp.get("listenerPath"):
        yield "linux.seccomp.listenerMetadata: needs listenerPath"


RULES = (seccomp_errno, seccomp_listener)
