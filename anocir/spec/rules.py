"""What config.json must satisfy beyond its shape: one rule, one function.

Each rule takes a config that has passed the schema and yields a line per violation, beginning
with the JSON path. The docstring names the clause: ``config.md`` and ``config-linux.md`` are
those of runtime-spec 1.3.0. A rule without a clause says which kernel interface refuses the
value later, with a worse message.

``ADVICE`` holds functions of the same kind whose lines are warnings. Rules for a setting that few
configs make stand in a module of their own, ``rules_NAME.py``, which ``ON_DEMAND`` has loaded for
a config with that setting.
"""

from __future__ import annotations

from anocir.spec.check import described
from anocir.spec.json import first

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any

    from anocir.spec.types import CapabilitySet, Config, Namespace

    Rule = Callable[[Any], Iterator[str]]

SPEC_VERSION = "1.3.0"
DIGITS = frozenset("0123456789")
LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
CAPABILITY_SETS: tuple[CapabilitySet, ...] = (
    "bounding",
    "permitted",
    "effective",
    "inheritable",
    "ambient",
)
# Who holds both may join a mount namespace, and is at its top then (setns(2)).
LEAD_OUT = {"CAP_SYS_ADMIN", "CAP_SYS_CHROOT"}
# Mount options that are those of a whole filesystem, not of one mount of it.
FILESYSTEM_FLAGS = frozenset({"sync", "dirsync", "lazytime", "mand"})
# Their beginnings, where they have values: what whoever binds may add as if it were a tmpfs.
FILESYSTEM_VALUES = ("mode=", "size=", "uid=", "gid=", "nr_inodes=", "nr_blocks=")
# (NAME, settings with rules in rules_NAME.py): its RULES and ADVICE, if it has any, count for a
# config with one of the settings. [] stands for any entry of an array.
ON_DEMAND = (
    ("devices", "linux.devices"),
    ("hooks", "hooks"),
    ("mappings", "mounts[].uidMappings", "mounts[].gidMappings"),
    (
        "names",
        "linux.intelRdt",
        "linux.netDevices",
        "linux.resources.rdma",
        "linux.resources.unified",
    ),
    ("process", "process.scheduler", "process.terminal"),
    (
        "resources",
        "linux.resources.blockIO",
        "linux.resources.cpu",
        "linux.resources.hugepageLimits",
        "linux.resources.memory",
        "linux.resources.network",
        "linux.resources.pids",
        "linux.resources.rdma",
    ),
    ("seccomp", "linux.seccomp"),
    ("sysctl", "linux.sysctl"),
    ("time", "linux.timeOffsets"),
    ("userns", "linux.uidMappings", "linux.gidMappings"),
)


def violations(config: Config, shape: Sequence[str] = ()) -> list[str]:
    """Return one line per broken rule.

    ``shape`` are the violations of the schema, if there are any. A rule that stumbles over them
    has nothing to add, nor has one that speaks of the same place.
    """
    return judged((*RULES, *_on_demand(config, "RULES")), config, shape)


def judged(rules: Iterable[Rule], value: Any, shape: Sequence[str]) -> list[str]:
    """Return what rules say of an object; ``shape`` as in ``violations``."""
    if not isinstance(value, dict):
        return []
    wrong = tuple(line.partition(": ")[0] for line in shape)
    return first(line for line in _broken(rules, value, shape) if not line.startswith(wrong))


def _broken(rules: Iterable[Rule], value: Any, shape: Sequence[str]) -> Iterator[str]:
    """Yield one line per broken rule."""
    for rule in rules:
        try:
            yield from rule(value)
        except (AttributeError, KeyError, TypeError):
            if not shape:
                raise


def advice(config: Config) -> list[str]:
    """Return one line per thing that works and deserves a warning; the config is valid."""
    rules = (*ADVICE, *_on_demand(config, "ADVICE"))
    return [line for rule in rules for line in rule(config)]


def _on_demand(config: Config, table: str) -> Iterator[Rule]:
    """Yield the rules in the table of that name in each module that the config needs."""
    for name, *settings in ON_DEMAND:
        if any(given(config, setting) for setting in settings):
            module = __import__(f"anocir.spec.rules_{name}", fromlist=(table,))
            yield from getattr(module, table, ())


def given(config: object, setting: str) -> bool:
    """Tell whether a config, of whatever shape, sets ``a.b[].c`` to more than 0 or nothing."""
    return _given(config, setting.replace("[]", ".[]").split("."))


