"""What device nodes must satisfy beyond their shape."""

from __future__ import annotations

from anocir.spec.rules import must_be_absolute

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from anocir.spec.types import Config


def device_paths(config: Config) -> Iterator[str]:
    """The path is a full one (config-linux.md, Devices)."""
    devices = config["linux"]["devices"]
    yield from must_be_absolute(
        (f"linux.devices[{index}].path", device["path"]) for index, device in enumerate(devices)
    )


def device_numbers(config: Config) -> Iterator[str]:
    """major and minor are required but for a FIFO (config-linux.md, Devices)."""
    for index, device in enumerate(config["linux"]["devices"]):
        for name in ("major", "minor"):
            if device["type"] != "p" and name not in device:
                yield f"linux.devices[{index}].{name}: found nothing, allowed: a number"


RULES = (device_paths, device_numbers)
