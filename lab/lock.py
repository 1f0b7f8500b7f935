"""lab/image.lock: the versions and hashes of the packages that the chapters were written with."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from lab import paths
from lab.arch import Arch
from lab.image import Image

# What an image has beside its packages, at most, in bytes: the kernel unpacked, and the initramfs.
BOOT_FILES = 60_000_000
# mke2fs writes an inode of 256 bytes for every 16 KiB of a file system.
BYTES_PER_INODE_BYTE = 64


class Package(NamedTuple):
    """One Debian package. size: of the download, in bytes. installed: on disk, in KiB."""

    name: str
    version: str
    sha256: str
    size: int
    installed: int


def parse_manifest(text: str) -> list[Package]:
    """Packages in the output of `apt-cache show`, sorted by name."""
    found = set()
    for stanza in text.split("\n\n"):
        fields = dict(line.split(": ", 1) for line in stanza.splitlines() if ": " in line[1:])
        if "Package" in fields and "SHA256" in fields:
            found.add(
                Package(
                    fields["Package"],
                    fields["Version"],
                    fields["SHA256"],
                    int(fields["Size"]),
                    int(fields.get("Installed-Size", "0")),
                )
            )
    return sorted(found)


def key(image: Image, arch: Arch) -> str:
    """What an image is called in the lock file."""
    return f"{image.name}-{arch.debian}"


def read(path: Path = paths.LOCK_FILE) -> dict[str, list[Package]]:
    """The lock file's packages by image; empty if there is no file."""
    if not path.exists():
        return {}
    document = json.loads(path.read_text())
    return {name: [Package(*entry) for entry in entries] for name, entries in document.items()}


def write(locked: dict[str, list[Package]], path: Path = paths.LOCK_FILE) -> None:
    """Replace the lock file: one line per package, so that a diff reads well."""
    blocks = []
    for name in sorted(locked):
        lines = ",\n".join("  " + json.dumps(list(entry)) for entry in locked[name])
        blocks.append(f" {json.dumps(name)}: [\n{lines}\n ]")
    path.write_text("{\n" + ",\n".join(blocks) + "\n}\n")


def read_built(path: Path) -> list[Package]:
    """The packages of a built image, from its packages.json."""
    return [Package(**entry) for entry in json.loads(path.read_text())]


def differences(locked: Iterable[Package], real: Iterable[Package]) -> list[str]:
    """One line for each package whose version or content is not the locked one.

    Nothing locked is no difference: there is nothing that anything was written with.
    """
    want = {package.name: package for package in locked}
    if not want:
        return []
    have = {package.name: package for package in real}
    lines = []
    for name in sorted(want.keys() | have.keys()):
        if name not in have:
            lines.append(f"{name}: locked {want[name].version}, absent here")
        elif name not in want:
            lines.append(f"{name}: not locked, {have[name].version} here")
        elif want[name].version != have[name].version:
            lines.append(f"{name}: locked {want[name].version}, {have[name].version} here")
        elif want[name].sha256 != have[name].sha256:
            lines.append(f"{name}: {have[name].version} with another content than locked")
    return lines


def sizes_ahead(image: Image, arch: Arch) -> str:
    """What a build will download and fill, as far as the lock file tells.

    dpkg counts the documentation as well, which the image leaves out, so the packages take less.
    While the disk is made, they are there three times: as a tar file, unpacked, and in the disk.
    mmdebstrap makes that tar file of a directory of its own, which also holds what it downloads.
    """
    packages = read().get(key(image, arch))
    if not packages:
        return f"lab: building {image.name} for {arch.debian}; its size is not in lab/image.lock"
    download = sum(package.size for package in packages)
    installed = sum(package.installed for package in packages) * 1024
    disk = installed + image.size // BYTES_PER_INODE_BYTE + BOOT_FILES
    return (
        f"lab: building {image.name} for {arch.debian}: about {download / 1e6:.0f} MB to download, "
        f"at most {disk / 1e6:.0f} MB of disk in {paths.images()}; while it is built, at most "
        f"{(disk + 2 * installed) / 1e6:.0f} MB there and {(installed + download) / 1e6:.0f} MB "
        f"in {tempfile.gettempdir()}"
    )
