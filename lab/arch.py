"""What differs between processor architectures: one row each, chosen by the machine's name."""

from __future__ import annotations

import platform
from dataclasses import dataclass

from lab.errors import LabError


@dataclass(frozen=True)
class Arch:
    """One architecture that the lab can run on.

    machine: what `uname -m` prints. debian: Debian's name for it. qemu: the emulator.
    qemu_package: the Debian package that holds it. kernel_package: the kernel in the image.
    board: arguments that choose the machine. kvm_cpu, tcg_cpu: processor models.
    console: the kernel's name for the first serial port.
    """

    machine: str
    debian: str
    qemu: str
    qemu_package: str
    kernel_package: str
    board: tuple[str, ...]
    kvm_cpu: str
    tcg_cpu: str
    console: str


ARCHES = (
    Arch(
        machine="x86_64",
        debian="amd64",
        qemu="qemu-system-x86_64",
        qemu_package="qemu-system-x86",
        kernel_package="linux-image-cloud-amd64",
        board=("-machine", "q35,vmport=off,i8042=off,hpet=off"),
        kvm_cpu="host",
        tcg_cpu="qemu64,+rdrand",
        console="ttyS0",
    ),
    Arch(
        machine="aarch64",
        debian="arm64",
        qemu="qemu-system-aarch64",
        qemu_package="qemu-system-arm",
        kernel_package="linux-image-cloud-arm64",
        board=("-machine", "virt,gic-version=max"),
        kvm_cpu="host",
        tcg_cpu="max,pauth-impdef=on",
        console="ttyAMA0",
    ),
)


def host() -> Arch:
    """The row of this machine; LabError if it has none."""
    return named(platform.machine())


def named(machine: str) -> Arch:
    """The row for `machine` (`uname -m`, or Debian's name); LabError if there is none."""
    for arch in ARCHES:
        if machine in {arch.machine, arch.debian}:
            return arch
    known = ", ".join(arch.machine for arch in ARCHES)
    raise LabError(f"the lab does not run on {machine}: it knows {known}")
