"""Filters against a plain reading of the profile, and what the kernel demands of a program."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anocir.errors import ConfigError, Error
from anocir.seccomp import arches
from anocir.seccomp.assembly import IF_EQUAL, Assembly
from anocir.seccomp.compiler import compile_profile
from anocir.seccomp.rules import action
from tests.unit import bpf_simulator as bpf

PROFILES = Path(__file__).parent / "data/seccomp"
X86_64 = arches.ARCHES["SCMP_ARCH_X86_64"][0]
CALLS = arches.numbers("SCMP_ARCH_X86_64")
ALLOW, KILL, EPERM, ENOSYS = 0x7FFF0000, 0, 0x00050001, 0x00050026
Profile = dict[str, Any]

OPERATORS = {
    "NE": lambda a, b, _: a != b,
    "LT": lambda a, b, _: a < b,
    "LE": lambda a, b, _: a <= b,
    "EQ": lambda a, b, _: a == b,
    "GE": lambda a, b, _: a >= b,
    "GT": lambda a, b, _: a > b,
    "MASKED_EQ": lambda a, mask, b: a & mask == b & mask,
}


def profile(default: str, *rules: dict[str, Any], **more: Any) -> Profile:
    return {"defaultAction": f"SCMP_ACT_{default}", "syscalls": list(rules)} | more


def rule(names: str, answer: str = "ALLOW", *args: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"names": names.split(), "action": f"SCMP_ACT_{answer}", "args": list(args)} | more


def arg(index: int, op: str, value: int, second: int = 0) -> dict[str, Any]:
    return {"index": index, "op": f"SCMP_CMP_{op}", "value": value, "valueTwo": second}


class Filter:
    """A compiled profile, to be asked."""

    def __init__(self, profile: Profile, machine: str = "x86_64") -> None:
        program, self.unknown = compile_profile(profile, machine)  # type: ignore[arg-type]
        self.code = bpf.instructions(program)
        bpf.check(self.code)

    def __call__(self, name: str | int, *args: int, arch: str = "SCMP_ARCH_X86_64") -> int:
        number = arches.numbers(arch)[name] if isinstance(name, str) else name
        return bpf.run(self.code, bpf.data(arches.ARCHES[arch][0], number, args))[0]


# What a profile means


def meant(profile: Profile, name: str, args: list[int], bits: int = 64) -> int:
    """The answer to a call, by reading the profile from top to bottom."""
    word = 2**bits - 1
    default = action(profile["defaultAction"], None)
    rules = [r for r in profile["syscalls"] if name in r["names"]]
    rules = [r for r in rules if action(r["action"], None) != default]
    for rule in rules:
        if not rule["args"]:
            return action(rule["action"], None)
    for rule in rules:
        holds = [
            OPERATORS[a["op"].removeprefix("SCMP_CMP_")](
                args[a["index"]] & word, a["value"] & word, a["valueTwo"] & word
            )
            for a in rule["args"]
        ]
        indexes = [a["index"] for a in rule["args"]]
        if all(holds) if len(set(indexes)) == len(indexes) else any(holds):
            return action(rule["action"], None)
    return default


EDGES = [0, 1, 2, 2**31, 2**32 - 1, 2**32, 2**32 + 1, 2**63, 2**64 - 1]
WORDS = st.one_of(st.sampled_from(EDGES), st.integers(0, 2**64 - 1))
ARGS = st.builds(arg, st.integers(0, 5), st.sampled_from(list(OPERATORS)), WORDS, WORDS)
NAMES = ["read", "write", "clone", "mmap", "openat2"]
ACTIONS = st.sampled_from(["ALLOW", "TRAP", "KILL_PROCESS", "LOG", "ERRNO", "KILL"])
RULES = st.builds(
    lambda names, answer, args: rule(" ".join(names), answer, *args),
    st.lists(st.sampled_from(NAMES), min_size=1, unique=True),
    ACTIONS,
    st.lists(ARGS, max_size=4),
)


@settings(max_examples=150, deadline=None)
@given(ACTIONS, st.lists(RULES, max_size=12), st.data())
def test_any_rules_mean_what_they_say(
    default: str, rules: list[dict[str, Any]], data: st.DataObject
) -> None:
    arch = "SCMP_ARCH_X86"
    whole = profile(default, *rules, rule("openat2 mseal", default), architectures=[arch])
    asked = Filter(whole)
    tested = [a[name] for r in rules for a in r["args"] for name in ("value", "valueTwo")]
    words = st.one_of(WORDS, st.sampled_from(tested)) if tested else WORDS
    for _ in range(5):
        args = data.draw(st.lists(words, min_size=6, max_size=6))
        for name in NAMES:
            assert asked(name, *args) == meant(whole, name, args), (name, args)
            assert asked(name, *args, arch=arch) == meant(whole, name, args, 32), (name, args)


def test_an_unconditional_rule_stands_against_conditional_ones() -> None:
    asked = Filter(
        profile(
            "KILL_PROCESS",
            rule("read", "ERRNO", arg(0, "EQ", 1)),
            rule("read"),
            rule("read", "TRAP"),
            rule("write", "KILL_PROCESS"),
            rule("write", "ALLOW", arg(0, "EQ", 1)),
        )
    )
    assert asked("read", 1) == asked("read", 2) == ALLOW
    assert (asked("write", 1), asked("write", 2)) == (ALLOW, 0x80000000)


@pytest.mark.parametrize(
    ("answer", "errno", "wanted"),
    [
        ("KILL", None, 0),
        ("KILL_THREAD", None, 0),
        ("KILL_PROCESS", None, 0x80000000),
        ("TRAP", None, 0x00030000),
        ("ERRNO", None, 0x00050001),
        ("ERRNO", 0, 0x00050000),
        ("ERRNO", 4095, 0x00050FFF),
        ("NOTIFY", None, 0x7FC00000),
        ("TRACE", None, 0x7FF00001),
        ("TRACE", 65535, 0x7FF0FFFF),
        ("LOG", None, 0x7FFC0000),
        ("ALLOW", None, 0x7FFF0000),
    ],
)
def test_actions(answer: str, errno: int | None, wanted: int) -> None:
    more = {} if errno is None else {"errnoRet": errno}
    default = "ALLOW" if answer != "ALLOW" else "KILL"
    assert Filter(profile(default, rule("read", answer, **more)))("read") == wanted
    more = {} if errno is None else {"defaultErrnoRet": errno}
    assert Filter(profile(answer, rule("mseal", default), **more))("read") == wanted


# ENOSYS for what is younger than the profile


@pytest.mark.parametrize("default", ["ERRNO", "KILL", "KILL_PROCESS", "TRAP"])
def test_calls_younger_than_the_profile_do_not_exist(default: str) -> None:
    asked = Filter(profile(default, rule("read openat2")))
    assert asked(CALLS["openat2"] + 1) == asked(0x3FFFFFFF) == ENOSYS
    assert asked(CALLS["openat2"] - 1) == action(f"SCMP_ACT_{default}", None)


@pytest.mark.parametrize("default", ["ALLOW", "LOG", "TRACE"])
def test_an_open_default_stays_open_for_them(default: str) -> None:
    asked = Filter(profile(default, rule("read openat2", "KILL")))
    assert asked(CALLS["openat2"] + 1) == action(f"SCMP_ACT_{default}", None)


def test_a_void_rule_says_how_old_the_profile_is() -> None:
    asked = Filter(profile("ERRNO", rule("read"), rule("mseal", "ERRNO")))
    assert asked("mseal") == asked("openat2") == EPERM
    assert asked(CALLS["mseal"] + 1) == ENOSYS


def test_a_profile_that_names_no_call_has_no_age() -> None:
    asked = Filter(profile("ERRNO"))
    assert asked("read") == asked("mseal") == asked(1000) == EPERM


# Architectures


def test_the_machines_own_architecture_is_always_there() -> None:
    for names in ([], ["SCMP_ARCH_X86"], ["SCMP_ARCH_X86", "SCMP_ARCH_X86"]):
        asked = Filter(profile("ERRNO", rule("read"), architectures=names))
        assert asked("read") == ALLOW
        assert asked("read", arch="SCMP_ARCH_X86") == (ALLOW if names else KILL)
        assert asked("read", arch="SCMP_ARCH_AARCH64") == KILL


def test_x32_calls_kill_unless_x32_is_named() -> None:
    x32 = arches.numbers("SCMP_ARCH_X32")["read"]
    asked = Filter(profile("ALLOW", rule("write", "ERRNO")))
    assert asked(x32) == asked(0x40000000) == asked(0xFFFFFFFE) == KILL
    assert asked(0x3FFFFFFF) == asked(0xFFFFFFFF) == ALLOW
    asked = Filter(profile("ALLOW", rule("write", "ERRNO"), architectures=["SCMP_ARCH_X32"]))
    assert asked(x32) == asked(0xFFFFFFFF) == ALLOW
    assert asked("write", arch="SCMP_ARCH_X32") == EPERM


def test_x32_without_x86_64() -> None:
    asked = Filter(profile("ERRNO", rule("read"), architectures=["SCMP_ARCH_X32"]), "aarch64")
    assert asked("read", arch="SCMP_ARCH_X32") == ALLOW
    assert asked("read") == KILL


def test_a_narrow_argument_is_its_lower_half() -> None:
    names = ["SCMP_ARCH_X86"]
    asked = Filter(profile("ERRNO", rule("read", "ALLOW", arg(0, "EQ", 5)), architectures=names))
    assert asked("read", 2**32 + 5) == EPERM
    assert asked("read", 2**32 + 5, arch="SCMP_ARCH_X86") == ALLOW


@pytest.mark.parametrize("name", ["SCMP_ARCH_MIPS", "SCMP_ARCH_S390X", "SCMP_ARCH_PPC"])
def test_the_other_byte_order_is_refused_by_name(name: str) -> None:
    with pytest.raises(ConfigError, match=rf"linux\.seccomp\.architectures: {name} .*byte order"):
        compile_profile({"defaultAction": "SCMP_ACT_ALLOW", "architectures": [name]}, "x86_64")


def test_every_architecture_of_the_schema_is_known_or_refused() -> None:
    schema = Path(__file__).parents[2] / "anocir/spec/schema/config.json"
    names = {w for w in schema.read_text().replace('"', " ").split() if "SCMP_ARCH_" in w}
    names = {name.strip(",") for name in names}
    assert len(names) == 23 and arches.ARCHES.keys() <= names
    for name in names:
        try:
            compile_profile({"defaultAction": "SCMP_ACT_ALLOW", "architectures": [name]}, "x86_64")
        except ConfigError:
            assert name not in arches.ARCHES


def test_a_machine_without_a_table_is_refused() -> None:
    with pytest.raises(ConfigError, match="no table of the calls of vax"):
        compile_profile({"defaultAction": "SCMP_ACT_ALLOW"}, "vax")


# Names


def test_names_of_other_machines_are_fine_and_those_of_none_are_told() -> None:
    calls = rule("read breakpoint s390_runtime_instr swapcontext misspelt also_misspelt")
    assert Filter(profile("ERRNO", calls)).unknown == ["also_misspelt", "misspelt"]


# Size


def test_jumps_may_be_long() -> None:
    """Hundreds of rules with arguments: more instructions than a conditional jump can skip."""
    rules = [rule(name, "ALLOW", arg(0, "EQ", n)) for n, name in enumerate(sorted(CALLS))]
    asked = Filter(profile("ERRNO", *rules, architectures=["SCMP_ARCH_X86"]))
    assert len(asked.code) > 2500
    for n, name in enumerate(sorted(CALLS)):
        assert (asked(name, n), asked(name, n + 1)) == (ALLOW, EPERM)
    many = [rule("read", "ALLOW", arg(0, "EQ", 3 * n)) for n in range(700)]
    asked = Filter(profile("ERRNO", *many))
    assert [asked("read", n) for n in (0, 1, 3, 2097, 2098, 2100)] == [
        *(ALLOW, EPERM, ALLOW, ALLOW, EPERM, EPERM)
    ]


def test_a_program_that_the_kernel_cannot_hold_is_refused() -> None:
    many = [rule("read", "ALLOW", arg(0, "EQ", n)) for n in range(1100)]
    with pytest.raises(Error, match="instructions, and the kernel takes 4096"):
        Filter(profile("ERRNO", *many))


def test_a_conditional_jump_reaches_exactly_as_far_as_it_can() -> None:
    for between in range(250, 260):
        assembly = Assembly()
        entry = far = assembly.answer(7)
        for n in range(between):
            entry = assembly.branch(IF_EQUAL, n + 1, assembly.answer(8), entry)
        entry = assembly.branch(IF_EQUAL, 99999, far, entry)
        assembly.load(0, entry)
        code = bpf.instructions(assembly.program())
        bpf.check(code)
        assert bpf.run(code, bpf.data(0, 99999))[0] == 7
        assert bpf.run(code, bpf.data(0, between))[0] == 8
        assert bpf.run(code, bpf.data(0, 0))[0] == 7


def test_dockers_profile_takes_few_steps() -> None:
    """As many as a binary search; libseccomp's list takes hundreds."""
    asked = Filter(json.loads((PROFILES / "docker-default.json").read_text()))
    for name in ("read", "futex", "openat2"):
        answer, steps = bpf.run(asked.code, bpf.data(X86_64, CALLS[name]))
        assert (answer, steps < 16) == (ALLOW, True)
    assert len(asked.code) < 700
