"""Our filters against those of libseccomp, told as runc tells it: the same answers to all calls.

Both programs are simulated. The profiles are in data/seccomp, and hypothesis makes more of them.
"""

from __future__ import annotations

import ctypes
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from anocir.seccomp import arches, compiler
from anocir.seccomp.rules import ACTIONS, BEHIND
from tests.unit import bpf_simulator as bpf
from tests.unit import libseccomp

LIBRARY = libseccomp.load()
pytestmark = pytest.mark.skipif(LIBRARY is None, reason="libseccomp2 isn't installed")

PROFILES = sorted((Path(__file__).parent / "data/seccomp").glob("*.json"))
ENOSYS = 0x00050000 | 38
X32 = 0x40000000
# Where an architecture's numbers begin, if not at 0.
BEGIN = {"SCMP_ARCH_MIPSEL": 4000, "SCMP_ARCH_MIPSEL64": 5000, "SCMP_ARCH_MIPSEL64N32": 6000,
         "SCMP_ARCH_X32": X32}  # fmt: skip
FAR = [0, 600, 3999, 6600, 0xF0000, *range(0xF0001, 0xF0008), X32 - 1, X32, X32 + 600, 2**31 - 1,
       2**31, 2**32 - 2, 2**32 - 1]  # fmt: skip
EDGES = [0, 1, 2, 3, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**63, 2**64 - 2, 2**64 - 1]
Profile = dict[str, Any]


class Pair:
    """The two programs for a profile, and what both must answer."""

    def __init__(self, profile: Profile, machine: str, tree: bool = False) -> None:
        assert LIBRARY is not None
        rules = [
            rule | {"names": names}
            for rule in profile.get("syscalls", ())
            if (names := [n for n in rule["names"] if libseccomp.knows(LIBRARY, n)])
        ]
        self.profile = profile | {"syscalls": rules}
        names = arches.chosen(profile.get("architectures") or (), machine)
        self.tokens = {name: arches.ARCHES[name][0] for name in names}
        theirs = libseccomp.program(LIBRARY, self.profile, self.tokens, tree)
        self.theirs = bpf.instructions(theirs)
        self.ours = bpf.instructions(compiler.compile_profile(self.profile, machine)[0])
        bpf.check(self.ours)
        self.highest = {name: self._highest(name) for name in names}
        self.strange = {call for name in names for call in self._strange(name)}

    def _strange(self, arch: str) -> Iterator[tuple[int, int]]:
        """Calls that this version of the library does not have on an architecture."""
        assert LIBRARY is not None
        token = libseccomp.TOKENS.get(arch, self.tokens[arch])
        for name, number in arches.numbers(arch).items():
            if name not in MULTIPLEXED and libseccomp.number(LIBRARY, token, name) < 0:
                yield self.tokens[arch], number

    def _highest(self, arch: str) -> int:
        assert LIBRARY is not None
        token = libseccomp.TOKENS.get(arch, self.tokens[arch])
        table = arches.numbers(arch)
        calls = {name for rule in self.profile["syscalls"] for name in rule["names"]}
        numbers = [libseccomp.number(LIBRARY, token, name) for name in calls]
        # For what is also behind socketcall or ipc the library gives no number of its own.
        return max([-1, *numbers, *(table.get(name, -1) for name in calls & MULTIPLEXED)])

    def expected(self, token: int, number: int, args: Iterable[int]) -> int:
        """What the library's filter answers, after the check that runc puts in front of it."""
        answer = bpf.run(self.theirs, bpf.data(token, number, list(args)))[0]
        if self.profile["defaultAction"][9:] in ("ALLOW", "LOG", "TRACE"):
            return answer
        for arch in self.tokens:
            if self.tokens[arch] != token or self.highest[arch] < 0:
                continue
            # runc looks at the bit alone, and so has ENOSYS for numbers from 2^31 that lack it.
            if token == arches.X86_64 and (number >= X32) != (arch == "SCMP_ARCH_X32"):
                continue
            if number > self.highest[arch]:
                return ENOSYS
        return answer

    def compare(self, token: int, number: int, args: Iterable[int]) -> None:
        args = list(args)
        if (token, number) in self.strange:
            return
        found = bpf.run(self.ours, bpf.data(token, number, args))[0]
        wanted = self.expected(token, number, args)
        where = f"{token:#x} {number:#x} {[hex(a) for a in args]}"
        assert found == wanted, f"{where}: {found:#x} instead of {wanted:#x}"


MULTIPLEXED = {name for calls in BEHIND.values() for name in calls}


def machine(path: Path) -> str:
    return "aarch64" if "arm64" in path.name else "x86_64"


def load(path: Path) -> Profile:
    profile: Profile = json.loads(path.read_text())
    return profile


def calls(pair: Pair) -> Iterator[tuple[int, int, list[int]]]:
    """Calls of every number, and of those with conditions also with many arguments."""
    for arch, token in pair.tokens.items():
        table = arches.numbers(arch)
        begin = BEGIN.get(arch, 0)
        for number in [*FAR, *range(begin, begin + 560)]:
            yield token, number, []
        for rule in pair.profile["syscalls"]:
            args = list(arguments(rule.get("args") or []))
            for name in rule["names"]:
                for call in {name} | {c for c in BEHIND if name in BEHIND[c]}:
                    if call in table:
                        yield from ((token, table[call], words) for words in args)
        for call in BEHIND.keys() & table.keys():
            for sub in range(30):
                yield token, table[call], [sub]


