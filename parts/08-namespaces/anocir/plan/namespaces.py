"""Which namespaces the container makes, and which it joins (config-linux.md, Namespaces)."""

from __future__ import annotations

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
    "cgroup": consts.CLONE_NEWCGROUP,
    "time": consts.CLONE_NEWTIME,
}


def plan(config: Config, container_id: str) -> list[Step]:
    """Return the steps that make or join each namespace of the config."""
    namespaces = [n for n in config.get("linux", {}).get("namespaces", []) if n["type"] in FLAGS]
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
    # once it is where it belongs (cgroup_namespaces(7)). Clocks are set before anyone is in.
    later = {"cgroup"}
    if "time" in fresh and config["linux"].get("timeOffsets"):
        later.add("time")
    cloned = [kind for kind in fresh if kind not in later]
    flags = sum(FLAGS[kind] for kind in cloned)
    steps.append(Step(PREPARE, "clone-flags", "new namespaces", ", ".join(cloned), flags))
    if "cgroup" in fresh:
        steps.append(Step(INIT, "unshare", "new cgroup namespace", "rooted in the own cgroup",
                          consts.CLONE_NEWCGROUP))  # fmt: skip
    names = (("hostname", config.get("hostname")), ("domainname", config.get("domainname")))
    for name, value in names:
        if value:
            steps.append(Step(INIT, name, name, value, value))
    return steps


def unapplied(config: Config) -> list[str]:
    """Return the JSON paths of the namespaces that this runtime neither makes nor joins."""
    namespaces = config.get("linux", {}).get("namespaces", [])
    return [
        f"linux.namespaces[{index}] ({namespace['type']})"
        for index, namespace in enumerate(namespaces)
        if namespace["type"] not in FLAGS
    ]
