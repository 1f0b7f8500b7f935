"""The initramfs: busybox, the disk's driver, and the files of lab/guest.

The guest's own files travel here and not in the image, so that changing them needs no build.
The kernel unpacks several archives that follow each other in one file.
"""

from __future__ import annotations

import lzma
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from lab import cpio, frames

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


def guest(files: Mapping[str, tuple[bytes, int]]) -> bytes:
    """The archive made at each start: `files` maps a name to its content and mode."""
    entries = [cpio.directory("lab")]
    for name, (content, mode) in sorted(files.items()):
        entries.append(cpio.file("init" if name == "init" else f"lab/{name}", content, mode))
    return cpio.archive(entries)


def guest_files(directory: Path) -> dict[str, tuple[bytes, int]]:
    """The files of lab/guest, and the module of framing that both sides share."""
    sources = [*directory.iterdir(), Path(frames.__file__)]
    return {
        path.name: (path.read_bytes(), 0o644 if path.suffix == ".py" else 0o755)
        for path in sources
        if path.is_file()
    }


def whole(base_file: Path, directory: Path) -> bytes:
    """What QEMU gets: both archives, one after the other."""
    return base_file.read_bytes() + guest(guest_files(directory))
