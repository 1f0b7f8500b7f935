"""Bundles with hooks that leave traces."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.integration.support.bundles import Bundle
from tests.integration.support.driver import Runtime

CREATE = ("prestart", "createRuntime", "createContainer")
POINTS = (*CREATE, "startContainer", "poststart", "poststop")


class Hooked:
    """A bundle with hooks. They write to files of ``log``, which is /log in the container."""

    def __init__(self, bundle: Bundle, log: Path) -> None:
        self.bundle = bundle
        self.log = log
        log.mkdir()
        bundle.mount("/log", "bind", log, "bind")
        bundle.args("sleep", "1000")

    def add(self, point: str, script: str, **more: Any) -> Hooked:
        """Add a hook that has the shell run a script; $log in it is the directory of files."""
        where = "/log" if point == "startContainer" else str(self.log)
        hook = {"path": "/bin/sh", "args": ["sh", "-ec", f"log={where}; {script}"], **more}
        self.bundle.config.setdefault("hooks", {}).setdefault(point, []).append(hook)
        return self

    def each(self, script: str, points: tuple[str, ...] = POINTS, **more: Any) -> Hooked:
        """Add a hook to each of several points; $point in the script is its name."""
        for point in points:
            self.add(point, f"point={point}; {script}", **more)
        return self

    def calls(self) -> list[str]:
        """The lines of the file ``calls``."""
        path = self.log / "calls"
        return path.read_text().splitlines() if path.exists() else []

    def text(self, name: str) -> str:
        """What a hook has written to a file."""
        return (self.log / name).read_text()


def live(anocir: Runtime, hooked: Hooked) -> None:
    """A whole life of a container, in commands that print nothing."""
    anocir.quiet("create", "-b", hooked.bundle, "c1")
    anocir.quiet("start", "c1")
    anocir.quiet("delete", "--force", "c1")
