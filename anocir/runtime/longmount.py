"""Mounting a filesystem with options that are too long for fsconfig(2), as overlay's may be.

mount(2) takes them all in one text, of a page at most. It mounts by path, so that is the path of
a descriptor.
"""

from __future__ import annotations

import os

from anocir.errors import StepError
from anocir.linux import mountapi, mountflags, paths
from anocir.runtime import mounts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.plan.plan import Step
    from anocir.plan.raremounts import LongMount
    from anocir.runtime.context import Context


def mount(step: Step, context: Context) -> None:
    """Mount on the target, and then give the mount its attributes."""
    long: LongMount = step.data
    wanted = long.mount
    target_fd = mounts.open_target(step.name, wanted, context, is_directory=True)
    mounts.check_kind(step.name, wanted, target_fd, is_directory=True)
    label = mounts.label(wanted.type, context)
    data = ",".join([long.data, *(f'context="{word.partition("=")[2]}"' for word in label)])
    mountflags.mount(wanted.source, target_fd, wanted.type, long.flags, data)
    mount_fd = paths.open_in_root(context.root_fd, wanted.destination)
    if not mountflags.is_mount(mount_fd) or os.path.sameopenfile(mount_fd, target_fd):
        raise StepError(step.name, f"{wanted.destination}: is not where it was")
    mounts.guard_proc(step.name, wanted, mount_fd, target_fd)
    mountapi.set_attributes(mount_fd, wanted.on, wanted.off)
    mountapi.set_attributes(mount_fd, wanted.deep_on, wanted.deep_off, recursive=True)
    mounts.settle(wanted, context, mount_fd)
    os.close(mount_fd)
    os.close(target_fd)
