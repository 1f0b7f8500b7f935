"""`create`: from a bundle to a process that waits for `start`."""

from __future__ import annotations

from anocir.plan import planners
from anocir.plan.plan import ATTACH, FINISH, PREPARE
from anocir.runtime import container
from anocir.runtime.appliers import APPLIERS
from anocir.runtime.context import Context
from anocir.spec import bundle as bundles

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def create(
    root: str,
    container_id: str,
    bundle: str,
    *,
    pid_file: str | None,
    warn: Callable[[str], None],
    fail_at: str | None = None,
) -> None:
    """Create a container and leave its process waiting for ``start`` (runtime.md, Create).

    ``root`` is the state directory of all containers, ``bundle`` the directory of config.json.
    ``pid_file``, when given, is written just before success. ``fail_at`` names a step to fail
    at. A failure leaves nothing behind. Raises errors.Error.
    """
    loaded = bundles.load(bundle)
    plan = planners.make(loaded.config, container_id, warn)
    plan.check_name(fail_at)
    context = Context(root, plan, APPLIERS, loaded, warn)
    context.pid_file = pid_file
    context.fail_at = fail_at
    bring_up(context)
    container.let_go(context)


def dry_run(container_id: str, bundle: str, warn: Callable[[str], None]) -> list[str]:
    """Return the steps that a create would take, one line each, without taking any."""
    return planners.make(bundles.load(bundle).config, container_id, warn).describe()


def bring_up(context: Context) -> None:
    """Do all steps up to the point where `start` takes over; undo them when one fails."""
    try:
        for stage in (PREPARE, ATTACH, FINISH):
            context.run(stage)
    except BaseException:
        context.take_back()
        raise
