"""A tmpfs that starts with what is in the directory below it (config.md, tmpcopyup).

The tree is copied before anybody can see the tmpfs. It is walked by descriptor: no link is
followed, and what is mounted below stays out.
"""

from __future__ import annotations

import errno
import os
import stat

from anocir.errors import StepError, reason
from anocir.linux import consts, paths
from anocir.runtime import mounts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.plan.mounts import Mount
    from anocir.plan.plan import Step
    from anocir.runtime.context import Context

_WITHIN = consts.RESOLVE_BENEATH | consts.RESOLVE_NO_SYMLINKS | consts.RESOLVE_NO_XDEV
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_SETID = stat.S_ISUID | stat.S_ISGID
_CHUNK = 1 << 30


def mount(step: Step, context: Context) -> None:
    """Mount a tmpfs with a copy of its target."""
    wanted: Mount = step.data
    mount_fd, target_fd = mounts.make(step.name, wanted, context)
    source_fd = os.open(".", _DIRECTORY, dir_fd=target_fd)
    new_fd = os.open(".", _DIRECTORY, dir_fd=mount_fd)
    _copy_tree(step.name, _Level("", source_fd, new_fd))
    _copy_top(source_fd, new_fd, wanted)
    os.close(source_fd)
    os.close(new_fd)
    mounts.place(wanted, context, mount_fd, target_fd)
    os.close(mount_fd)
    os.close(target_fd)


class _Level:
    """A directory that is being copied: ``path`` from the top, and the names still to do."""

    __slots__ = ("names", "new_fd", "path", "source_fd")

    def __init__(self, path: str, source_fd: int, new_fd: int) -> None:
        self.path = path
        self.source_fd = source_fd
        self.new_fd = new_fd
        self.names = os.listdir(source_fd)

    def below(self, name: str) -> str:
        return f"{self.path}/{name}" if self.path else name


def _copy_tree(step: str, top: _Level) -> None:
    """Copy all below a directory, without recursion, since an image may be of any depth."""
    links: dict[tuple[int, int], str] = {}
    levels = [top]
    while levels:
        level = levels[-1]
        if level.names:
            name = level.names.pop()
            try:
                deeper = _copy_entry(level, name, top.new_fd, links)
            except FileNotFoundError:
                continue  # Somebody who shares the directory has removed it meanwhile.
            except OSError as error:
                text = f"copying {level.below(name)}: {reason(error)}"
                raise StepError(step, text) from None
            if deeper is not None:
                levels.append(deeper)
        else:
            levels.pop()
            if levels:
                _finish(level.source_fd, level.new_fd)
                os.close(level.source_fd)
                os.close(level.new_fd)


def _copy_entry(
    level: _Level, name: str, top_fd: int, links: dict[tuple[int, int], str]
) -> _Level | None:
    """Copy one file; for a directory return what is still to be copied."""
    found = os.stat(name, dir_fd=level.source_fd, follow_symlinks=False)
    if stat.S_ISDIR(found.st_mode) or stat.S_ISREG(found.st_mode):
        fd = _open_within(level.source_fd, name)
        if fd is None:
            return None
        found = os.fstat(fd)
        if stat.S_ISDIR(found.st_mode):
            return _enter(level, name, fd)
        if stat.S_ISREG(found.st_mode):
            place = level.below(name)
            first = links.setdefault((found.st_dev, found.st_ino), place)
            if found.st_nlink > 1 and first != place:
                os.link(first, name, src_dir_fd=top_fd, dst_dir_fd=level.new_fd)
            else:
                _copy_file(fd, level.new_fd, name, found.st_size)
        os.close(fd)
    elif not stat.S_ISSOCK(found.st_mode):
        _copy_special(level, name, found)
    return None


