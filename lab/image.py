"""What an image is: a description, the hash of everything that makes it, and its files."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from lab import paths
from lab.arch import Arch
from lab.errors import LabError

# Raised when the way that an image is made changes without its description changing.
RECIPE = 5

PACKAGES = (
    "apparmor",
    "busybox-static",
    "crun",
    "iproute2",
    "kmod",
    "less",
    "mount",
    "nano",
    "procps",
    "python3",
    "python3-jsonschema",
    "python3-pytest",
    "python3-sh",
    "runc",
    "strace",
    # Kernel packages depend on an initramfs generator; this one is 100 kB, and its result is
    # not used: the lab writes its own initramfs.
    "tiny-initramfs",
    "uidmap",
    "util-linux",
)

# What dpkg leaves out: nobody reads documentation in the VM, and it is a third of the size.
EXCLUDED = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/info/*", "/usr/share/locale/*")


@dataclass(frozen=True)
class Image:
    """The description of one root file system.

    name: what `--image` takes. suite: Debian's code name. init: what runs as PID 1.
    size: of the file system, in bytes; the file is sparse.
    """

    name: str
    release: str
    suite: str
    init: str
    packages: tuple[str, ...]
    excluded: tuple[str, ...]
    size: int = 4 << 30


IMAGES = (
    Image("trixie", "debian13", "trixie", "busybox", PACKAGES, EXCLUDED),
    Image("bookworm", "debian12", "bookworm", "busybox", PACKAGES, EXCLUDED),
)


def named(name: str, init: str | None = None) -> Image:
    """The image called `name` (trixie or debian13, ...); LabError if there is none.

    init: what has to be process 1 of it; None for whatever there is.
    """
    for image in IMAGES:
        if name in {image.name, image.release}:
            if init not in {None, image.init}:
                raise LabError(f"{image.name} has {image.init} as process 1, and not {init}")
            return image
    known = ", ".join(f"{image.name} (or {image.release})" for image in IMAGES)
    raise LabError(f"no image is called {name!r}: choose {known}")


def digest(image: Image, arch: Arch) -> str:
    """Hash of everything that makes the image, as 16 hex digits; package versions apart."""
    made_of = {"recipe": RECIPE, "arch": arch.debian, "kernel": arch.kernel_package}
    text = json.dumps(made_of | asdict(image), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Built:
    """The files of one image in the cache."""

    directory: Path

    @property
    def root(self) -> Path:
        """The ext4 file system."""
        return self.directory / "root.ext4"

    @property
    def kernel(self) -> Path:
        """The kernel that QEMU boots."""
        return self.directory / "vmlinuz"

    @property
    def base(self) -> Path:
        """The part of the initramfs that comes from the image: busybox and a kernel module."""
        return self.directory / "base.cpio"

    @property
    def packages(self) -> Path:
        """Name, version and hash of each package, as in the lock file."""
        return self.directory / "packages.json"

    def disk_id(self) -> bytes:
        """The file system's UUID, another one for each build (ext4's superblock, s_uuid)."""
        with self.root.open("rb") as disk:
            disk.seek(1024 + 0x68)
            return disk.read(16)

    def exists(self) -> bool:
        """True once the build has finished: it is renamed into place as its last step."""
        return self.directory.is_dir()


def built(image: Image, arch: Arch) -> Built:
    """Where the image is, or will be once it is built."""
    return Built(paths.images() / f"{image.name}-{arch.debian}-{digest(image, arch)}")
