"""Making the devices that a config asks for."""

from __future__ import annotations

import errno
import os
import stat

from anocir.errors import StepError, reason
from anocir.linux import paths
from anocir.runtime import devices

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.plan.nodes import Node
    from anocir.plan.plan import Step
    from anocir.runtime.context import Context


def make(step: Step, context: Context) -> None:
    """Make each device, with its parents; one that is there already must be the same device."""
    for node in step.data:
        try:
            _make(context, node)
        except OSError as error:
            raise StepError(
                step.name, f"{node.path}: {reason(OSError(error.errno, error.strerror))}"
            ) from None


def _make(context: Context, node: Node) -> None:
    """Make one device. Its directory is opened in the root, and its name is one component."""
    parent, name = os.path.split(node.path.rstrip("/"))
    path_fd = paths.make_in_root(context.root_fd, parent, directory=True)
    try:
        os.mknod(name, node.kind | node.mode, node.device, dir_fd=path_fd)
        os.chown(name, node.uid, node.gid, dir_fd=path_fd, follow_symlinks=False)
    except FileExistsError:
        _compare(context, node)
    except PermissionError:
        # Root of a user namespace makes no devices (user_namespaces(7)); the host's will do.
        if node.kind == stat.S_IFIFO:
            raise
        devices.bind(node.path, node.kind, node.device, path_fd, name)
    finally:
        os.close(path_fd)


def _compare(context: Context, node: Node) -> None:
    """Raise FileExistsError unless what is at the path is what is asked for.

    Its owner and mode stay: it may be the host's own, on a mount of the host's /dev.
    """
    fd = paths.open_in_root(context.root_fd, node.path)
    found = os.fstat(fd)
    os.close(fd)
    if stat.S_IFMT(found.st_mode) != node.kind or found.st_rdev != node.device:
        raise FileExistsError(errno.EEXIST, "there is something else already")
