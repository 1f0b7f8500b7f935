"""What the kernel does with a seccomp filter, for the instructions that filters are made of."""

from __future__ import annotations

import struct
from collections.abc import Sequence

Instruction = tuple[int, int, int, int]


def instructions(program: bytes) -> list[Instruction]:
    """Split a program into (code, jt, jf, k)."""
    return list(struct.iter_unpack("=HBBI", program))


def data(arch: int, number: int, args: Sequence[int] = ()) -> bytes:
    """Return a struct seccomp_data: nr, arch, instruction_pointer, args."""
    padded = [*args, 0, 0, 0, 0, 0, 0][:6]
    return struct.pack("<IIQ6Q", number, arch, 0x7FFF12345678, *padded)


def run(program: Sequence[Instruction], call: bytes) -> tuple[int, int]:
    """Return what the program answers for one call, and how many instructions that took.

    Raises AssertionError where the kernel would refuse the program or read out of bounds.
    """
    a = place = steps = 0
    while True:
        code, yes, no, k = program[place]
        place += 1
        steps += 1
        if code == 0x06:
            return k, steps
        if code == 0x20:
            assert k % 4 == 0 and k < len(call)
            a = struct.unpack_from("<I", call, k)[0]
        elif code == 0x54:
            a &= k
        elif code == 0x05:
            place += k
        else:
            holds = {0x15: a == k, 0x25: a > k, 0x35: a >= k, 0x45: bool(a & k)}[code]
            place += yes if holds else no


def check(program: Sequence[Instruction]) -> None:
    """Assert what the kernel's checker demands (net/core/filter.c, kernel/seccomp.c)."""
    assert 0 < len(program) <= 4096
    for place, (code, yes, no, k) in enumerate(program):
        assert code in (0x06, 0x20, 0x54, 0x05, 0x15, 0x25, 0x35, 0x45)
        if code == 0x20:
            assert k % 4 == 0 and k < 64
        far = k if code == 0x05 else max(yes, no)
        if code == 0x06:
            continue
        assert place + 1 + far < len(program)
    assert program[-1][0] == 0x06
