"""Into a user namespace, and root in it (user_namespaces(7))."""

from __future__ import annotations

import os

from anocir.errors import StepError, reason
from anocir.linux import consts, libc, middle, mountapi, procfs
from anocir.plan.userns import encode
from anocir.runtime import idhelper

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.plan.plan import Step
    from anocir.plan.userns import IdMaps, Range
    from anocir.runtime.context import Context

# What Podman gives with a namespace to join, since older runtimes insist on a mapping there.
PLACEHOLDER = [(0, 0, 1)]


def open_sources(step: Step, context: Context) -> None:
    """Copy what will be mounted from the host while this process may still reach all of it.

    Root of the container is nobody on the host, and a directory above a volume may be closed to
    it. An ordinary user has no other rights inside, and the kernel makes no such copy for one.
    The copies get events from the host's mounts, and give none back.
    """
    sources = [(context.record.rootfs, True)]
    sources += [(os.path.join(context.bundle.path, path), deep) for path, deep in step.data]
    for path, deep in sources:
        fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            copy_fd = mountapi.copy_tree(fd, recursive=deep)
        except PermissionError:
            return
        finally:
            os.close(fd)
        mountapi.set_attributes(copy_fd, propagation=consts.MS_SLAVE, recursive=True)
        context.sources.setdefault((path, deep), []).append(copy_fd)
        context.keep_fds.append(copy_fd)


def use_middle(step: Step, context: Context) -> None:
    """Have the container's process made by a process in the middle."""
    context.make_child = _make_child


def _make_child(context: Context) -> int:
    between = [join for join in context.joins if join[2] != consts.CLONE_NEWCGROUP]
    context.joins = [join for join in context.joins if join not in between]
    if context.pid_namespace_fd >= 0:
        between.append(("pid", context.pid_namespace_fd, consts.CLONE_NEWPID))
    return middle.make(context.clone_flags, context.cgroup_fd, between)


def write_maps(step: Step, context: Context) -> None:
    """Say which ids of the container are which of the host.

    Root writes them itself. Others may map themselves and nothing else, after giving up
    setgroups, with which they could leave a group that is denied something (CVE-2014-8989). For
    more there are helper programs, which know what the administrator has allowed each user.
    """
    maps: IdMaps = step.data
    process_fd = procfs.open_process(context.pid)
    try:
        if os.geteuid() == 0:
            _write(step.name, process_fd, "gid_map", maps.gids)
            _write(step.name, process_fd, "uid_map", maps.uids)
            return
        if _only(maps.gids, os.getegid()):
            _refuse_groups(step.name, maps)
            procfs.write(process_fd, "setgroups", b"deny")
            _write(step.name, process_fd, "gid_map", maps.gids)
        else:
            idhelper.run(step.name, "newgidmap", context.pid, maps.gids)
        if _only(maps.uids, os.geteuid()):
            _write(step.name, process_fd, "uid_map", maps.uids)
        else:
            idhelper.run(step.name, "newuidmap", context.pid, maps.uids)
    finally:
        os.close(process_fd)


def become_root(step: Step, context: Context) -> None:
    """Leave the ids that the process has from the runtime for 0:0 of the user namespace.

    What it makes then belongs to the container. Changing ids may make the process dumpable
    (fs.suid_dumpable), which would open it to whoever else is in the namespace.
    """
    maps: IdMaps = step.data
    process_fd = procfs.open_process("self")
    if maps.path:
        _check_joined(step.name, process_fd, maps)
    context.keeps_groups = procfs.read(process_fd, "setgroups").strip() == b"deny"
    os.close(process_fd)
    if context.keeps_groups:
        _refuse_groups(step.name, maps)
    else:
        os.setgroups([])
    try:
        os.setresgid(0, 0, 0)
        os.setresuid(0, 0, 0)
    except OSError as error:
        text = f"{reason(error)}: it has no id 0, or no rights there"
        raise StepError(step.name, f"becoming its root: {text}") from None
    libc.prctl(consts.PR_SET_DUMPABLE, 0)


def set_rlimits(step: Step, context: Context) -> None:
    """Set the limits of the waiting process from outside, where there may be a right to."""
    for number, soft, hard in step.data:
        libc.set_rlimit(number, soft, hard, context.pid)


def _only(ids: list[Range], own: int) -> bool:
    return len(ids) == 1 and ids[0][1:] == (own, 1)


def _refuse_groups(name: str, maps: IdMaps) -> None:
    if maps.groups:
        text = "setgroups is denied in this user namespace, as no more than one id is mapped"
        raise StepError(name, f"process.user.additionalGids: {text}")


def _write(name: str, process_fd: int, file: str, ids: list[Range]) -> None:
    try:
        procfs.write(process_fd, file, encode(ids))
    except OSError as error:
        setting = "linux.uidMappings" if file == "uid_map" else "linux.gidMappings"
        hint = _HINTS.get(error.errno or 0, "")
        raise StepError(name, f"{setting}: writing {file}: {reason(error)}{hint}") from None


_HINTS = {
    1: " (a hostID doesn't exist in the runtime's own user namespace, or isn't the caller's)",
    22: " (the kernel takes ranges that don't overlap, at most 340, in less than a page of text)",
}


def _check_joined(name: str, process_fd: int, maps: IdMaps) -> None:
    """Raise StepError when the config says of a joined namespace what isn't so.

    Nothing is set there: engines that name the namespace repeat its mappings beside it.
    """
    for setting, file, ids in (
        ("linux.uidMappings", "uid_map", maps.uids),
        ("linux.gidMappings", "gid_map", maps.gids),
    ):
        if not ids or ids == PLACEHOLDER:
            continue
        words = [int(word) for word in procfs.read(process_fd, file).split()]
        actual = list(zip(words[::3], words[1::3], words[2::3], strict=True))
        if sorted(ids) != sorted(actual):
            text = f"the namespace at {maps.path} has other mappings, which can't be changed"
            raise StepError(name, f"{setting}: {text}")
