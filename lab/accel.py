"""KVM or TCG: a guest is really started with KVM, since a /dev/kvm that opens may still hang."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

from lab import paths, qemu
from lab.channel import Channel
from lab.errors import LabError

VARIABLE = "ANOCIR_LAB_ACCEL"
DEVICE = Path("/dev/kvm")
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
# A guest under KVM greets after one or two seconds, a nested one after some more.
PROBE_SECONDS = 12.0


def told() -> str | None:
    """What $ANOCIR_LAB_ACCEL says, None if nothing; LabError if it says nonsense."""
    value = os.environ.get(VARIABLE)
    if value not in {None, "", "kvm", "tcg"}:
        raise LabError(f"{VARIABLE} is kvm or tcg, not {value!r}")
    return value or None


def verdict_file() -> Path:
    """Where the last probe's verdict is."""
    return paths.cache() / "accel.json"


def remembered(path: Path, boot: str, program: str) -> str | None:
    """The verdict in `path`, if it was found in this boot of the host and with this QEMU."""
    try:
        verdict = json.loads(path.read_text())
    except (OSError, ValueError):
        return None
    if verdict.get("boot") != boot or verdict.get("qemu") != program:
        return None
    accel = verdict.get("accel")
    return accel if accel in {"kvm", "tcg"} else None


def choose(argv_for_kvm: list[str], initrd: bytes) -> str:
    """kvm if a guest started with it answers, else tcg; the verdict holds until the host reboots.

    argv_for_kvm: QEMU's arguments for that guest.
    """
    accel = told()
    if accel:
        return accel
    if not os.access(DEVICE, os.R_OK | os.W_OK):
        return "tcg"
    boot = BOOT_ID.read_text().strip()
    program = argv_for_kvm[0]
    accel = remembered(verdict_file(), boot, program)
    if accel is None:
        accel = "kvm" if answers(argv_for_kvm, initrd) else "tcg"
        verdict_file().parent.mkdir(parents=True, exist_ok=True)
        verdict = {"boot": boot, "qemu": program, "accel": accel}
        verdict_file().write_text(json.dumps(verdict) + "\n")
    return accel


def answers(argv: list[str], initrd: bytes) -> bool:
    """Whether a guest started with these arguments greets us within the time limit."""
    with tempfile.TemporaryDirectory(prefix="anocir-lab-probe-") as work:
        directory = Path(work)
        process = qemu.start(argv, directory, initrd, tied=True)
        try:
            with Channel(directory, lambda: process.poll() is None, PROBE_SECONDS):
                return True
        except LabError:
            return False
        finally:
            process.kill()
            process.wait()
