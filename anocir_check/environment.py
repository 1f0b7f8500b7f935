"""Whether this machine can run the checks at all."""

from __future__ import annotations

import functools
import os

from anocir_check.bundle import BUSYBOX

CLONE_NEWNS = 0x00020000  # linux/sched.h
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWPID = 0x20000000

PT_INTERP = 3  # elf.h: the program needs a dynamic loader


@functools.cache
def problems() -> list[str]:
    """Return what is missing here, one sentence each; none when containers can be made."""
    found = []
    if os.geteuid() != 0:
        found.append("containers are made as root, and you are not: use the lab, or sudo")
    elif error := _namespaces():
        found.append(f"this machine lets root make no namespaces ({error}): use the lab")
    if not os.access(BUSYBOX, os.X_OK):
        found.append(f"{BUSYBOX} is missing: install busybox-static")
    elif not _is_static(BUSYBOX):
        found.append(f"{BUSYBOX} needs shared libraries: install busybox-static")
    return found


def _namespaces() -> str:
    """Try to make the namespaces of our bundles, in a process of its own; return the error."""
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    pid = os.fork()
    if pid == 0:
        flags = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID
        failed = libc.unshare(flags) != 0
        os._exit(ctypes.get_errno() if failed else 0)
    number = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    return os.strerror(number) if number else ""


def _is_static(path: str) -> bool:
    """Whether an ELF file (64 bit, little endian; elf(5)) has no interpreter."""
    with open(path, "rb") as file:
        data = file.read(65536)
    if data[:6] != b"\x7fELF\x02\x01":
        return True
    offset = int.from_bytes(data[32:40], "little")
    size = int.from_bytes(data[54:56], "little")
    count = int.from_bytes(data[56:58], "little")
    kinds = [data[at : at + 4] for at in range(offset, offset + size * count, size)]
    return PT_INTERP.to_bytes(4, "little") not in kinds
