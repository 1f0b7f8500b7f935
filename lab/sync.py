"""Copies the work tree into the VM: at first everything, then only what has changed."""

from __future__ import annotations

import fcntl
import io
import json
import os
import stat
import subprocess
import tarfile
from collections.abc import Iterable
from pathlib import Path

from lab.channel import Channel
from lab.errors import LabError

TARGET = "/anocir"
# Where there is no git: what a work tree holds that is not source.
NOT_SOURCE = {".git", ".venv", "__pycache__", "node_modules", "build", "site", "_snippets"}

# What tells one version of a file from another: time in ns, size, mode.
Stamp = tuple[int, int, int]


def tracked(repo: Path) -> list[str]:
    """Files that git tracks, and new ones that it doesn't ignore; without git, all but caches."""
    argv = ["git", "-C", str(repo), "ls-files", "-z", "-c", "-o", "--exclude-standard"]
    if (repo / ".git").exists():
        try:
            done = subprocess.run(argv, capture_output=True, check=True)
            return sorted({os.fsdecode(name) for name in done.stdout.split(b"\0") if name})
        except (OSError, subprocess.CalledProcessError):
            pass
    found = []
    for directory, names, files in os.walk(repo):
        names[:] = [name for name in names if name not in NOT_SOURCE]
        found += [os.path.relpath(os.path.join(directory, name), repo) for name in files]
    return sorted(found)


def stamps(repo: Path, names: Iterable[str]) -> dict[str, Stamp]:
    """The stamp of each file that exists; a deleted one that git still lists is left out."""
    found: dict[str, Stamp] = {}
    for name in names:
        try:
            status = os.lstat(repo / name)
        except OSError:
            continue
        if stat.S_ISREG(status.st_mode) or stat.S_ISLNK(status.st_mode):
            found[name] = (status.st_mtime_ns, status.st_size, status.st_mode)
    return found


def changes(old: dict[str, Stamp], new: dict[str, Stamp]) -> tuple[list[str], list[str]]:
    """Names to send and names to remove, so that a copy of `old` becomes `new`."""
    send = sorted(name for name, stamp in new.items() if old.get(name) != stamp)
    return send, sorted(old.keys() - new.keys())


def pack(repo: Path, names: Iterable[str]) -> bytes:
    """The files as a tar stream, owned by root. A file that vanished meanwhile is left out."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name in names:
            try:
                entry = archive.gettarinfo(repo / name, name)
                entry.uid = entry.gid = 0
                entry.uname = entry.gname = "root"
                if entry.isreg():
                    with (repo / name).open("rb") as content:
                        archive.addfile(entry, content)
                else:
                    archive.addfile(entry)
            except FileNotFoundError:
                continue
    return stream.getvalue()


def sync(channel: Channel, repo: Path, manifest: Path) -> int:
    """Make /anocir in the VM like the work tree; returns how many files were sent or removed.

    manifest: the host's note of what the VM has. One process at a time compares and writes.
    """
    fd = os.open(manifest, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    with os.fdopen(fd, "r+") as note:
        fcntl.flock(note, fcntl.LOCK_EX)
        text = note.read()
        old = {name: tuple(stamp) for name, stamp in json.loads(text).items()} if text else {}
        new = stamps(repo, tracked(repo))
        send, remove = changes(old, new)
        if not send and not remove:
            return 0
        note.seek(0)
        note.truncate()
        note.flush()
        if remove:
            names = b"\0".join(os.fsencode(name) for name in remove)
            _tell(channel, ["xargs", "-0", "rm", "-f", "--"], names)
        if send:
            _tell(channel, ["tar", "-x", "-f", "-", "-C", TARGET], pack(repo, send))
        note.write(json.dumps(new))
    return len(send) + len(remove)


def _tell(channel: Channel, argv: list[str], data: bytes) -> None:
    done = channel.run(argv, cwd=TARGET, input=data, timeout=120)
    if done.status:
        said = done.stderr.decode(errors="replace").strip()
        raise LabError(f"the work tree could not be copied into the VM: {said}")
