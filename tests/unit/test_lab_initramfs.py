"""The lab's initramfs: the cpio format, the order of drivers, the files that travel in it."""

from __future__ import annotations

import lzma
import stat

import pytest

from lab import cpio, initramfs, kernel, paths

DEP = """\
kernel/drivers/block/virtio_blk.ko.xz: kernel/virtio.ko.xz kernel/virtio-ring.ko.xz
kernel/virtio.ko.xz: kernel/virtio-ring.ko.xz
kernel/virtio-ring.ko.xz:
kernel/drivers/virtio_pci.ko.xz: kernel/virtio-ring.ko.xz
kernel/other.ko.xz:
"""
BUILTIN = "kernel/fs/ext4/ext4.ko\nkernel/drivers/char/virtio_console.ko\n"


def unpack(archive: bytes) -> dict[str, tuple[int, bytes]]:
    """Mode and content by path, read as the kernel does (newc)."""
    files = {}
    at = 0
    while True:
        assert archive[at : at + 6] == b"070701"
        fields = [int(archive[at + 6 + 8 * n : at + 14 + 8 * n], 16) for n in range(13)]
        mode, size, name_size = fields[1], fields[6], fields[11]
        name = archive[at + 110 : at + 110 + name_size]
        assert name.endswith(b"\0")
        start = (at + 110 + name_size + 3) & ~3
        if name == b"TRAILER!!!\0":
            return files
        files[name[:-1].decode()] = (mode, archive[start : start + size])
        at = (start + size + 3) & ~3


def test_an_archive_unpacks_to_what_went_in() -> None:
    entries = [
        cpio.directory("lab"),
        cpio.file("lab/odd", b"12345", 0o755),
        cpio.file("lab/empty", b""),
        cpio.symlink("link", "lab/odd"),
    ]
    files = unpack(cpio.archive(entries))
    assert files == {
        "lab": (stat.S_IFDIR | 0o755, b""),
        "lab/odd": (stat.S_IFREG | 0o755, b"12345"),
        "lab/empty": (stat.S_IFREG | 0o644, b""),
        "link": (stat.S_IFLNK | 0o777, b"lab/odd"),
    }


def test_drivers_come_after_those_that_they_need() -> None:
    order = initramfs.modules(DEP, BUILTIN, ("virtio_pci", "virtio_blk", "virtio_console", "ext4"))
    assert order == [
        "kernel/virtio-ring.ko.xz",
        "kernel/drivers/virtio_pci.ko.xz",
        "kernel/virtio.ko.xz",
        "kernel/drivers/block/virtio_blk.ko.xz",
    ]


def test_a_driver_that_the_kernel_has_nowhere_is_named() -> None:
    with pytest.raises(KeyError, match="nvme"):
        initramfs.modules(DEP, BUILTIN, ("nvme",))


def test_drivers_are_unpacked_and_load_in_their_order() -> None:
    packed = lzma.compress(b"ELF")
    files = unpack(initramfs.base(b"busybox", [("a/z-1.ko.xz", packed), ("b/a.ko", b"plain")]))
    assert files["drivers/00-z_1.ko"][1] == b"ELF"
    assert files["drivers/01-a.ko"][1] == b"plain"
    assert files["bin/busybox"] == (stat.S_IFREG | 0o755, b"busybox")


def test_the_guest_gets_each_directory_before_its_files() -> None:
    archive = initramfs.guest(b"#!init", {"lab/guest/agent.py": b"1", "boot": b"2"})
    files = unpack(archive)
    expected = "init lab lab/boot lab/lab lab/lab/guest lab/lab/guest/agent.py"
    assert " ".join(files) == expected
    assert files["init"][0] & 0o777 == 0o755
    assert files["lab/boot"][0] & 0o777 == 0o755


def test_the_agent_and_what_it_imports_travel() -> None:
    names = set(initramfs.guest_files(paths.PACKAGE))
    assert {"boot", "lab/__init__.py", "lab/frames.py", "lab/guest/agent.py"} <= names
    assert not [name for name in names if "pycache" in name]


def bzimage(payload: bytes, magic: bytes = b"HdrS") -> bytes:
    """A file with the setup header of a bzImage, whose code starts at its third sector."""
    image = bytearray(3 * 512)
    image[kernel.SETUP_SECTS] = 2
    image[0x202:0x206] = magic
    image[0x248:0x250] = (16).to_bytes(4, "little") + (len(payload) + 4).to_bytes(4, "little")
    return bytes(image) + b"code" * 4 + payload + b"SIZE" + b"trailing"


def test_an_elf_kernel_is_unpacked() -> None:
    elf = kernel.ELF + b"kernel" * 100
    packed = bzimage(lzma.compress(elf))
    assert kernel.unpack(packed, "CONFIG_X=y\nCONFIG_PVH=y\n") == elf


@pytest.mark.parametrize(
    ("image", "config"),
    [
        (bzimage(lzma.compress(kernel.ELF)), "CONFIG_PVH is not set"),
        (bzimage(lzma.compress(b"no ELF")), "CONFIG_PVH=y"),
        (bzimage(b"packed somehow"), "CONFIG_PVH=y"),
        (b"MZ" + b"\0" * 2048, "CONFIG_PVH=y"),
    ],
)
def test_a_kernel_that_cannot_be_unpacked_stays_as_it_is(image: bytes, config: str) -> None:
    assert kernel.unpack(image, config) == image