def _open_within(dir_fd: int, name: str) -> int | None:
    """Open a file of the tree; None for a mount, and what has meanwhile gone or become a link."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY
    try:
        return paths.openat2(dir_fd, name, flags, _WITHIN)
    except OSError as error:
        if error.errno in (errno.EXDEV, errno.ENOENT, errno.ELOOP):
            return None
        raise


def _enter(level: _Level, name: str, fd: int) -> _Level:
    os.mkdir(name, 0o700, dir_fd=level.new_fd)
    return _Level(level.below(name), fd, os.open(name, _DIRECTORY, dir_fd=level.new_fd))


def _copy_file(fd: int, new_dir_fd: int, name: str, size: int) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    new_fd = os.open(name, flags, 0o600, dir_fd=new_dir_fd)
    _copy_data(fd, new_fd, size)
    _finish(fd, new_fd)
    os.close(new_fd)


def _copy_data(fd: int, new_fd: int, size: int) -> None:
    """Copy the parts of a file that hold data: the holes of a sparse file take no memory."""
    os.ftruncate(new_fd, size)
    end = 0
    while end < size:
        try:
            start = os.lseek(fd, end, os.SEEK_DATA)
        except OSError as error:
            if error.errno == errno.ENXIO:  # nothing but a hole is left
                return
            raise
        end = min(os.lseek(fd, start, os.SEEK_HOLE), size)
        os.lseek(new_fd, start, os.SEEK_SET)
        while start < end:
            copied = os.sendfile(new_fd, fd, start, min(end - start, _CHUNK))
            if copied == 0:
                return
            start += copied


def _copy_special(level: _Level, name: str, found: os.stat_result) -> None:
    """Copy a link, FIFO or device. There is no use in a socket without who listens to it."""
    if stat.S_ISLNK(found.st_mode):
        try:
            target = os.readlink(name, dir_fd=level.source_fd)
        except OSError as error:
            _accept(error, errno.EINVAL)  # It has become something else meanwhile.
            return
        os.symlink(target, name, dir_fd=level.new_fd)
    else:
        os.mknod(name, found.st_mode, found.st_rdev, dir_fd=level.new_fd)
    try:
        os.chown(name, found.st_uid, found.st_gid, dir_fd=level.new_fd, follow_symlinks=False)
    except OSError as error:
        _accept(error, errno.EINVAL, errno.EPERM)
    times = (found.st_atime_ns, found.st_mtime_ns)
    os.utime(name, ns=times, dir_fd=level.new_fd, follow_symlinks=False)


def _finish(fd: int, new_fd: int) -> None:
    """Give the copy of a file or directory its owner, mode, extended attributes and times.

    An owner that has no id in the user namespace can't be given. The file is then the
    container's root's, and does not run as anyone else.
    """
    found = os.fstat(fd)
    mode = stat.S_IMODE(found.st_mode)
    try:
        os.fchown(new_fd, found.st_uid, found.st_gid)
    except OSError as error:
        _accept(error, errno.EINVAL, errno.EPERM)
        mode &= ~_SETID
    os.fchmod(new_fd, mode)
    _copy_attributes(fd, new_fd)
    os.utime(new_fd, ns=(found.st_atime_ns, found.st_mtime_ns))


def _copy_top(fd: int, new_fd: int, wanted: Mount) -> None:
    """Finish the tmpfs itself, but for what its options say. Its mode it has already."""
    found = os.fstat(fd)
    given = {parameter.partition("=")[0] for parameter in wanted.parameters}
    uid = -1 if "uid" in given else found.st_uid
    gid = -1 if "gid" in given else found.st_gid
    try:
        os.fchown(new_fd, uid, gid)
    except OSError as error:
        _accept(error, errno.EINVAL, errno.EPERM)
    if "mode" not in given:
        _copy_attributes(fd, new_fd)


def _copy_attributes(fd: int, new_fd: int) -> None:
    """Copy the extended attributes that tmpfs takes; SELinux labels come from its own policy."""
    try:
        names = os.listxattr(fd)
    except OSError as error:
        _accept(error, errno.ENOTSUP)
        return
    for name in names:
        if name != "security.selinux":
            try:
                os.setxattr(new_fd, name, os.getxattr(fd, name))
            except OSError as error:
                _accept(error, errno.ENOTSUP, errno.EPERM, errno.ENODATA)


def _accept(error: OSError, *numbers: int) -> None:
    """Raise an error again, unless it is one of those that may be."""
    if error.errno not in numbers:
        raise error
