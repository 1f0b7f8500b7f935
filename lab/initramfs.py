"""The initramfs: busybox, the disk's driver, and the files of lab/guest.

The guest's own files travel here and not in the image, so that changing them needs no build.
The kernel unpacks several archives that follow each other in one file.
"""

from __future__ import annotations

import lzma
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from lab import cpio

# Built into no Debian cloud kernel; ext4, the PCI transport and the console's driver are.
DRIVER = "virtio_blk"


def module_path(modules_dep: str, name: str) -> str:
    """The path of module `name` in `modules_dep` (modules.dep(5)).

    Raises KeyError if it isn't there, ValueError if it needs other modules: the initramfs
    loads one only.
    """
    for line in modules_dep.splitlines():
        path, _, needs = line.partition(":")
        if PurePosixPath(path).name.partition(".")[0].replace("-", "_") == name:
            if needs.strip():
                raise ValueError(f"module {name} needs other modules: {needs.strip()}")
            return path
    raise KeyError(name)


def base(busybox: bytes, module: bytes, compressed: bool) -> bytes:
    """The archive made once per image."""
    content = lzma.decompress(module) if compressed else module
    return cpio.archive(
        (
            cpio.directory("bin"),
            cpio.file("bin/busybox", busybox, 0o755),
            cpio.file("driver.ko", content),
            cpio.directory("dev"),
            cpio.directory("root"),
        )
    )


def guest(init: bytes, files: Mapping[str, bytes]) -> bytes:
    """The archive made at each start: `files` maps a path below /run/lab to its content."""
    entries = [cpio.file("init", init, 0o755), cpio.directory("lab")]
    made = set()
    for name, content in sorted(files.items()):
        for parent in reversed(PurePosixPath(name).parents[:-1]):
            if parent not in made:
                made.add(parent)
                entries.append(cpio.directory(f"lab/{parent}"))
        entries.append(cpio.file(f"lab/{name}", content, 0o644 if "." in name else 0o755))
    return cpio.archive(entries)


def guest_files(package: Path) -> dict[str, bytes]:
    """What the guest runs, by path below /run/lab; package: the directory of this package.

    The boot script lies there by itself, the agent as part of the package that both sides share.
    """
    modules = [package / "__init__.py", package / "frames.py", *(package / "guest").glob("*.py")]
    files = {f"lab/{path.relative_to(package)}": path.read_bytes() for path in modules}
    return files | {"boot": (package / "guest/boot").read_bytes()}


def whole(base_file: Path, package: Path) -> bytes:
    """What QEMU gets: both archives, one after the other."""
    init = (package / "guest/init").read_bytes()
    return base_file.read_bytes() + guest(init, guest_files(package))
