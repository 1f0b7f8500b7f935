"""What is kept about one container.

The record holds what the kernel can't tell later.
"""

from __future__ import annotations

import time

from anocir.spec import json
from anocir.state.store import STATE_FILE, Entry


class Record:
    """One container's facts."""

    __slots__ = (
        "annotations",
        "bundle",
        "created",
        "id",
        "oci_version",
        "rootfs",
    )

    def __init__(
        self, container_id: str, oci_version: str, bundle: str, rootfs: str, created: str
    ) -> None:
        self.id = container_id
        self.oci_version = oci_version
        self.bundle = bundle
        self.rootfs = rootfs
        self.created = created
        self.annotations: dict[str, str] = {}

    def save(self, entry: Entry) -> None:
        """Write the record into the container's directory, as a whole or not at all."""
        document = {
            "ociVersion": self.oci_version,
            "id": self.id,
            "bundle": self.bundle,
            "rootfs": self.rootfs,
            "created": self.created,
            "annotations": self.annotations,
        }
        entry.write(STATE_FILE, json.dumps(document).encode())


def timestamp(nanoseconds: int) -> str:
    """Return a time since the epoch as RFC 3339 in UTC."""
    seconds, rest = divmod(nanoseconds, 1_000_000_000)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds)) + f".{rest:09d}Z"
