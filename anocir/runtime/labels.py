"""Entering the rules of a security module at the program's execve.

What is written to attr/exec holds for the next execve of this process, whichever that is. So the
exec stub is left out for such a program: see docs/design/process.md.
"""

from __future__ import annotations

import os

from anocir.errors import StepError, reason
from anocir.linux import procfs
from anocir.plan.labels import APPARMOR

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.plan.plan import Step
    from anocir.runtime.context import Context


def open_proc(step: Step, context: Context) -> None:
    """Open a /proc of our own, which is closed before the program is started."""
    context.proc_fd = procfs.open_private()


def check(step: Step, context: Context) -> None:
    """Raise StepError when the host doesn't run the security module that a label is for."""
    module, setting, label = step.data
    if not (_has_apparmor() if module == APPARMOR else _has_selinux()):
        text = f"{setting}: found {label!r}, but this host does not run {module}"
        raise StepError(step.name, text)


def set_label(step: Step, context: Context) -> None:
    """Have the next execve change to the label (apparmor.d(5), change_onexec; selinux(8))."""
    module, setting, label = step.data
    text = f"exec {label}" if module == APPARMOR else label
    try:
        _write(context.proc_fd, module, os.fsencode(text))
    except OSError as error:
        hint = ": is the profile loaded?" if isinstance(error, FileNotFoundError) else ""
        wrong = f"{setting}: {module} refuses {label!r}: {reason(error)}{hint}"
        raise StepError(step.name, wrong) from None


def _write(proc_fd: int, module: str, text: bytes) -> None:
    """Write to the file that AppArmor has for itself since Linux 5.8, or to the common one."""
    if module == APPARMOR:
        # A profile that isn't loaded is reported as ENOENT, too: ask for the file first.
        try:
            os.stat("self/attr/apparmor/exec", dir_fd=proc_fd)
        except FileNotFoundError:
            pass
        else:
            procfs.write(proc_fd, "self/attr/apparmor/exec", text)
            return
    procfs.write(proc_fd, "self/attr/exec", text)


def _has_apparmor() -> bool:
    return _read("/sys/module/apparmor/parameters/enabled").startswith(b"Y")


def _has_selinux() -> bool:
    # The filesystem is only there when SELinux has not been switched off at boot.
    return b"\tselinuxfs\n" in _read("/proc/filesystems")


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return b""
