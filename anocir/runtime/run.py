"""`run`: create and start in one process."""

from __future__ import annotations

from anocir.errors import Error, ExecFailed
from anocir.linux import consts, libc
from anocir.runtime import appliers, create, delete, foreground
from anocir.runtime.context import Context
from anocir.runtime.start import failure, unexecuted
from anocir.spec import bundle as bundles

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from anocir.runtime.context import Handover


def run(
    root: str,
    container_id: str,
    bundle: str,
    *,
    pid_file: str | None,
    handover: Handover,
    detach: bool,
    keep: bool,
    warn: Callable[[str], None],
    report: Callable[[str], None],
    fail_at: str | None = None,
    without: tuple[str, ...] = (),
) -> int:
    """Run a container and return its exit status, 128+n when signal n has ended it.

    There are no FIFOs: init goes on by itself, and its end of the channel closes at the execve.
    With ``detach`` the return value is 0 as soon as the program runs. The container is deleted
    when it ends, unless ``keep`` is set; ``report`` is told why it could not be. Raises
    errors.Error when it could not be started.
    """
    loaded = bundles.load(bundle)
    create.check_console(loaded, handover, detach)
    plan = create.make_plan(loaded, container_id, warn, (*without, "fifos"))
    plan.check_name(fail_at)
    context = Context(root, plan, appliers.needed(plan), loaded, warn)
    context.pid_file = pid_file
    context.handover = handover
    context.fail_at = fail_at
    if not detach:
        foreground.hold_signals()
        libc.prctl(consts.PR_SET_CHILD_SUBREAPER, 1)
    create.bring_up(context)
    if context.hooks is None:
        _wait_for_program(context)
        context.entry.unlock()
    else:
        from anocir.runtime import hookedstart

        hookedstart.start(
            context.entry, context.record, context.hooks, lambda: _wait_for_program(context), warn
        )
    if detach:
        return 0
    status = _wait(context)
    if not keep:
        try:
            delete.remove_ended(context.entry, context.record, warn)
        except Error as error:
            # What the caller waits for is the program's status; runc gives it then, too.
            report(error.message)
    return status


def _wait_for_program(context: Context) -> None:
    """Wait for init's execve; take everything back when there is none."""
    words = context.channel.rest()
    died = failure(words, ExecFailed) if words else unexecuted(context.record, ExecFailed)
    if died:
        context.take_back()
        raise died


def _wait(context: Context) -> int:
    if context.master_fd < 0:
        return foreground.wait(context.pid)
    from anocir.runtime import terminal

    return terminal.wait(context.pid, context.master_fd)
