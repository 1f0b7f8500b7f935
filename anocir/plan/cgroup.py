"""Where the container's cgroup is, and what it may use (config-linux.md, Control groups)."""

from __future__ import annotations

from anocir.errors import ConfigError
from anocir.plan.devicerules import describe, device_rules
from anocir.plan.plan import BESIDE, FINISH, INIT, PREPARE, Step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.plan.devicerules import DeviceRule
    from anocir.spec.types import Config

# kernfs takes no longer name; PATH_MAX bounds the whole.
_LONGEST_NAME = 255
_LONGEST_PATH = 2048


class CgroupPlan:
    """What the cgroup manager needs to know.

    ``path`` has no leading slash, no empty part, no ``.`` and no ``..``. With ``relative`` it is
    below the runtime's own parent cgroup, otherwise below the root of each hierarchy.
    ``devices`` are rules of ``plan.devicerules``, in order.
    """

    __slots__ = ("devices", "path", "relative")

    def __init__(self, path: str, relative: bool, devices: list[DeviceRule]) -> None:
        self.path = path
        self.relative = relative
        self.devices = devices


def plan(config: Config, container_id: str) -> list[Step]:
    """Return the steps that make the cgroup and restrict its devices."""
    place = plan_cgroup(config, container_id)
    where = f"{place.path} below the runtime's own" if place.relative else f"/{place.path}"
    allowed = ", ".join(describe(rule) for rule in place.devices)
    return [
        Step(PREPARE, "cgroup", "cgroup", where, place),
        Step(INIT, "cgroup-enter", "enter cgroup", where),
        Step(BESIDE, "load-device-rules", "load device rules", "not yet in force", place.devices),
        Step(FINISH, "device-rules", "device rules", allowed),
    ]


def plan_cgroup(config: Config, container_id: str) -> CgroupPlan:
    """Return the place of the container's cgroup and the devices it allows.

    The place follows from the config and the id alone, so that a cgroup can be found again when
    every record of it is lost. Raises ConfigError for a path that names no cgroup of its own.
    """
    asked = config.get("linux", {}).get("cgroupsPath") or ""
    relative = not asked.startswith("/")
    path = _clean(asked) if asked else container_id
    return CgroupPlan(path, relative, device_rules(config))


def _clean(asked: str) -> str:
    parts = [part for part in asked.split("/") if part]
    problem = None
    if not parts:
        problem = "this is the root of the hierarchy, give the container a name of its own"
    elif "." in parts or ".." in parts:
        problem = 'a part is "." or ".."'
    elif any(len(part.encode()) > _LONGEST_NAME for part in parts):
        problem = f"a part is longer than {_LONGEST_NAME} bytes"
    elif len(asked.encode()) > _LONGEST_PATH:
        problem = f"it is longer than {_LONGEST_PATH} bytes"
    elif any(ord(character) < ord(" ") or ord(character) == 0x7F for character in asked):
        problem = "it has a control character"
    if problem:
        raise ConfigError("config.json", [f"linux.cgroupsPath: {asked!r}: {problem}"])
    return "/".join(parts)
