"""The host's tools that the lab needs, and the line that installs what is missing."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from lab.arch import Arch
from lab.errors import LabError

# Debian keeps administrators' tools off an ordinary user's PATH; they work without root too.
SBIN = ("/usr/local/sbin", "/usr/sbin", "/sbin")

# What is needed -> the Debian package that has it.
TO_RUN = {"setpriv": "util-linux"}
TO_BUILD = {"mmdebstrap": "mmdebstrap", "mke2fs": "e2fsprogs", "zstd": "zstd"}
TO_BUILD_AS_USER = {"newuidmap": "uidmap", "unshare": "util-linux"}


def find(name: str) -> str | None:
    """The path of program `name`, also in the directories for administrators."""
    path = os.pathsep.join((os.environ.get("PATH", os.defpath), *SBIN))
    return shutil.which(name, path=path)


def missing(needed: dict[str, str]) -> dict[str, str]:
    """The part of `needed` (program -> package) that this host lacks."""
    return {name: package for name, package in needed.items() if find(name) is None}


def install_line(packages: Iterable[str]) -> str:
    """The command that installs `packages`, for the reader to run."""
    return "apt-get install --no-install-recommends " + " ".join(sorted(set(packages)))


def require(needed: dict[str, str], purpose: str) -> None:
    """Raise LabError naming every missing program, and the line that installs them all."""
    lacking = missing(needed)
    if lacking:
        raise LabError(
            f"to {purpose}, this host lacks {', '.join(sorted(lacking))}. Install as root:\n"
            f"  {install_line(lacking.values())}"
        )


def to_run(arch: Arch) -> dict[str, str]:
    """What starting the VM needs."""
    return TO_RUN | {arch.qemu: arch.qemu_package}


def to_build(root: bool) -> dict[str, str]:
    """What building an image needs, as root or as an ordinary user."""
    return TO_BUILD if root else TO_BUILD | TO_BUILD_AS_USER


def require_id_maps(user: str, numeric: int) -> None:
    """Raise LabError unless `user` may map a range of ids, which building without root needs."""
    for path in (Path("/etc/subuid"), Path("/etc/subgid")):
        text = path.read_text() if path.exists() else ""
        owners = {line.partition(":")[0] for line in text.splitlines()}
        if not owners & {user, str(numeric)}:
            raise LabError(
                f"to build the image without root, {path} must give {user} a range of ids. "
                f"Run as root:\n  usermod --add-subuids 100000-165535 "
                f"--add-subgids 100000-165535 {user}"
            )
