"""Changing what an earlier entry of ``mounts`` has mounted (mount(8), remount)."""

from __future__ import annotations

import os

from anocir.errors import StepError
from anocir.linux import consts, mountapi, mountflags, paths

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.plan.plan import Step
    from anocir.plan.raremounts import Remount
    from anocir.runtime.context import Context


def change(step: Step, context: Context) -> None:
    """Change the options that are named, and leave the others, of a mount and its filesystem."""
    change: Remount = step.data
    wanted = change.mount
    fd = paths.open_in_root(context.root_fd, wanted.destination)
    if not mountflags.is_mount(fd):
        raise StepError(step.name, f"{wanted.destination}: nothing is mounted there")
    if change.whole:
        parameters = list(wanted.parameters)
        for bits, name in ((wanted.on, "ro"), (wanted.off, "rw")):
            if bits & consts.MOUNT_ATTR_RDONLY:
                parameters.append(name)
        mountflags.reconfigure(fd, parameters)
    mountapi.set_attributes(fd, wanted.on, wanted.off)
    mountapi.set_attributes(fd, wanted.deep_on, wanted.deep_off, recursive=True)
    for kind, recursive in wanted.propagation:
        mountapi.set_attributes(fd, propagation=kind, recursive=recursive)
    os.close(fd)
