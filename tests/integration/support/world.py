"""The part of the machine that the tests see and may spoil.

A process above the tests collects orphans, as an engine's monitor does. The whole session moves
into a mount namespace of its own, where every mount is shared, as it is under systemd: what a
runtime lets out of a container shows there, and nowhere else. On a host with version 1 hierarchies
it also gets cgroups of its own, so that nothing that others do meanwhile is taken for a leftover.
"""

from __future__ import annotations

import atexit
import ctypes
import errno
import os
import select
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

CLONE_NEWNS = 0x20000  # linux/sched.h
CLONE_NEWCGROUP = 0x02000000
MS_REMOUNT = 0x20  # linux/mount.h
MS_BIND = 0x1000
MS_REC = 0x4000
MS_PRIVATE = 0x40000
MS_SHARED = 0x100000
IN_DELETE_SELF = 0x400  # linux/inotify.h
IN_UNMOUNT = 0x2000
PR_SET_PDEATHSIG = 1  # linux/prctl.h
PR_SET_CHILD_SUBREAPER = 36

_libc = ctypes.CDLL(None, use_errno=True)


def enter() -> None:
    """Move this process into the session's own world; once, before any test and any thread."""
    supervise()
    flags = CLONE_NEWNS
    mine = _own_cgroups()
    if mine:
        flags |= CLONE_NEWCGROUP
    unshare(flags)
    propagation("/", MS_REC | MS_PRIVATE)
    _forget_passing_mounts()
    _without_options(Path(tempfile.gettempdir()))
    for where, kind, options in mine:
        # The kernel refuses to put the same filesystem on the same place twice.
        unmount(Path(where))
        mount("cgroup", where, kind, options)
    mount("shm", "/dev/shm", "tmpfs", "mode=1777")
    propagation("/", MS_REC | MS_SHARED)


def _forget_passing_mounts() -> None:
    """Let go of what others have mounted for a while: it would vanish in the middle of a test."""
    below = tempfile.gettempdir() + "/"
    for line in reversed(Path("/proc/self/mountinfo").read_text().splitlines()):
        where = line.split(" ")[4]
        if where.startswith(below):
            unmount(Path(where))


def _without_options(where: Path) -> None:
    """Let what lies below a directory be mounted with any options: hosts have nodev and more there.

    A bind mount inherits the options of its source (mount(2), MS_BIND).
    """
    bind(where, where)
    mount("none", str(where), "none", "", MS_REMOUNT | MS_BIND)


def supervise() -> None:
    """Go on in a child; this process collects every orphan and ends as the child does.

    The child ends with this process: what is below its parent is what the tests have started, and
    below process 1 that would be the whole machine.
    """
    _supervisors.append(os.getpid())
    tests = os.fork()
    if tests == 0:
        _check(_libc.prctl(PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0), "prctl")
        _supervised()
        return
    adopt_orphans(True)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        ended, status = os.waitpid(-1, 0)
        if ended == tests:
            os._exit(min(os.waitstatus_to_exitcode(status) & 255, 255))


_supervisors: list[int] = []


def _supervised() -> int:
    """Return the pid of the process that supervises this one; raises RuntimeError if it is gone."""
    if [os.getppid()] != _supervisors:
        raise RuntimeError("the process that supervises the tests is gone")
    return os.getppid()


def adopt_orphans(yes: bool) -> None:
    """Have orphaned descendants become children of this process (PR_SET_CHILD_SUBREAPER)."""
    _check(_libc.prctl(PR_SET_CHILD_SUBREAPER, int(yes), 0, 0, 0), "prctl")


def unshare(flags: int) -> None:
    """Leave namespaces for new ones (unshare(2))."""
    _check(_libc.unshare(flags), "unshare")


def propagation(where: str, flags: int) -> None:
    """Set the propagation type of a mount (mount_namespaces(7))."""
    _check(_libc.mount(None, os.fsencode(where), None, ctypes.c_ulong(flags), None), where)


def mount(source: str, where: str, kind: str, options: str, flags: int = 0) -> None:
    """Mount a filesystem (mount(2))."""
    words = [os.fsencode(word) for word in (source, where, kind)]
    _check(_libc.mount(*words, ctypes.c_ulong(flags), os.fsencode(options)), where)


def bind(source: Path, where: Path) -> None:
    """Bind one place to another (mount(2), MS_BIND)."""
    mount(str(source), str(where), "none", "", MS_BIND)


def unmount(where: Path) -> None:
    """Take away a mount and what is below it (umount2(2), MNT_DETACH)."""
    _check(_libc.umount2(os.fsencode(where), 2), str(where))


class Watch:
    """Tells when the filesystem at a place is mounted nowhere any more (inotify(7)).

    It does not keep the filesystem mounted itself.
    """

    def __init__(self, where: Path) -> None:
        self.fd = _libc.inotify_init1(os.O_CLOEXEC)
        # The event that is waited for comes unasked.
        number = _libc.inotify_add_watch(self.fd, os.fsencode(where), IN_DELETE_SELF)
        _check(min(number, 0), "inotify_add_watch")

    def unmounted(self, seconds: float) -> bool:
        """Wait for that at most so long; ask no more once it has been told."""
        poll = select.poll()
        poll.register(self.fd, select.POLLIN)
        if not poll.poll(seconds * 1000):
            return False
        # struct inotify_event: the watch, and what has happened.
        return bool(int.from_bytes(os.read(self.fd, 4096)[4:8], sys.byteorder) & IN_UNMOUNT)

    def __enter__(self) -> Watch:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self.fd)


def _check(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), what)


