"""Write anocir/seccomp/syscalls/ from the kernel's own headers.

    apt-get download linux-libc-dev && dpkg-deb -x linux-libc-dev_*.deb DIR
    python3 -m tools.syscalls DIR

The Debian package of a recent kernel has the headers of all architectures. Run it when a kernel
with new system calls is out; seccomp profiles name calls, and a name that no table has is ignored.
"""

from __future__ import annotations

import re
import sys
import textwrap
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent.parent / "anocir" / "seccomp" / "syscalls"
HEADERS = "usr/lib/linux/uapi"

# architecture -> header, and what its macros stand for. Those of the other byte order have no
# table: their filters can't be in force on a machine that this runs on.
TABLES = {
    "x86_64": ("x86/asm/unistd_64.h", {}),
    "x86": ("x86/asm/unistd_32.h", {}),
    "x32": ("x86/asm/unistd_x32.h", {"__X32_SYSCALL_BIT": 0x40000000}),
    "aarch64": ("arm64/asm/unistd_64.h", {}),
    "arm": ("arm/asm/unistd-eabi.h", {"__NR_SYSCALL_BASE": 0}),
    "riscv64": ("riscv/asm/unistd_64.h", {}),
    "loongarch64": ("loongarch/asm/unistd_64.h", {}),
    "mipsel": ("mips/asm/unistd_o32.h", {"__NR_Linux": 4000}),
    "mipsel64": ("mips/asm/unistd_n64.h", {"__NR_Linux": 5000}),
    "mipsel64n32": ("mips/asm/unistd_n32.h", {"__NR_Linux": 6000}),
    "ppc64le": ("powerpc/asm/unistd_64.h", {}),
    "sh": ("sh/asm/unistd_32.h", {}),
}
# Names that only architectures without a table have, for the list of all names.
ELSEWHERE = (
    "m68k/asm/unistd_32.h",
    "parisc/asm/unistd_32.h",
    "parisc/asm/unistd_64.h",
    "powerpc/asm/unistd_32.h",
    "s390/asm/unistd_64.h",
)
# asm/unistd.h of arm has these beside its table: calls of ARM alone, and a second name.
ARM_PRIVATE = {
    "breakpoint": 0x0F0001,
    "cacheflush": 0x0F0002,
    "usr26": 0x0F0003,
    "usr32": 0x0F0004,
    "set_tls": 0x0F0005,
    "get_tls": 0x0F0006,
}
ARM_SECOND_NAME = ("sync_file_range2", "arm_sync_file_range")

# Not names of calls: the count of them, and places that were never used.
NO_CALL = re.compile(r"syscalls|reserved\d+|unused\d+")
LINE = re.compile(r"#define\s+__NR_(\w+)\s+\(?(?:(__\w+)\s*\+\s*)?(\d+|__NR_\w+)\)?\s*")


def read(header: Path, macros: dict[str, int]) -> dict[str, int]:
    """Return the numbers of one header by name; raises ValueError for a line it can't read."""
    found: dict[str, int] = {}
    for line in header.read_text().splitlines():
        if not line.startswith("#define __NR_"):
            continue
        match = LINE.fullmatch(line)
        if match is None:
            raise ValueError(f"{header}: {line}")
        name, macro, number = match.groups()
        if not number.isdigit():
            found[name] = found[number.removeprefix("__NR_")]
        elif not NO_CALL.fullmatch(name):
            found[name] = int(number) + (macros[macro] if macro else 0)
    return found


def table(name: str, numbers: dict[str, int], source: str) -> str:
    """Return the text of one architecture's module."""
    entries = sorted(numbers.items(), key=lambda entry: (entry[1], entry[0]))
    text = ", ".join(f'"{call}": {number}' for call, number in entries)
    lines = textwrap.wrap(text, 96, break_long_words=False, break_on_hyphens=False)
    body = "\n".join(f"    {line}" for line in lines)
    title = f'"""System calls of {name}, made by tools/syscalls.py from {source}."""'
    return f"{title}\n# fmt: off\n\nNUMBERS = {{\n{body},\n}}\n"


def every_name(names: set[str], source: str) -> str:
    """Return the text of the module with the names of all architectures."""
    lines = textwrap.wrap(", ".join(f'"{name}"' for name in sorted(names)), 96)
    body = "\n".join(f"    {line}" for line in lines)
    title = f'"""Names of system calls on any machine, made by tools/syscalls.py from {source}."""'
    return f"{title}\n# fmt: off\n\nNAMES = frozenset({{\n{body},\n}})\n"


def main(directory: str) -> None:
    """Write all modules from the headers below ``directory``."""
    root = Path(directory)
    changes = (root / "usr/share/doc/linux-libc-dev").glob("changelog*")
    version = root.name if not list(changes) else _version(root)
    source = f"linux-libc-dev {version}"
    names: set[str] = set()
    for name, (header, macros) in TABLES.items():
        numbers = read(root / HEADERS / header, macros)
        if name == "arm":
            second, first = ARM_SECOND_NAME
            numbers |= ARM_PRIVATE | {second: numbers[first]}
        names |= numbers.keys()
        (PACKAGE / f"{name}.py").write_text(table(name, numbers, source))
    for header in ELSEWHERE:
        names |= read(root / HEADERS / header, {}).keys()
    (PACKAGE / "names.py").write_text(every_name(names, source))


def _version(root: Path) -> str:
    import gzip

    changelog = next((root / "usr/share/doc/linux-libc-dev").glob("changelog*"))
    with gzip.open(changelog, "rt") as file:
        return file.readline().split("(")[1].split(")")[0]


if __name__ == "__main__":
    main(sys.argv[1])
