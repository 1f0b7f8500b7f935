"""What a seccomp profile must satisfy beyond its shape."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from anocir.spec.types import Config, Seccomp

# The actions that carry a number, and the greatest that the kernel passes on (seccomp(2);
# MAX_ERRNO of linux/err.h, SECCOMP_RET_DATA of linux/seccomp.h).
GREATEST = {"SCMP_ACT_ERRNO": 4095, "SCMP_ACT_TRACE": 65535}
LAST_ARGUMENT = 5
NOTIFY = "SCMP_ACT_NOTIFY"


def seccomp_errno(config: Config) -> Iterator[str]:
    """An errno goes with an action that returns one (config-linux.md, Seccomp)."""
    seccomp = config["linux"]["seccomp"]
    found = [
        ("linux.seccomp.defaultErrnoRet", seccomp["defaultAction"], seccomp.get("defaultErrnoRet"))
    ]
    for index, rule in enumerate(seccomp.get("syscalls", [])):
        path = f"linux.seccomp.syscalls[{index}].errnoRet"
        found.append((path, rule["action"], rule.get("errnoRet")))
    for path, action, errno in found:
        if errno is None:
            continue
        if action not in GREATEST:
            yield f"{path}: {action} returns no errno"
        elif errno > GREATEST[action]:
            yield f"{path}: found {errno}, allowed with {action}: 0 to {GREATEST[action]}"


def seccomp_arguments(config: Config) -> Iterator[str]:
    """A system call has six arguments (seccomp(2), struct seccomp_data)."""
    for index, rule in enumerate(config["linux"]["seccomp"].get("syscalls", [])):
        for place, arg in enumerate(rule.get("args", [])):
            if arg["index"] > LAST_ARGUMENT:
                path = f"linux.seccomp.syscalls[{index}].args[{place}].index"
                yield f"{path}: found {arg['index']}, allowed: 0 to {LAST_ARGUMENT}"


def seccomp_listener(config: Config) -> Iterator[str]:
    """Metadata goes to a listener (config-linux.md, Seccomp: listenerMetadata).

    A call that is to be decided needs someone who decides. And the runtime learns of the listener
    by write(2), which therefore can't be such a call; runc has the same two rules.
    """
    seccomp = config["linux"]["seccomp"]
    path = seccomp.get("listenerPath")
    if seccomp.get("listenerMetadata") and not path:
        yield "linux.seccomp.listenerMetadata: needs listenerPath"
    if seccomp["defaultAction"] == NOTIFY:
        yield f"linux.seccomp.defaultAction: {NOTIFY} is only for calls that are named"
    for index, rule in enumerate(seccomp.get("syscalls", [])):
        if rule["action"] == NOTIFY:
            place = f"linux.seccomp.syscalls[{index}]"
            if not path:
                yield f"{place}.action: {NOTIFY} needs linux.seccomp.listenerPath"
            if "write" in rule["names"]:
                yield f"{place}.names: {NOTIFY} can't be for write, which the runtime needs"


def seccomp_flags(config: Config) -> Iterator[str]:
    """WAIT_KILLABLE_RECV is about a listener, and EINVAL without one (seccomp(2))."""
    seccomp = config["linux"]["seccomp"]
    for index, flag in enumerate(seccomp.get("flags", [])):
        if flag == "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV" and not notifies(seccomp):
            yield f"linux.seccomp.flags[{index}]: {flag} needs a rule with {NOTIFY}"


def notifies(seccomp: Seccomp) -> bool:
    """Return whether some call is for a listener to decide."""
    return any(rule["action"] == NOTIFY for rule in seccomp.get("syscalls", []))


RULES = (seccomp_errno, seccomp_arguments, seccomp_listener, seccomp_flags)
