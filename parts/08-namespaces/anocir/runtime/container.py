"""The steps that every container takes: state directory, record, process."""

from __future__ import annotations

import _signal
import os
import time

from anocir.errors import Error, StepError
from anocir.linux import clone, proc
from anocir.runtime import channel, init
from anocir.spec import bundle as bundles
from anocir.state.record import Record, timestamp
from anocir.state.store import CONFIG_FILE, ERROR_FIFO, GO_FIFO, Store

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.plan.plan import Step
    from anocir.runtime.context import Context


def reserve(step: Step, context: Context) -> None:
    """Take the id; raises InvalidID, ContainerExists."""
    context.entry = Store(context.root).reserve(step.data)
    context.undo.append(context.entry.remove)


def freeze(step: Step, context: Context) -> None:
    """Copy the text that was checked; every later command reads the copy."""
    context.entry.write(CONFIG_FILE, context.bundle.text)


def write_record(step: Step, context: Context) -> None:
    """Write down what is known before there is a process."""
    config = context.bundle.config
    context.record = Record(
        context.entry.id,
        config["ociVersion"],
        context.bundle.path,
        bundles.root_path(context.bundle),
        timestamp(time.time_ns()),
    )
    context.record.annotations = config.get("annotations", {})
    context.record.save(context.entry)


def make_fifos(step: Step, context: Context) -> None:
    """Make the two ways between `start` and init, and open init's ends while paths are ours.

    Opened for reading and writing, a FIFO neither blocks nor reports an end of its own accord.
    """
    directory_fd = context.entry.fd
    for name in (GO_FIFO, ERROR_FIFO):
        os.mkfifo(name, 0o600, dir_fd=directory_fd)
    context.go_fd = os.open(GO_FIFO, os.O_RDWR | os.O_CLOEXEC, dir_fd=directory_fd)
    context.error_fd = os.open(ERROR_FIFO, os.O_RDWR | os.O_CLOEXEC, dir_fd=directory_fd)


def make_process(step: Step, context: Context) -> None:
    """Fork; the child goes its own way here and never returns.

    A caller that ignores SIGCHLD would have the kernel reap the child, and give its pid away.
    """
    _signal.signal(_signal.SIGCHLD, _signal.SIG_DFL)
    context.channel, context.theirs = channel.pair()
    context.pid = clone.clone(context.clone_flags, context.pid_namespace_fd)
    if context.pid == 0:
        init.main(context, context.theirs)
    context.undo.append(lambda: end_process(context.pid))
    context.theirs.close()
    for fd in (context.pid_namespace_fd, *context.keep_fds):
        if fd >= 0:
            os.close(fd)


def wait_ready(step: Step, context: Context) -> None:
    """Let the process do its steps; its failure is raised here as if the step had been ours."""
    let_go(context)
    answer = context.channel.receive()
    if answer is not None and answer["message"] == "hooks":
        from anocir.runtime import hooks

        answer = hooks.answer(context)
    if answer is None:
        raise StepError("init", f"the process died before it was ready: {_death(context.pid)}")
    if answer["message"] == "error":
        raise StepError(answer["step"], answer["text"])


def let_go(context: Context) -> None:
    """Send the process its next go. One that has died may have said why, or tells by its end."""
    try:
        context.channel.send("go")
    except BrokenPipeError:
        pass


def record_process(step: Step, context: Context) -> None:
    """Name the process by pid and start time: other commands see it as created from here on."""
    stat = proc.read_stat(context.pid)
    if stat is None:
        raise Error(f"process {context.pid} has vanished")
    context.record.pid = context.pid
    context.record.start_time = stat.start_time
    context.record.save(context.entry)


def write_pid_file(step: Step, context: Context) -> None:
    """Write the bare decimal pid, whole or not at all: engines read it with no newline in mind."""
    path = context.pid_file
    if path is None:
        return
    directory, name = os.path.split(path)
    temporary = os.path.join(directory, f".{name}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW
    fd = os.open(temporary, flags, 0o644)
    try:
        with open(fd, "wb") as file:
            file.write(b"%d" % context.pid)
        os.rename(temporary, path)
    except OSError:
        os.unlink(temporary)
        raise
    context.undo.append(lambda: os.unlink(path))


def end_process(pid: int) -> None:
    """Kill and reap our own child; until it is reaped its pid can't be anyone else's."""
    os.kill(pid, _signal.SIGKILL)
    os.waitpid(pid, 0)


def _death(pid: int) -> str:
    """Say how a child ended, and leave it to be reaped."""
    found = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    if found is not None and found.si_code == os.CLD_EXITED:
        return f"exit status {found.si_status}"
    return f"signal {found.si_status}" if found else "unknown"
