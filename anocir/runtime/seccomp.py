"""The seccomp filter: made before there is a process, loaded as late as can be."""

from __future__ import annotations

import os

from anocir.linux.seccomp import Filter
from anocir.seccomp import cache

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.plan.plan import Step
    from anocir.plan.seccomp import Wanted
    from anocir.runtime.context import Context


def make_filter(step: Step, context: Context) -> None:
    """Have the profile as a program, and warn of names that no machine has as a call.

    The exec stub takes in a late filter. Another one is for ``load``.
    """
    wanted: Wanted = step.data
    program, unknown = cache.program(wanted.profile, os.uname().machine)
    for name in unknown:
        context.warn(f"linux.seccomp: {name} is no known system call, and is ignored")
    filter = Filter(wanted.flags, program)
    if wanted.late:
        context.late_filter = filter
    else:
        context.filter = filter


def load(step: Step, context: Context) -> None:
    """Put the filter in force while the process still may.

    The profile has to allow what comes after this: see docs/design/seccomp.md.
    """
    assert context.filter is not None
    context.filter.load()
