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
    "mount": consts.CLONE_NEWNS,
    "cgroup": consts.CLONE_NEWCGROUP,
    "user": consts.CLONE_NEWUSER,
    "time": consts.CLONE_NEWTIME,
}


def plan(config: Config, container_id: str) -> list[Step]:
    """Return the steps that make or join each namespace of the config."""
    namespaces = config.get("linux", {}).get("namespaces", [])
    # A mount namespace that exists is entered last: mountns.py.
    joined = [(n["type"], n["path"]) for n in namespaces if n.get("path") and n["type"] != "mount"]
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
    # once it is where it belongs (cgroup_namespaces(7)). Clocks are set before anyone is in, and
    # the message queues of an ipc namespace belong to whoever makes it.
    later = {"cgroup"}
    if "time" in fresh and config["linux"].get("timeOffsets"):
        later.add("time")
    if any(n["type"] == "user" for n in namespaces):
        later.add("ipc")
    cloned = [kind for kind in fresh if kind not in later]
    flags = sum(FLAGS[kind] for kind in cloned)
    if "mount" not in cloned:
        flags |= FLAGS["mount"]
        cloned.append("mount, to set up in")
    steps.append(Step(PREPARE, "clone-flags", "new namespaces", ", ".join(cloned), flags))
    if "ipc" in fresh and "ipc" in later:
        steps.append(Step(INIT, "unshare", "new ipc namespace", "root's", consts.CLONE_NEWIPC))
    if "cgroup" in fresh:
        steps.append(Step(INIT, "unshare", "new cgroup namespace", "rooted in the own cgroup",
                          consts.CLONE_NEWCGROUP))  # fmt: skip
    names = (("hostname", config.get("hostname")), ("domainname", config.get("domainname")))
    for name, value in names:
        if value:
            steps.append(Step(INIT, name, name, value, value))
    return steps
