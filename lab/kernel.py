"""Unpacks an x86 kernel, so that the VM need not: under TCG that takes it a second.

A bzImage carries the compressed ELF file; where it is stands in the setup header, see
Documentation/arch/x86/boot.rst in the kernel's sources ("payload_offset", "payload_length").
QEMU starts an ELF kernel through the PVH entry point, which CONFIG_PVH gives it.
"""

from __future__ import annotations

import lzma
import struct
import subprocess
import zlib

from lab import tools

SETUP_SECTS = 0x1F1
HEADER_MAGIC = 0x202
PAYLOAD = 0x248
ELF = b"\x7fELF"


def payload(image: bytes) -> bytes | None:
    """The compressed kernel inside a bzImage, None if `image` is none.

    Its last four bytes are the size once unpacked, and not part of the compressed stream.
    """
    if image[HEADER_MAGIC : HEADER_MAGIC + 4] != b"HdrS":
        return None
    start = (image[SETUP_SECTS] + 1) * 512
    offset, length = struct.unpack_from("<II", image, PAYLOAD)
    return image[start + offset : start + offset + length - 4]


def unpack(image: bytes, config: str) -> bytes:
    """The ELF kernel out of a bzImage; `image` itself where that can't be done, or not booted.

    config: the text of the kernel's configuration.
    """
    packed = payload(image)
    if packed is None or "CONFIG_PVH=y" not in config.splitlines():
        return image
    elf = b""
    if packed.startswith(b"\xfd7zXZ\0"):
        elf = lzma.decompress(packed)
    elif packed.startswith(b"\x1f\x8b"):
        elf = zlib.decompress(packed, 16 + zlib.MAX_WBITS)
    elif packed.startswith(b"\x28\xb5\x2f\xfd"):
        argv = [tools.find("zstd") or "zstd", "-dc"]
        elf = subprocess.run(argv, input=packed, capture_output=True, check=True).stdout
    return elf if elf.startswith(ELF) else image
