"""The device files and links that every container has (config-linux.md, Default Devices)."""

from __future__ import annotations

import os

from anocir.plan.plan import INIT, Step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.spec.types import Config

# name in /dev -> (major, minor); the kernel's admin-guide/devices.rst numbers them.
DEFAULT_DEVICES = {
    "null": (1, 3),
    "zero": (1, 5),
    "full": (1, 7),
    "random": (1, 8),
    "urandom": (1, 9),
    "tty": (5, 0),
}

# name in /dev -> target
DEFAULT_LINKS = {
    "fd": "/proc/self/fd",
    "stdin": "/proc/self/fd/0",
    "stdout": "/proc/self/fd/1",
    "stderr": "/proc/self/fd/2",
    "core": "/proc/kcore",
    "ptmx": "pts/ptmx",
}


def plan(config: Config, container_id: str) -> list[Step]:
    """Return the steps that fill /dev; none when the config brings a /dev of the host's own."""
    for mount in config.get("mounts", []):
        options = mount.get("options", [])
        bind = "bind" in options or "rbind" in options or mount.get("type") == "bind"
        if bind and mount["destination"].rstrip("/") == "/dev":
            return []
    devices = DEFAULT_DEVICES
    listed = config.get("linux", {}).get("devices")
    if listed:
        # What the config has to say about one of them is said by a step of its own.
        taken = {os.path.normpath("/" + device["path"].lstrip("/")) for device in listed}
        devices = {n: d for n, d in devices.items() if f"/dev/{n}" not in taken}
    names = ", ".join(devices)
    links = ", ".join(DEFAULT_LINKS)
    return [
        Step(INIT, "devices", "devices", names, devices),
        Step(INIT, "device-links", "device links", links, DEFAULT_LINKS),
    ]
