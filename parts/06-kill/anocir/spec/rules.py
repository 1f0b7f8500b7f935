"""What config.json must satisfy beyond its shape: one rule, one function.

Each rule takes a config that has passed the schema and yields a line per violation, beginning
with the JSON path. The docstring names the clause of runtime-spec 1.3.0.
"""

from __future__ import annotations

from anocir.spec import rules_hooks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from anocir.spec.types import Config


def violations(config: Config) -> list[str]:
    """Return one line per broken rule."""
    return [line for rule in RULES for line in rule(config)]


def oci_version(config: Config) -> Iterator[str]:
    """ociVersion is SemVer 2.0.0, major version 1 (config.md, Specification version)."""
    version = config["ociVersion"]
    numbers = version.partition("-")[0].split(".")
    if len(numbers) != 3 or not all(n.isascii() and n.isdigit() for n in numbers):
        yield f"ociVersion: found {version!r}, allowed: a version such as 1.3.0"
    elif numbers[0] != "1":
        yield f"ociVersion: found {version!r}, allowed: a version 1.x of runtime-spec"


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


RULES = (oci_version, root_path, process_args, process_cwd, *rules_hooks.RULES)
