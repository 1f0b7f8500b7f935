"""`create`: from a bundle to a process that waits for `start`."""

from __future__ import annotations

import os

from anocir.errors import Error
from anocir.plan import planners
from anocir.plan.plan import ATTACH, FINISH, PREPARE
from anocir.runtime import appliers, container
from anocir.runtime.context import Context
from anocir.spec import bundle as bundles

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from anocir.plan.plan import Plan
    from anocir.runtime.context import Handover


# Descriptors held back for undoing, since having none left may be what fails.
SPARE = 6


def create(
    root: str,
    container_id: str,
    bundle: str,
    *,
    pid_file: str | None,
    handover: Handover,
    warn: Callable[[str], None],
    fail_at: str | None = None,
    without: tuple[str, ...] = (),
) -> None:
    """Create a container and leave its process waiting for ``start`` (runtime.md, Create).

    ``root`` is the state directory of all containers, ``bundle`` the directory of config.json.
    ``pid_file``, when given, is written just before success. ``fail_at`` names a step to fail
    at, ``without`` kinds of steps to leave out. A failure leaves nothing behind. Raises
    errors.Error.
    """
    loaded = bundles.load(bundle)
    check_console(loaded, handover, detach=True)
    plan = make_plan(loaded, container_id, warn, without)
    plan.check_name(fail_at)
    context = Context(root, plan, appliers.needed(plan), loaded, warn)
    context.pid_file = pid_file
    context.handover = handover
    context.fail_at = fail_at
    bring_up(context)


def dry_run(
    container_id: str, bundle: str, warn: Callable[[str], None], without: tuple[str, ...] = ()
) -> list[str]:
    """Return the steps that a create would take, one line each, without taking any."""
    return make_plan(bundles.load(bundle), container_id, warn, without).describe()


def make_plan(
    loaded: bundles.Bundle,
    container_id: str,
    warn: Callable[[str], None],
    without: tuple[str, ...] = (),
) -> Plan:
    """Return the steps for a bundle, but for some kinds; nothing is touched."""
    return planners.make(loaded.config, container_id, warn, without)


def check_console(loaded: bundles.Bundle, handover: Handover, detach: bool) -> None:
    """Raise Error unless a terminal, if there is one, has exactly one to go to.

    That is the console socket of whoever goes on without us, else ourselves.
    """
    terminal = loaded.config.get("process", {}).get("terminal", False)
    socket = handover.console_socket is not None
    if terminal and detach and not socket:
        problem = "cannot allocate tty if anocir will detach without setting console socket"
        raise Error(f"{problem}: process.terminal is true, give --console-socket")
    if socket and not (terminal and detach):
        raise Error("cannot use console socket if anocir will not detach or allocate tty")


def bring_up(context: Context) -> None:
    """Do all steps up to the point where `start` takes over; undo them when one fails."""
    spare = [os.dup(0) for _ in range(SPARE)]
    try:
        for stage in (PREPARE, ATTACH, FINISH):
            context.run(stage)
        container.let_go(context)
    except BaseException:
        _close(spare)
        context.take_back()
        raise
    _close(spare)


def _close(fds: list[int]) -> None:
    for fd in fds:
        os.close(fd)
