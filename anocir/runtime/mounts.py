"""Mounting what the config asks for, inside the root and nowhere else."""

from __future__ import annotations

import errno
import os
import stat

from anocir.errors import StepError
from anocir.linux import consts, libc, mountapi, paths
from anocir.runtime import cgroupmount

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
    if wanted.type in ("cgroup", "cgroup2"):
        target_fd = open_target(step.name, wanted, context, is_directory=True)
        _guard_proc(step.name, wanted, target_fd, _NOT_PROC)
        cgroupmount.mount(wanted, context, target_fd)
        return
    is_directory = True
    if wanted.bind:
        mount_fd, is_directory = _bind_source(wanted, context)
    target_fd = open_target(step.name, wanted, context, is_directory)
    _check_kind(step.name, wanted, target_fd, is_directory)
    if not wanted.bind:
        mount_fd = mountapi.new_filesystem(
            wanted.type, wanted.source, _parameters(wanted, target_fd), wanted.on
        )
    _guard_proc(step.name, wanted, target_fd, libc.filesystem_magic(mount_fd))
    place(wanted, mount_fd, target_fd)


def place(wanted: Mount, mount_fd: int, target_fd: int) -> None:
    """Give a detached mount its attributes, attach it, and close both descriptors."""
    if wanted.bind:
        mountapi.set_attributes(mount_fd, wanted.on, wanted.off)
    mountapi.set_attributes(mount_fd, wanted.deep_on, wanted.deep_off, recursive=True)
    mountapi.attach(mount_fd, target_fd)
    for kind, recursive in wanted.propagation:
        mountapi.set_attributes(mount_fd, propagation=kind, recursive=recursive)
    os.close(mount_fd)
    os.close(target_fd)


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


def _bind_source(wanted: Mount, context: Context) -> tuple[int, bool]:
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


def _parameters(wanted: Mount, target_fd: int) -> list[str]:
    parameters = list(wanted.parameters)
    if wanted.on & consts.MOUNT_ATTR_RDONLY:
        parameters.append("ro")
    if wanted.type == "tmpfs" and not any(p.startswith("mode=") for p in parameters):
        # An image's /tmp keeps its 1777 when a tmpfs goes on top of it.
        parameters.append(f"mode={stat.S_IMODE(os.fstat(target_fd).st_mode):o}")
    return parameters


def _check_kind(name: str, wanted: Mount, target_fd: int, is_directory: bool) -> None:
    """Raise StepError for a directory on a file or a file on a directory."""
    if stat.S_ISDIR(os.fstat(target_fd).st_mode) == is_directory:
        return
    source, there = wanted.source, wanted.destination
    if is_directory:
        raise StepError(name, f"{there}: not a directory, and {source} is one")
    raise StepError(name, f"{there}: is a directory, and {source} is not")


_NOT_PROC = 0


def _guard_proc(name: str, wanted: Mount, target_fd: int, magic: int) -> None:
    """Raise StepError when a filesystem with another ``magic`` than procfs would cover procfs."""
    on_proc = libc.filesystem_magic(target_fd) == consts.PROC_SUPER_MAGIC
    if not on_proc and wanted.destination != "/proc":
        return
    if magic == consts.PROC_SUPER_MAGIC:
        return
    if wanted.destination not in REPLACEABLE:
        raise StepError(name, f"{wanted.type} on {wanted.destination}: only proc may be mounted"
                              " on /proc")  # fmt: skip
