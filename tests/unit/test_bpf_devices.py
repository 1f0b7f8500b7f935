"""The device program, run by a small interpreter, grants exactly what the rules grant."""

from __future__ import annotations

import struct

import pytest
from cgroup_reference import DEVICES, LISTS, WANTED, allowed
from hypothesis import given

from anocir.cgroup import devicefilter
from anocir.plan.devicerules import ALWAYS, ANY, DeviceRule, live

ACCESS = {"m": 1, "r": 2, "w": 4}
KIND = {"b": 1, "c": 2}


def decode(code: bytes) -> list[tuple[int, int, int, int, int]]:
    assert len(code) % 8 == 0
    return [
        (opcode, registers & 15, registers >> 4, offset, value)
        for opcode, registers, offset, value in struct.iter_unpack("<BBhi", code)
    ]


def run(code: bytes, kind: str, major: int, minor: int, wanted: str) -> int:
    """Run a program on one access as the kernel would; unknown instructions fail the test."""
    context = struct.pack("<III", KIND[kind] | sum(ACCESS[w] for w in wanted) << 16, major, minor)
    registers: dict[int, int] = {}
    program = decode(code)
    place = 0
    while True:
        opcode, target, source, offset, value = program[place]
        place += 1
        if opcode == 0x61:
            assert source == 1, "only the context may be read"
            (registers[target],) = struct.unpack_from("<I", context, offset)
        elif opcode == 0xBF:
            registers[target] = registers[source]
        elif opcode == 0xB7:
            registers[target] = value
        elif opcode == 0x57:
            registers[target] &= value
        elif opcode == 0x77:
            registers[target] >>= value
        elif opcode == 0x05:
            place += offset
        elif opcode == 0x15:
            place += offset if registers[target] == value else 0
        elif opcode == 0x45:
            place += offset if registers[target] & value else 0
        elif opcode == 0x95:
            return registers[0]
        else:
            pytest.fail(f"opcode {opcode:#x} is not one of ours")


def reachable(code: bytes) -> set[int]:
    program, seen, todo = decode(code), set(), [0]
    while todo:
        place = todo.pop()
        if place in seen:
            continue
        seen.add(place)
        opcode, _, _, offset, _ = program[place]
        if opcode in (0x05, 0x15, 0x45):
            todo.append(place + 1 + offset)
        if opcode not in (0x05, 0x95):
            todo.append(place + 1)
    return seen


@given(LISTS)
def test_program_grants_what_the_rules_grant(rules: list[DeviceRule]) -> None:
    code = devicefilter.program(rules)
    for kind, major, minor in DEVICES:
        for wanted in WANTED:
            expected = allowed(rules, kind, major, minor, wanted)
            assert run(code, kind, major, minor, wanted) == expected, (kind, major, minor, wanted)


@given(LISTS)
def test_no_instruction_is_out_of_reach(rules: list[DeviceRule]) -> None:
    # The kernel refuses a program with one ("unreachable insn").
    code = devicefilter.program(rules)
    assert reachable(code) == set(range(len(code) // 8))


@given(LISTS)
def test_dropping_dead_rules_changes_nothing(rules: list[DeviceRule]) -> None:
    short = live(rules)
    for kind, major, minor in DEVICES:
        for wanted in WANTED:
            assert allowed(short, kind, major, minor, wanted) == allowed(
                rules, kind, major, minor, wanted
            )


def test_the_basic_devices() -> None:
    code = devicefilter.program(list(ALWAYS))
    assert run(code, "c", 1, 3, "rwm") == 1  # null
    assert run(code, "c", 136, 77, "rw") == 1  # pts/77
    assert run(code, "c", 1, 11, "r") == 0  # kmsg
    assert run(code, "b", 8, 0, "r") == 0  # sda
    assert run(code, "b", 8, 0, "m") == 1
    assert run(code, "b", 8, 0, "rm") == 0
    assert run(code, "b", 1, 3, "r") == 0  # a block device with the numbers of null


def test_asking_for_nothing_is_granted() -> None:
    assert run(devicefilter.program([]), "b", 8, 0, "") == 1
    assert run(devicefilter.program([]), "b", 8, 0, "r") == 0


def test_rule_for_everything_ends_the_program() -> None:
    open_to_all = devicefilter.program([(False, "c", 1, 3, "r"), (True, "a", ANY, ANY, "rwm")])
    assert run(open_to_all, "c", 1, 3, "rwm") == 1
    assert open_to_all == devicefilter.program([(True, "a", ANY, ANY, "rwm")])
