"""What config.json must satisfy beyond its shape: one rule, one function.

Each rule takes a config that has passed the schema and yields a line per violation, beginning
with the JSON path. The docstring names the clause: ``config.md`` and ``config-linux.md`` are
those of runtime-spec 1.3.0. A rule without a clause says which kernel interface refuses the
value later, with a worse message.

``ADVICE`` holds functions of the same kind whose lines are warnings.
"""

from __future__ import annotations

from anocir.spec.check import described
from anocir.spec.json import dotted, first

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from anocir.spec.json import Path
    from anocir.spec.types import CapabilitySet, Clock, Config, Hook, HookPoint, Namespace, Seccomp

SPEC_VERSION = "1.3.0"
DIGITS = frozenset("0123456789")
LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
HOOKS: tuple[HookPoint, ...] = (
    "prestart",
    "createRuntime",
    "createContainer",
    "startContainer",
    "poststart",
    "poststop",
)
CLOCKS: tuple[Clock, ...] = ("monotonic", "boottime")
CAPABILITY_SETS: tuple[CapabilitySet, ...] = (
    "bounding",
    "permitted",
    "effective",
    "inheritable",
    "ambient",
)
# ipc_namespaces(7): the System V parameters that an IPC namespace has for itself.
IPC_SYSCTLS = frozenset(
    f"kernel.{name}"
    for name in (
        "msgmax",
        "msgmnb",
        "msgmni",
        "sem",
        "shmall",
        "shmmax",
        "shmmni",
        "shm_rmid_forced",
    )
)
UTS_SYSCTLS = frozenset({"kernel.hostname", "kernel.domainname"})
ERRNO_ACTIONS = frozenset({"SCMP_ACT_ERRNO", "SCMP_ACT_TRACE"})


def violations(config: Config, shape: Sequence[str] = ()) -> list[str]:
    """Return one line per broken rule.

    ``shape`` are the violations of the schema, if there are any. A rule that stumbles over them
    has nothing to add, nor has one that speaks of the same place.
    """
    wrong = tuple(line.partition(": ")[0] for line in shape)
    return first(line for line in _broken(config, shape) if not line.startswith(wrong))


def _broken(config: Config, shape: Sequence[str]) -> Iterator[str]:
    """Yield one line per broken rule; ``shape`` as in ``violations``."""
    for rule in RULES:
        try:
            yield from rule(config)
        except (AttributeError, KeyError, TypeError):
            if not shape:
                raise


def advice(config: Config) -> list[str]:
    """Return one line per thing that works and deserves a warning; the config is valid."""
    return [line for rule in ADVICE for line in rule(config)]


# Version and root


def oci_version(config: Config) -> Iterator[str]:
    """ociVersion is SemVer 2.0.0, major version 1 (config.md, Specification version)."""
    version = config["ociVersion"]
    if not is_semver(version):
        yield f"ociVersion: found {described(version)}, allowed: a version such as {SPEC_VERSION}"
    elif not version.startswith("1."):
        yield f"ociVersion: found {described(version)}, allowed: a version 1.x of runtime-spec"


def is_semver(version: str) -> bool:
    """Tell whether a string is MAJOR.MINOR.PATCH[-PRERELEASE][+BUILD] (semver.org, 2.0.0)."""
    rest, plus, build = version.partition("+")
    core, minus, prerelease = rest.partition("-")
    numbers = core.split(".")
    return (
        len(numbers) == 3
        and all(_is_number(number) for number in numbers)
        and (not minus or all(map(_is_prerelease, prerelease.split("."))))
        and (not plus or all(map(_is_identifier, build.split("."))))
    )


def _is_number(text: str) -> bool:
    return bool(text) and DIGITS.issuperset(text) and (text == "0" or text[0] != "0")


def _is_identifier(text: str) -> bool:
    return bool(text) and (DIGITS | LETTERS | {"-"}).issuperset(text)


def _is_prerelease(text: str) -> bool:
    return _is_identifier(text) and (not DIGITS.issuperset(text) or _is_number(text))


def root_path(config: Config) -> Iterator[str]:
    """The root is required on Linux, and its path names a directory (config.md, Root)."""
    if "root" not in config:
        yield "root: found nothing, allowed: an object with the path of the root file system"
    elif not config["root"]["path"]:
        yield 'root.path: found "" (a string), allowed: a directory'


# Process


