"""Giving up privileges, in the one order that gives up all of them."""

from __future__ import annotations

import os
import stat

from anocir.errors import StepError
from anocir.linux import caps, consts, libc

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.plan.credentials import Credentials
    from anocir.plan.plan import Step
    from anocir.runtime.context import Context


def check_capabilities(step: Step, context: Context) -> None:
    """Ask the kernel which capabilities there are to be given, and warn of those that are ignored.

    config.md, Linux Process: one that can't be granted is warned of, and the container runs.
    """
    context.last_capability = caps.last_capability()
    credentials: Credentials = step.data
    known = frozenset(range(context.last_capability + 1))
    context.granted = known if credentials.mapped else caps.permitted()
    asked = frozenset().union(*credentials.sets.values())
    for number in sorted(asked - known):
        context.warn(f"process.capabilities: this kernel has no {consts.CAPABILITIES[number]}")
    for number in sorted(asked & known - context.granted):
        name = consts.CAPABILITIES[number]
        context.warn(f"process.capabilities: {name} is ignored, the runtime itself hasn't got it")
    context.keeps_groups = _setgroups_denied()
    if context.keeps_groups and credentials.groups:
        text = "setgroups is denied in the runtime's own user namespace"
        raise StepError(step.name, f"process.user.additionalGids: {text}")
    for name in sorted(credentials.unknown):
        context.warn(f"process.capabilities: {name} is unknown and ignored")
    for name in credentials.lost:
        why = "is ignored, as it isn't permitted and inheritable"
        context.warn(f"process.capabilities.ambient: {name} {why}")


def _setgroups_denied() -> bool:
    """Tell whether groups are fixed here, as where a user has mapped one id (user_namespaces(7)).

    That is so in namespaces of the container's below this one, too.
    """
    try:
        with open("/proc/self/setgroups", "rb") as file:
            return file.read().startswith(b"deny")
    except FileNotFoundError:
        return False  # This kernel has no user namespaces.


def set_rlimits(step: Step, context: Context) -> None:
    """Set the process's own limits, while it still may raise them."""
    for number, soft, hard in step.data:
        libc.set_rlimit(number, soft, hard)


def drop_privileges(step: Step, context: Context) -> None:
    """Become the user with exactly the configured capabilities (capabilities(7)).

    The bounding set goes first: lowering it takes CAP_SETPCAP. Changing the user ids would clear
    the permitted set, so it is kept over that change and cut down after it. The ambient set can
    only hold what is permitted and inheritable by then. no_new_privs goes last, since nothing
    before it depends on it.
    """
    wanted: Credentials = step.data
    sets = {name: numbers & context.granted for name, numbers in wanted.sets.items()}
    caps.drop_bounding(sets["bounding"], context.last_capability)
    libc.prctl(consts.PR_SET_KEEPCAPS, 1)
    if not context.keeps_groups:
        os.setgroups(wanted.groups)
    if wanted.uid:
        _give_pipes(wanted.uid)
    os.setresgid(wanted.gid, wanted.gid, wanted.gid)
    os.setresuid(wanted.uid, wanted.uid, wanted.uid)
    libc.prctl(consts.PR_SET_KEEPCAPS, 0)
    caps.set_capabilities(sets["effective"], sets["permitted"], sets["inheritable"])
    caps.set_ambient(sets["ambient"])
    if wanted.no_new_privileges:
        libc.prctl(consts.PR_SET_NO_NEW_PRIVS, 1)
    os.umask(context.umask if wanted.umask is None else wanted.umask)


def _give_pipes(uid: int) -> None:
    """Let the user open the pipes that are its standard streams by name, as /dev/stdout.

    runc and crun do the same, and images rely on it. Files and terminals stay whose they are.
    """
    for fd in range(3):
        if stat.S_ISFIFO(os.fstat(fd).st_mode):
            try:
                os.fchown(fd, uid, -1)
            except OSError:
                pass  # not ours to give, in a user namespace
