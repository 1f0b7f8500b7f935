"""The SELinux context of what is mounted (config-linux.md, Mount Label)."""

from __future__ import annotations

import os

from anocir.linux import consts, libc

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.plan.plan import Step
    from anocir.runtime.context import Context

SELINUX = "/sys/fs/selinux"


def take(step: Step, context: Context) -> None:
    """Have new filesystems mounted with this context, if this kernel has SELinux at all."""
    if _has_selinux():
        context.mount_label = step.data
    else:
        context.warn("linux.mountLabel: ignored, SELinux is not enabled on this host")


def _has_selinux() -> bool:
    """Tell whether the host enforces, or at least watches over, SELinux labels (selinux(8))."""
    try:
        fd = os.open(SELINUX, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return libc.filesystem_magic(fd) == consts.SELINUX_MAGIC
    finally:
        os.close(fd)
