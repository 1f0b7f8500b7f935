"""What names must satisfy that become names of files."""

from __future__ import annotations

from anocir.spec.json import dotted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from anocir.spec.json import Path
    from anocir.spec.types import Config


def file_names(config: Config) -> Iterator[str]:
    """Names that become names of files stay in their directory (GHSA-5g49-rx9x-qfc6).

    config-linux.md: Unified, RDMA, IntelRdt, Network devices.
    """
    linux = config["linux"]
    resources = linux.get("resources", {})
    named: list[tuple[Path, str]] = [
        (("linux", "resources", "unified", key), key) for key in resources.get("unified", {})
    ]
    named += [(("linux", "resources", "rdma", key), key) for key in resources.get("rdma", {})]
    named += [(("linux", "netDevices", key), key) for key in linux.get("netDevices", {})]
    # The special case of config-linux.md, IntelRdt: / is the root of resctrl.
    if linux.get("intelRdt", {}).get("closID", "/") != "/":
        named.append((("linux", "intelRdt", "closID"), linux["intelRdt"]["closID"]))
    for path, name in named:
        if not name or name in (".", "..") or "/" in name or name.split() != [name]:
            yield f"{dotted(path)}: allowed: a name without slashes and white space"


RULES = (file_names,)
