"""QEMU: its command line, its sockets, and a process that is only believed with its start time."""

from __future__ import annotations

import os
import shlex
import socket
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lab import tools
from lab.arch import Arch
from lab.errors import LabError
from lab.image import Built

# Ports of the guest's agent: so many clients can be served at a time.
PORTS = 16
MONITOR = "monitor.sock"


def port_name(number: int) -> str:
    """The port's name in the guest."""
    return f"lab.{number}"


def sockets() -> list[str]:
    """File names of the sockets on which QEMU listens: its monitor, and one per port."""
    return [MONITOR, *(f"{port_name(number)}.sock" for number in range(PORTS))]


@dataclass(frozen=True)
class Hardware:
    """What the VM is made of. accel: kvm or tcg. memory: in MiB."""

    accel: str
    memory: int = 1024
    cpus: int = 2


def command_line(arch: Arch, built: Built, cgroup: str, hardware: Hardware) -> list[str]:
    """QEMU's arguments, with file names relative to its working directory.

    The root disk is opened with a snapshot: QEMU writes changes to a deleted temporary file.
    Sockets are not among them, see start().
    """
    kvm = hardware.accel == "kvm"
    disk = str(built.root).replace(",", ",,")  # a comma ends QEMU's values
    append = [
        f"console={arch.console}",
        # A console that nobody reads costs time, and so do defences against other guests.
        *("quiet", "loglevel=4", "mitigations=off", "nokaslr", "audit=0"),
        # The emulated counter is the host's own: no second clock needs to watch it.
        "tsc=reliable",
        "panic=-1",
        f"lab.cgroup={cgroup}",
    ]
    if not kvm:
        # QEMU finds what it has translated by virtual address. Where programs lie at the same
        # addresses at each start, Python starts in two thirds of the time.
        append.append("norandmaps")
    return [
        tools.find(arch.qemu) or arch.qemu,
        *("-nodefaults", "-no-user-config", "-no-reboot", "-display", "none"),
        *arch.board,
        # One host thread for all CPUs: with one each, QEMU 7.2 now and then runs an instruction
        # that the kernel has just patched away, which kills it. It costs less time, too.
        *("-accel", "kvm" if kvm else "tcg,thread=single"),
        *("-cpu", arch.kvm_cpu if kvm else arch.tcg_cpu),
        *("-smp", str(hardware.cpus), "-m", f"{hardware.memory}M"),
        *("-rtc", "base=utc", "-serial", "file:console.log"),
        *("-kernel", str(built.kernel), "-initrd", "initrd", "-append", " ".join(append)),
        *("-drive", f"file={disk},format=raw,if=none,id=root,snapshot=on"),
        *("-device", "virtio-blk-pci,drive=root"),
        *("-device", "virtio-rng-pci"),
        *("-device", f"virtio-serial-pci,max_ports={PORTS + 1}"),
    ]


def socket_arguments(fds: Sequence[int]) -> list[str]:
    """Arguments that hand over listening sockets, in the order of sockets()."""
    monitor, *ports = fds
    argv = ["-chardev", f"socket,id=monitor,fd={monitor},server=on,wait=off"]
    argv += ["-mon", "chardev=monitor,mode=control"]
    for number, fd in enumerate(ports):
        name = port_name(number)
        argv += ["-chardev", f"socket,id={name},fd={fd},server=on,wait=off"]
        argv += ["-device", f"virtserialport,chardev={name},name={name}"]
    return argv


def start(
    argv: list[str], directory: Path, initrd: bytes, tied: bool, resume: Path | None = None
) -> subprocess.Popen[bytes]:
    """Start QEMU in `directory`, which can be connected to as soon as this returns.

    tied: the kernel kills it when this process ends. resume: a saved memory to go on from.
    """
    (directory / "initrd").write_bytes(initrd)
    listening = [_listen(directory, name) for name in sockets()]
    fds = [sock.fileno() for sock in listening]
    argv = argv + socket_arguments(fds)
    if resume is not None:
        argv += ["-incoming", f"exec:cat {shlex.quote(str(resume))}"]

    if tied:
        argv = ["setpriv", "--pdeathsig", "KILL", "--", *argv]
    with (directory / "qemu.log").open("wb") as log:
        try:
            return subprocess.Popen(
                argv,
                cwd=directory,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                pass_fds=fds,
            )
        except OSError as error:
            raise LabError(f"cannot start {argv[0]}: {error.strerror}") from None
        finally:
            for sock in listening:
                sock.close()


def _listen(directory: Path, name: str) -> socket.socket:
    """A listening socket, bound by a short path: one is limited to 107 bytes (unix(7))."""
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    fd = os.open(directory, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        (directory / name).unlink(missing_ok=True)
        sock.bind(f"/proc/self/fd/{fd}/{name}")
        sock.listen(1)
    finally:
        os.close(fd)
    return sock


def connect(directory: Path, name: str) -> socket.socket:
    """Connect to one of sockets() of the QEMU in `directory`."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    fd = os.open(directory, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        connection.connect(f"/proc/self/fd/{fd}/{name}")
    except OSError as error:
        connection.close()
        raise LabError(f"cannot reach the VM at {directory / name}: {error.strerror}") from None
    finally:
        os.close(fd)
    return connection


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


def log(directory: Path) -> str:
    """The end of what QEMU and the guest's kernel printed."""
    text = ""
    for name in ("qemu.log", "console.log"):
        path = directory / name
        if path.exists():
            lines = path.read_text(errors="replace").splitlines()[-15:]
            text += "".join(f"  {name}: {line}\n" for line in lines)
    return text
