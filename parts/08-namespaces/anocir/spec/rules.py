"""What config.json must satisfy beyond its shape: one rule, one function.

Each rule takes a config that has passed the schema and yields a line per violation, beginning
with the JSON path. The docstring names the clause of runtime-spec 1.3.0.
"""

from __future__ import annotations

from anocir.spec import rules_hooks, rules_time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import Any

    from anocir.spec.types import Config, Namespace

    Rule = Callable[[Any], Iterator[str]]

SPEC_VERSION = "1.3.0"
DIGITS = frozenset("0123456789")
LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")


def violations(config: Config, shape: Sequence[str] = ()) -> list[str]:
    """Return one line per broken rule.

    ``shape`` are the violations of the schema, if there are any. A rule that stumbles over them
    has nothing to add, nor has one that speaks of the same place.
    """
    return judged(RULES, config, shape)


def judged(rules: Iterable[Rule], value: Any, shape: Sequence[str]) -> list[str]:
    """Return what rules say of an object; ``shape`` as in ``violations``."""
    if not isinstance(value, dict):
        return []
    wrong = tuple(line.partition(": ")[0] for line in shape)
    return [line for line in _broken(rules, value, shape) if not line.startswith(wrong)]


def _broken(rules: Iterable[Rule], value: Any, shape: Sequence[str]) -> Iterator[str]:
    """Yield one line per broken rule."""
    for rule in rules:
        try:
            yield from rule(value)
        except (AttributeError, KeyError, TypeError):
            if not shape:
                raise


def oci_version(config: Config) -> Iterator[str]:
    """ociVersion is SemVer 2.0.0, major version 1 (config.md, Specification version)."""
    version = config["ociVersion"]
    if not is_semver(version):
        yield f"ociVersion: found {version!r}, allowed: a version such as {SPEC_VERSION}"
    elif not version.startswith("1."):
        yield f"ociVersion: found {version!r}, allowed: a version 1.x of runtime-spec"


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
        yield "root.path: found an empty string, allowed: a directory"


def process_args(config: Config) -> Iterator[str]:
    """A process has at least one argument, its program (config.md, Process)."""
    if "process" in config and not config["process"].get("args"):
        yield "process.args: args must not be empty: the first one names the program"


def process_cwd(config: Config) -> Iterator[str]:
    """cwd is absolute (config.md, Process)."""
    cwd = config["process"]["cwd"] if "process" in config else "/"
    if not cwd.startswith("/"):
        yield f"process.cwd: found {cwd!r}, allowed: an absolute path"


def absolute_paths(config: Config) -> Iterator[str]:
    """Paths of namespaces are absolute (config-linux.md, Namespaces)."""
    named = [
        (f"linux.namespaces[{i}].path", namespace["path"])
        for i, namespace in enumerate(config.get("linux", {}).get("namespaces", []))
        if namespace.get("path")
    ]
    yield from must_be_absolute(named)


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
    present = namespaces(config)
    needs = (
        ("hostname", "uts", config.get("hostname")),
        ("domainname", "uts", config.get("domainname")),
        ("linux.timeOffsets", "time", config.get("linux", {}).get("timeOffsets")),
    )
    for path, kind, value in needs:
        if value and kind not in present:
            yield f"{path}: needs a {kind} namespace in linux.namespaces"


def annotation_keys(config: Config) -> Iterator[str]:
    """Keys are not empty (config.md, Annotations)."""
    if "" in config.get("annotations", {}):
        yield 'annotations[""]: a key must not be empty'


def must_be_absolute(named: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield a line for each relative path among pairs of JSON path and value."""
    for path, value in named:
        if not value.startswith("/"):
            yield f"{path}: found {value!r}, allowed: an absolute path"


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
    absolute_paths,
    namespace_types,
    namespace_needs,
    annotation_keys,
    *rules_hooks.RULES,
    *rules_time.RULES,
)
