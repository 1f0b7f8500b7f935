"""Mounting what the config asks for, inside the root and nowhere else."""

from __future__ import annotations

import errno
import os
import stat

from anocir.errors import StepError
from anocir.linux import consts, libc, mountapi, paths

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.plan.mounts import Mount
    from anocir.plan.plan import Step
    from anocir.runtime.context import Context

# Files in /proc that tools like lxcfs replace; nothing else may be put on top of procfs, since
# later writes to /proc must reach the kernel (CVE-2019-16884, CVE-2025-52881).
REPLACEABLE = frozenset(
    "/proc/" + name
    for name in ("cpuinfo", "diskstats", "loadavg", "meminfo", "slabinfo", "stat", "swaps",
                 "uptime", "net/dev", "sys/kernel/ns_last_pid")
)  # fmt: skip


def mount(step: Step, context: Context) -> None:
    """Make one mount as a descriptor and put it on its target."""
    wanted: Mount = step.data
    mount_fd, target_fd = make(step.name, wanted, context)
    place(wanted, context, mount_fd, target_fd)
    os.close(mount_fd)
    os.close(target_fd)


def make(name: str, wanted: Mount, context: Context) -> tuple[int, int]:
    """Return a detached mount, with its filesystem, and the place for it."""
    is_directory = True
    if wanted.bind:
        mount_fd, is_directory = copy_source(wanted, context)
    parameters = _parameters(wanted, context)
    target_fd = open_target(name, wanted, context, is_directory)
    check_kind(name, wanted, target_fd, is_directory)
    if not wanted.bind:
        mount_fd = mountapi.new_filesystem(wanted.type, wanted.source, parameters, wanted.on)
    guard_proc(name, wanted, mount_fd, target_fd)
    return mount_fd, target_fd


def place(wanted: Mount, context: Context, mount_fd: int, target_fd: int) -> None:
    """Give a detached mount its attributes, and attach it."""
    if wanted.bind:
        mountapi.set_attributes(mount_fd, wanted.on, wanted.off)
    mountapi.set_attributes(mount_fd, wanted.deep_on, wanted.deep_off, recursive=True)
    mountapi.attach(mount_fd, target_fd)
    settle(wanted, context, mount_fd)


def settle(wanted: Mount, context: Context, mount_fd: int) -> None:
    """Do what has to wait until the mount is in its place."""
    for kind, recursive in wanted.propagation:
        mountapi.set_attributes(mount_fd, propagation=kind, recursive=recursive)
    if wanted.destination == "/":
        # Whatever comes next belongs on top of it, not below.
        os.dup2(mount_fd, context.root_fd, inheritable=False)


def open_target(name: str, wanted: Mount, context: Context, is_directory: bool) -> int:
    """Open the place for a mount in the root, made when it is missing."""
    if wanted.type not in ("proc", "sysfs"):
        return paths.make_in_root(context.root_fd, wanted.destination, is_directory)
    # procfs and sysfs belong on plain directories: a link there would put them, and every
    # protection of their files, in a place of the image's choice.
    try:
        os.close(paths.make_in_root(context.root_fd, wanted.destination, directory=True))
        return paths.open_plain_directory(context.root_fd, wanted.destination)
    except OSError as error:
        if error.errno not in (errno.ELOOP, errno.ENOTDIR):
            raise
        where = wanted.destination
        raise StepError(name, f"{where} is a link or no directory in the rootfs; refused") from None


def copy_source(wanted: Mount, context: Context) -> tuple[int, bool]:
    """Return a detached copy of the source, and whether it is a directory."""
    path = os.path.join(context.bundle.path, wanted.source)
    copies = context.sources.get((path, wanted.recursive))
    if copies:
        mount_fd = copies.pop()
        return mount_fd, stat.S_ISDIR(os.fstat(mount_fd).st_mode)
    fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        is_directory = stat.S_ISDIR(os.fstat(fd).st_mode)
        return mountapi.copy_tree(fd, wanted.recursive), is_directory
    finally:
        os.close(fd)


def _parameters(wanted: Mount, context: Context) -> list[str]:
    """Return what a new filesystem is told; called before its target is made."""
    parameters = [*wanted.parameters, *label(wanted.type, context)]
    if wanted.on & consts.MOUNT_ATTR_RDONLY:
        parameters.append("ro")
    if wanted.type == "tmpfs" and not any(p.startswith("mode=") for p in parameters):
        parameters += _mode_below(wanted, context)
    return parameters


def _mode_below(wanted: Mount, context: Context) -> list[str]:
    """Return the mode of the directory that a tmpfs goes on: an image's /tmp keeps its own.

    Where there is none yet the tmpfs is for everybody, 1777, as the kernel has it: engines'
    users write to it.
    """
    try:
        fd = paths.open_in_root(context.root_fd, wanted.destination)
    except FileNotFoundError:
        return []
    mode = stat.S_IMODE(os.fstat(fd).st_mode)
    os.close(fd)
    return [f"mode={mode:o}"]


def label(kind: str, context: Context) -> list[str]:
    """Return the parameter for linux.mountLabel, if there is one and the filesystem takes it.

    The files of the others get their labels from the policy, or are the host's.
    """
    if not context.mount_label or kind in ("proc", "sysfs", "mqueue", "cgroup2"):
        return []
    return [f"context={context.mount_label}"]


def check_kind(name: str, wanted: Mount, target_fd: int, is_directory: bool) -> None:
    """Raise StepError for a directory on a file or a file on a directory."""
    if stat.S_ISDIR(os.fstat(target_fd).st_mode) == is_directory:
        return
    source, there = wanted.source, wanted.destination
    if is_directory:
        raise StepError(name, f"{there}: not a directory, and {source} is one")
    raise StepError(name, f"{there}: is a directory, and {source} is not")


def guard_proc(name: str, wanted: Mount, mount_fd: int, target_fd: int) -> None:
    """Raise StepError when the mount would cover procfs, and is no procfs or only a part of one."""
    on_proc = libc.filesystem_magic(target_fd) == consts.PROC_SUPER_MAGIC
    if wanted.destination == "/proc" or (on_proc and _is_proc_root(target_fd)):
        if libc.filesystem_magic(mount_fd) != consts.PROC_SUPER_MAGIC:
            raise StepError(name, f"{wanted.type} on {wanted.destination}: only proc may be"
                                  " mounted on /proc")  # fmt: skip
        if not _is_proc_root(mount_fd):
            raise StepError(name, f"{wanted.source} on {wanted.destination}: only the whole of proc"
                                  " may be mounted on /proc")  # fmt: skip
    elif on_proc and wanted.destination not in REPLACEABLE:
        raise StepError(name, f"{wanted.type} on {wanted.destination}: only proc may be mounted"
                              " on /proc, and only a few of its files be replaced")  # fmt: skip


def _is_proc_root(fd: int) -> bool:
    return os.fstat(fd).st_ino == consts.PROC_ROOT_INO
