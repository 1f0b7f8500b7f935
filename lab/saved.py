"""The memory of a VM that has just booted, kept in the cache: to go on from it takes half a second.

Under TCG a boot takes several seconds, so the first start boots once, saves, and goes on from
what it saved, as does every later start. The disk is mounted read-only until the agent is woken,
so memory and disk always fit. Under KVM a boot is as quick, and depends on the processor.
"""

from __future__ import annotations

import hashlib
import json
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from lab import paths, qemu
from lab.channel import Channel
from lab.errors import LabError
from lab.qmp import Monitor

# Read once before the memory is saved, so that no VM has to read them from its disk again.
WARM_UP = ("python3", "-c", "import pytest, jsonschema, sh, json, subprocess")
BOOT_SECONDS = 120.0
# Saved memories beyond the newest ones are deleted: each is as large as what the guest touched.
KEEP = 6


def key(argv: Sequence[str], initrd: bytes, disk: bytes) -> str:
    """Hash of all that a saved memory depends on: QEMU itself, the machine, what boots in it.

    disk: the identity of the root disk. One that is built again has its files elsewhere, and a
    memory that remembers the old places would read garbage.
    """
    version = subprocess.run([argv[0], "--version"], capture_output=True, check=True).stdout
    hasher = hashlib.sha256(json.dumps(list(argv)).encode() + version)
    hasher.update(initrd + disk)
    return hasher.hexdigest()[:16]


def directory() -> Path:
    """Where saved memories are."""
    return paths.cache() / "memory"


def find(argv: Sequence[str], initrd: bytes, disk: bytes) -> Path | None:
    """The memory saved for this machine, None if there is none."""
    path = directory() / key(argv, initrd, disk)
    return path if path.exists() else None


def make(argv: list[str], initrd: bytes, disk: bytes) -> Path:
    """Boot once, save the memory, and return its file. Raises LabError."""
    target = directory() / key(argv, initrd, disk)
    target.parent.mkdir(parents=True, exist_ok=True)
    with (
        paths.one_at_a_time("memory"),
        tempfile.TemporaryDirectory(prefix="boot-", dir=target.parent) as work,
    ):
        if target.exists():
            return target
        here = Path(work)
        process = qemu.start(argv, here, initrd, tied=True)
        try:
            with Channel(here, lambda: process.poll() is None, BOOT_SECONDS) as channel:
                channel.run(WARM_UP, cwd="/", timeout=BOOT_SECONDS)
            with Monitor(qemu.connect(here, qemu.MONITOR)) as monitor:
                _save(monitor, here / "memory")
        except LabError as error:
            raise LabError(f"{error}\n{qemu.log(here)}".rstrip()) from None
        finally:
            process.kill()
            process.wait()
        (here / "memory").rename(target)
    _forget_old()
    return target


def _save(monitor: Monitor, path: Path) -> None:
    wanted = [{"capability": "events", "state": True}]
    monitor.execute("migrate-set-capabilities", capabilities=wanted)
    monitor.execute("migrate-set-parameters", **{"max-bandwidth": 1 << 34})
    monitor.execute("migrate", uri=f"exec:cat > {shlex.quote(str(path))}")
    while True:
        status = monitor.wait_for("MIGRATION")["status"]
        if status == "completed":
            return
        if status in {"failed", "cancelled"}:
            raise LabError(f"QEMU could not save the VM's memory to {path}: is the disk full?")


def _forget_old() -> None:
    """Delete all but the newest memories, and what a killed process left an hour ago."""
    entries = sorted(directory().iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in [path for path in entries if path.is_file()][KEEP:]:
        path.unlink(missing_ok=True)
    for path in entries:
        if path.is_dir() and path.stat().st_mtime < time.time() - 3600:
            shutil.rmtree(path, ignore_errors=True)
