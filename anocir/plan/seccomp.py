"""The filter for system calls (config-linux.md, Seccomp)."""

from __future__ import annotations

from anocir.plan.plan import INIT, PREPARE, START, Step

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
NEW_LISTENER = 1 << 3
TSYNC_ESRCH = 1 << 4  # without it TSYNC has no room to return a listener
# What a profile without flags gets, as with runc: a filter is no reason to slow speculation down.
DEFAULT_FLAGS = ("SECCOMP_FILTER_FLAG_SPEC_ALLOW",)


class Wanted:
    """The profile, the flags as a number, and who loads the filter.

    ``late``: the exec stub, last of all, so that the filter need not allow what a container's
    start takes. That is only possible with no_new_privs; without, loading takes CAP_SYS_ADMIN, and
    comes before the capabilities go. ``listener``: init, in time for `create` to send the
    listener to where calls are decided.
    """

    __slots__ = ("flags", "late", "listener", "profile")

    def __init__(self, profile: Seccomp, no_new_privileges: bool) -> None:
        self.profile = profile
        rules = profile.get("syscalls", ())
        self.listener = any(rule["action"] == "SCMP_ACT_NOTIFY" for rule in rules)
        self.late = no_new_privileges and not self.listener
        self.flags = 0
        for name in profile.get("flags", DEFAULT_FLAGS):
            self.flags |= FLAGS[name]
        if self.listener:
            tsync = self.flags & FLAGS["SECCOMP_FILTER_FLAG_TSYNC"]
            self.flags |= NEW_LISTENER | (TSYNC_ESRCH if tsync else 0)


def plan(config: Config, container_id: str) -> list[Step]:
    """Return the steps that make the filter, and load it if that has to be before the stub.

    Planned before the process, whose stub takes the filter in, and before its credentials.
    """
    process = config.get("process")
    if process is None:
        return []
    profile = config["linux"]["seccomp"]
    wanted = Wanted(profile, process.get("noNewPrivileges", False))
    names = sum(len(rule["names"]) for rule in profile.get("syscalls", ()))
    text = f"{profile['defaultAction']}, and rules for {names} names of calls"
    text += ", for the stub to load" if wanted.late else ""
    steps = [Step(PREPARE, "seccomp-filter", "seccomp filter", text, wanted)]
    if not wanted.late and not wanted.listener:
        text = "load the filter, as long as there is CAP_SYS_ADMIN"
        steps.append(Step(START, "seccomp", "early seccomp", text))
    return steps


def plan_listener(config: Config, container_id: str) -> list[Step]:
    """Return the last step of init before it is ready, for a filter that asks a listener."""
    profile = config["linux"]["seccomp"]
    if "process" not in config or not Wanted(profile, False).listener:
        return []
    text = f"load the filter, and have its listener sent to {profile['listenerPath']}"
    return [Step(INIT, "seccomp-listener", "seccomp listener", text)]