def process_args(config: Config) -> Iterator[str]:
    """A process has at least one argument, its program (config.md, Process)."""
    if "process" in config and not config["process"].get("args"):
        yield "process.args: args must not be empty: the first one names the program"


def process_cwd(config: Config) -> Iterator[str]:
    """cwd is absolute (config.md, Process)."""
    cwd = config["process"]["cwd"] if "process" in config else "/"
    if not cwd.startswith("/"):
        yield f"process.cwd: found {described(cwd)}, allowed: an absolute path"


def environment(config: Config) -> Iterator[str]:
    """Entries are NAME=value (config.md, Process: env, as environ in POSIX; CVE-2026-57231).

    The entry itself is not shown: it may be a password that lost its name.
    """
    if "process" in config:
        yield from _entries("process.env", config["process"].get("env", []))
    for path, hook in _hooks(config):
        yield from _entries(f"{path}.env", hook.get("env", []))


def _entries(path: str, entries: list[str]) -> Iterator[str]:
    for index, entry in enumerate(entries):
        if entry.find("=") < 1:
            yield f"{path}[{index}]: found no NAME= at its start, allowed: NAME=value"


def rlimits(config: Config) -> Iterator[str]:
    """A resource has one limit (config.md, POSIX process); soft <= hard (setrlimit(2))."""
    limits = config["process"].get("rlimits", []) if "process" in config else []
    seen: set[str] = set()
    for index, limit in enumerate(limits):
        path = f"process.rlimits[{index}]"
        if limit["type"] in seen:
            yield f"{path}.type: {limit['type']} is given more than once"
        seen.add(limit["type"])
        if limit["soft"] > limit["hard"]:
            yield f"{path}.soft: found {limit['soft']}, allowed: at most hard, {limit['hard']}"


# Mounts and paths


def mount_destinations(config: Config) -> Iterator[str]:
    """A mount has somewhere to go (config.md, Mounts). Relative is allowed: see the advice."""
    for index, mount in enumerate(config.get("mounts", [])):
        if not mount["destination"]:
            yield f'mounts[{index}].destination: found "" (a string), allowed: a path'


def mount_mappings(config: Config) -> Iterator[str]:
    """uidMappings and gidMappings come together (config.md, POSIX-platform mounts)."""
    for index, mount in enumerate(config.get("mounts", [])):
        if bool(mount.get("uidMappings")) != bool(mount.get("gidMappings")):
            yield f"mounts[{index}]: uidMappings and gidMappings must be given together"


def absolute_paths(config: Config) -> Iterator[str]:
    """Paths into the container, and programs of hooks, are absolute.

    config-linux.md: Masked paths, Readonly paths, Devices (full path), Namespaces; config.md,
    POSIX-platform hooks.
    """
    linux = config.get("linux", {})
    named = [(f"linux.maskedPaths[{i}]", p) for i, p in enumerate(linux.get("maskedPaths", []))]
    named += [
        (f"linux.readonlyPaths[{i}]", p) for i, p in enumerate(linux.get("readonlyPaths", []))
    ]
    named += [
        (f"linux.devices[{i}].path", d["path"]) for i, d in enumerate(linux.get("devices", []))
    ]
    named += [
        (f"linux.namespaces[{i}].path", namespace["path"])
        for i, namespace in enumerate(linux.get("namespaces", []))
        if namespace.get("path")
    ]
    named += [(f"{path}.path", hook["path"]) for path, hook in _hooks(config)]
    for path, value in named:
        if not value.startswith("/"):
            yield f"{path}: found {described(value)}, allowed: an absolute path"


# Namespaces


def namespace_types(config: Config) -> Iterator[str]:
    """No type of namespace is named twice (config-linux.md, Namespaces)."""
    seen: set[str] = set()
    for index, namespace in enumerate(config.get("linux", {}).get("namespaces", [])):
        if namespace["type"] in seen:
            yield f"linux.namespaces[{index}].type: {namespace['type']} is given more than once"
        seen.add(namespace["type"])


