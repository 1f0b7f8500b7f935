"""What must be the same in a container under runc, and what may differ, and why."""

from __future__ import annotations

import re
import shutil

from tests.integration.support import proc

RUNC = shutil.which("runc", path="/usr/sbin:/usr/bin:/sbin:/bin")

DIFFERENCES = {
    "HOME": "runc adds it from the image's passwd; here the config's env is the whole environment",
    "masked files": "runc masks with the container's own null device, which may be anything"
    " (CVE-2025-31133); here it is the host's, checked",
    "SigIgn": "runc leaves signals 32 and 33 ignored where its caller does",
    "misc": "runc 1.1 does not know this version 1 hierarchy, and leaves a container where it was",
    "propagation of /": "runc before 1.1.13 leaves the root a slave of the host's mount",
    "propagation of binds": "runc since 1.1.13 cuts a bind without an option off from the host's"
    " mount; before that, and here, what the host mounts below it later shows inside",
    "private root": "with a root that is private, and not rprivate, runc leaves what it mounts"
    " inside shared with the host",
    "propagation of cgroups": "on version 1 with a cgroup namespace, runc mounts the hierarchies"
    " anew; here the host's are bound",
    "cgroup tmpfs": "on version 1 runc leaves the top of a read-only /sys/fs/cgroup writable",
    "unified": "on a hybrid host runc leaves the version 2 hierarchy out of /sys/fs/cgroup",
    "cgroup path": "without cgroupsPath runc puts a container at the top of each hierarchy; here"
    " it is below /anocir",
    "hooks' status": "runc 1.1 says creating before the pivot, where create has come to the steps"
    " that follow the creation (runtime.md, Lifecycle, 3 to 5), and created in poststart",
    "poststart": "runc 1.1 runs poststart hooks at the end of create, before the program",
}
SIGNALS_OF_THE_LIBRARY = 1 << 31 | 1 << 32
STATUS = ("Uid", "Gid", "Groups", "Umask", "NoNewPrivs", "Seccomp", "SigIgn", "SigBlk", "SigCgt",
          "SigPnd", "ShdPnd", "CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "NStgid", "NSpid",
          "NSpgid", "NSsid", "Threads")  # fmt: skip

Mount = tuple[str, str, frozenset[str], frozenset[str], frozenset[str]]


def mounts(text: str) -> list[Mount]:
    """What is mounted where, without what differs from mount to mount, and DIFFERENCES.

    In the order of mounting, but for the version 1 hierarchies and the devices that are bound for a
    user namespace, which lie side by side.
    """
    found: list[Mount] = []
    seen = proc.mountinfo(text)
    root = next(mount.root for mount in seen if mount.where == "/")
    for mount in seen:
        if mount.root == "/null" or (mount.where, mount.kind) == ("/sys/fs/cgroup", "tmpfs"):
            found.append((mount.where, mount.root, frozenset(), frozenset(), frozenset()))
        elif mount.where != "/sys/fs/cgroup/unified":
            data = frozenset(re.sub(r"^(size|nr_inodes)=.*", r"\1", word) for word in mount.data)
            # A part of the root that is bound over itself takes after the root.
            own = mount.root.startswith(root) or mount.where.startswith("/sys/fs/cgroup/")
            tags = frozenset() if own else mount.tags - {"master"}
            found.append((mount.where, mount.kind, mount.options, tags, data))
    beside = [m for m in found if m[0].startswith("/sys/fs/cgroup/") or m[1] == "devtmpfs"]
    others = [mount for mount in found if mount not in beside]
    return others + sorted(beside, key=lambda mount: mount[0])


def status(text: str) -> dict[str, str]:
    """The fields of a /proc/PID/status that a runtime has a hand in."""
    fields = proc.status(text)
    fields["SigIgn"] = f"{int(fields['SigIgn'], 16) & ~SIGNALS_OF_THE_LIBRARY:016x}"
    return {name: fields.get(name, "") for name in STATUS}


def cgroups(text: str) -> list[str]:
    """Where a process is in each hierarchy."""
    kept = [line for line in text.splitlines() if ":misc:" not in line]
    return [line.replace(":/c1", ":/anocir/c1") for line in kept]
