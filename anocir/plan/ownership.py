"""Whether the container's user owns its cgroup (config-linux.md, Cgroup ownership)."""

from __future__ import annotations

from anocir.plan.plan import PREPARE, Step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.spec.types import Config

WHERE = "/sys/fs/cgroup"


def plan(config: Config, container_id: str) -> list[Step]:
    """Return the step that gives the cgroup away: to a container that sees it and may write it.

    It needs a cgroup namespace of its own: without one, others' groups could be meant.
    """
    namespaces = {n["type"]: n for n in config["linux"].get("namespaces", [])}
    if namespaces.get("cgroup", {"path": "none"}).get("path") or not _writable(config):
        return []
    uid = _host_uid(config, namespaces.get("user"))
    if not uid:
        return []
    return [Step(PREPARE, "cgroup-owner", "cgroup owner", f"the host's user {uid}", uid)]


def _writable(config: Config) -> bool:
    return any(
        mount.get("type") in ("cgroup", "cgroup2")
        and mount["destination"].rstrip("/") == WHERE
        and "ro" not in mount.get("options", [])
        for mount in config.get("mounts", [])
    )


def _host_uid(config: Config, namespace: object) -> int | None:
    """Return the host's number for the user of the process; None when it can't be known."""
    uid = config["process"]["user"].get("uid", 0) if "process" in config else 0
    if namespace is None:
        return uid
    for entry in config["linux"].get("uidMappings", []):
        if 0 <= uid - entry["containerID"] < entry["size"]:
            return entry["hostID"] + uid - entry["containerID"]
    return None