def namespace_needs(config: Config) -> Iterator[str]:
    """What changes a namespace needs one of the container's own, or the host would change.

    runtime.md, Create: a property that cannot be applied as it is specified is an error.
    """
    linux = config.get("linux", {})
    present = _namespaces(config)
    needs = (
        ("hostname", "uts", config.get("hostname")),
        ("domainname", "uts", config.get("domainname")),
        ("linux.uidMappings", "user", linux.get("uidMappings")),
        ("linux.gidMappings", "user", linux.get("gidMappings")),
        ("linux.timeOffsets", "time", linux.get("timeOffsets")),
        ("linux.netDevices", "network", linux.get("netDevices")),
        ("linux.maskedPaths", "mount", linux.get("maskedPaths")),
        ("linux.readonlyPaths", "mount", linux.get("readonlyPaths")),
        ("linux.rootfsPropagation", "mount", linux.get("rootfsPropagation")),
    )
    for path, kind, value in needs:
        if value and kind not in present:
            yield f"{path}: needs a {kind} namespace in linux.namespaces"


def time_offsets(config: Config) -> Iterator[str]:
    """Offsets are set before the first process is in (time_namespaces(7)); 1 s is 10^9 ns."""
    offsets = config.get("linux", {}).get("timeOffsets", {})
    if offsets and "path" in _namespaces(config).get("time", ()):
        yield "linux.timeOffsets: needs a new time namespace, not one that is joined"
    for clock in CLOCKS:
        nanoseconds = offsets.get(clock, {}).get("nanosecs", 0)
        if nanoseconds >= 1_000_000_000:
            path = f"linux.timeOffsets.{clock}.nanosecs"
            yield f"{path}: found {nanoseconds}, allowed: less than 1000000000"


def sysctls(config: Config) -> Iterator[str]:
    """A key names a parameter of a namespace that the container has (CVE-2022-0811).

    config-linux.md, Sysctl, says that the parameters are the container's; the others belong to
    the whole host. sysctl(8) allows dots and slashes; an empty part could climb in /proc/sys.
    """
    present = _namespaces(config)
    for key in config.get("linux", {}).get("sysctl", {}):
        path = dotted(("linux", "sysctl", key))
        parts = key.replace("/", ".").split(".")
        if not all(part and (DIGITS | LETTERS | {"_", "-"}).issuperset(part) for part in parts):
            yield f"{path}: allowed in a key: names of A-Z a-z 0-9 _ - with . or / between them"
            continue
        kind = _sysctl_namespace(parts)
        if kind is None:
            yield f"{path}: is a parameter of the whole host, not of a namespace"
        elif kind not in present:
            yield f"{path}: needs a {kind} namespace in linux.namespaces"


def _sysctl_namespace(parts: list[str]) -> str | None:
    """Return the type of namespace that a kernel parameter belongs to, None for the host's."""
    name = ".".join(parts)
    if parts[0] == "net":
        return "network"
    if name in IPC_SYSCTLS or parts[:2] == ["fs", "mqueue"]:
        return "ipc"
    return "uts" if name in UTS_SYSCTLS else None


# Cgroups and devices


def cgroups_path(config: Config) -> Iterator[str]:
    """The cgroup lies below the runtime's own root (config-linux.md, Cgroups path)."""
    path = config.get("linux", {}).get("cgroupsPath", "")
    if ".." in path.split("/"):
        yield f"linux.cgroupsPath: found {described(path)}, allowed: a path without .."


def file_names(config: Config) -> Iterator[str]:
    """Names that become names of files stay in their directory (GHSA-5g49-rx9x-qfc6).

    config-linux.md: Unified, RDMA, IntelRdt, Network devices.
    """
    linux = config.get("linux", {})
    resources = linux.get("resources", {})
    named: list[tuple[Path, str]] = [
        (("linux", "resources", "unified", key), key) for key in resources.get("unified", {})
    ]
    named += [(("linux", "resources", "rdma", key), key) for key in resources.get("rdma", {})]
    named += [(("linux", "netDevices", key), key) for key in linux.get("netDevices", {})]
    if "closID" in linux.get("intelRdt", {}):
        named.append((("linux", "intelRdt", "closID"), linux["intelRdt"]["closID"]))
    for path, name in named:
        if not name or name in (".", "..") or "/" in name or name.split() != [name]:
            yield f"{dotted(path)}: allowed: a name without slashes and white space"


def device_numbers(config: Config) -> Iterator[str]:
    """major and minor are required but for a FIFO (config-linux.md, Devices)."""
    for index, device in enumerate(config.get("linux", {}).get("devices", [])):
        for name in ("major", "minor"):
            if device["type"] != "p" and name not in device:
                yield f"linux.devices[{index}].{name}: found nothing, allowed: a number"


