"""`run`: create and start in one process."""

from __future__ import annotations

from anocir.errors import ExecFailed
from anocir.linux import consts, libc
from anocir.runtime import create, delete, foreground
from anocir.runtime.start import init_words
from anocir.spec import bundle as bundles

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def run(
    root: str,
    container_id: str,
    bundle: str,
    *,
    pid_file: str | None,
    detach: bool,
    keep: bool,
    warn: Callable[[str], None],
    fail_at: str | None = None,
) -> int:
    """Run a container and return its exit status, 128+n when signal n has ended it.

    There is no FIFO: init goes on by itself, and its end of the channel closes at the execve.
    With ``detach`` the return value is 0 as soon as the program runs. The container is deleted
    when it ends, unless ``keep`` is set. Raises errors.Error when it could not be started.
    """
    loaded = bundles.load(bundle)
    context = create.new_context(loaded, container_id, warn, fail_at)
    create.reserve(context, root, container_id)
    try:
        if not detach:
            foreground.hold_signals()
            libc.prctl(consts.PR_SET_CHILD_SUBREAPER, 1)
        create.prepare(context, loaded)
        peer = create.launch(context)
        create.commit(context, pid_file)
        peer.send("go")
        words = peer.rest()
        if words:
            raise ExecFailed(init_words(words))
    except BaseException:
        create.undo(context)
        raise
    finally:
        context.entry.close()
    if detach:
        return 0
    status = foreground.wait(context.pid)
    if not keep:
        delete.delete(root, container_id, force=True)
    return status
