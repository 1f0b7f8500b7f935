"""Limits: from ``linux.resources`` to writes into the files of a container's cgroup.

Each controller has a module with two pure functions, ``v1`` and ``v2``, which turn its part of
the config into a list of ``Write``. Only here is a file touched. A limit that this host can't set
is an error: a container without it would not be the one that was asked for.
"""

from __future__ import annotations

import errno
import os

from anocir.cgroup import tree
from anocir.errors import ConfigError, Error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from anocir.cgroup.base import Manager
    from anocir.spec.types import Resources

# Part of linux.resources -> module. The order is that of the writes: what may have the container
# killed comes late, and what the config says in the kernel's own words has the last word.
ENCODERS = {
    "cpu": "cpu",
    "pids": "pids",
    "blockIO": "io",
    "hugepageLimits": "hugetlb",
    "network": "net",
    "rdma": "rdma",
    "memory": "memory",
    "unified": "unified",
}


class Write:
    """One value for one file.

    ``file`` is the name of a file in the cgroup, whose first part is its controller; ``text``
    goes there in one write; ``setting`` is the JSON path that asked for it. ``otherwise`` is
    written instead where the file is missing. A ``harmless`` value is what the kernel does without
    the file, so that it may be missing. ``usage`` names a file whose number ``text`` must not be
    lower than.
    """

    __slots__ = ("file", "harmless", "otherwise", "setting", "text", "usage")

    def __init__(
        self,
        file: str,
        text: str | int,
        setting: str,
        *,
        otherwise: Write | None = None,
        harmless: bool = False,
        usage: str = "",
    ) -> None:
        self.file = file
        self.text = str(text)
        self.setting = f"linux.resources.{setting}"
        self.otherwise = otherwise
        self.harmless = harmless
        self.usage = usage

    @property
    def controller(self) -> str:
        """The controller that the file belongs to."""
        return self.file.partition(".")[0]


def number(value: int) -> str:
    """Return a limit in the words of version 2: every negative number means no limit."""
    return "max" if value < 0 else str(value)


def refuse(wrong: list[str]) -> None:
    """Raise ConfigError for lines of the form ``memory.swappiness: why``, if there are any."""
    if wrong:
        raise ConfigError("config.json", [f"linux.resources.{line}" for line in wrong])


def gone(setting: str, what: str) -> str:
    """Return a line for refuse() about a setting of version 1 that version 2 is without."""
    return f"{setting}: cgroup version 2, which this host has, can't {what}; leave it out"


def encode(version: int, resources: Resources) -> list[Write]:
    """Return the writes for ``resources`` on a host with cgroups of ``version`` 1 or 2.

    Raises ConfigError for what that version can't express (config-linux.md, Unified: "If the
    conversion is not possible the runtime MUST generate an error").
    """
    asked: dict[str, Any] = dict(resources)
    writes: list[Write] = []
    for part, module in ENCODERS.items():
        if asked.get(part):
            encoder = __import__(f"anocir.cgroup.{module}", fromlist=(module,))
            writes += (encoder.v1 if version == 1 else encoder.v2)(asked[part])
    return writes


def apply(manager: Manager, writes: list[Write]) -> None:
    """Make the writes, those with errors once more after the others. Raises Error.

    Some files bound each other's values: memory and memory+swap, period and quota and burst. What
    is impossible before its neighbour has changed is possible afterwards.
    """
    fds: dict[str, int] = {}
    try:
        late = [write for write in writes if not _put(manager, fds, write, patient=True)]
        for write in late:
            _put(manager, fds, write, patient=False)
    finally:
        tree.close(list(fds.values()))


def _put(manager: Manager, fds: dict[str, int], write: Write, patient: bool) -> bool:
    """Make one write; return False, if ``patient``, for one that the kernel finds wrong."""
    try:
        fd = _directory(manager, fds, write)
        if write.usage:
            _check_usage(fd, write)
        tree.write(fd, write.file, write.text)
    except OSError as error:
        if error.errno == errno.EINVAL and patient:
            return False
        if error.errno in (errno.ENOENT, errno.EOPNOTSUPP):
            if write.otherwise:
                return _put(manager, fds, write.otherwise, patient)
            if write.harmless:
                return True
        raise Error(_complaint(manager, write, error)) from None
    return True


def _directory(manager: Manager, fds: dict[str, int], write: Write) -> int:
    """Return the descriptor of the cgroup of a write's controller, opened once."""
    group = manager.group_of(write.controller)
    if group is None:
        raise OSError(errno.ENOENT, "the controller is not mounted")
    if group.path not in fds:
        fds[group.path] = group.open()
    return fds[group.path]


def _check_usage(fd: int, write: Write) -> None:
    used = tree.read(fd, write.usage).strip()
    if write.text != "max" and int(used) > int(write.text):
        raise OSError(errno.EBUSY, f"{used} are in use")


def _complaint(manager: Manager, write: Write, error: OSError) -> str:
    group = manager.group_of(write.controller)
    where = f"{group.path}/{write.file}" if group else write.file
    what = f"{write.setting}: writing {write.text!r} to {where}: {error.strerror}"
    hint = _hint(manager, write, error)
    return f"{what} ({hint})" if hint else what


def _hint(manager: Manager, write: Write, error: OSError) -> str:
    """Return what to try, as far as the kind of error and the file tell."""
    if error.errno == errno.ENOENT:
        return _why_missing(manager, write)
    if write.controller == "memory" and error.errno == errno.EBUSY:
        return "the container uses more than that already; give it more"
    if error.errno in (errno.EACCES, errno.EPERM) and os.geteuid() != 0:
        return "only root may, unless the cgroup is delegated with this file"
    hints = {
        errno.EINVAL: "the kernel takes no such value, or not together with the others",
        errno.ERANGE: "the value is out of range",
        errno.ENODEV: "no such device",
        errno.EACCES: "the cgroup above does not have it to give",
        errno.EOPNOTSUPP: "this kernel no longer has this limit, or not for this device",
    }
    return hints.get(error.errno or 0, "")


def _why_missing(manager: Manager, write: Write) -> str:
    group, controller = manager.group_of(write.controller), write.controller
    if group is None:
        return f"mount a cgroup version 1 hierarchy with the {controller} controller"
    if manager.version == 2:
        fd = group.open()
        try:
            there = tree.read(fd, "cgroup.controllers").split()
        finally:
            os.close(fd)
        if controller not in there and controller != "cgroup":
            return f"the {controller} controller is not enabled in the cgroups above"
    return "this kernel has no such file"
