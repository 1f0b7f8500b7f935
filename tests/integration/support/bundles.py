"""Bundles made of Debian's static busybox."""

from __future__ import annotations

import copy
import json
import os
import select
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.integration.support.driver import COMMAND, CONFIG_SCHEMA, ENVIRONMENT

BUSYBOX = Path("/bin/busybox")
# The programs that the tests' scripts use; making all 400 links for each test takes a second.
APPLETS = """
    cat chmod cp cut date dd echo env false find grep head hostname id ifconfig kill ln ls mkdir
    mkfifo mknod mount mv nc printenv ps pwd readlink rm rmdir sed sh sleep sort stat sync tail
    test touch tr true tty umount uname uniq wc which xargs yes
"""
DIRECTORIES = ("bin", "dev", "etc", "home", "proc", "root", "sys", "tmp", "usr", "var")


def make_template(where: Path) -> None:
    """Make a root filesystem of one program with a link for each name that is used here."""
    for name in DIRECTORIES:
        (where / name).mkdir(parents=True)
    shutil.copy(BUSYBOX, where / "bin/busybox")
    for name in APPLETS.split():
        (where / "bin" / name).symlink_to("busybox")
    (where / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\n")
    (where / "etc/group").write_text("root:x:0:\n")


def default_config(work: Path) -> dict[str, Any]:
    """Return what `anocir spec` writes."""
    subprocess.run([*COMMAND, "spec"], cwd=work, env=ENVIRONMENT, check=True)
    config: dict[str, Any] = json.loads((work / "config.json").read_text())
    return config


class Bell:
    """A FIFO of the root filesystem; the test waits until something is written to it."""

    def __init__(self, path: Path) -> None:
        self.fd = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)

    def wait(self, timeout: float = 120) -> str:
        """Return what was written; raises TimeoutError."""
        poll = select.poll()
        poll.register(self.fd, select.POLLIN)
        if not poll.poll(timeout * 1000):
            raise TimeoutError("the container did not ring the bell")
        return os.read(self.fd, 65536).decode()

    def __del__(self) -> None:
        os.close(self.fd)


class Bundle:
    """A bundle directory: change ``config`` as you like, then pass ``str(bundle)``-able path.

    The config is written each time that the bundle is used as a path.
    """

    def __init__(self, path: Path, template: Path, config: dict[str, Any]) -> None:
        self.path = path
        self.config = copy.deepcopy(config)
        # Hard links: a root filesystem is made in a few milliseconds and costs no disk.
        shutil.copytree(template, self.rootfs, symlinks=True, copy_function=os.link)

    @property
    def rootfs(self) -> Path:
        """The root filesystem."""
        return self.path / "rootfs"

    @property
    def process(self) -> dict[str, Any]:
        """The config's process."""
        process: dict[str, Any] = self.config["process"]
        return process

    @property
    def linux(self) -> dict[str, Any]:
        """The config's linux part."""
        linux: dict[str, Any] = self.config["linux"]
        return linux

    def args(self, *args: str) -> Bundle:
        """Set the program."""
        self.process["args"] = list(args)
        return self

    def script(self, text: str) -> Bundle:
        """Have the container's shell run ``text``."""
        return self.args("/bin/sh", "-ec", text)

    def mount(
        self, destination: str, kind: str = "bind", source: str | Path = "", *options: str
    ) -> Bundle:
        """Add a mount at the end."""
        words: Sequence[str] = options or (("bind",) if kind == "bind" else ())
        entry = {"destination": destination, "type": kind, "source": str(source) or kind}
        self.config["mounts"].append(entry | {"options": list(words)})
        return self

    def without_mount(self, destination: str) -> Bundle:
        """Take the mounts of one place away."""
        kept = [m for m in self.config["mounts"] if m["destination"] != destination]
        self.config["mounts"] = kept
        return self

    def namespace(self, kind: str, path: str | Path | None = None) -> Bundle:
        """Have the container join the namespace at ``path``; without, share the runtime's."""
        kept = [n for n in self.linux["namespaces"] if n["type"] != kind]
        if path is not None:
            kept.append({"type": kind, "path": str(path)})
        self.linux["namespaces"] = kept
        return self

    def bell(self) -> Bell:
        """Make /bell, which the program rings by ``echo > /bell`` to tell the test something."""
        os.mkfifo(self.rootfs / "bell")
        return Bell(self.rootfs / "bell")

    def write(self, *, valid: bool = True) -> Path:
        """Write config.json and return the bundle's path."""
        if valid:
            CONFIG_SCHEMA.validate(self.config)
        (self.path / "config.json").write_text(json.dumps(self.config))
        return self.path

    def __fspath__(self) -> str:
        return str(self.write())

    __str__ = __fspath__
