"""The architectures that a profile may name: their numbers for the kernel, and their calls."""

from __future__ import annotations

from anocir.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

X32_BIT = 0x40000000  # __X32_SYSCALL_BIT, asm/unistd.h
X86_64 = 0xC000003E

# AUDIT_ARCH_* of linux/audit.h, and whether arguments have 64 bits. x32 runs in the mode of
# x86_64: a bit in the number of a call tells them apart.
ARCHES = {
    "SCMP_ARCH_X86_64": (X86_64, True),
    "SCMP_ARCH_X86": (0x40000003, False),
    "SCMP_ARCH_X32": (X86_64, False),
    "SCMP_ARCH_AARCH64": (0xC00000B7, True),
    "SCMP_ARCH_ARM": (0x40000028, False),
    "SCMP_ARCH_RISCV64": (0xC00000F3, True),
    "SCMP_ARCH_LOONGARCH64": (0xC0000102, True),
    "SCMP_ARCH_MIPSEL": (0x40000008, False),
    "SCMP_ARCH_MIPSEL64": (0xC0000008, True),
    "SCMP_ARCH_MIPSEL64N32": (0xE0000008, False),
    "SCMP_ARCH_PPC64LE": (0xC0000015, True),
    "SCMP_ARCH_SH": (0x4000002A, False),
}

# uname(2) -> the architecture of a 64-bit program, which a filter always covers.
NATIVE = {"x86_64": "SCMP_ARCH_X86_64", "aarch64": "SCMP_ARCH_AARCH64"}


def chosen(names: Iterable[str], machine: str) -> list[str]:
    """Return the architectures of a filter: the machine's own first, then those named.

    Raises ConfigError for a machine that isn't known, and for architectures of the other byte
    order: the kernel shows a call's arguments in the order of the machine, which has none of these.
    """
    native = NATIVE.get(machine)
    if native is None:
        raise ConfigError("config.json", [f"linux.seccomp: no table of the calls of {machine}"])
    names = list(dict.fromkeys(names))
    wrong = [
        f"linux.seccomp.architectures: {name} has another byte order than this {machine} machine"
        for name in names
        if name not in ARCHES
    ]
    if wrong:
        raise ConfigError("config.json", wrong)
    return [native, *(name for name in names if name != native)]


def numbers(name: str) -> dict[str, int]:
    """Return the numbers of an architecture's calls, by name."""
    module = name.removeprefix("SCMP_ARCH_").lower()
    loaded = __import__(f"anocir.seccomp.syscalls.{module}", fromlist=("NUMBERS",))
    table: dict[str, int] = loaded.NUMBERS
    return table


def is_a_call(name: str) -> bool:
    """Return whether any machine has a call of this name."""
    from anocir.seccomp.syscalls.names import NAMES

    return name in NAMES
