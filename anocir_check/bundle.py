"""Bundles: a rootfs with busybox, and a config.json that any runtime should take as it is."""

from __future__ import annotations

import copy
import json
import os
from pathlib import Path
from typing import Any

BUSYBOX = "/bin/busybox"

CONFIG: dict[str, Any] = {
    "ociVersion": "1.0.2",
    "process": {
        "terminal": False,
        "user": {"uid": 0, "gid": 0},
        "args": [BUSYBOX, "cat"],
        "env": ["PATH=/bin:/usr/bin", "HOME=/root"],
        "cwd": "/",
        "capabilities": {
            name: ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"]
            for name in ("bounding", "effective", "permitted")
        },
        "rlimits": [{"type": "RLIMIT_NOFILE", "hard": 1024, "soft": 1024}],
        "noNewPrivileges": True,
    },
    "root": {"path": "rootfs", "readonly": False},
    "hostname": "checked",
    "mounts": [
        {
            "destination": "/proc",
            "type": "proc",
            "source": "proc",
            "options": ["nosuid", "noexec", "nodev"],
        },
        {
            "destination": "/dev",
            "type": "tmpfs",
            "source": "tmpfs",
            "options": ["nosuid", "strictatime", "mode=755", "size=65536k"],
        },
        {
            "destination": "/dev/pts",
            "type": "devpts",
            "source": "devpts",
            "options": ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"],
        },
        {
            "destination": "/dev/shm",
            "type": "tmpfs",
            "source": "shm",
            "options": ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"],
        },
    ],
    "linux": {
        "namespaces": [{"type": name} for name in ("pid", "mount", "ipc", "uts")],
        "maskedPaths": ["/proc/kcore", "/proc/keys"],
        "readonlyPaths": ["/proc/sys", "/proc/sysrq-trigger"],
    },
}


class Bundle:
    """A bundle directory; ``config`` is what ``save`` writes.

    ``busybox`` is a copy of the host's: a container that damages its own must not reach that one.
    """

    def __init__(self, path: Path, busybox: Path) -> None:
        self.path = path
        self.config = copy.deepcopy(CONFIG)
        self.rootfs = path / "rootfs"
        for name in ("bin", "dev", "etc", "proc", "root", "sys", "tmp"):
            (self.rootfs / name).mkdir(parents=True)
        # A name for the uid, and a file that cannot be executed, as on the host.
        (self.rootfs / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\n")
        os.link(busybox, self.rootfs / "bin/busybox")

    @property
    def file(self) -> Path:
        """The path of config.json."""
        return self.path / "config.json"

    def save(self) -> Bundle:
        """Write config.json."""
        self.file.write_text(json.dumps(self.config, indent=2))
        return self

    def program(self, *args: str) -> Bundle:
        """Make busybox, with these arguments, the container's program."""
        self.config["process"]["args"] = [BUSYBOX, *args]
        return self.save()

    def script(self, text: str, *args: str) -> Bundle:
        """Make a shell script the container's program."""
        return self.program("sh", "-c", text, *args)

    def shared_file(self, name: str, content: bytes, mode: int) -> str:
        """Make a file that the host and the rootfs have under the same path; return the path.

        A runtime that is not yet at part 09 runs on the host's own files, a later one does not.
        """
        path = self.path / name
        inside = self.rootfs / path.relative_to("/")
        inside.parent.mkdir(parents=True, exist_ok=True)
        for each in (path, inside):
            each.write_bytes(content)
            each.chmod(mode)
        return str(path)
