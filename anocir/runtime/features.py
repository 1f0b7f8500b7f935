"""`features`: what this runtime can do, whatever the host can (features.md, features-linux.md).

Made from the tables that it works by, so that neither can be had without the other.
"""

from __future__ import annotations

import anocir
from anocir.linux.consts import CAPABILITIES
from anocir.plan import mounts, namespaces
from anocir.plan.planners import APPLIED
from anocir.plan.seccomp import FLAGS
from anocir.seccomp.arches import ARCHES
from anocir.seccomp.rules import ACTIONS
from anocir.spec.rules import SPEC_VERSION
from anocir.spec.rules_hooks import HOOKS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

LEAST_VERSION = "1.0.0"
# Comparisons that the compiler of seccomp profiles knows.
OPERATORS = tuple(f"SCMP_CMP_{name}" for name in ("EQ", "GE", "GT", "LE", "LT", "MASKED_EQ", "NE"))


def features() -> dict[str, Any]:
    """Return the features document."""
    return {
        "ociVersionMin": LEAST_VERSION,
        "ociVersionMax": SPEC_VERSION,
        "hooks": [point for point in HOOKS if applied(f"hooks.{point}")],
        "mountOptions": mount_options(),
        "linux": _linux(),
        "annotations": {"anocir.version": anocir.__version__},
        # No annotation of a config changes what is done.
        "potentiallyUnsafeConfigAnnotations": [],
    }


def applied(setting: str) -> bool:
    """Tell whether a setting such as ``linux.seccomp`` is applied, or one that it is a part of."""
    parts = setting.split(".")
    return any(".".join(parts[:length]) in APPLIED for length in range(1, len(parts) + 1))


def mount_options() -> list[str]:
    """Return the mount options that are known, but for those that a filesystem takes itself."""
    names = {"bind", "rbind", *mounts.SUPERBLOCK, *mounts.NO_EFFECT, *mounts.RARE}
    for name in (*mounts.ATTRIBUTES, *mounts.PROPAGATION):
        names |= {name, f"r{name}"}
    return sorted(names)


def _linux() -> dict[str, Any]:
    rdt = applied("linux.intelRdt")
    return {
        "namespaces": sorted(namespaces.FLAGS),
        "capabilities": list(CAPABILITIES),
        "cgroup": {
            "v1": True,
            "v2": True,
            "systemd": False,
            "systemdUser": False,
            "rdma": applied("linux.resources.rdma"),
        },
        "seccomp": {
            "enabled": applied("linux.seccomp"),
            "actions": sorted(ACTIONS),
            "operators": list(OPERATORS),
            "archs": sorted(ARCHES),
            "knownFlags": list(FLAGS),
            "supportedFlags": list(FLAGS),
        },
        "apparmor": {"enabled": applied("process.apparmorProfile")},
        "selinux": {"enabled": applied("process.selinuxLabel")},
        "memoryPolicy": {"modes": [], "flags": []},
        "intelRdt": {"enabled": rdt, "schemata": rdt, "monitoring": rdt},
        "mountExtensions": {"idmap": {"enabled": applied("mounts[].uidMappings")}},
        "netDevices": {"enabled": applied("linux.netDevices")},
    }
