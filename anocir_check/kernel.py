"""What the kernel shows of processes: the checks believe it, and not the runtime."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import select
import signal
import time
from dataclasses import dataclass

from anocir_check.expect import fail

PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h
PF_FORKNOEXEC = 0x40  # linux/sched.h: forked, and has not called execve yet


def become_subreaper() -> None:
    """Adopt orphans, as an engine's monitor does: a container's process becomes our child.

    Source: prctl(2), PR_SET_CHILD_SUBREAPER. Raises OSError.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


@dataclass(frozen=True)
class Stat:
    """Some fields of /proc/PID/stat (proc(5)); ``start`` is in clock ticks since boot."""

    pid: int
    command: str
    state: str
    parent: int
    flags: int
    start: int

    @property
    def ended(self) -> bool:
        """Whether it runs no more, be it reaped or not."""
        return self.state in "ZXx"

    @property
    def executed(self) -> bool:
        """Whether it has called execve since it was forked."""
        return not self.flags & PF_FORKNOEXEC


def stat(pid: int) -> Stat | None:
    """Read /proc/PID/stat; None when there is no such process."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            text = file.read().decode(errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    head, _, tail = text.rpartition(")")
    fields = tail.split()
    return Stat(
        pid=pid,
        command=head.partition("(")[2],
        state=fields[0],
        parent=int(fields[1]),
        flags=int(fields[6]),
        start=int(fields[19]),
    )


def children(parent: int | None = None) -> list[Stat]:
    """Return the children of a process (default: our own), zombies too."""
    parent = os.getpid() if parent is None else parent
    found = (stat(int(name)) for name in os.listdir("/proc") if name.isdigit())
    return [each for each in found if each is not None and each.parent == parent]


def alive(pid: int) -> bool:
    """Whether a process exists and is no zombie."""
    found = stat(pid)
    return found is not None and not found.ended


def open_process(pid: int) -> int | None:
    """Return a pidfd, or None when the process has ended.

    At the moment when a process is reaped Linux says EINVAL instead of ESRCH.
    """
    try:
        return os.pidfd_open(pid)
    except OSError as error:
        if error.errno in (errno.ESRCH, errno.EINVAL):
            return None
        raise


def wait_exit(pid: int, timeout: float) -> None:
    """Wait until a child has ended, and leave it unreaped. Ends the check when it does not."""
    fd = open_process(pid)
    if fd is None:
        fail(f"process {pid} is there, or a zombie that its parent has not reaped", "it is gone")
    try:
        poll = select.poll()
        poll.register(fd, select.POLLIN)
        if not poll.poll(timeout * 1000):
            fail(f"process {pid} ends within {timeout:g} s", f"it still runs: {stat(pid)}")
    finally:
        os.close(fd)


def ends(pid: int, timeout: float) -> bool:
    """Wait for a process to end, and kill it when it does not; tell whether it did."""
    fd = open_process(pid)
    if fd is None:
        return True
    try:
        poll = select.poll()
        poll.register(fd, select.POLLIN)
        if poll.poll(timeout * 1000):
            return True
        signal.pidfd_send_signal(fd, signal.SIGKILL)
        return False
    finally:
        os.close(fd)


def reap(pid: int, timeout: float) -> int:
    """Wait for a child and return its status: the exit code, or minus the signal that ended it.

    Ends the check when the process is not our child: an engine could not learn its status.
    """
    wait_exit(pid, timeout)
    try:
        _, status = os.waitpid(pid, 0)
    except ChildProcessError:
        fail(
            "the container's process is a child of the caller of create (a subreaper), which can "
            "read its exit status",
            f"waitpid({pid}) says: no child processes; parent: {stat(pid)}",
        )
    return os.waitstatus_to_exitcode(status)


def end_children() -> list[Stat]:
    """Kill and reap every process that is still our child; return those that were alive."""
    survivors: list[Stat] = []
    while True:
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        living = [child for child in children() if not child.ended]
        if not living:
            return survivors
        for child in living:
            survivors.append(child)
            with contextlib.suppress(ProcessLookupError):
                fd = os.pidfd_open(child.pid)
                try:
                    signal.pidfd_send_signal(fd, signal.SIGKILL)
                finally:
                    os.close(fd)
        # In no order: process 1 of a pid namespace ends when all others in it have been reaped.
        # Their own children become ours, and are found by the next round.
        with contextlib.suppress(ChildProcessError):
            for _ in living:
                os.waitpid(-1, 0)


def no_children_left(timeout: float) -> None:
    """Wait until we have no child that is alive; end the check when one stays."""
    deadline = time.monotonic() + timeout
    for child in children():
        if not child.ended and alive(child.pid):
            wait_exit(child.pid, max(0.0, deadline - time.monotonic()))


def strings(pid: int, name: str) -> list[str]:
    """Return the NUL-terminated strings of /proc/PID/cmdline or /proc/PID/environ."""
    with open(f"/proc/{pid}/{name}", "rb") as file:
        data = file.read().decode(errors="surrogateescape")
    return data.split("\0")[:-1] if data else []


def status(pid: int) -> dict[str, str]:
    """Return the lines of /proc/PID/status as a mapping."""
    with open(f"/proc/{pid}/status", encoding="utf-8", errors="replace") as file:
        pairs = (line.partition(":") for line in file)
        return {key: value.strip() for key, _, value in pairs}


def descriptors(pid: int) -> dict[int, str]:
    """Return the open file descriptors of a process, and what they are."""
    found = {}
    for name in os.listdir(f"/proc/{pid}/fd"):
        with contextlib.suppress(FileNotFoundError):
            found[int(name)] = os.readlink(f"/proc/{pid}/fd/{name}")
    return found


def is_busybox(pid: int) -> bool:
    """Whether a process runs the file /bin/busybox, be it the host's or the rootfs's."""
    try:
        return os.path.basename(os.readlink(f"/proc/{pid}/exe")) == "busybox"
    except OSError:
        return False


def has_children(pid: int) -> bool:
    """Whether any process has this parent now."""
    try:
        with open(f"/proc/{pid}/task/{pid}/children", "rb") as file:
            return bool(file.read())
    except OSError:
        return bool(children(pid))


def waits_for_lock(pid: int) -> bool:
    """Whether a process waits for a flock(2) that another one has (proc_locks(5))."""
    with open("/proc/locks", encoding="ascii") as file:
        fields = [line.split() for line in file]
    return any("->" in line and "FLOCK" in line and str(pid) in line for line in fields)
