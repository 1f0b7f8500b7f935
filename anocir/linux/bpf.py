"""BPF programs: a few instructions, and the bpf(2) calls which load and attach a device filter."""

from __future__ import annotations

import errno
import os
import struct

from anocir.linux import ffi, libc

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.linux.ffi import Buffer

R0, R1, R2, R3, R4, R5 = range(6)

# linux/bpf.h
_PROG_LOAD = 5
_PROG_ATTACH = 8
_PROG_DETACH = 9
_PROG_GET_FD_BY_ID = 13
_PROG_QUERY = 16
_PROG_TYPE_CGROUP_DEVICE = 15
_CGROUP_DEVICE = 6
_F_ALLOW_MULTI = 2

_NAME = b"anocir_devices"
_LICENSE = b"Apache-2.0\0"
_LOG_SIZE = 1 << 20

# The most programs the kernel attaches to one cgroup (BPF_CGROUP_MAX_PROGS).
_MOST_PROGRAMS = 64


def _instruction(
    opcode: int, register: int = 0, source: int = 0, offset: int = 0, value: int = 0
) -> bytes:
    """Encode one ``struct bpf_insn`` (linux/bpf.h, Documentation/bpf/standardization)."""
    return struct.pack("<BBhi", opcode, register | source << 4, offset, value)


def load_word(register: int, base: int, offset: int) -> bytes:
    """register = the 32 bits at ``offset`` from the address in ``base``."""
    return _instruction(0x61, register, base, offset)


def copy(register: int, source: int) -> bytes:
    """register = source."""
    return _instruction(0xBF, register, source)


def set_value(register: int, value: int) -> bytes:
    """register = value."""
    return _instruction(0xB7, register, value=value)


def bit_and(register: int, value: int) -> bytes:
    """register &= value."""
    return _instruction(0x57, register, value=value)


def shift_right(register: int, bits: int) -> bytes:
    """register >>= bits."""
    return _instruction(0x77, register, value=bits)


def skip(count: int) -> bytes:
    """Jump over ``count`` instructions."""
    return _instruction(0x05, offset=count)


def skip_if_equal(register: int, value: int, count: int) -> bytes:
    """Jump over ``count`` instructions if register == value."""
    return _instruction(0x15, register, offset=count, value=value)


def skip_if_bits(register: int, value: int, count: int) -> bytes:
    """Jump over ``count`` instructions if register & value is not 0."""
    return _instruction(0x45, register, offset=count, value=value)


def leave() -> bytes:
    """Return R0."""
    return _instruction(0x95)


def replace_device_program(cgroup: int, program: int) -> None:
    """Attach ``program`` as the only one for devices of the version 2 cgroup directory ``cgroup``.

    Both are descriptors. Programs of cgroups above stay in force. The new program is attached
    before the old ones are taken off, so there is no moment without one. Raises OSError.
    """
    old = _attached(cgroup)
    _bpf(_PROG_ATTACH, struct.pack("<IIII", cgroup, program, _CGROUP_DEVICE, _F_ALLOW_MULTI))
    for number in old:
        _detach(cgroup, number)


def load_device_program(code: bytes) -> int:
    """Have the kernel verify and compile ``code``; return the descriptor of the program.

    Raises OSError, whose text ends with the last words of the kernel's verifier if that is who
    refuses the program.
    """
    try:
        return _load_with(code, None)
    except OSError as error:
        if error.errno == errno.EPERM:
            # Not the program is at fault: this needs CAP_BPF and CAP_NET_ADMIN, or CAP_SYS_ADMIN.
            raise
        log = ffi.buffer(_LOG_SIZE)
        try:
            return _load_with(code, log)
        except OSError:
            words = log.value.decode("ascii", "replace").strip().splitlines()[-3:]
            text = "; ".join([error.strerror or "", "the verifier says", *words])
            raise OSError(error.errno, text) from None


def _load_with(code: bytes, log: Buffer | None) -> int:
    program = ffi.buffer(code)
    licence = ffi.buffer(_LICENSE)
    attributes = struct.pack(
        "<IIQQIIQII16s",
        _PROG_TYPE_CGROUP_DEVICE,
        len(code) // 8,
        ffi.address(program),
        ffi.address(licence),
        1 if log else 0,
        len(log) if log else 0,
        ffi.address(log) if log else 0,
        0,
        0,
        _NAME,
    )
    return _bpf(_PROG_LOAD, attributes)


def _attached(cgroup: int) -> list[int]:
    """Return the ids of the device programs attached to exactly this cgroup."""
    ids = ffi.buffer(4 * _MOST_PROGRAMS)
    # target_fd, attach_type, query_flags, attach_flags, prog_ids, prog_cnt
    query = ffi.buffer(
        struct.pack("<IIIIQI4x", cgroup, _CGROUP_DEVICE, 0, 0, ffi.address(ids), _MOST_PROGRAMS)
    )
    libc.syscall("bpf", _PROG_QUERY, query, len(query))
    (count,) = struct.unpack_from("<I", query, 24)
    return list(struct.unpack_from(f"<{count}I", ids))


def _detach(cgroup: int, number: int) -> None:
    try:
        program = _bpf(_PROG_GET_FD_BY_ID, struct.pack("<III", number, 0, 0))
    except OSError as error:
        if error.errno == errno.ENOENT:
            return
        raise
    try:
        _bpf(_PROG_DETACH, struct.pack("<III", cgroup, program, _CGROUP_DEVICE))
    finally:
        os.close(program)


def _bpf(command: int, attributes: bytes) -> int:
    return libc.syscall("bpf", command, attributes, len(attributes))
