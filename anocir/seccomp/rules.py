"""A profile's rules for one architecture, by the number of the call."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.spec.types import Seccomp, SyscallArg, SyscallRule

# (index, operator, value, second value): one comparison with an argument of the call.
Condition = tuple[int, str, int, int]
# What is tried in turn: (action, comparisons that must all hold).
Tries = tuple[tuple[int, tuple[Condition, ...]], ...]
# The answer to a call: an action, or tries with the default action for the end.
Outcome = int | Tries

# SECCOMP_RET_* of linux/seccomp.h.
ACTIONS = {
    "SCMP_ACT_KILL": 0x00000000,
    "SCMP_ACT_KILL_THREAD": 0x00000000,
    "SCMP_ACT_KILL_PROCESS": 0x80000000,
    "SCMP_ACT_TRAP": 0x00030000,
    "SCMP_ACT_ERRNO": 0x00050000,
    "SCMP_ACT_NOTIFY": 0x7FC00000,
    "SCMP_ACT_TRACE": 0x7FF00000,
    "SCMP_ACT_LOG": 0x7FFC0000,
    "SCMP_ACT_ALLOW": 0x7FFF0000,
}
WITH_ERRNO = ("SCMP_ACT_ERRNO", "SCMP_ACT_TRACE")
EPERM = 1

# Calls that some 32-bit machines also have behind one number (linux/net.h, linux/ipc.h): the first
# argument of socketcall(2) or ipc(2) tells which.
BEHIND = {
    "socketcall": {
        "socket": 1, "bind": 2, "connect": 3, "listen": 4, "accept": 5, "getsockname": 6,
        "getpeername": 7, "socketpair": 8, "send": 9, "recv": 10, "sendto": 11, "recvfrom": 12,
        "shutdown": 13, "setsockopt": 14, "getsockopt": 15, "sendmsg": 16, "recvmsg": 17,
        "accept4": 18, "recvmmsg": 19, "sendmmsg": 20,
    },
    "ipc": {
        "semop": 1, "semget": 2, "semctl": 3, "semtimedop": 4, "msgsnd": 11, "msgrcv": 12,
        "msgget": 13, "msgctl": 14, "shmat": 21, "shmdt": 22, "shmget": 23, "shmctl": 24,
    },
}  # fmt: skip


def action(name: str, errno: int | None) -> int:
    """Return the kernel's number of an action; ``errno`` is for those that carry one."""
    if name in WITH_ERRNO:
        return ACTIONS[name] | (EPERM if errno is None else errno)
    return ACTIONS[name]


def default_action(profile: Seccomp) -> int:
    """Return the action for calls that no rule speaks of."""
    return action(profile["defaultAction"], profile.get("defaultErrnoRet"))


class Rules:
    """What a profile says about the calls of one architecture.

    ``outcomes`` are by number. ``highest`` is the highest number that the profile names, with
    whatever action, or -1. ``unknown`` holds the names that the architecture doesn't have.

    An action without comparisons stands against all others for the call, the first of them if
    there are several; otherwise the first rule whose comparisons hold decides. A rule with the
    default action is void. All that is as libseccomp and runc have it, as far as they have an
    order.
    """

    __slots__ = ("_numbers", "_default", "highest", "outcomes", "unknown")  # noqa: RUF023

    def __init__(self, profile: Seccomp, numbers: dict[str, int]) -> None:
        self.outcomes: dict[int, Outcome] = {}
        self.highest = -1
        self.unknown: set[str] = set()
        self._numbers = numbers
        self._default = default_action(profile)
        for rule in profile.get("syscalls", ()):
            self._add(rule)

    def _add(self, rule: SyscallRule) -> None:
        answer = action(rule["action"], rule.get("errnoRet"))
        tries = [(answer, conditions) for conditions in _alternatives(rule.get("args") or [])]
        behind = {call: sub for call, sub in BEHIND.items() if call in self._numbers}
        for name in rule["names"]:
            number = self._numbers.get(name)
            if number is None:
                self.unknown.add(name)
            else:
                self.highest = max(number, self.highest)
            if answer == self._default:
                continue
            if number is not None:
                self._put(number, tries)
            for call, sub in behind.items():
                if name in sub:
                    self._put(self._numbers[call], _behind(sub[name], tries))

    def _put(self, number: int, tries: list[tuple[int, tuple[Condition, ...]]]) -> None:
        before = self.outcomes.get(number, ())
        if isinstance(before, int):
            return
        if not tries[0][1]:
            self.outcomes[number] = tries[0][0]
        else:
            self.outcomes[number] = (*before, *tries)


def _alternatives(args: list[SyscallArg]) -> list[tuple[Condition, ...]]:
    """Return the sets of comparisons of which one must hold.

    It is one set, unless two comparisons are with the same argument: then each is a set of its own.
    config-linux.md leaves that open; runc and crun have it so, and profiles rely on it.
    """
    conditions = [(arg["index"], arg["op"], arg["value"], arg.get("valueTwo", 0)) for arg in args]
    indexes = [condition[0] for condition in conditions]
    if len(set(indexes)) < len(indexes):
        return [(condition,) for condition in conditions]
    return [tuple(sorted(conditions))]


def _behind(
    number: int, tries: list[tuple[int, tuple[Condition, ...]]]
) -> list[tuple[int, tuple[Condition, ...]]]:
    """Return the tries for a call that comes as socketcall or ipc: the number is an argument.

    The arguments themselves are in memory there, where a filter can't look, and a comparison with
    the first argument has lost its place: it is left out, as libseccomp does.
    """
    first = (0, "SCMP_CMP_EQ", number, 0)
    return [(answer, (first, *(c for c in conditions if c[0]))) for answer, conditions in tries]
