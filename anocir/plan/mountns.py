"""A container in a mount namespace that exists: the runtime's own, or the one at a path.

Its root filesystem is put together in a new one like any other's, and taken along from there as a
tree of mounts that is in no namespace: docs/design/namespaces.md.
"""

from __future__ import annotations

from anocir.errors import ConfigError
from anocir.plan import rootfs
from anocir.plan.plan import PREPARE, Step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from anocir.spec.types import Config

OWN = "/proc/self/ns/mnt"
# Options of mounts that need other mounts to exchange events with, or allow no copy.
PROPAGATION = ("shared", "rshared", "slave", "rslave", "unbindable", "runbindable")


def plan_open(config: Config) -> Step:
    """Return the step that opens the namespace.

    Raises ConfigError for what the container can't have outside of a new one.
    """
    wrong = list(_impossible(config))
    if wrong:
        raise ConfigError("config.json", wrong)
    path = _path(config, "mount")
    text = path or "the runtime's own"
    return Step(PREPARE, "open-mount-namespace", "mount namespace", text, path or OWN)


def _path(config: Config, kind: str) -> str | None:
    """Return the path of a type of namespace, empty for a new one, None for the runtime's own."""
    namespaces = config.get("linux", {}).get("namespaces", [])
    return next((n.get("path", "") for n in namespaces if n["type"] == kind), None)


def _impossible(config: Config) -> Iterator[str]:
    user = _path(config, "user")
    if user == "" or (user and _path(config, "mount") is None):
        yield ("linux.namespaces: a user namespace needs a new mount namespace, or both at paths:"
               " its root has no rights over a mount namespace of the host's")  # fmt: skip
    propagation = config.get("linux", {}).get("rootfsPropagation", "")
    if propagation not in rootfs.PRIVATE:
        yield f"linux.rootfsPropagation: {propagation}: needs a new mount namespace"
    for index, mount in enumerate(config.get("mounts", [])):
        names = [option for option in mount.get("options", []) if option in PROPAGATION]
        if names:
            yield f"mounts[{index}].options: {', '.join(names)}: needs a new mount namespace"
