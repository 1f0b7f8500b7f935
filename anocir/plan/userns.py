"""A user namespace for the container (config-linux.md, User namespace mappings)."""

from __future__ import annotations

from anocir.errors import ConfigError
from anocir.plan import mounts
from anocir.plan.plan import ATTACH, INIT, PREPARE, Step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.spec.types import Config, IdMapping, Namespace

# (id in the container, id outside, how many)
Range = tuple[int, int, int]


class IdMaps:
    """The ids of a user namespace, as ranges in the order of the config.

    ``groups`` are the supplementary groups that the container's process is to have. ``path`` is
    that of a namespace which exists already, or empty.
    """

    __slots__ = ("gids", "groups", "path", "uids")

    def __init__(self, config: Config, path: str) -> None:
        linux = config["linux"]
        self.uids = ranges(linux.get("uidMappings", []))
        self.gids = ranges(linux.get("gidMappings", []))
        self.groups = list(config.get("process", {}).get("user", {}).get("additionalGids", []))
        self.path = path


def ranges(mappings: list[IdMapping]) -> list[Range]:
    """Return the mappings of a config as triples."""
    return [(m["containerID"], m["hostID"], m["size"]) for m in mappings]


def encode(ids: list[Range]) -> bytes:
    """Return what /proc/PID/uid_map takes, which is one write (user_namespaces(7))."""
    return "".join(f"{inside} {outside} {size}\n" for inside, outside, size in ids).encode()


def plan(config: Config, container_id: str) -> list[Step]:
    """Return the steps that lead into the user namespace and make the process its root.

    Whoever makes a namespace decides which user namespace it belongs to, and only who has rights
    there can join it. So where namespaces are joined as well, another process joins them before
    the container's process is made. Raises ConfigError for a namespace without a root.
    """
    namespaces = config["linux"]["namespaces"]
    path = next(n.get("path", "") for n in namespaces if n["type"] == "user")
    maps = IdMaps(config, path)
    if not path:
        _check_root(maps)
    joined = [n["type"] for n in namespaces if _joined_between(n)]
    steps = [Step(PREPARE, "sources", "mount sources", *_sources(config))]
    if joined:
        text = f"joins {', '.join(joined)} before the container's process is made"
        steps.append(Step(PREPARE, "middle", "process in the middle", text))
    if not path:
        text = f"uids {words(maps.uids)}; gids {words(maps.gids)}"
        steps.append(Step(ATTACH, "id-maps", "id maps", text, maps))
    text = "become 0:0 of it for what is to be set up"
    steps.append(Step(INIT, "become-root", "user namespace", text, maps))
    return steps


def _check_root(maps: IdMaps) -> None:
    """Raise ConfigError unless the new namespace has a root, who sets the container up."""
    named = (("uidMappings", maps.uids), ("gidMappings", maps.gids))
    wrong = [
        f"linux.{name}: id 0 of the container is not mapped, and it is set up by its root"
        for name, ids in named
        if not any(inside == 0 for inside, _, _ in ids)
    ]
    if wrong:
        raise ConfigError("config.json", wrong)


def _joined_between(namespace: Namespace) -> bool:
    # No one may be born into a cgroup that a cgroup namespace doesn't show: init joins that one,
    # and a mount namespace when the root filesystem is complete.
    return bool(namespace.get("path")) and namespace["type"] not in ("cgroup", "mount")


def _sources(config: Config) -> tuple[str, list[tuple[str, bool]]]:
    """Return in words, and as (path, with all below), what is mounted from the host."""
    binds = []
    for index, entry in enumerate(config.get("mounts", [])):
        mount = mounts.parse(entry, f"mounts[{index}]")
        # The runtime makes those with id maps of their own anyway.
        if mount.bind and not mount.rare and not entry.get("uidMappings"):
            binds.append((mount.source, mount.recursive))
    paths = [config["root"]["path"], *(path for path, _ in binds)]
    return ", ".join(paths), binds


def words(ids: list[Range]) -> str:
    """Return ranges for a person to read."""
    return ", ".join(f"{inside}-{inside + size - 1} are {outside}-{outside + size - 1}"
                     for inside, outside, size in ids)  # fmt: skip
