"""The initramfs: busybox, the drivers that a boot needs, and the files of lab/guest.

The guest's own files travel here and not in the image, so that changing them needs no build.
The kernel unpacks several archives that follow each other in one file.
"""

from __future__ import annotations

import lzma
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

from lab import cpio

# What it takes to mount the root disk and to reach the agent. Debian's kernels build some of it
# in; which, depends on the release.
NEEDED = ("virtio_pci", "virtio_blk", "virtio_console", "ext4")


def module_name(path: str) -> str:
    """The name of the module in a file: modprobe(8) takes - and _ for the same."""
    return PurePosixPath(path).name.partition(".")[0].replace("-", "_")


def modules(modules_dep: str, builtin: str, needed: Iterable[str] = NEEDED) -> list[str]:
    """The paths of the modules to load for `needed`, each after those that it needs.

    modules_dep, builtin: the files modules.dep and modules.builtin (modules.dep(5)). Raises
    KeyError for a module that is in neither.
    """
    paths: dict[str, str] = {}
    needs: dict[str, list[str]] = {}
    for line in modules_dep.splitlines():
        path, _, rest = line.partition(":")
        paths[module_name(path)] = path
        needs[path] = rest.split()
    present = {module_name(line) for line in builtin.splitlines()}
    order: list[str] = []
    for name in needed:
        if name not in present:
            # modules.dep lists what has to be loaded first last.
            wanted = [*reversed(needs[paths[name]]), paths[name]]
            order += [path for path in wanted if path not in order]
    return order


def base(busybox: bytes, drivers: Iterable[tuple[str, bytes]]) -> bytes:
    """The archive made once per image; drivers: path and content of modules, in their order."""
    entries = [
        cpio.directory("bin"),
        cpio.file("bin/busybox", busybox, 0o755),
        cpio.directory("dev"),
        cpio.directory("root"),
        cpio.directory("drivers"),
    ]
    for number, (path, content) in enumerate(drivers):
        plain = lzma.decompress(content) if path.endswith(".xz") else content
        entries.append(cpio.file(f"drivers/{number:02}-{module_name(path)}.ko", plain))
    return cpio.archive(entries)


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
