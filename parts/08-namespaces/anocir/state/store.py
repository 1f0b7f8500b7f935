"""The directory that holds one directory per container.

``mkdir`` is the lock on an id: it succeeds for exactly one of any number of creates. Commands
that change a container then hold a lock on its directory; ``state`` takes none.
"""

from __future__ import annotations

import errno
import fcntl
import os

from anocir.errors import ContainerExists, InvalidID, NoSuchContainer, StateError

MAX_ID = 255
_ID_CHARACTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+.-")

STATE_FILE = "state.json"
CONFIG_FILE = "config.json"
GO_FIFO = "go.fifo"
ERROR_FIFO = "error.fifo"
HOOKS_FILE = "hooks.json"

# What can be written to the first of them.
GO = b"g"
GIVE_UP = b"q"


def check_id(container_id: str) -> None:
    """Raise InvalidID unless the id can be a file name and nothing else.

    The wording is what engines and their users know from other runtimes.
    """
    if not container_id:
        raise InvalidID("container id cannot be empty")
    if (
        not _ID_CHARACTERS.issuperset(container_id)
        or container_id in (".", "..")
        or len(container_id) > MAX_ID
    ):
        raise InvalidID(
            f"invalid container ID format: {container_id!r}"
            f" (allowed are A-Z a-z 0-9 _ + . - and at most {MAX_ID} characters)"
        )


class Entry:
    """One container's directory, open as ``fd``."""

    __slots__ = ("fd", "id", "path")

    def __init__(self, path: str, container_id: str, fd: int) -> None:
        self.path = path
        self.id = container_id
        self.fd = fd

    def lock(self) -> None:
        """Wait for the right to change this container.

        Raises NoSuchContainer when another command has deleted it meanwhile.
        """
        fcntl.flock(self.fd, fcntl.LOCK_EX)
        # A removed directory can still be open and locked; only its name tells the truth.
        try:
            named = os.stat(self.path)
        except FileNotFoundError:
            raise NoSuchContainer from None
        if not os.path.samestat(named, os.fstat(self.fd)):
            raise NoSuchContainer

    def unlock(self) -> None:
        """Let others change this container; the directory stays open."""
        fcntl.flock(self.fd, fcntl.LOCK_UN)

    def has(self, name: str) -> bool:
        """Tell whether the directory holds a file of that name."""
        try:
            os.stat(name, dir_fd=self.fd, follow_symlinks=False)
        except FileNotFoundError:
            return False
        return True

    def read(self, name: str) -> bytes:
        """Return a file's content; raises FileNotFoundError."""
        fd = os.open(name, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW, dir_fd=self.fd)
        with open(fd, "rb") as file:
            return file.read()

    def write(self, name: str, content: bytes) -> None:
        """Replace a file as a whole: a reader sees the old content or the new, never a part."""
        temporary = f".{name}"
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW
        fd = os.open(temporary, flags, 0o600, dir_fd=self.fd)
        with open(fd, "wb") as file:
            os.fchmod(fd, 0o600)
            file.write(content)
        os.rename(temporary, name, src_dir_fd=self.fd, dst_dir_fd=self.fd)

    def remove(self) -> None:
        """Delete the directory, the record last: a delete that broke off can be repeated."""
        names = os.listdir(self.fd)
        for name in sorted(names, key=lambda name: name == STATE_FILE):
            os.unlink(name, dir_fd=self.fd)
        os.rmdir(self.path)

    def close(self) -> None:
        """Let go of the directory, and with it of the lock."""
        os.close(self.fd)


class Store:
    """All containers below one ``--root``."""

    __slots__ = ("root",)

    def __init__(self, root: str) -> None:
        self.root = root

    def reserve(self, container_id: str) -> Entry:
        """Make a new container's directory and lock it.

        Raises InvalidID; ContainerExists; NoSuchContainer when a forced delete was quicker.
        """
        check_id(container_id)
        self._make_root()
        path = os.path.join(self.root, container_id)
        try:
            os.mkdir(path, 0o700)
        except FileExistsError:
            raise ContainerExists from None
        try:
            # mkdir obeys the caller's umask, which may take away even our own rights.
            os.chmod(path, 0o700)
            entry = Entry(path, container_id, _open_directory(path))
            entry.lock()
        except (StateError, OSError):
            os.rmdir(path)
            raise
        return entry

    def open(self, container_id: str) -> Entry:
        """Open an existing container's directory, unlocked; raises InvalidID, NoSuchContainer."""
        check_id(container_id)
        path = os.path.join(self.root, container_id)
        return Entry(path, container_id, _open_directory(path))

    def _make_root(self) -> None:
        try:
            _make_directory(self.root, 0o700)
        except OSError as error:
            raise StateError(f"make state root {self.root}: {error.strerror}") from None


def _make_directory(path: str, mode: int) -> None:
    """Make a directory, and those above it for root alone to change, whatever the umask."""
    if os.path.isdir(path):
        return
    _make_directory(os.path.dirname(path), 0o755)
    try:
        os.mkdir(path, 0o700)
        os.chmod(path, mode)
    except FileExistsError:
        if not os.path.isdir(path):
            raise


def _open_directory(path: str) -> int:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ELOOP):
            raise NoSuchContainer from None
        raise StateError(f"open state directory {path}: {error.strerror}") from None
    return fd