def _own_cgroups() -> list[tuple[str, str, str]]:
    """Enter a new cgroup in each hierarchy; return (mount point, type, options) of each.

    None on a host with version 2 alone, where a cgroup with both processes and children could not
    hand any controller down.
    """
    own = {}
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, key, path = line.split(":", 2)
        own[key] = path
    if set(own) == {""}:
        return []
    entered = []
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        before, _, after = line.partition(" - ")
        kind, _, options = after.split(" ")
        _, _, _, root, where, *_ = before.split(" ")
        if kind not in ("cgroup", "cgroup2"):
            continue
        key = _key(kind, options.split(","), own)
        if key is None or root != "/":
            continue
        _enter_cgroup(where + own[key].rstrip("/"))
        name = f"none,{key}" if key.startswith("name=") else key
        entered.append((where, kind, name))
    return entered


def _key(kind: str, options: list[str], own: dict[str, str]) -> str | None:
    if kind == "cgroup2":
        return "" if "" in own else None
    return next((key for key in own if key and set(key.split(",")) <= set(options)), None)


def _enter_cgroup(parent: str) -> None:
    parent_fd = os.open(parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    name = f"anocir-tests-{os.getpid()}"
    os.mkdir(name, dir_fd=parent_fd)
    for setting in ("cpuset.cpus", "cpuset.mems"):
        if os.path.exists(f"{parent}/{setting}"):
            Path(f"{parent}/{name}/{setting}").write_text(Path(f"{parent}/{setting}").read_text())
    Path(f"{parent}/{name}/cgroup.procs").write_text(str(os.getpid()))
    # The way back, which the cgroup namespace hides.
    back_fd = os.open(f"{parent}/cgroup.procs", os.O_WRONLY | os.O_CLOEXEC)
    atexit.register(_leave_cgroup, os.getpid(), parent_fd, back_fd, name)


def _leave_cgroup(pid: int, parent_fd: int, back_fd: int, name: str) -> None:
    if os.getpid() == pid:
        os.write(back_fd, str(pid).encode())
        os.rmdir(name, dir_fd=parent_fd)


@dataclass(frozen=True)
class View:
    """What must be the same before and after.

    mounts: the lines of mountinfo without ids. cgroups: directories of every hierarchy.
    processes: (pid, start time) of all that the session has started. shm: names in /dev/shm.
    """

    mounts: frozenset[str]
    cgroups: frozenset[str]
    processes: frozenset[tuple[int, int]]
    shm: frozenset[str]

    def since(self, before: View) -> dict[str, list[str]]:
        """Return what has come and what has gone, by kind; empty when nothing has changed."""
        changes = {}
        for kind in ("mounts", "cgroups", "processes", "shm"):
            old, new = getattr(before, kind), getattr(self, kind)
            lines = [f"+ {item}" for item in sorted(new - old)]
            lines += [f"- {item}" for item in sorted(old - new)]
            if lines:
                changes[kind] = lines
        return changes


def look() -> View:
    """Return the present state of the session's world."""
    lines = Path("/proc/self/mountinfo").read_text().splitlines()
    mounts = [_without_ids(line) for line in lines]
    places = [line.split(" ")[4] for line in lines
              if line.partition(" - ")[2].split(" ")[0] in ("cgroup", "cgroup2")]  # fmt: skip
    return View(
        frozenset(mounts),
        frozenset(where for place in places for where, _, _ in os.walk(place)),
        frozenset(started()),
        frozenset(os.listdir("/dev/shm")),
    )


def _without_ids(line: str) -> str:
    fields = line.split(" ")
    return " ".join(field for field in fields[2:] if not field.startswith(("shared:", "master:")))


def stat_of(pid: int) -> tuple[str, int, int] | None:
    """Return state, parent and start time of a process; None when there is none."""
    try:
        text = Path(f"/proc/{pid}/stat").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = text[text.rindex(b")") + 2 :].split()
    return fields[0].decode(), int(fields[1]), int(fields[19])


def descendants(top: int) -> list[tuple[int, int]]:
    """Return (pid, start time) of every living process below ``top``."""
    parents: dict[int, tuple[int, int]] = {}
    for name in os.listdir("/proc"):
        if name.isdigit() and (stat := stat_of(int(name))) and stat[0] not in "ZX":
            parents[int(name)] = stat[1:]
    found = []
    for pid, (parent, start) in parents.items():
        above = parent
        while above not in (0, top) and above in parents:
            above = parents[above][0]
        if above == top:
            found.append((pid, start))
    return found


def started() -> list[tuple[int, int]]:
    """Return (pid, start time) of every living process of the session but this one."""
    return [found for found in descendants(_supervised()) if found[0] != os.getpid()]


def restore(before: View) -> None:
    """End the processes and remove the cgroups that a failed test has left, for the next one."""
    for pid, start in set(started()) - before.processes:
        end(pid, start)
    for path in sorted(look().cgroups - before.cgroups, reverse=True):
        os.rmdir(path)


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


def wait_end(pid: int, timeout: float = 120) -> None:
    """Wait until a process has ended; raises TimeoutError."""
    fd = open_process(pid)
    if fd is None:
        return
    try:
        poll = select.poll()
        poll.register(fd, select.POLLIN)
        if not poll.poll(timeout * 1000):
            raise TimeoutError(f"process {pid} does not end")
    finally:
        os.close(fd)


def end(pid: int, start: int) -> None:
    """Kill exactly this process, if it still runs, and wait for its end."""
    fd = open_process(pid)
    if fd is None:
        return
    try:
        stat = stat_of(pid)
        if stat is not None and stat[2] == start:
            signal.pidfd_send_signal(fd, signal.SIGKILL)
    except ProcessLookupError:
        pass
    finally:
        os.close(fd)
    wait_end(pid)


def shell(script: str) -> str:
    """Run a few lines of shell for a test's set-up and return what they print."""
    done = subprocess.run(["sh", "-ec", script], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout
