"""Which namespaces the container makes, and which it joins (config-linux.md, Namespaces)."""

from __future__ import annotations

from anocir.errors import ConfigError
from anocir.linux import consts
from anocir.plan.plan import INIT, PREPARE, Step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.spec.types import Config

FLAGS = {
    "pid": consts.CLONE_NEWPID,
    "network": consts.CLONE_NEWNET,
    "ipc": consts.CLONE_NEWIPC,
    "uts": consts.CLONE_NEWUTS,
    "mount": consts.CLONE_NEWNS,
    "cgroup": consts.CLONE_NEWCGROUP,
}


def plan(config: Config, container_id: str) -> list[Step]:
    """Return the steps that make or join each namespace of the config."""
    namespaces = config.get("linux", {}).get("namespaces", [])
    foreign = [n["type"] for n in namespaces if n["type"] not in FLAGS]
    if foreign:
        where = "config.json: linux.namespaces"
        raise ConfigError(where, [f"type {kind}: not supported yet" for kind in foreign])
    joined = [(n["type"], n["path"]) for n in namespaces if n.get("path")]
    fresh = [n["type"] for n in namespaces if not n.get("path")]
    steps = []
    if joined:
        text = ", ".join(f"{kind} at {path}" for kind, path in joined)
        data = [(kind, FLAGS[kind], path) for kind, path in joined]
        steps += [
            Step(PREPARE, "open-namespaces", "open namespaces", text, data),
            Step(INIT, "join-namespaces", "join namespaces", text),
        ]
    # clone3 would root a cgroup namespace in the runtime's own cgroup: the child makes it itself,
    # once it is where it belongs (cgroup_namespaces(7)).
    cloned = [kind for kind in fresh if kind != "cgroup"]
    if cloned:
        flags = sum(FLAGS[kind] for kind in cloned)
        steps.append(Step(PREPARE, "clone-flags", "new namespaces", ", ".join(cloned), flags))
    if "cgroup" in fresh:
        steps.append(Step(INIT, "unshare", "new cgroup namespace", "rooted in the own cgroup",
                          consts.CLONE_NEWCGROUP))  # fmt: skip
    hostname = config.get("hostname")
    if hostname:
        steps.append(Step(INIT, "hostname", "hostname", hostname, hostname))
    return steps
