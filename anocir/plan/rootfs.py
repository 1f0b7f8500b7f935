"""The container's own root directory (config.md, Root)."""

from __future__ import annotations

from anocir.linux import consts
from anocir.plan import paths
from anocir.plan.plan import INIT, Step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.spec.types import Config

# linux.rootfsPropagation -> (MS_* type, with all below) that the container's root is set to. It is
# a slave at first, as everything in the new mount namespace is before anything is mounted. Unless
# the config wants that, what the host mounts below the rootfs later is none of the container's.
PRIVATE = {
    "": (consts.MS_PRIVATE, False),
    "private": (consts.MS_PRIVATE, False),
    "rprivate": (consts.MS_PRIVATE, True),
}
# These come last: pivot_root takes no shared root, and there is no copying of an unbindable one.
LATE = {
    "shared": (consts.MS_SHARED, False),
    "rshared": (consts.MS_SHARED, True),
    "unbindable": (consts.MS_UNBINDABLE, False),
    "runbindable": (consts.MS_UNBINDABLE, True),
}


def plan_root(config: Config, container_id: str) -> list[Step]:
    """Return the steps that cut the mount tree off from the host's and put the rootfs in it."""
    propagation = config.get("linux", {}).get("rootfsPropagation", "")
    kind = PRIVATE.get(propagation)
    steps = [
        Step(INIT, "keyring", "session keyring", "a new one", f"_ses.{container_id}"),
        Step(INIT, "propagation", "propagation", "nothing mounted here reaches the host"),
        Step(INIT, "root", "root filesystem", config["root"]["path"]),
    ]
    if not _has_new_namespace(config):
        from anocir.plan import mountns

        steps.append(mountns.plan_open(config))
    if kind is not None:
        text = propagation or "private"
        steps.append(Step(INIT, "root-propagation", "root propagation", text, kind))
    return steps


def without_pivot(steps: list[Step]) -> list[Step]:
    """Return the steps with a chroot in the place of the pivot."""
    chroot = Step(INIT, "chroot", "chroot", "move the rootfs on top of /, the host's tree below it")
    return [chroot if step.kind == "pivot" else step for step in steps]


def plan_pivot(config: Config, container_id: str) -> list[Step]:
    """Return the steps that make the rootfs ``/`` and leave the host's tree."""
    steps = []
    cwd = config.get("process", {}).get("cwd")
    if cwd:
        # Before the root can turn read-only: a missing working directory is made.
        steps.append(Step(INIT, "make-cwd", "make working directory", cwd, cwd))
    if _has_new_namespace(config):
        text = "make the rootfs / and unmount the host's tree"
        steps.append(Step(INIT, "pivot", "pivot", text))
    else:
        text = "make the rootfs / and leave the namespace that it was set up in"
        steps.append(Step(INIT, "enter-mount-namespace", "enter mount namespace", text))
    linux = config.get("linux", {})
    if config["root"].get("readonly") or any(map(paths.is_root, linux.get("readonlyPaths", ()))):
        steps.append(Step(INIT, "readonly-root", "read-only root", "no writes to /"))
    propagation = linux.get("rootfsPropagation", "")
    if propagation in LATE:
        step = Step(INIT, "root-propagation", "root propagation", propagation, LATE[propagation])
        steps.append(step)
    return steps


def _has_new_namespace(config: Config) -> bool:
    namespaces = config.get("linux", {}).get("namespaces", [])
    return any(n["type"] == "mount" and not n.get("path") for n in namespaces)
