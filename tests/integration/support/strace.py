"""Finding the system calls of a command, and making one of them fail or fatal (strace(1))."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.integration.support import world
from tests.integration.support.driver import Runtime

# Calls after which something is different: on disk, in a cgroup, among processes or mounts.
CHANGING = (
    "mkdir,mkdirat,rmdir,unlink,unlinkat,rename,renameat,renameat2,mknod,mknodat,symlink,symlinkat,"
    "chmod,fchmod,fchmodat,write,flock,setxattr,fsetxattr,bpf,clone3,pipe2,memfd_create,fcntl,"
    "unshare,setns,sethostname,keyctl,mount,umount2,pivot_root,fsopen,fsconfig,fsmount,open_tree,"
    "move_mount,mount_setattr,openat2,setsid,chdir,fchdir,prctl"
)
_CALL = re.compile(r"^(?P<pid>\d+) +(?P<name>\w+)\((?P<rest>.*)$")


@dataclass(frozen=True)
class Call:
    """The ``nth`` call of that name in its process, counted from 1, as strace's when= does."""

    pid: int
    name: str
    nth: int
    text: str

    def inject(self, what: str) -> list[str]:
        """Return strace's words that do ``what`` here, in every process that comes to it."""
        return ["-e", f"inject={self.name}:{what}:when={self.nth}"]


def calls(trace: Path) -> list[Call]:
    """Return the calls of a trace in order."""
    counts: dict[tuple[int, str], int] = {}
    found = []
    for line in trace.read_text(errors="replace").splitlines():
        match = _CALL.match(line)
        if match:
            key = (int(match["pid"]), match["name"])
            counts[key] = counts.get(key, 0) + 1
            found.append(Call(*key, counts[key], line))
    return found


def words(strace: str, trace: Path, names: str, *options: str) -> list[str]:
    """Return a command prefix. With -D the traced command is ours to wait for, not strace."""
    return [strace, "-D", "-f", "-qq", "-o", str(trace), "-e", f"trace={names}", *options]


def settle(before: world.View) -> None:
    """Wait for the tracers, which end when everything that they trace has ended."""
    for pid, start in world.started():
        if (pid, start) not in before.processes and _is_strace(pid):
            world.wait_end(pid)


def _is_strace(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/comm").read_text() == "strace\n"
    except OSError:
        return False


def points(anocir: Runtime, strace: str, trace: Path, bundle: str) -> list[Call]:
    """Return the calls that change something in a create, of the runtime and of init.

    They begin where the state directory is made. One call of the trace can stand for two
    processes, where both come to the same number: it is listed once.
    """
    before = world.look()
    anocir("create", "-b", bundle, "trace", wrap=words(strace, trace, CHANGING))
    anocir.quiet("delete", "--force", "trace")
    settle(before)
    found = calls(trace)
    first = next(n for n, call in enumerate(found) if f"{anocir.root}/trace" in call.text)
    unique: dict[tuple[str, int], Call] = {}
    for call in found[first:]:
        unique.setdefault((call.name, call.nth), call)
    return list(unique.values())


def sample(everything: Sequence[Call], count: int) -> list[Call]:
    """Return ``count`` calls spread evenly, the first and the last among them."""
    if len(everything) <= count:
        return list(everything)
    step = (len(everything) - 1) / (count - 1)
    return [everything[round(n * step)] for n in range(count)]
