"""QEMU: its command line, and a process that is only believed with its start time."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

from lab import tools
from lab.arch import Arch
from lab.errors import LabError
from lab.image import Built

# Ports of the guest's agent: so many clients can be served at a time.
PORTS = 16
PR_SET_PDEATHSIG = 1


def port_name(number: int) -> str:
    """The port's name in the guest, and its socket's name on the host."""
    return f"lab.{number}"


@dataclass(frozen=True)
class Hardware:
    """What the VM is made of. accel: kvm or tcg. memory: in MiB."""

    accel: str
    memory: int = 1024
    cpus: int = 2


def command_line(
    arch: Arch, built: Built, initrd: str, cgroup: str, name: str, hardware: Hardware
) -> list[str]:
    """QEMU's arguments; sockets and logs are named relative to its working directory.

    The root disk is opened with a snapshot: QEMU writes changes to a deleted temporary file.
    """
    append = [
        f"console={arch.console}",
        *("quiet", "loglevel=4", "panic=-1", "mitigations=off", "nokaslr", "audit=0"),
        f"lab.cgroup={cgroup}",
        f"lab.name={name}",
    ]
    argv = [
        tools.find(arch.qemu) or arch.qemu,
        *("-nodefaults", "-no-user-config", "-no-reboot", "-display", "none"),
        *arch.board,
        *("-accel", "kvm" if hardware.accel == "kvm" else "tcg,thread=multi"),
        *("-cpu", arch.kvm_cpu if hardware.accel == "kvm" else arch.tcg_cpu),
        *("-smp", str(hardware.cpus), "-m", f"{hardware.memory}M"),
        *("-rtc", "base=utc", "-serial", "file:console.log"),
        *("-kernel", str(built.kernel), "-initrd", initrd, "-append", " ".join(append)),
        *("-drive", f"file={built.root},format=raw,if=none,id=root,snapshot=on"),
        *("-device", "virtio-blk-pci,drive=root"),
        *("-device", "virtio-rng-pci"),
        *("-device", f"virtio-serial-pci,max_ports={PORTS + 1}"),
    ]
    for number in range(PORTS):
        port = port_name(number)
        argv += ["-chardev", f"socket,id={port},path={port}.sock,server=on,wait=off"]
        argv += ["-device", f"virtserialport,chardev={port},name={port}"]
    return argv


def start(argv: list[str], directory: Path, tied: bool) -> subprocess.Popen[bytes]:
    """Start QEMU in `directory`. A `tied` one is killed by the kernel when this process ends."""
    libc = ctypes.CDLL(None)

    def tie() -> None:
        os.setsid()
        if tied:
            libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)

    with (directory / "qemu.log").open("wb") as log:
        try:
            return subprocess.Popen(
                argv,
                cwd=directory,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=tie,
            )
        except OSError as error:
            raise LabError(f"cannot start {argv[0]}: {error.strerror}") from None


def start_time(pid: int) -> int | None:
    """When process `pid` started, in clock ticks after boot; None if there is none.

    Field 22 of /proc/PID/stat (proc(5)). With it a pid that is used again isn't mistaken.
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in {"Z", "X"} else int(fields[19])
