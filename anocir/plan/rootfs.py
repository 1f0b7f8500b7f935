"""The container's own root directory (config.md, Root)."""

from __future__ import annotations

from anocir.errors import ConfigError
from anocir.linux import consts
from anocir.plan.plan import INIT, Step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.spec.types import Config

# linux.rootfsPropagation -> what the whole mount namespace is set to before anything is mounted.
PROPAGATION = {
    "": consts.MS_SLAVE | consts.MS_REC,
    "slave": consts.MS_SLAVE,
    "rslave": consts.MS_SLAVE | consts.MS_REC,
    "private": consts.MS_PRIVATE,
    "rprivate": consts.MS_PRIVATE | consts.MS_REC,
}


def plan_root(config: Config, container_id: str) -> list[Step]:
    """Return the steps that cut the mount tree off from the host's and put the rootfs in it."""
    propagation = config.get("linux", {}).get("rootfsPropagation", "")
    if propagation not in PROPAGATION:
        known = ", ".join(PROPAGATION)
        found = f"linux.rootfsPropagation: found {propagation!r}, supported so far: {known}"
        raise ConfigError("config.json", [found])
    flags = PROPAGATION[propagation]
    return [
        Step(INIT, "keyring", "session keyring", "a new one", f"_ses.{container_id}"),
        Step(INIT, "propagation", "propagation", propagation or "rslave", flags),
        Step(INIT, "root", "root filesystem", config["root"]["path"]),
    ]


def plan_pivot(config: Config, container_id: str) -> list[Step]:
    """Return the steps that make the rootfs ``/`` and leave the host's tree."""
    steps = []
    cwd = config.get("process", {}).get("cwd")
    if cwd:
        # Before the root can turn read-only: a missing working directory is made.
        steps.append(Step(INIT, "make-cwd", "make working directory", cwd, cwd))
    steps += [Step(INIT, "pivot", "pivot", "make the rootfs / and unmount the host's tree")]
    if config["root"].get("readonly"):
        steps.append(Step(INIT, "readonly-root", "read-only root", "no writes to /"))
    return steps
