"""Writes a cpio archive in the "newc" format, which the kernel unpacks as its initramfs.

Format: Documentation/driver-api/early-userspace/buffer-format.rst in the kernel's sources.
"""

from __future__ import annotations

import stat
from collections.abc import Iterable
from dataclasses import dataclass

MAGIC = b"070701"
TRAILER = "TRAILER!!!"


@dataclass(frozen=True)
class Entry:
    """A file of the archive: its path without a leading slash, its mode with type, its content."""

    path: str
    mode: int
    content: bytes = b""


def directory(path: str) -> Entry:
    """A directory that everybody can read."""
    return Entry(path, stat.S_IFDIR | 0o755)


def file(path: str, content: bytes, mode: int = 0o644) -> Entry:
    """A regular file."""
    return Entry(path, stat.S_IFREG | mode, content)


def symlink(path: str, target: str) -> Entry:
    """A symbolic link to `target`."""
    return Entry(path, stat.S_IFLNK | 0o777, target.encode())


def archive(entries: Iterable[Entry]) -> bytes:
    """The archive's bytes: same entries, same bytes, since owners and times are all zero."""
    out = bytearray()
    for inode, entry in enumerate((*entries, Entry(TRAILER, 0)), 1):
        name = entry.path.encode() + b"\0"
        links = 2 if stat.S_ISDIR(entry.mode) else 1
        fields = (inode, entry.mode, 0, 0, links, 0, len(entry.content), 0, 0, 0, 0, len(name), 0)
        out += MAGIC + b"".join(b"%08X" % field for field in fields) + name
        out += b"\0" * (-len(out) % 4)
        out += entry.content
        out += b"\0" * (-len(out) % 4)
    return bytes(out)
