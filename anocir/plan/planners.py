"""Which parts of a config become steps, and in which order.

``APPLIED`` lists the settings that the planners read; every other setting that a config makes is
refused by name, since a container without a protection that was asked for is worse than none.
"""

from __future__ import annotations

from anocir.errors import ConfigError
from anocir.plan import (
    cgroup,
    container,
    credentials,
    devices,
    mounts,
    namespaces,
    paths,
    process,
    rootfs,
)
from anocir.plan.plan import Plan
from anocir.spec import rules, support

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from anocir.plan.plan import Step
    from anocir.spec.types import Config

    Planner = Callable[[Config, str], list[Step]]


def on_demand(planner: str, *settings: str) -> Planner:
    """Return a planner that loads ``module.function`` of this package when it is needed.

    That is for a config with a value at one of ``settings``, dotted paths such as
    ``linux.seccomp``. Few configs have it, and the others do not pay for the module.
    """

    def plan(config: Config, container_id: str) -> list[Step]:
        if not any(_asks(config, setting) for setting in settings):
            return []
        return _load(planner)(config, container_id)

    return plan


def in_namespace(planner: str, kind: str) -> Planner:
    """Return a planner as ``on_demand`` does, for a config with a ``kind`` of namespace."""

    def plan(config: Config, container_id: str) -> list[Step]:
        namespaces = config.get("linux", {}).get("namespaces", [])
        if all(namespace["type"] != kind for namespace in namespaces):
            return []
        return _load(planner)(config, container_id)

    return plan


def for_other_users(planner: str) -> Planner:
    """Return a planner as ``on_demand`` does, for a process that may not be the host's root."""

    def plan(config: Config, container_id: str) -> list[Step]:
        user = config.get("process", {}).get("user", {})
        if not user.get("uid") and not config.get("linux", {}).get("uidMappings"):
            return []
        return _load(planner)(config, container_id)

    return plan


def _load(planner: str) -> Planner:
    module, _, function = planner.partition(".")
    loaded: Planner = getattr(__import__(f"anocir.plan.{module}", fromlist=(function,)), function)
    return loaded


def _asks(config: Config, setting: str) -> bool:
    value: Any = config
    for name in setting.split("."):
        value = value.get(name)
        if not value:
            # An oomScoreAdj of 0 is not the same as none.
            return type(value) is int
    return True


LIMITS = (
    "memory",
    "cpu",
    "pids",
    "blockIO",
    "hugepageLimits",
    "network",
    "rdma",
    "unified",
)

PLANNERS: tuple[Planner, ...] = (
    container.plan_state,
    on_demand("hooks.plan_kept", "hooks"),
    in_namespace("timens.plan", "time"),
    in_namespace("userns.plan", "user"),
    process.plan_session,
    cgroup.plan,
    for_other_users("ownership.plan"),
    on_demand("limits.plan", *(f"linux.resources.{part}" for part in LIMITS)),
    namespaces.plan,
    rootfs.plan_root,
    on_demand("mountlabel.plan", "linux.mountLabel"),
    on_demand(
        "labels.plan_proc", "linux.sysctl", "process.apparmorProfile", "process.selinuxLabel"
    ),
    mounts.plan,
    devices.plan,
    on_demand("nodes.plan", "linux.devices"),
    on_demand("console.plan", "process.terminal"),
    paths.plan,
    on_demand("hooks.plan_create", "hooks"),
    rootfs.plan_pivot,
    on_demand("sysctl.plan", "linux.sysctl"),
    credentials.plan_limits,
    on_demand("seccomp.plan", "linux.seccomp"),
    process.plan,
    credentials.plan,
    on_demand(
        "settings.plan",
        "process.oomScoreAdj",
        "process.scheduler",
        "process.ioPriority",
        "linux.personality",
    ),
    on_demand("labels.plan", "process.apparmorProfile", "process.selinuxLabel"),
    on_demand("seccomp.plan_listener", "linux.seccomp"),
    container.plan_process,
    on_demand("hooks.plan_start", "hooks"),
    process.plan_exec,
)

APPLIED = (
    "ociVersion",
    "annotations",
    "hooks",
    "root",
    "hostname",
    "domainname",
    "mounts[].destination",
    "mounts[].source",
    "mounts[].type",
    "mounts[].options",
    "mounts[].uidMappings",
    "mounts[].gidMappings",
    "process.args",
    "process.env",
    "process.cwd",
    "process.user",
    "process.capabilities",
    "process.noNewPrivileges",
    "process.rlimits",
    "process.terminal",
    "process.consoleSize",
    "process.oomScoreAdj",
    "process.scheduler",
    "process.ioPriority",
    "process.apparmorProfile",
    "process.selinuxLabel",
    "linux.namespaces",
    "linux.uidMappings",
    "linux.gidMappings",
    "linux.timeOffsets",
    "linux.cgroupsPath",
    "linux.devices",
    "linux.resources",
    "linux.maskedPaths",
    "linux.readonlyPaths",
    "linux.rootfsPropagation",
    "linux.mountLabel",
    "linux.seccomp",
    "linux.sysctl",
    "linux.personality.domain",
)


def make(
    config: Config, container_id: str, warn: Callable[[str], None], without: tuple[str, ...] = ()
) -> Plan:
    """Return the plan for a checked config, but for the kinds of steps in ``without``.

    Without the kind ``pivot`` a chroot does its work.
    Raises ConfigError that names each setting this runtime does not apply.
    """
    for complaint in (*support.unknown(config), *rules.advice(config)):
        warn(complaint)
    refused = support.unsupported(config, APPLIED)
    if refused:
        raise ConfigError("config.json", [f"{path}: not supported yet" for path in refused])
    steps = [step for planner in PLANNERS for step in planner(config, container_id)]
    if "pivot" in without:
        steps = rootfs.without_pivot(steps)
    return Plan([step for step in steps if step.kind not in without])
