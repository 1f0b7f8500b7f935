"""What engines may ask for and anocir does not do yet: refused by name, never ignored."""

from __future__ import annotations

from anocir.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.cli.options import Namespace


def refuse(args: Namespace) -> None:
    """Raise UsageError when create or run was given a flag that would need more than is there."""
    if args.systemd_cgroup or args.cgroup_manager == "systemd":
        raise UsageError("systemd cgroup manager is not supported yet")
    if args.cgroup_manager != "cgroupfs":
        raise UsageError(f"--cgroup-manager {args.cgroup_manager} is not supported yet")
    if args.console_socket is not None:
        raise UsageError("--console-socket is not supported yet")
    if args.preserve_fds != "0":
        raise UsageError(f"--preserve-fds {args.preserve_fds} is not supported yet")


def left_out(args: Namespace) -> tuple[str, ...]:
    """Return the kinds of steps that the flags tell create or run to leave out."""
    flags = (("keyring", args.no_new_keyring), ("pivot", args.no_pivot))
    return tuple(kind for kind, given in flags if given)
