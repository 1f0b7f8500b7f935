"""Entering a mount namespace that exists, with a root filesystem that is in none of its places.

Nothing is mounted there, so nothing has to be taken away: the tree lasts as long as a process uses
it, and the kernel frees it then.
"""

from __future__ import annotations

import os

from anocir.errors import StepError, reason
from anocir.linux import consts, libc, mountapi
from anocir.runtime import namespaces

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.plan.plan import Step
    from anocir.runtime.context import Context


def open_namespace(step: Step, context: Context) -> None:
    """Open it while the host's paths mean what the config meant."""
    fd = namespaces.open_kind(step.name, "mount", consts.CLONE_NEWNS, step.data)
    context.mount_namespace_fd = fd
    context.keep_fds.append(fd)


def enter(step: Step, context: Context) -> None:
    """Copy the finished tree into no namespace, go to the other one, and make the copy ``/``.

    Its top has nothing above it: ``..`` doesn't lead out of it as it does out of a directory that
    is the root by chroot(2) alone. When the descriptor is closed the mounts turn private and stay
    together (UMOUNT_CONNECTED in the kernel's fs/namespace.c), for whoever has them as root.
    """
    tree_fd = mountapi.copy_tree(context.root_fd, recursive=True)
    try:
        libc.setns(context.mount_namespace_fd, consts.CLONE_NEWNS)
    except PermissionError as error:
        text = f"{reason(error)} (it takes rights in the user namespace that it belongs to)"
        raise StepError(step.name, text) from None
    os.close(context.mount_namespace_fd)
    os.fchdir(tree_fd)
    os.chroot(".")
    os.dup2(tree_fd, context.root_fd, inheritable=False)
    os.close(tree_fd)
