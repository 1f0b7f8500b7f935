"""`create`: from a bundle to a process that waits for `start`."""

from __future__ import annotations

import _signal
import os
import time

from anocir.errors import Error, StateError, StepError
from anocir.linux import clone, proc
from anocir.plan import planners
from anocir.plan.plan import ATTACH, INIT, PREPARE, START
from anocir.runtime import channel, init
from anocir.runtime.appliers import APPLIERS
from anocir.runtime.context import Context
from anocir.runtime.trace import Trace
from anocir.spec import bundle as bundles
from anocir.state.record import Record
from anocir.state.store import CONFIG_FILE, ERROR_FIFO, GO_FIFO, Store

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from anocir.runtime.channel import Channel
    from anocir.spec.bundle import Bundle

# What every create does around the steps of its plan: (name, what it does).
BEFORE = (
    ("state directory", "make it, which fails when the id is taken"),
    ("frozen config", "copy config.json: later edits of the bundle have no effect"),
    ("record", "write it without a pid: the status is creating"),
    ("fifos", "make them: init waits at one for start, and answers by the other"),
)
CLONE = ("clone", "make the process, which waits for a go")
AFTER = (
    ("ready", "wait until the process has done all that"),
    ("process record", "write the pid: the status is created"),
    ("pid file", "write it, when one was asked for"),
)


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
    ``pid_file``, when given, is written just before success. ``fail_at`` names a step to fail at.
    A failure leaves nothing behind. Raises errors.Error.
    """
    loaded = bundles.load(bundle)
    context = new_context(loaded, container_id, warn, fail_at)
    reserve(context, root, container_id)
    try:
        prepare(context, loaded)
        _make_fifos(context)
        peer = launch(context)
        commit(context, pid_file)
        peer.send("go")
    except BaseException:
        undo(context)
        raise
    finally:
        context.entry.close()


def dry_run(container_id: str, bundle: str, warn: Callable[[str], None]) -> list[str]:
    """Return the steps that a create would take, one line each, without taking any."""
    made = planners.make(bundles.load(bundle).config, container_id, warn)
    lines = [f"{PREPARE:<8} {name}: {text}" for name, text in BEFORE]
    lines += [step.describe() for step in made.stage(PREPARE)]
    lines.append(f"{PREPARE:<8} {CLONE[0]}: {CLONE[1]}")
    lines += [step.describe() for step in (*made.stage(ATTACH), *made.stage(INIT))]
    lines += [f"{ATTACH:<8} {name}: {text}" for name, text in AFTER]
    lines += [step.describe() for step in made.stage(START)]
    return lines


def new_context(
    loaded: Bundle, container_id: str, warn: Callable[[str], None], fail_at: str | None
) -> Context:
    """Plan the container; nothing has been touched when this fails."""
    made = planners.make(loaded.config, container_id, warn)
    return Context(made, loaded.path, warn, Trace(fail_at))


def reserve(context: Context, root: str, container_id: str) -> None:
    """Take the id; raises InvalidID, ContainerExists."""
    with context.trace.step("state directory"):
        context.entry = Store(root).reserve(container_id)


def prepare(context: Context, loaded: Bundle) -> None:
    """Do all that the runtime does before there is a process."""
    config = loaded.config
    with context.trace.step("frozen config"):
        context.entry.write(CONFIG_FILE, loaded.text)
    with context.trace.step("record"):
        context.record = Record(
            context.entry.id,
            config["ociVersion"],
            loaded.path,
            bundles.root_path(loaded),
            timestamp(time.time_ns()),
        )
        context.record.annotations = config.get("annotations", {})
        context.record.save(context.entry)
    context.run(PREPARE, APPLIERS)


def launch(context: Context) -> Channel:
    """Make the process and wait until it has done every step before `start`.

    Returns the runtime's side of the channel. Raises StepError: the child's failure is raised
    here as if the step had been ours.
    """
    with context.trace.step("clone"):
        ours, theirs = channel.pair()
        context.pid = clone.clone(context.clone_flags, context.cgroup_fd, context.pid_namespace_fd)
        if context.pid == 0:
            init.main(context, theirs)
        theirs.close()
    context.run(ATTACH, APPLIERS)
    with context.trace.step("ready"):
        try:
            ours.send("go")
        except BrokenPipeError:
            pass  # It has died, and may have said why.
        answer = ours.receive()
        if answer is None:
            raise StepError("init", f"the process {_death(context)} before it was ready")
        if answer["message"] == "error":
            raise StepError(answer["step"], answer["text"])
    context.trace.times += answer["times"]
    return ours


def commit(context: Context, pid_file: str | None) -> None:
    """Record the process; from here on other commands see the container as created."""
    record = context.record
    with context.trace.step("process record"):
        stat = proc.read_stat(context.pid)
        if stat is None:
            raise StateError(f"process {context.pid} has vanished")
        record.pid = context.pid
        record.start_time = stat.start_time
        record.save(context.entry)
    with context.trace.step("pid file"):
        if pid_file is not None:
            write_pid_file(pid_file, context.pid)
            context.undo.append(lambda: os.unlink(pid_file))


def undo(context: Context) -> None:
    """Take back everything that a failed create has made, newest first."""
    if context.pid > 0:
        # It is our own child and not reaped yet: this pid can't be anyone else's.
        os.kill(context.pid, _signal.SIGKILL)
        os.waitpid(context.pid, 0)
    for action in reversed(context.undo):
        try:
            action()
        except (Error, OSError) as error:
            context.warn(f"cleaning up after a failed create: {error}")
    context.entry.remove()


def _death(context: Context) -> str:
    """Reap the child and say how it ended."""
    code = os.waitstatus_to_exitcode(os.waitpid(context.pid, 0)[1])
    context.pid = 0
    return f"was killed by signal {-code}" if code < 0 else f"exited with status {code}"


def write_pid_file(path: str, pid: int) -> None:
    """Write the bare decimal pid, whole or not at all: engines read it with no newline in mind."""
    directory, name = os.path.split(path)
    temporary = os.path.join(directory, f".{name}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW
    with open(os.open(temporary, flags, 0o644), "wb") as file:
        file.write(b"%d" % pid)
    os.rename(temporary, path)


def timestamp(nanoseconds: int) -> str:
    """Return a time since the epoch as RFC 3339 in UTC."""
    seconds, rest = divmod(nanoseconds, 1_000_000_000)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{rest:09d}Z"


def _make_fifos(context: Context) -> None:
    """Make the two ways between `start` and init, and open init's ends while paths are ours.

    Opened for reading and writing, a FIFO neither blocks nor reports an end of its own accord.
    """
    with context.trace.step("fifos"):
        directory_fd = context.entry.fd
        for name in (GO_FIFO, ERROR_FIFO):
            os.mkfifo(name, 0o600, dir_fd=directory_fd)
        context.go_fd = os.open(GO_FIFO, os.O_RDWR | os.O_CLOEXEC, dir_fd=directory_fd)
        context.error_fd = os.open(ERROR_FIFO, os.O_RDWR | os.O_CLOEXEC, dir_fd=directory_fd)