def arguments(args: list[dict[str, Any]]) -> Iterator[list[int]]:
    """Lists of arguments in which one varies while the others are what the rule asks for."""
    if not args:
        return
    base = [0] * 6
    tested = set(EDGES)
    for arg in args:
        values = (arg["value"], arg.get("valueTwo", 0))
        base[arg["index"]] = values[arg["op"] == "SCMP_CMP_MASKED_EQ"]
        for value in values:
            near = {value, value + 1, value - 1, value ^ 2**32, value & 2**32 - 1}
            tested |= {word & 2**64 - 1 for word in near}
    for value in sorted(tested):
        yield [value] * 6
        for arg in args:
            yield [value if n == arg["index"] else other for n, other in enumerate(base)]


@pytest.mark.parametrize("tree", [False, True], ids=["list", "tree"])
@pytest.mark.parametrize("path", PROFILES, ids=lambda path: path.stem)
def test_the_same_answer_to_every_call(path: Path, tree: bool) -> None:
    profile = load(path)
    if tree and len(profile["syscalls"]) < 10:
        pytest.skip("libseccomp 2.5 needs more rules for a tree")
    pair = Pair(profile, machine(path), tree)
    count = 0
    for call in calls(pair):
        pair.compare(*call)
        count += 1
    assert count > 550


def test_an_architecture_that_is_not_in_the_filter_kills() -> None:
    pair = Pair(load(PROFILES[0]), "x86_64")
    for name, (token, _) in arches.ARCHES.items():
        if token not in pair.tokens.values():
            assert pair.expected(token, 0, []) == ACTIONS["SCMP_ACT_KILL"], name
            pair.compare(token, 0, [])


@pytest.mark.parametrize("arch", arches.ARCHES)
def test_the_numbers_are_those_of_libseccomp(arch: str) -> None:
    assert LIBRARY is not None
    token = libseccomp.TOKENS.get(arch, arches.ARCHES[arch][0])
    if arch in ("SCMP_ARCH_LOONGARCH64", "SCMP_ARCH_SH") and not LIBRARY.seccomp_arch_resolve_name(
        arch.removeprefix("SCMP_ARCH_").lower().encode()
    ):
        pytest.skip("this version of libseccomp has no such architecture")
    table = arches.numbers(arch)
    numbers = {name: libseccomp.number(LIBRARY, token, name) for name in table}
    # Below 0 are calls that this version doesn't know there.
    different = {n: (table[n], number) for n, number in numbers.items() if number >= 0}
    assert len(different) > 280
    assert {name: pair for name, pair in different.items() if pair[0] != pair[1]} == {}
    begin = BEGIN.get(arch, 0)
    missing = set()
    for number in range(begin, begin + 1000):
        name = LIBRARY.seccomp_syscall_resolve_num_arch(ctypes.c_uint32(token), number)
        if name:
            missing.add(ctypes.string_at(name).decode())
    assert missing - table.keys() == set()


# Profiles that nobody wrote

# Every machine has these: libseccomp 2.5.4 can forget to load the number of a call, and so compares
# the architecture with it, where the first rule is for a call that an architecture lacks.
NAMES = ["read", "write", "clone", "socket", "semget", "lseek", "prctl", "openat2"]
# libseccomp 2.5 goes wrong with some combinations of the others in filters of two architectures.
OPS = ["EQ", "GE", "GT", "MASKED_EQ"]
WORDS = st.one_of(st.sampled_from(EDGES), st.integers(0, 5), st.integers(0, 2**64 - 1))
ARGS = st.builds(
    lambda index, op, value, second: {
        "index": index, "op": f"SCMP_CMP_{op}", "value": value, "valueTwo": second
    },
    st.integers(0, 5), st.sampled_from(OPS), WORDS, WORDS,
)  # fmt: skip


@st.composite
def profiles(draw: st.DrawFn) -> Profile:
    """Profiles with one rule for a call: libseccomp goes wrong where several overlap.

    test_seccomp_compiler.py has those.
    """
    rules = []
    for name in draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=6)):
        answer = draw(st.sampled_from(["ALLOW", "TRAP", "KILL_PROCESS", "LOG"]))
        args = draw(st.lists(ARGS, max_size=3, unique_by=lambda arg: arg["index"]))
        rules.append({"names": [name], "action": f"SCMP_ACT_{answer}", "args": args})
    subs = draw(st.lists(st.sampled_from(list(arches.ARCHES)[:6]), unique=True, max_size=3))
    default = draw(st.sampled_from(["ERRNO", "KILL", "LOG", "ALLOW"]))
    return {"defaultAction": f"SCMP_ACT_{default}", "architectures": subs, "syscalls": rules}


@settings(max_examples=60, deadline=None)
@given(profiles(), st.lists(st.lists(WORDS, min_size=6, max_size=6), min_size=1, max_size=5))
def test_any_profile(profile: Profile, words: list[list[int]]) -> None:
    try:
        pair = Pair(profile, "x86_64")
    except libseccomp.Refused:
        assume(False)
    bases = [rule["args"] for rule in pair.profile["syscalls"]]
    lists = [*words, *(words for args in bases for words in [*arguments(args)][:8])]
    for arch, token in pair.tokens.items():
        table = arches.numbers(arch)
        for number in {table[name] for name in [*NAMES, *BEHIND] if name in table}:
            for args in lists:
                pair.compare(token, number, args)
