"""What device nodes must satisfy beyond their shape."""

from __future__ import annotations

import os

from anocir.spec.check import described
from anocir.spec.rules import must_be_absolute

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from anocir.spec.types import Config

# The kernel's dev_t holds 12 bits of major and 20 bits of minor (linux/kdev_t.h).
MAX_MAJOR, MAX_MINOR = (1 << 12) - 1, (1 << 20) - 1


def device_paths(config: Config) -> Iterator[str]:
    """The path is a full one (config-linux.md, Devices)."""
    devices = config["linux"]["devices"]
    yield from must_be_absolute(
        (f"linux.devices[{index}].path", device["path"]) for index, device in enumerate(devices)
    )
    for index, device in enumerate(devices):
        path = device["path"]
        if path.startswith("/") and (not path.strip("/") or ".." in path.split("/")):
            where = f"linux.devices[{index}].path"
            yield f"{where}: found {described(path)}, allowed: the path of a file, without .."


def one_device_a_path(config: Config) -> Iterator[str]:
    """One path can't be two devices (config-linux.md, Devices: an existing file must match)."""
    seen: dict[str, tuple[object, ...]] = {}
    for index, device in enumerate(config["linux"]["devices"]):
        path = os.path.normpath("/" + device["path"].lstrip("/"))
        kind = "c" if device["type"] == "u" else device["type"]
        what = (kind, device.get("major"), device.get("minor"))
        if seen.setdefault(path, what) != what:
            yield f"linux.devices[{index}].path: {path} is given twice, as two different devices"


def device_numbers(config: Config) -> Iterator[str]:
    """Numbers are required but for a FIFO (config-linux.md, Devices), and fit linux/kdev_t.h."""
    for index, device in enumerate(config["linux"]["devices"]):
        numbers = (
            ("major", device.get("major"), MAX_MAJOR),
            ("minor", device.get("minor"), MAX_MINOR),
        )
        for name, number, most in numbers:
            where = f"linux.devices[{index}].{name}"
            if device["type"] == "p":
                continue
            if number is None:
                yield f"{where}: found nothing, allowed: a number"
            elif not 0 <= number <= most:
                yield f"{where}: found {number}, allowed: 0 to {most}"


RULES = (device_paths, one_device_a_path, device_numbers)
