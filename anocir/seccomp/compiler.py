"""From a profile to a filter: the program that the kernel runs for each call (seccomp(2)).

A filter looks at the architecture, and then at the number of the call. The numbers from 0 to
2^32-1 are cut into stretches with the same answer, which a binary search tells apart: most
profiles allow long runs of numbers. docs/design/seccomp.md says what each choice rests on.
"""

from __future__ import annotations

from anocir.seccomp import arches
from anocir.seccomp.assembly import IF_AT_LEAST, IF_EQUAL, IF_GREATER, Assembly
from anocir.seccomp.rules import ACTIONS, Rules, default_action

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.seccomp.rules import Condition, Outcome, Tries
    from anocir.spec.types import Seccomp

    # (first number, answer) of each stretch, ascending and beginning with 0.
    Stretches = list[tuple[int, Outcome]]


KILL = ACTIONS["SCMP_ACT_KILL"]
ENOSYS = ACTIONS["SCMP_ACT_ERRNO"] | 38
# A default of these lets a call that is younger than the profile through, or to a tracer.
_OPEN = tuple(ACTIONS[f"SCMP_ACT_{name}"] >> 16 for name in ("ALLOW", "LOG", "TRACE"))

# A tracer sets this number to have a call left out (seccomp(2), SECCOMP_RET_TRACE).
SKIPPED = 0xFFFFFFFF

# struct seccomp_data (linux/seccomp.h), little-endian.
_NUMBER, _ARCH, _ARGUMENTS = 0, 4, 16


def compile_profile(profile: Seccomp, machine: str) -> tuple[bytes, list[str]]:
    """Return the program for a valid profile, and the names in it that no machine has as a call.

    ``machine`` is that of uname(2). Raises ConfigError for what can't be a filter there, Error
    for a program that is too long.
    """
    names = arches.chosen(profile.get("architectures") or (), machine)
    default = default_action(profile)
    found = {name: Rules(profile, arches.numbers(name)) for name in names}
    assembly = Assembly()
    sections: dict[int, int] = {}
    for name in names:
        number, wide = arches.ARCHES[name]
        if number in sections:
            continue
        if number == arches.X86_64:
            wide = True
            stretches = _x86_64(found, default)
        else:
            stretches = _stretches(found[name], 0, default)
        sections[number] = _section(assembly, stretches, default, wide)
    entry = assembly.answer(KILL)
    for number, section in reversed(sections.items()):
        entry = assembly.branch(IF_EQUAL, number, section, entry)
    assembly.load(_ARCH, entry)
    unknown = set.intersection(*(rules.unknown for rules in found.values()))
    return assembly.program(), sorted(n for n in unknown if not arches.is_a_call(n))


def _x86_64(found: dict[str, Rules], default: int) -> Stretches:
    """Return the stretches of x86_64 and x32, of which one may be absent: its calls kill."""
    native, x32 = found.get("SCMP_ARCH_X86_64"), found.get("SCMP_ARCH_X32")
    low: Stretches = [(0, KILL)] if native is None else _stretches(native, 0, default)
    high: Stretches
    if x32 is None:
        high = [(arches.X32_BIT, KILL), (SKIPPED, default)]
    else:
        high = _stretches(x32, arches.X32_BIT, default)
    return low + high if low[-1][1] != high[0][1] else low + high[1:]


def _stretches(rules: Rules, begin: int, default: int) -> Stretches:
    """Return the stretches of one architecture, whose numbers begin at ``begin``."""
    stretches: Stretches = []

    def cut(start: int, outcome: Outcome) -> None:
        if not stretches or stretches[-1][1] != outcome:
            stretches.append((start, outcome))

    free = begin
    for number, outcome in ((n, rules.outcomes[n]) for n in sorted(rules.outcomes)):
        if number > free:
            cut(free, default)
        cut(number, outcome)
        free = number + 1
    if rules.highest >= free:
        cut(free, default)
        free = rules.highest + 1
    younger = rules.highest >= begin and default >> 16 not in _OPEN
    cut(free, ENOSYS if younger else default)
    return stretches


def _section(assembly: Assembly, stretches: Stretches, default: int, wide: bool) -> int:
    """Write the search among the stretches of one number; return where it begins.

    ``wide`` says that arguments have 64 bits, but those of x32 calls have 32 in any case.
    """
    written: dict[tuple[Tries, bool], int] = {}

    def leaf(start: int, outcome: Outcome) -> int:
        if isinstance(outcome, int):
            return assembly.answer(outcome)
        key = outcome, wide and start < arches.X32_BIT
        if key not in written:
            written[key] = _tries(assembly, outcome, default, key[1])
        return written[key]

    def search(low: int, high: int) -> int:
        if high - low == 1:
            return leaf(*stretches[low])
        middle = (low + high) // 2
        above = search(middle, high)
        below = search(low, middle)
        return assembly.branch(IF_AT_LEAST, stretches[middle][0], above, below)

    return assembly.load(_NUMBER, search(0, len(stretches)))


def _tries(assembly: Assembly, tries: Tries, default: int, wide: bool) -> int:
    """Write rules that look at arguments, the first to hold deciding; return the beginning."""
    entry = assembly.answer(default)
    for answer, conditions in reversed(tries):
        no, entry = entry, assembly.answer(answer)
        for condition in reversed(conditions):
            entry = _compare(assembly, condition, entry, no, wide)
    return entry


def _compare(assembly: Assembly, condition: Condition, yes: int, no: int, wide: bool) -> int:
    """Write one comparison and return where it begins.

    The register has 32 bits, so a 64-bit argument is compared in two halves. Of a narrow one only
    the lower half counts, and of the values it is compared with, too.
    """
    index, operator, value, second = condition
    low = _ARGUMENTS + 8 * index
    if operator in ("SCMP_CMP_NE", "SCMP_CMP_LT", "SCMP_CMP_LE"):
        yes, no = no, yes
    if operator in ("SCMP_CMP_EQ", "SCMP_CMP_NE"):
        operator, value, second = "SCMP_CMP_MASKED_EQ", 0xFFFFFFFFFFFFFFFF, value
    if operator == "SCMP_CMP_MASKED_EQ":
        entry = _masked(assembly, low, value & 0xFFFFFFFF, second, yes=yes, no=no)
        if wide:
            entry = _masked(assembly, low + 4, value >> 32, second >> 32, yes=entry, no=no)
        return entry
    test = IF_GREATER if operator in ("SCMP_CMP_GT", "SCMP_CMP_LE") else IF_AT_LEAST
    entry = assembly.load(low, assembly.branch(test, value & 0xFFFFFFFF, yes, no))
    if wide:
        equal = assembly.branch(IF_EQUAL, value >> 32, entry, no)
        entry = assembly.load(low + 4, assembly.branch(IF_GREATER, value >> 32, yes, equal))
    return entry


def _masked(assembly: Assembly, offset: int, mask: int, value: int, *, yes: int, no: int) -> int:
    """Write the comparison of 32 bits under a mask; an empty mask holds for everything."""
    if not mask:
        return yes
    return assembly.load(offset, assembly.branch(IF_EQUAL, value & mask, yes, no), mask)
