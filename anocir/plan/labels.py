"""The rules of a security module that the program runs under (config.md, Linux Process)."""

from __future__ import annotations

from anocir.plan.plan import INIT, PREPARE, Step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.spec.types import Config

APPARMOR = "AppArmor"
SELINUX = "SELinux"


def plan_proc(config: Config, container_id: str) -> list[Step]:
    """Return the step that opens a /proc of our own, while the host's is still there."""
    return [Step(INIT, "open-proc", "own /proc", "one that nothing can lie over")]


def plan(config: Config, container_id: str) -> list[Step]:
    """Return the steps that have the program's execve change to an AppArmor or SELinux label."""
    process = config.get("process", {})
    wanted = [
        (APPARMOR, "process.apparmorProfile", process.get("apparmorProfile")),
        (SELINUX, "process.selinuxLabel", process.get("selinuxLabel")),
    ]
    steps = []
    for module, setting, label in wanted:
        if label:
            data = module, setting, label
            steps += [
                Step(PREPARE, "check-label", f"{module} on this host", "is it there?", data),
                Step(INIT, "exec-label", f"{module} label", f"{label}, at the execve", data),
            ]
    return steps