def _given(value: Any, names: Sequence[str]) -> bool:
    for position, name in enumerate(names):
        if name == "[]":
            rest = names[position + 1 :]
            return isinstance(value, list) and any(_given(item, rest) for item in value)
        if not isinstance(value, dict):
            return False
        value = value.get(name)
    return bool(value)


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
        yield from entries("process.env", config["process"].get("env", []))


def entries(path: str, env: list[str]) -> Iterator[str]:
    """Yield a line for each entry of an environment that has no name."""
    for index, entry in enumerate(env):
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


def absolute_paths(config: Config) -> Iterator[str]:
    """Paths into the container are absolute.

    config-linux.md: Masked paths, Readonly paths, Namespaces.
    """
    linux = config.get("linux", {})
    named = [(f"linux.maskedPaths[{i}]", p) for i, p in enumerate(linux.get("maskedPaths", []))]
    named += [
        (f"linux.readonlyPaths[{i}]", p) for i, p in enumerate(linux.get("readonlyPaths", []))
    ]
    named += [
        (f"linux.namespaces[{i}].path", namespace["path"])
        for i, namespace in enumerate(linux.get("namespaces", []))
        if namespace.get("path")
    ]
    yield from must_be_absolute(named)


def must_be_absolute(named: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield a line for each relative path among pairs of JSON path and value."""
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
    present = namespaces(config)
    needs = (
        ("hostname", "uts", config.get("hostname")),
        ("domainname", "uts", config.get("domainname")),
        ("linux.uidMappings", "user", linux.get("uidMappings")),
        ("linux.gidMappings", "user", linux.get("gidMappings")),
        ("linux.timeOffsets", "time", linux.get("timeOffsets")),
        ("linux.netDevices", "network", linux.get("netDevices")),
        ("linux.rootfsPropagation", "mount", linux.get("rootfsPropagation")),
    )
    for path, kind, value in needs:
        if value and kind not in present:
            yield f"{path}: needs a {kind} namespace in linux.namespaces"


# Cgroups


def cgroups_path(config: Config) -> Iterator[str]:
    """The cgroup lies below the runtime's own root (config-linux.md, Cgroups path)."""
    path = config.get("linux", {}).get("cgroupsPath", "")
    if ".." in path.split("/"):
        yield f"linux.cgroupsPath: found {described(path)}, allowed: a path without .."


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


def bind_flags(config: Config) -> Iterator[str]:
    """A bind mount shows a filesystem that has its flags already (mount(8), bind mounts)."""
    for index, mount in enumerate(config.get("mounts", [])):
        options = mount.get("options", [])
        flags = [option for option in options
                 if option in FILESYSTEM_FLAGS or option.startswith(FILESYSTEM_VALUES)]  # fmt: skip
        if flags and (mount.get("type") == "bind" or "bind" in options or "rbind" in options):
            names = ", ".join(sorted(flags))
            yield f"mounts[{index}].options: {names}: no effect, a bind has the filesystem's own"


def existing_mount_namespace(config: Config) -> Iterator[str]:
    """What is otherwise in a mount namespace that exists (docs/design/namespaces.md)."""
    mount = namespaces(config).get("mount")
    if mount is not None and not mount.get("path"):
        return
    yield ("linux.namespaces: the mount namespace is no new one: programs can mount nothing in the"
           " container, and setuid bits and file capabilities give no rights")  # fmt: skip
    sets = config["process"].get("capabilities", {}) if "process" in config else {}
    held = {capability for name in CAPABILITY_SETS for capability in sets.get(name, [])}
    if held >= LEAD_OUT:
        yield ("process.capabilities: CAP_SYS_ADMIN and CAP_SYS_CHROOT lead out of the container,"
               " into the rest of its mount namespace")  # fmt: skip


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


def namespaces(config: Config) -> dict[str, Namespace]:
    """Return the container's own namespaces, new or joined, by type."""
    return {
        namespace["type"]: namespace for namespace in config.get("linux", {}).get("namespaces", [])
    }


RULES = (
    oci_version,
    root_path,
    process_args,
    process_cwd,
    environment,
    rlimits,
    mount_destinations,
    absolute_paths,
    namespace_types,
    namespace_needs,
    cgroups_path,
    annotation_keys,
)
ADVICE = (relative_destinations, bind_flags, existing_mount_namespace, capability_names)
