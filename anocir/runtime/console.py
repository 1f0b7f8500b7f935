"""Giving the container's process a terminal."""

from __future__ import annotations

import os
import stat

from anocir.errors import StepError, reason
from anocir.linux import mountapi, paths, pty

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.plan.console import Console
    from anocir.plan.plan import Step
    from anocir.runtime.context import Context


def open_socket(step: Step, context: Context) -> None:
    """Connect to whoever gets the terminal's master end: the caller's socket, or ourselves."""
    path = context.handover.console_socket
    if path is None:
        context.proxy_fd, context.console_fd = pty.socket_pair()
    else:
        try:
            context.console_fd = pty.connect(path)
        except OSError as error:
            raise StepError(step.name, f"cannot connect to {path}: {reason(error)}") from None
    context.keep_fds.append(context.console_fd)


def open_terminal(step: Step, context: Context) -> None:
    """Make a terminal, take control of it and have it as standard input, output and error.

    Its master end goes out by the console socket and is closed here, so that the terminal hangs up
    when whoever got it is gone. The process's user owns it and may so open it by its name.
    """
    wanted: Console = step.data
    master_fd = pty.open_master(context.root_fd)
    terminal_fd = pty.open_peer(master_fd)
    if wanted.rows or wanted.columns:
        pty.set_size(terminal_fd, wanted.rows, wanted.columns)
    os.fchown(terminal_fd, wanted.uid, -1)
    _show_as_console(context.root_fd, terminal_fd)
    pty.send(context.console_fd, pty.PTMX, master_fd)
    pty.take_control(terminal_fd)
    for fd in range(3):
        os.dup2(terminal_fd, fd)
    for fd in (master_fd, terminal_fd, context.console_fd):
        os.close(fd)


def take_terminal(step: Step, context: Context) -> None:
    """Receive the master end ourselves, when we stay; the program finds the caller's size."""
    if context.proxy_fd < 0:
        return
    context.master_fd = pty.receive(context.proxy_fd)
    os.close(context.proxy_fd)
    caller_fd = pty.standard()
    if caller_fd is not None:
        pty.copy_size(caller_fd, context.master_fd)


def _show_as_console(root_fd: int, terminal_fd: int) -> None:
    """Mount the terminal on /dev/console of the root, by descriptors only (CVE-2025-52565).

    Whatever the image has there stays, but for a link: what a link leads to is not ours to cover.
    """
    os.close(paths.make_in_root(root_fd, "/dev", directory=True))
    dev_fd = paths.open_in_root(root_fd, "/dev", os.O_RDONLY | os.O_DIRECTORY)
    target_fd = _open_plain(dev_fd, "console")
    mount_fd = mountapi.copy_tree(terminal_fd, recursive=False)
    mountapi.attach(mount_fd, target_fd)
    for fd in (dev_fd, target_fd, mount_fd):
        os.close(fd)


def _open_plain(dir_fd: int, name: str) -> int:
    """Open a file of a directory to mount on; make it when it is missing or a link."""
    try:
        if stat.S_ISLNK(os.stat(name, dir_fd=dir_fd, follow_symlinks=False).st_mode):
            os.unlink(name, dir_fd=dir_fd)
    except FileNotFoundError:
        pass
    try:
        os.mknod(name, stat.S_IFREG | 0o600, dir_fd=dir_fd)
    except FileExistsError:
        pass
    return os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=dir_fd)
