"""The container's cgroup in one hierarchy: a directory that is made, listed and removed."""

from __future__ import annotations

import errno
import os
import time

from anocir.cgroup import kept, mark, tree, wait
from anocir.errors import Error

# Making a path loses against a removal of the same parents only while others make progress.
_ATTEMPTS = 1000

# Set again after mkdir, since a umask takes bits away.
_MODE = 0o755

_IN_USE = (errno.EBUSY, errno.ENOTEMPTY)


class Group:
    """One directory of one hierarchy.

    ``key`` names the hierarchy as detect.Hierarchy does, ``path`` is the directory on the host.
    ``made`` is how many of the path's last parts the runtime makes, 0 if the directory was there
    before. ``mount`` and ``device`` (st_dev) say where the hierarchy starts; a group that was
    loaded from a record does without them.
    """

    __slots__ = ("device", "key", "made", "mount", "path")

    def __init__(self, key: str, path: str, made: int, mount: str = "", device: int = 0) -> None:
        self.key = key
        self.path = path
        self.made = made
        self.mount = mount
        self.device = device

    def open(self) -> int:
        """Return a descriptor of the directory. Raises OSError."""
        return os.open(self.path, tree.DIRECTORY)

    def open_if_there(self) -> int | None:
        """Return a descriptor of the directory, None if there is no such cgroup. Raises OSError."""
        try:
            return self.open()
        except (FileNotFoundError, NotADirectoryError):
            return None

    def make(self, owner: str) -> bool:
        """Make the directory and its missing parents, and claim it for ``owner``.

        Returns False if the filesystem takes no marks. Raises Error, with nothing left behind,
        if a process or another container is in it already.
        """
        try:
            return self._make_all(owner)
        except Error:
            # It was there before, so it stays.
            raise
        except BaseException as error:
            self.remove(owner, marked=True)
            if isinstance(error, OSError):
                raise Error(_advice(self.path, error)) from None
            raise

    def levels(self) -> list[int]:
        """Return descriptors of the hierarchy's root, of each parent, and of the directory."""
        fds = [os.open(self.mount, tree.DIRECTORY)]
        try:
            for name in self._parts():
                fds.append(os.open(name, tree.DIRECTORY, dir_fd=fds[-1]))
        except OSError:
            tree.close(fds)
            raise
        return fds

    def pids(self) -> list[int]:
        """Return the processes in the directory and below; none if it is gone."""
        fd = self.open_if_there()
        if fd is None:
            return []
        try:
            return tree.pids(fd)
        finally:
            os.close(fd)

    def belongs_to(self, owner: str, marked: bool) -> bool:
        """Tell whether the directory exists and is the container's of ``owner``.

        Without ``marked``, the filesystem took no marks, and one without an owner is believed.
        """
        fd = self.open_if_there()
        if fd is None:
            return False
        try:
            return mark.belongs_to(fd, owner, marked)
        finally:
            os.close(fd)

    def remove(self, owner: str, marked: bool) -> None:
        """Remove the directory, what the container made below it, and parents nobody needs.

        What another owner holds is left alone. Waits up to ``wait.PATIENCE`` for dying processes.
        Raises Error if living ones remain.
        """
        if self.belongs_to(owner, marked):
            self._remove_own()
        elif self.made and not self._remove_unclaimed():
            return
        kept.remove_parents(self.path, self.made)

    def _parts(self) -> list[str]:
        return self.path[len(self.mount.rstrip("/")) + 1 :].split("/")

    def _make_all(self, owner: str) -> bool:
        for _ in range(_ATTEMPTS):
            try:
                return self._make_once(owner)
            except OSError as error:
                # Another container's removal took away what it found empty.
                if error.errno not in tree.GONE or not os.path.isdir(self.mount):
                    raise
        raise OSError(errno.EAGAIN, "its parents vanish as fast as they are made")

    def _make_once(self, owner: str) -> bool:
        """Make the directory and claim it; FileNotFoundError if it was removed before the claim."""
        fd, was_there = self._make_path()
        try:
            processes = tree.pids(fd) if was_there else []
            if processes:
                found = f"{len(processes)} process(es) found"
                raise Error(f"container's cgroup is not empty: {found}")
            marked = mark.claim(fd, owner, self.path)
            if not os.path.samestat(os.stat(self.path), os.fstat(fd)):
                raise FileNotFoundError(errno.ENOENT, "another one has its name")
            return marked
        finally:
            os.close(fd)

    def _make_path(self) -> tuple[int, bool]:
        """Return a descriptor of the directory, and whether it was there before."""
        fd = os.open(self.mount, tree.DIRECTORY)
        made = False
        try:
            if os.fstat(fd).st_dev != self.device:
                raise OSError(errno.EXDEV, f"{self.mount} is no longer a cgroup mount")
            for name in self._parts():
                made = _mkdir(name, fd)
                child = os.open(name, tree.DIRECTORY, dir_fd=fd)
                os.close(fd)
                fd = child
                if made:
                    os.fchmod(fd, _MODE)
                    mark.set_made(fd)
        except OSError:
            os.close(fd)
            raise
        return fd, not made

    def _remove_own(self) -> None:
        deadline = time.monotonic() + wait.PATIENCE
        while True:
            fd = self.open_if_there()
            if fd is None:
                return
            try:
                if self._try_remove(fd):
                    return
                if time.monotonic() > deadline:
                    left = len(tree.pids(fd))
                    raise Error(f"cgroup {self.path}: {left} process(es) are still in it")
                wait.for_change(fd)
            finally:
                os.close(fd)

    def _try_remove(self, fd: int) -> bool:
        try:
            if self.made or mark.is_made(fd):
                self._remove_tree(fd)
            else:
                tree.remove_below(fd)
                mark.disclaim(fd)
        except FileNotFoundError:
            return True
        except OSError as error:
            if error.errno in _IN_USE:
                return False
            raise Error(f"removing cgroup {self.path}: {error.strerror}") from None
        return True

    def _remove_tree(self, fd: int) -> None:
        try:
            os.rmdir(self.path)
        except OSError as error:
            if error.errno not in _IN_USE:
                raise
            tree.remove_below(fd)
            os.rmdir(self.path)

    def _remove_unclaimed(self) -> bool:
        """Remove a directory that was made and not yet claimed when its maker died.

        Nothing is below it then and nobody is in it, or it is not ours.
        """
        fd = self.open_if_there()
        if fd is None:
            return True
        try:
            if mark.owner_of(fd) is not None:
                return False
            os.rmdir(self.path)
        except FileNotFoundError:
            pass
        except OSError:
            return False
        finally:
            os.close(fd)
        return True


def _mkdir(name: str, parent: int) -> bool:
    try:
        os.mkdir(name, _MODE, dir_fd=parent)
    except FileExistsError:
        return False
    return True


def _advice(path: str, error: OSError) -> str:
    hints = {
        errno.EROFS: "it is mounted read-only",
        errno.EACCES: "only root may, unless the cgroup is delegated",
        errno.EPERM: "only root may, unless the cgroup is delegated",
        errno.ENOTDIR: "a file of the kernel has that name; choose another linux.cgroupsPath",
        errno.ENOSPC: "the limit on cgroups (cgroup.max.descendants) or cpuset is reached",
    }
    hint = hints.get(error.errno or 0)
    return f"making cgroup {path}: {error.strerror}" + (f" ({hint})" if hint else "")
