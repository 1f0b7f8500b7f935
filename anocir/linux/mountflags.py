"""Filesystems by path and by flags: what the interface by descriptor leaves to be done."""

from __future__ import annotations

import os

from anocir.linux import consts, ffi, libc, mountapi


def reconfigure(fd: int, parameters: list[str]) -> None:
    """Give the filesystem that ``fd`` is on new parameters, as mount(8) does with ``remount``.

    Every mount of it sees them. Raises OSError, with the filesystem's own words when it has any.
    See fspick(2), fsconfig(2).
    """
    flags = consts.FSPICK_CLOEXEC | consts.FSPICK_EMPTY_PATH
    context = libc.syscall("fspick", fd, b"", flags)
    try:
        mountapi.configure(context, parameters, consts.FSCONFIG_CMD_RECONFIGURE)
    except OSError as error:
        raise mountapi.explained(context, error) from None
    finally:
        os.close(context)


def mount(source: str, target_fd: int, kind: str, flags: int, data: str) -> None:
    """Mount a filesystem on a descriptor's directory (mount(2)); flags are MS_*."""
    words = [os.fsencode(word) for word in (source, f"/proc/self/fd/{target_fd}", kind)]
    libc.syscall("mount", *words, flags, os.fsencode(data))


def is_mount(fd: int) -> bool:
    """Tell whether ``fd`` is where a mount begins (statx(2), STATX_ATTR_MOUNT_ROOT)."""
    buffer = ffi.buffer(256)
    libc.syscall("statx", fd, b"", consts.AT_EMPTY_PATH, 0, buffer)
    # struct statx: two words of 32 bits, then the attributes.
    attributes = int.from_bytes(buffer.raw[8:16], "little")
    return bool(attributes & consts.STATX_ATTR_MOUNT_ROOT)
