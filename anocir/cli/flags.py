"""What the flags of create and run come to; what is not done yet is refused by name."""

from __future__ import annotations

import os

from anocir.errors import UsageError
from anocir.runtime.context import Handover

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.cli.log import Log
    from anocir.cli.options import Namespace


def refuse(args: Namespace) -> None:
    """Raise UsageError when create or run was given a flag that would need more than is there."""
    if args.systemd_cgroup or args.cgroup_manager == "systemd":
        raise UsageError("systemd cgroup manager is not supported yet")
    if args.cgroup_manager != "cgroupfs":
        raise UsageError(f"--cgroup-manager {args.cgroup_manager} is not supported yet")


def handed_over(args: Namespace, log: Log) -> Handover:
    """Return what the caller hands over to the container: mostly nothing."""
    if not args.console_socket and args.preserve_fds == "0" and "LISTEN_FDS" not in os.environ:
        return Handover()
    from anocir.cli import handover

    return handover.handed_over(args, log)


def left_out(args: Namespace) -> tuple[str, ...]:
    """Return the kinds of steps that the flags tell create or run to leave out."""
    steps = (("keyring", args.no_new_keyring), ("pivot", args.no_pivot))
    return tuple(kind for kind, given in steps if given)
