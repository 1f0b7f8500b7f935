"""Mounts that show the files' owners through id maps (mount_setattr(2), MOUNT_ATTR_IDMAP).

The runtime makes them before there is a process: one in a user namespace of its own may not map
the ids of a filesystem of the host's.
"""

from __future__ import annotations

import errno
import os
import stat

from anocir.errors import StepError
from anocir.linux import clone, consts, idmap, mountapi, procfs
from anocir.plan.userns import encode
from anocir.runtime import mounts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.plan.mounts import Mount
    from anocir.plan.plan import Step
    from anocir.plan.raremounts import IDMap
    from anocir.plan.userns import Range
    from anocir.runtime.context import Context


def prepare(step: Step, context: Context) -> None:
    """Make the mount, with its id maps, as a descriptor that the process will have."""
    map_: IDMap = step.data
    mount_fd = _detached(map_.mount, context)
    namespace_fd = _open_namespace(map_)
    try:
        idmap.map_ids(mount_fd, namespace_fd, map_.recursive)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
        what = map_.mount.source if map_.mount.bind else map_.mount.type
        text = f"{what}: this filesystem takes no id maps in this kernel (tmpfs: since Linux 6.3)"
        raise StepError(step.name, text) from None
    finally:
        os.close(namespace_fd)
    context.mount_fds[map_.key] = mount_fd
    context.keep_fds.append(mount_fd)


def mount(step: Step, context: Context) -> None:
    """Put a mount that is prepared on its target."""
    wanted: Mount = step.data
    mount_fd = context.mount_fds[step.name]
    is_directory = stat.S_ISDIR(os.fstat(mount_fd).st_mode)
    target_fd = mounts.open_target(step.name, wanted, context, is_directory)
    mounts.check_kind(step.name, wanted, target_fd, is_directory)
    mounts.guard_proc(step.name, wanted, mount_fd, target_fd)
    mounts.place(wanted, context, mount_fd, target_fd)
    os.close(mount_fd)
    os.close(target_fd)


def _detached(wanted: Mount, context: Context) -> int:
    """Return the mount that the ids of are to be mapped, still the host's and not yet anywhere."""
    if not wanted.bind:
        parameters = [*wanted.parameters, *mounts.label(wanted.type, context)]
        return mountapi.new_filesystem(wanted.type, wanted.source, parameters, wanted.on)
    path = os.path.join(context.bundle.path, wanted.source)
    source_fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        mount_fd = mountapi.copy_tree(source_fd, wanted.recursive)
    finally:
        os.close(source_fd)
    # It was copied in the host's mount namespace: as a peer it would send mounts back there.
    mountapi.set_attributes(mount_fd, propagation=consts.MS_SLAVE, recursive=True)
    return mount_fd


def _open_namespace(map_: IDMap) -> int:
    """Return a user namespace with these id maps.

    One lasts as long as a descriptor of it, but only a process can be the first one in it.
    """
    if map_.namespace:
        return os.open(map_.namespace, os.O_RDONLY | os.O_CLOEXEC)
    hold_fd, release_fd = os.pipe2(os.O_CLOEXEC)
    pid = clone.clone(consts.CLONE_NEWUSER)
    if pid == 0:
        _wait_for_end(hold_fd, release_fd)
    os.close(hold_fd)
    try:
        process_fd = procfs.open_process(pid)
        for name, ids in (("uid_map", map_.uids), ("gid_map", map_.gids)):
            _write(process_fd, name, ids)
        os.close(process_fd)
        return os.open(f"/proc/{pid}/ns/user", os.O_RDONLY | os.O_CLOEXEC)
    finally:
        os.close(release_fd)
        os.waitpid(pid, 0)


def _wait_for_end(hold_fd: int, release_fd: int) -> None:
    """Be there until the runtime lets go, or dies."""
    try:
        os.close(release_fd)
        os.read(hold_fd, 1)
    finally:
        os._exit(0)


def _write(process_fd: int, name: str, ids: list[Range]) -> None:
    try:
        procfs.write(process_fd, name, encode(ids))
    except OSError as error:
        text = f"{error.strerror} (ranges must not overlap, and there are at most 340)"
        raise OSError(error.errno, text, name) from None
