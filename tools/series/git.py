"""The git command line, as far as the series needs it."""

from __future__ import annotations

import hashlib
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from tools.series.tree import SeriesError


def run(repo: Path, *arguments: str, stdin: bytes | None = None) -> bytes:
    """The output of a git command. Raises SeriesError with what git said."""
    done = subprocess.run(
        ["git", "-C", str(repo), *arguments], input=stdin, capture_output=True, check=False
    )
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip()
        raise SeriesError(f"git {' '.join(arguments[:3])}: {said}")
    return done.stdout


def commit_id(repo: Path, revision: str) -> str | None:
    """The id of a commit, or None when there is none."""
    try:
        name = f"{revision}^{{commit}}"
        return run(repo, "rev-parse", "--verify", "--quiet", name).decode().strip()
    except SeriesError:
        return None


def listing(repo: Path, revision: str, *prefixes: str) -> dict[str, str]:
    """The ids of the blobs below these directories at a commit. Raises SeriesError."""
    out = run(repo, "ls-tree", "-r", "-z", "--full-tree", revision, "--", *prefixes)
    found: dict[str, str] = {}
    for entry in filter(None, out.decode().split("\0")):
        description, _, path = entry.partition("\t")
        found[path] = description.split()[2]
    return found


def blob_id(data: bytes) -> str:
    """The id that git gives to a file's content."""
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def blobs(repo: Path, ids: list[str]) -> list[bytes]:
    """The contents of blobs. Raises SeriesError."""
    out = run(repo, "cat-file", "--batch", stdin="".join(f"{i}\n" for i in ids).encode())
    found = []
    position = 0
    for _ in ids:
        end = out.index(b"\n", position)
        size = int(out[position:end].split()[2])
        found.append(out[end + 1 : end + 1 + size])
        position = end + 1 + size + 1
    return found


class Merge(NamedTuple):
    """A merged file; with markers in it when `conflicts` is true."""

    data: bytes
    conflicts: bool


def merge(ours: bytes, base: bytes, theirs: bytes, labels: tuple[str, str, str]) -> Merge:
    """Merge three versions of a file as git does; see git-merge-file(1). Raises SeriesError."""
    with tempfile.TemporaryDirectory() as directory:
        paths = []
        for name, data in (("ours", ours), ("base", base), ("theirs", theirs)):
            path = Path(directory, name)
            path.write_bytes(data)
            paths.append(str(path))
        named = [word for label in labels for word in ("-L", label)]
        done = subprocess.run(
            ["git", "merge-file", "-p", "--diff3", *named, *paths], capture_output=True, check=False
        )
    # The status is the number of conflicts, at most 127, and above that an error.
    if done.returncode > 127:
        raise SeriesError(f"git merge-file: {done.stderr.decode(errors='replace').strip()}")
    return Merge(done.stdout, done.returncode > 0)


class Commit(NamedTuple):
    """A commit with what it did to files: path to the new blob's id, or None for a deletion."""

    id: str
    message: str
    files: Mapping[str, str | None]


def history(repo: Path, base: str | None, paths: tuple[str, ...]) -> list[Commit]:
    """The commits after `base` (all of them without one) up to HEAD, oldest first.

    Of a merge the first parent counts: it is one change set. Raises SeriesError.
    """
    span = f"{base}..HEAD" if base else "HEAD"
    arguments = ["log", "--reverse", "--first-parent", "-z", "-m", "--raw", "--no-abbrev"]
    arguments += ["--no-renames", "--format=%x01%H%x02%B%x03", span]
    out = run(repo, *arguments).decode(errors="replace")
    commits = []
    for record in filter(None, out.split("\x01")):
        name, _, rest = record.partition("\x02")
        message, _, raw = rest.partition("\x03")
        commits.append(Commit(name, message, _raw(raw, paths)))
    return commits


def _raw(text: str, paths: tuple[str, ...]) -> dict[str, str | None]:
    fields = [f.lstrip("\n") for f in text.split("\0")]
    fields = [f for f in fields if f]
    found: dict[str, str | None] = {}
    for description, path in zip(fields[::2], fields[1::2], strict=True):
        _, _, _, blob, status = description.split(" ")
        if path.startswith(paths):
            found[path] = None if status == "D" else blob
    return found
