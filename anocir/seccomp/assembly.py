"""Programs of classic BPF, written from their last instruction to their first.

A jump only goes forwards, so that whoever writes backwards knows every target already. A label
is the place of an instruction, counted from the end of the program.
"""

from __future__ import annotations

import struct

from anocir.errors import Error

# linux/bpf_common.h: the operations that a filter for seccomp is made of, each on the one register
# and a constant. Offsets of LOAD are into struct seccomp_data (linux/seccomp.h).
LOAD = 0x20
AND = 0x54
GO = 0x05
IF_EQUAL = 0x15
IF_GREATER = 0x25
IF_AT_LEAST = 0x35
RETURN = 0x06

MOST_INSTRUCTIONS = 4096  # BPF_MAXINSNS, linux/bpf_common.h
FARTHEST = 255  # a conditional jump has eight bits for each of its two ways


class Assembly:
    """A program in the making. Instructions are (operation, distance, distance, constant)."""

    __slots__ = ("_code", "_nearest")

    def __init__(self) -> None:
        self._code: list[tuple[int, int, int, int]] = []
        # The last copy of a return, by value, and the last long jump, by its target.
        self._nearest: dict[tuple[int, int], int] = {}

    def answer(self, value: int) -> int:
        """Return a label at which the program ends with ``value``."""
        label = self._nearest.get((RETURN, value))
        return self._put(RETURN, value) if label is None else label

    def branch(self, operation: int, constant: int, yes: int, no: int) -> int:
        """Compare the register with a constant and go to one of two labels; return where."""
        yes, no = self._near(yes), self._near(no)
        here = len(self._code)
        self._code.append((operation, here - yes - 1, here - no - 1, constant))
        return here

    def load(self, offset: int, then: int, mask: int = 0xFFFFFFFF) -> int:
        """Load 32 bits of the call's data, keep those in ``mask`` and go to ``then``."""
        if then != len(self._code) - 1:
            then = self._put(GO, then)
        if mask != 0xFFFFFFFF:
            self._code.append((AND, 0, 0, mask))
        self._code.append((LOAD, 0, 0, offset))
        return len(self._code) - 1

    def program(self) -> bytes:
        """Return the program, an array of struct sock_filter (linux/filter.h). Raises Error."""
        if len(self._code) > MOST_INSTRUCTIONS:
            raise Error(
                f"linux.seccomp: the filter has {len(self._code)} instructions, and the kernel"
                f" takes {MOST_INSTRUCTIONS}: use fewer rules with args, or fewer architectures"
            )
        pack = struct.Struct("=HBBI").pack
        return b"".join([pack(*instruction) for instruction in reversed(self._code)])

    def _near(self, label: int) -> int:
        """Return a label that a conditional jump can reach and that leads to ``label``.

        One more instruction may come between, put there for the other way of the same jump.
        """
        if len(self._code) - label <= FARTHEST:
            return label
        operation, _, _, constant = self._code[label]
        key = (RETURN, constant) if operation == RETURN else (GO, label)
        nearest = self._nearest.get(key, label)
        if len(self._code) - nearest <= FARTHEST:
            return nearest
        return self._put(*key)

    def _put(self, operation: int, constant: int) -> int:
        """Write a return, or a jump to a label, and keep it in mind."""
        here = len(self._code)
        distance = here - constant - 1 if operation == GO else constant
        self._code.append((operation, 0, 0, distance))
        self._nearest[operation, constant] = here
        return here
