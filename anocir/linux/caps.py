"""The capability sets of a process (capabilities(7))."""

from __future__ import annotations

import struct

from anocir.linux import consts, ffi, libc

_LINUX_CAPABILITY_VERSION_3 = 0x20080522


def last_capability() -> int:
    """Return the highest capability that this kernel knows."""
    with open("/proc/sys/kernel/cap_last_cap", "rb") as file:
        return int(file.read())


def permitted() -> frozenset[int]:
    """Return the capabilities that this process may use and hand on (capget(2))."""
    header = struct.pack("=Ii", _LINUX_CAPABILITY_VERSION_3, 0)
    data = ffi.buffer(24)
    libc.syscall("capget", header, data)
    low, high = struct.unpack("=4xI8xI4x", data.raw)
    mask = low | high << 32
    return frozenset(number for number in range(64) if mask >> number & 1)


def drop_bounding(keep: frozenset[int], last: int) -> None:
    """Take every capability but ``keep`` out of the bounding set; needs CAP_SETPCAP."""
    for number in range(last + 1):
        if number not in keep:
            libc.prctl(consts.PR_CAPBSET_DROP, number)


def set_capabilities(
    effective: frozenset[int], permitted: frozenset[int], inheritable: frozenset[int]
) -> None:
    """Set three of the five sets at once (capset(2))."""
    header = struct.pack("=Ii", _LINUX_CAPABILITY_VERSION_3, 0)
    masks = [_mask(effective), _mask(permitted), _mask(inheritable)]
    # Two rows of 32 bits per set: the low halves of all three, then the high halves.
    data = struct.pack("=6I", *(m & 0xFFFFFFFF for m in masks), *(m >> 32 for m in masks))
    libc.syscall("capset", header, data)


def set_ambient(ambient: frozenset[int]) -> None:
    """Make the ambient set exactly ``ambient``; each must be permitted and inheritable."""
    libc.prctl(consts.PR_CAP_AMBIENT, consts.PR_CAP_AMBIENT_CLEAR_ALL)
    for number in sorted(ambient):
        libc.prctl(consts.PR_CAP_AMBIENT, consts.PR_CAP_AMBIENT_RAISE, number)


def _mask(numbers: frozenset[int]) -> int:
    return sum(1 << number for number in numbers)
