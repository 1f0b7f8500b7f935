"""The branch `series`: one commit and one tag for each part, made from the snapshots."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tools.series import git, tree
from tools.series.tree import SeriesError, Stage

BRANCH = "series"
TAGS = "parts/TAGS"

# Fixed, so that the same parts give the same ids on every machine.
_AUTHOR = "anocir <anocir@example.invalid>"
_FIRST_DAY = 946684800
_DAY = 86400


def make(repo: Path) -> dict[str, str]:
    """Write branch and tags into a repository; gives tag -> commit id. Raises SeriesError."""
    current = git.run(repo, "rev-parse", "--symbolic-full-name", "HEAD").decode().strip()
    if current == f"refs/heads/{BRANCH}":
        raise SeriesError(f"the branch {BRANCH} is checked out: switch to another one first")
    return _import(repo, tree.parts(repo))


def expected(repo: Path) -> dict[str, str]:
    """The ids that the parts give, without touching the repository. Raises SeriesError."""
    with tempfile.TemporaryDirectory() as name:
        git.run(Path(name), "init", "--quiet", "--bare")
        return _import(Path(name), tree.parts(repo))


def _import(repo: Path, parts: list[Stage]) -> dict[str, str]:
    if not parts:
        raise SeriesError("there are no parts")
    git.run(repo, "fast-import", "--quiet", "--force", stdin=_stream(parts))
    tags = [f"part-{part.number}" for part in parts]
    ids = [git.commit_id(repo, f"refs/tags/{tag}") for tag in tags]
    return {tag: name for tag, name in zip(tags, ids, strict=True) if name}


def _stream(parts: list[Stage]) -> bytes:
    """What git-fast-import(1) reads."""
    out: list[bytes] = [f"reset refs/heads/{BRANCH}\n\n".encode()]
    for mark, part in enumerate(parts, 1):
        when = f"{_FIRST_DAY + _DAY * mark} +0000"
        message = f"Part {part.number}: {tree.meta(part).get('title', part.slug)}\n".encode()
        out.append(f"commit refs/heads/{BRANCH}\nmark :{mark}\n".encode())
        out.append(f"author {_AUTHOR} {when}\ncommitter {_AUTHOR} {when}\n".encode())
        out.append(b"data %d\n%s" % (len(message), message))
        if mark > 1:
            out.append(b"from :%d\n" % (mark - 1))
        out.append(b"deleteall\n")
        for path, data in part.tree().items():
            out.append(f"M 100644 inline {path}\n".encode())
            out.append(b"data %d\n%s\n" % (len(data), data))
        out.append(b"reset refs/tags/part-%s\nfrom :%d\n\n" % (part.number.encode(), mark))
    return b"".join(out)


def render(ids: dict[str, str]) -> str:
    """The text of parts/TAGS."""
    return "".join(f"{tag} {name}\n" for tag, name in ids.items())


def check(repo: Path) -> list[str]:
    """How parts/TAGS differs from what the parts give. Raises SeriesError."""
    path = repo / TAGS
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    written = dict(line.split(" ") for line in text.splitlines() if " " in line)
    ids = expected(repo)
    if text == render(ids):
        return []
    wrong = [tag for tag in ids.keys() | written.keys() if ids.get(tag) != written.get(tag)]
    return [f"{TAGS}: {', '.join(sorted(wrong)) or 'its form'} differs: run `make series`"]