def resource_choices(config: Config) -> Iterator[str]:
    """An entry limits something (config-linux.md, Block IO and RDMA: at least one MUST be)."""
    resources = config.get("linux", {}).get("resources", {})
    for index, device in enumerate(resources.get("blockIO", {}).get("weightDevice", [])):
        if "weight" not in device and "leafWeight" not in device:
            path = f"linux.resources.blockIO.weightDevice[{index}]"
            yield f"{path}: needs weight or leafWeight"
    for name, limits in resources.get("rdma", {}).items():
        if "hcaHandles" not in limits and "hcaObjects" not in limits:
            path = dotted(("linux", "resources", "rdma", name))
            yield f"{path}: needs hcaHandles or hcaObjects"


# Seccomp


def seccomp_errno(config: Config) -> Iterator[str]:
    """An errno goes with an action that returns one (config-linux.md, Seccomp)."""
    seccomp = _seccomp(config)
    if "defaultErrnoRet" in seccomp and seccomp["defaultAction"] not in ERRNO_ACTIONS:
        yield f"linux.seccomp.defaultErrnoRet: {seccomp['defaultAction']} returns no errno"
    for index, rule in enumerate(seccomp.get("syscalls", [])):
        if "errnoRet" in rule and rule["action"] not in ERRNO_ACTIONS:
            path = f"linux.seccomp.syscalls[{index}].errnoRet"
            yield f"{path}: {rule['action']} returns no errno"


def seccomp_listener(config: Config) -> Iterator[str]:
    """Metadata goes to a listener (config-linux.md, Seccomp: listenerMetadata)."""
    seccomp = _seccomp(config)
    if seccomp.get("listenerMetadata") and not seccomp.get("listenerPath"):
        yield "linux.seccomp.listenerMetadata: needs listenerPath"


# Annotations


def annotation_keys(config: Config) -> Iterator[str]:
    """Keys are not empty (config.md, Annotations)."""
    if "" in config.get("annotations", {}):
        yield 'annotations[""]: a key must not be empty'


# Advice


def relative_destinations(config: Config) -> Iterator[str]:
    """A relative destination counts from / and is deprecated (config.md, Mounts)."""
    for index, mount in enumerate(config.get("mounts", [])):
        destination = mount["destination"]
        if not destination.startswith("/"):
            path = f"mounts[{index}].destination"
            yield f"{path}: found {described(destination)}, a relative path: taken as below /"


def shared_mounts(config: Config) -> Iterator[str]:
    """Without a mount namespace the mounts are the host's (config-linux.md, Namespaces)."""
    if config.get("mounts") and "mount" not in _namespaces(config):
        yield "mounts: without a mount namespace the host sees these mounts, and keeps them"


def capability_names(config: Config) -> Iterator[str]:
    """A name that cannot be a capability is warned of (config.md, Linux process).

    Whether the kernel knows a well-formed name is for the one who looks up its number.
    """
    sets = config["process"].get("capabilities", {}) if "process" in config else {}
    for name in CAPABILITY_SETS:
        for index, capability in enumerate(sets.get(name, [])):
            if not (capability.startswith("CAP_") and capability.isupper()):
                path = f"process.capabilities.{name}[{index}]"
                yield f"{path}: found {described(capability)}, a name such as CAP_KILL is meant"


# What the rules share


def _hooks(config: Config) -> Iterator[tuple[str, Hook]]:
    """Yield each hook with its path."""
    hooks = config.get("hooks", {})
    for point in HOOKS:
        for index, hook in enumerate(hooks.get(point, [])):
            yield f"hooks.{point}[{index}]", hook


def _namespaces(config: Config) -> dict[str, Namespace]:
    """Return the container's own namespaces, new or joined, by type."""
    return {
        namespace["type"]: namespace for namespace in config.get("linux", {}).get("namespaces", [])
    }


def _seccomp(config: Config) -> Seccomp:
    none: Seccomp = {"defaultAction": "SCMP_ACT_ALLOW"}
    return config.get("linux", {}).get("seccomp", none)


RULES = (
    oci_version,
    root_path,
    process_args,
    process_cwd,
    environment,
    rlimits,
    mount_destinations,
    mount_mappings,
    absolute_paths,
    namespace_types,
    namespace_needs,
    time_offsets,
    sysctls,
    cgroups_path,
    file_names,
    device_numbers,
    resource_choices,
    seccomp_errno,
    seccomp_listener,
    annotation_keys,
)
ADVICE = (relative_destinations, shared_mounts, capability_names)
