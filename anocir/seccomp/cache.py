"""Compiled filters, kept from one container to the next.

An engine gives most containers the same profile. A cache file holds the whole of it beside the
program, so that a filter is never taken for another one. The directory is believed only if it is
the caller's alone, and a file that isn't as it was written is as good as none.
"""

from __future__ import annotations

import binascii
import os
import stat
import struct

from anocir import __version__
from anocir.spec import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from anocir.spec.types import Seccomp

    Compiled = tuple[bytes, list[str]]

# Raise it with every change of what the compiler makes of some profile.
VERSION = 1

NAME = "anocir-cache"
MOST_FILES = 64
MOST_BYTES = 1 << 22

# A file: this, the key, the names that are no calls, the program. The head has the lengths of the
# three and a checksum over them.
_HEAD = struct.Struct("=4sIIII")
_MAGIC = b"scmp"


def program(
    profile: Seccomp, machine: str, places: Iterable[str] | None = None
) -> tuple[bytes, list[str]]:
    """Return what ``compiler.compile_profile`` gives for a profile, from the cache if it is there.

    ``places`` are where to look for the cache, by default those of the caller. Raises what the
    compiler raises; trouble with the cache is none.
    """
    key = f"{__version__} {VERSION} {machine} {json.dumps(profile)}".encode()
    directory = _open_first(_places() if places is None else places)
    try:
        found = _read(directory, key)
        if found is None:
            from anocir.seccomp import compiler

            found = compiler.compile_profile(profile, machine)
            _write(directory, key, found)
        return found
    finally:
        if directory >= 0:
            os.close(directory)


def _places() -> list[str]:
    """Return where the caller may have a cache: never below --root, which may be shared."""
    own = os.environ.get("XDG_RUNTIME_DIR", "")
    places = [own] if own.startswith("/") else []
    return ["/run", *places] if os.geteuid() == 0 else places


def _open_first(places: Iterable[str]) -> int:
    """Return a descriptor of the first directory that is the caller's alone; -1 for none."""
    for place in places:
        path = f"{place}/{NAME}"
        try:
            try:
                os.mkdir(path, 0o700)
            except FileExistsError:
                pass
            fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError:
            continue
        if _private(os.fstat(fd)):
            return fd
        os.close(fd)
    return -1


def _private(found: os.stat_result) -> bool:
    return found.st_uid == os.geteuid() and not found.st_mode & 0o077


def _name(key: bytes) -> str:
    """Return the file's name. Two profiles that share one take turns, since the key tells."""
    return f"{binascii.crc32(key):08x}.{len(key)}"


def _read(directory: int, key: bytes) -> Compiled | None:
    """Return what was kept under a key, or None if that isn't whole, private and the same key."""
    if directory < 0:
        return None
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        fd = os.open(_name(key), flags, dir_fd=directory)
    except OSError:
        return None
    try:
        found = os.fstat(fd)
        if not (_private(found) and stat.S_ISREG(found.st_mode) and found.st_size <= MOST_BYTES):
            return None
        return _parse(os.read(fd, MOST_BYTES), key)
    except OSError:
        return None
    finally:
        os.close(fd)


def _parse(file: bytes, key: bytes) -> Compiled | None:
    if len(file) < _HEAD.size:
        return None
    magic, *lengths, checksum = _HEAD.unpack_from(file)
    body = file[_HEAD.size :]
    if magic != _MAGIC or sum(lengths) != len(body) or binascii.crc32(body) != checksum:
        return None
    names = lengths[0] + lengths[1]
    if body[: lengths[0]] != key:
        return None
    return body[names:], body[lengths[0] : names].decode().split("\0")[:-1]


def _write(directory: int, key: bytes, compiled: Compiled) -> None:
    """Keep a program. The file appears whole or not at all, and not when anything goes wrong."""
    if directory < 0:
        return
    program, unknown = compiled
    names = "".join(f"{name}\0" for name in unknown).encode()
    body = key + names + program
    head = _HEAD.pack(_MAGIC, len(key), len(names), len(program), binascii.crc32(body))
    if len(head) + len(body) > MOST_BYTES:
        return
    temporary = f".{os.getpid()}"
    try:
        _make_room(directory)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        fd = os.open(temporary, flags, 0o600, dir_fd=directory)
    except FileExistsError:
        os.unlink(temporary, dir_fd=directory)  # left by one who died with our pid: next time
        return
    except OSError:
        return
    try:
        with open(fd, "wb") as file:
            file.write(head + body)
        os.rename(temporary, _name(key), src_dir_fd=directory, dst_dir_fd=directory)
    except OSError:
        os.unlink(temporary, dir_fd=directory)


def _make_room(directory: int) -> None:
    """Begin anew when there are many files: profiles come and go, and this is memory."""
    names = os.listdir(directory)
    if len(names) >= MOST_FILES:
        for name in names:
            os.unlink(name, dir_fd=directory)
