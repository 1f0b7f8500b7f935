"""A bundle with hooks that write down what they see, and what they have written."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from anocir_check.bundle import BUSYBOX, Bundle
from anocir_check.expect import fail

# In the order of the container's life.
POINTS = (
    "prestart",
    "createRuntime",
    "createContainer",
    "startContainer",
    "poststart",
    "poststop",
)


class Hooked:
    """Puts hooks into a bundle's config.

    They write into the directory ``log``. It is mounted into the container under the same path,
    so that all six kinds find it, whether or not the runtime already gives a container a root of
    its own.
    """

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle
        self.log = bundle.path / "log"
        self.log.mkdir()
        self.log.chmod(0o777)
        path = str(self.log)
        bundle.config["mounts"].append(
            {"destination": path, "type": "bind", "source": path, "options": ["bind", "rw"]}
        )
        bundle.config["hooks"] = {}
        bundle.save()

    def add(self, point: str, script: str, **more: Any) -> Hooked:
        """Add a hook that runs a shell script, which finds the directory in ``$log``.

        What it was told is in ``$state``. So it reads its stdin, and is no trial for a runtime
        that can't bear one that doesn't.
        """
        return self.add_raw(point, f"state=$(/bin/busybox cat); {script}", **more)

    def add_raw(self, point: str, script: str, **more: Any) -> Hooked:
        """Add a hook as ``add`` does, but leave its stdin to the script."""
        text = f"log={self.log}; point={point}; {script}"
        return self.add_program(point, "sh", "-c", text, **{"env": [], **more})

    def add_program(self, point: str, *args: str, **more: Any) -> Hooked:
        """Add a hook that is busybox with this argument list, its first word included."""
        hook = {"path": BUSYBOX, "args": list(args), **more}
        self.bundle.config["hooks"].setdefault(point, []).append(hook)
        self.bundle.save()
        return self

    def each(self, script: str, points: tuple[str, ...] = POINTS, **more: Any) -> Hooked:
        """Add the same hook at several points; ``$point`` tells it at which one it is."""
        for point in points:
            self.add(point, script, **more)
        return self

    def fifo(self, name: str) -> Path:
        """Make a FIFO beside what the hooks write: who reads from it waits for a writer."""
        path = self.log / name
        os.mkfifo(path)
        path.chmod(0o666)
        return path

    @property
    def calls(self) -> list[str]:
        """The lines of the file ``calls``, oldest first."""
        path = self.log / "calls"
        return path.read_text().splitlines() if path.exists() else []

    def bytes(self, name: str) -> bytes:
        """What a hook has written into a file; the check ends when there is none."""
        path = self.log / name
        if not path.exists():
            fail(f"a hook that writes {name}", f"there are: {sorted(os.listdir(self.log))}")
        return path.read_bytes()

    def json(self, name: str) -> Any:
        """The JSON value that a hook has written into a file."""
        text = self.bytes(name).decode(errors="replace")
        try:
            return json.loads(text)
        except ValueError as error:
            fail(f"a JSON document on the stdin of {name}", f"{error}: {text!r}")
