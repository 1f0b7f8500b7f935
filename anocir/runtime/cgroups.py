"""Giving the container a cgroup of its own."""

from __future__ import annotations

import os

from anocir.cgroup import manager, tree
from anocir.linux import consts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.plan.cgroup import CgroupPlan
    from anocir.plan.plan import Step
    from anocir.runtime.context import Context


def make(step: Step, context: Context) -> None:
    """Make the cgroup; the record names it first, so that a crash can be cleaned up after."""
    wanted: CgroupPlan = step.data
    cgroup = manager.new(wanted.path, wanted.relative, context.entry.path)
    if os.geteuid() != 0 or os.stat("/proc/self/ns/user").st_ino != consts.PROC_USER_INIT_INO:
        from anocir.runtime import nocgroup

        if nocgroup.do_without(cgroup, context):
            return
    context.record.cgroup = cgroup.record()
    context.record.save(context.entry)
    cgroup.create()
    context.undo.append(cgroup.remove)
    context.cgroup = cgroup
    context.enders.append(cgroup.kill)
    # The mark that create() leaves, or could not leave, is part of the record.
    context.record.cgroup = cgroup.record()
    fd = cgroup.dirfd()
    if fd is not None:
        context.cgroup_fd = fd
    context.doors = cgroup.doors()
    context.keep_fds += context.doors


def enter(step: Step, context: Context) -> None:
    """Go into the cgroup in each hierarchy where the process was not born in it."""
    tree.enter(context.doors)


def load_device_rules(step: Step, context: Context) -> None:
    """Get the device rules ready: for version 2 the kernel verifies a program, which takes time."""
    context.cgroup.load_devices(step.data)


def apply_device_rules(step: Step, context: Context) -> None:
    """Restrict the devices.

    Not before init is ready: it may have to mount a block device that the program must not open.
    """
    context.cgroup.apply_devices()
