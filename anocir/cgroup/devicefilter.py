"""Device rules for version 2: a BPF program that the kernel asks before each access.

The kernel calls it with ``struct bpf_cgroup_dev_ctx`` (linux/bpf.h) and denies the access if it
returns 0. The programs of all cgroups above must agree too.
"""

from __future__ import annotations

import os

from anocir.errors import Error
from anocir.linux import bpf

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.cgroup.group import Group

DeviceRule = tuple[bool, str, int, int, str]

ANY = -1

# BPF_DEVCG_ACC_* and BPF_DEVCG_DEV_* of linux/bpf.h
_ACCESS = {"m": 1, "r": 2, "w": 4}
_ALL = 7
_KINDS = {"b": 1, "c": 2}

# Registers: what is still to be decided, and the device.
_WANTED, _KIND, _MAJOR, _MINOR = bpf.R2, bpf.R3, bpf.R4, bpf.R5


def load(group: Group, rules: list[DeviceRule]) -> int:
    """Return a descriptor of the program for ``rules``, which is not in force yet. Raises Error."""
    try:
        return bpf.load_device_program(program(rules))
    except OSError as error:
        raise _error(group, error) from None


def attach(group: Group, fd: int) -> None:
    """Let the cgroup use only the devices that the program ``fd`` grants, and close ``fd``.

    A program that was attached to this very cgroup before is replaced. Raises Error.
    """
    try:
        directory = group.open()
        try:
            bpf.replace_device_program(directory, fd)
        finally:
            os.close(directory)
    except OSError as error:
        raise _error(group, error) from None
    finally:
        os.close(fd)


def program(rules: list[DeviceRule]) -> bytes:
    """Return the program for ``rules``, of which the last that names an access decides it.

    It goes through the rules from the last to the first and strikes out what they allow of the
    wanted access: nothing left is a yes, a rule that denies some of what is left is a no.
    """
    code = [
        bpf.load_word(_WANTED, bpf.R1, 0),
        bpf.copy(_KIND, _WANTED),
        bpf.bit_and(_KIND, 0xFFFF),
        bpf.shift_right(_WANTED, 16),
        bpf.load_word(_MAJOR, bpf.R1, 4),
        bpf.load_word(_MINOR, bpf.R1, 8),
    ]
    # Asking for nothing, as access(2) with F_OK does, is granted.
    code += [bpf.skip_if_equal(_WANTED, 0, 1), bpf.skip(2), *_answer(1)]
    for rule in reversed(rules):
        code += _rule(rule)
        if rule[1:] == ("a", ANY, ANY, "rwm"):
            # No earlier rule matters, and the kernel refuses code that can't be reached.
            return b"".join(code)
    return b"".join(code + _answer(0))


def _rule(rule: DeviceRule) -> list[bytes]:
    """Return the code of one rule.

    A test that holds skips the jump behind it; one that fails falls through to that jump, which
    goes to the next rule. The kernel's verifier follows the fall-through first, so it reaches the
    next rule knowing nothing about the device, and what it learns from a match is then a special
    case that it need not follow again. The other way round, its work grows with the square of the
    number of rules and it gives up before a thousand.
    """
    allow, kind, major, minor, letters = rule
    access = sum(_ACCESS[letter] for letter in letters)
    if access == _ALL:
        verdict = _answer(int(allow))
    elif allow:
        strike = bpf.bit_and(_WANTED, _ALL & ~access)
        verdict = [strike, bpf.skip_if_equal(_WANTED, 0, 1), bpf.skip(2), *_answer(1)]
    else:
        verdict = [bpf.skip_if_bits(_WANTED, access, 1), bpf.skip(2), *_answer(0)]
    code = verdict
    for register, value in ((_MINOR, minor), (_MAJOR, major), (_KIND, _KINDS.get(kind, ANY))):
        if value != ANY:
            code = [bpf.skip_if_equal(register, value, 1), bpf.skip(len(code)), *code]
    return code


def _error(group: Group, error: OSError) -> Error:
    return Error(f"restricting the devices of cgroup {group.path}: {error.strerror}")


def _answer(value: int) -> list[bytes]:
    return [bpf.set_value(bpf.R0, value), bpf.leave()]
