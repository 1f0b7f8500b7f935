"""Id-mapped mounts."""

from __future__ import annotations

import struct

from anocir.linux import consts, libc


def map_ids(mount_fd: int, user_namespace_fd: int, recursive: bool) -> None:
    """Have a detached mount show the owners of its files as a user namespace's id maps say.

    An id of the filesystem is taken for one inside of the namespace, and shown as the one outside
    of it; an id that isn't mapped shows as the overflow id. Raises OSError: EINVAL for a filesystem
    that doesn't support it, or that has id maps already. See mount_setattr(2).
    """
    attributes = struct.pack("=QQQQ", consts.MOUNT_ATTR_IDMAP, 0, 0, user_namespace_fd)
    flags = consts.AT_EMPTY_PATH | (consts.AT_RECURSIVE if recursive else 0)
    libc.syscall("mount_setattr", mount_fd, b"", flags, attributes, len(attributes))
