"""The filter for system calls (config-linux.md, Seccomp)."""

from __future__ import annotations

from anocir.errors import ConfigError
from anocir.plan.plan import PREPARE, START, Step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.spec.types import Config, Seccomp

# linux/seccomp.h
FLAGS = {
    "SECCOMP_FILTER_FLAG_TSYNC": 1 << 0,
    "SECCOMP_FILTER_FLAG_LOG": 1 << 1,
    "SECCOMP_FILTER_FLAG_SPEC_ALLOW": 1 << 2,
    "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV": 1 << 5,
}
# What a profile without flags gets, as with runc: a filter is no reason to slow speculation down.
DEFAULT_FLAGS = ("SECCOMP_FILTER_FLAG_SPEC_ALLOW",)


class Wanted:
    """The profile, the flags as a number, and whether the exec stub loads the filter.

    The stub does it last of all, so that the filter need not allow what a container's start takes.
    That is only possible with no_new_privs; without, loading takes CAP_SYS_ADMIN, and comes before
    the capabilities go.
    """

    __slots__ = ("flags", "late", "profile")

    def __init__(self, profile: Seccomp, no_new_privileges: bool) -> None:
        self.profile = profile
        self.late = no_new_privileges
        self.flags = 0
        for name in profile.get("flags", DEFAULT_FLAGS):
            self.flags |= FLAGS[name]


def plan(config: Config, container_id: str) -> list[Step]:
    """Return the steps that make the filter, and load it if that has to be early.

    Planned before the process, whose stub takes the filter in, and before its credentials.
    """
    process = config.get("process")
    if process is None:
        return []
    profile = config["linux"]["seccomp"]
    _refuse_listeners(profile)
    wanted = Wanted(profile, process.get("noNewPrivileges", False))
    names = sum(len(rule["names"]) for rule in profile.get("syscalls", ()))
    text = f"{profile['defaultAction']}, and rules for {names} names of calls"
    text += ", for the stub to load" if wanted.late else ""
    steps = [Step(PREPARE, "seccomp-filter", "seccomp filter", text, wanted)]
    if not wanted.late:
        text = "load the filter, as long as there is CAP_SYS_ADMIN"
        steps.append(Step(START, "seccomp", "early seccomp", text, wanted))
    return steps


def _refuse_listeners(profile: Seccomp) -> None:
    """Raise ConfigError that names each place with SCMP_ACT_NOTIFY."""
    places = [("defaultAction", profile["defaultAction"])]
    for index, rule in enumerate(profile.get("syscalls", ())):
        places.append((f"syscalls[{index}].action", rule["action"]))
    refused = [
        f"linux.seccomp.{place}: SCMP_ACT_NOTIFY is not supported yet"
        for place, action in places
        if action == "SCMP_ACT_NOTIFY"
    ]
    if refused:
        raise ConfigError("config.json", refused)
