"""The programs that map more than a user's own ids: newuidmap(1), newgidmap(1).

They are setuid root and hold users to what /etc/subuid and /etc/subgid give them.
"""

from __future__ import annotations

import os

from anocir.errors import StepError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.plan.userns import Range

# No PATH is searched, least of all the container's (CVE-2026-84042).
DIRECTORIES = ("/usr/bin", "/usr/local/bin", "/run/wrappers/bin")


def run(name: str, helper: str, pid: int, ids: list[Range]) -> None:
    """Have the helper write one map of process ``pid``.

    Raises StepError of step ``name`` with the helper's own words, or with the packages that
    bring it.
    """
    path = _find(name, helper)
    words = [helper, str(pid), *(str(number) for triple in ids for number in triple)]
    read_fd, write_fd = os.pipe2(os.O_CLOEXEC)
    actions = [(os.POSIX_SPAWN_DUP2, write_fd, 1), (os.POSIX_SPAWN_DUP2, write_fd, 2)]
    # A run in the foreground holds signals back, which is none of the helper's business.
    child = os.posix_spawn(path, words, {}, file_actions=actions, setsigmask=())
    os.close(write_fd)
    said = b""
    while chunk := os.read(read_fd, 4096):
        said += chunk
    os.close(read_fd)
    _, status = os.waitpid(child, 0)
    if status:
        text = " ".join(said.decode("utf-8", "replace").split())
        code = os.waitstatus_to_exitcode(status)
        raise StepError(name, f"{path}: {text or f'ended with {code}'}")


def _find(name: str, helper: str) -> str:
    for directory in DIRECTORIES:
        path = f"{directory}/{helper}"
        if os.access(path, os.X_OK):
            return path
    where = ", ".join(DIRECTORIES)
    text = (f"{helper} is missing in {where}, and without it a user maps one id, the own one:"
            " install the package uidmap (Debian) or shadow-utils (Fedora)")  # fmt: skip
    raise StepError(name, text)
