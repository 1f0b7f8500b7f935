"""Giving the container a cgroup of its own."""

from __future__ import annotations

import os

from anocir.cgroup import manager

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.plan.cgroup import CgroupPlan
    from anocir.plan.plan import Step
    from anocir.runtime.context import Context


def make(step: Step, context: Context) -> None:
    """Make the cgroup; the record names it first, so that a crash can be cleaned up after."""
    wanted: CgroupPlan = step.data
    cgroup = manager.new(wanted.path, wanted.relative, context.entry.path)
    context.record.cgroup = cgroup.record()
    context.record.save(context.entry)
    cgroup.create()
    context.undo.append(cgroup.remove)
    context.cgroup = cgroup
    # The mark that create() leaves, or could not leave, is part of the record.
    context.record.cgroup = cgroup.record()


def apply_device_rules(step: Step, context: Context) -> None:
    """Restrict the devices before there is a process that could open one."""
    context.cgroup.apply_devices(step.data)
    fd = context.cgroup.dirfd()
    if fd is not None:
        context.cgroup_fd = fd


def add_process(step: Step, context: Context) -> None:
    """Move the process into the cgroup, unless it was born there."""
    if context.cgroup_fd < 0:
        context.cgroup.add(context.pid)
    else:
        os.close(context.cgroup_fd)
