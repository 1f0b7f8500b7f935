"""Making the rootfs ``/`` where pivot_root isn't possible, as on an initial ramdisk.

The host's tree stays mounted below the container's. Who may unmount in the container, which takes
CAP_SYS_ADMIN, gets at it.
"""

from __future__ import annotations

import errno
import os

from anocir.linux import libc, mountapi

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.plan.plan import Step
    from anocir.runtime.context import Context

# Its files and sysfs's tell about the host, and while one is in sight anywhere a user namespace
# in the container may mount another, without what is masked here (mount_too_revealing() in the
# kernel's fs/namespace.c).
REVEALING = ("proc", "sysfs")


def move(step: Step, context: Context) -> None:
    """Take the host's procfs and sysfs away, and move the rootfs on top of ``/``."""
    for where in _host_mounts(context.root_fd):
        _take_away(where)
    os.fchdir(context.root_fd)
    try:
        mountapi.attach_on_root(context.root_fd)
    except OSError as error:
        # In a user namespace it may have been attached there in the first place.
        if error.errno != errno.ELOOP:
            raise
    os.chroot(".")
    os.chdir("/")


def _take_away(where: str) -> None:
    """Unmount, or cover what came from a more privileged mount namespace and can't be unmounted."""
    try:
        libc.unmount_detached(where)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.EPERM):
            raise
        target_fd = os.open(where, os.O_PATH | os.O_CLOEXEC)
        mount_fd = mountapi.new_filesystem("tmpfs", "tmpfs", ["ro"], 0)
        mountapi.attach(mount_fd, target_fd)
        os.close(mount_fd)
        os.close(target_fd)


def _host_mounts(root_fd: int) -> list[str]:
    """Return where revealing filesystems are mounted outside of the rootfs, the latest first."""
    parents: dict[str, str] = {}
    found = []
    for line in _lines("/proc/self/mountinfo"):
        number, parent, _, _, where = line.split(" ")[:5]
        parents[number] = parent
        if line.partition(" - ")[2].split(" ")[0] in REVEALING:
            found.append((number, _unescape(where)))
    root = next(line.split()[1] for line in _lines(f"/proc/self/fdinfo/{root_fd}")
                if line.startswith("mnt_id:"))  # fmt: skip
    return [where for number, where in reversed(found) if not _is_below(number, root, parents)]


def _is_below(number: str, root: str, parents: dict[str, str]) -> bool:
    while number in parents and number != root:
        number = parents[number]
    return number == root


def _lines(path: str) -> list[str]:
    with open(path, "rb") as file:
        return os.fsdecode(file.read()).split("\n")[:-1]


def _unescape(text: str) -> str:
    """Undo the kernel's octal escapes of blank, tab, newline and backslash."""
    first, *rest = text.split("\\")
    return first + "".join(chr(int(part[:3], 8)) + part[3:] for part in rest)
