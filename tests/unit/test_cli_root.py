"""Where state is kept: every command of one engine must come to the same directory."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from anocir.cli import root
from anocir.errors import UsageError

HOST = "         0          0 4294967295\n"
USERNS = "         0       1000          1\n"


@pytest.mark.parametrize(
    ("uid", "env", "uid_map", "expected"),
    [
        (0, {}, HOST, "/run/anocir"),
        (0, {"XDG_RUNTIME_DIR": ""}, HOST, "/run/anocir"),
        (0, {"XDG_RUNTIME_DIR": "/run/user/0"}, HOST, "/run/anocir"),
        (0, {"XDG_RUNTIME_DIR": "/run/user/0", "USER": "ann"}, HOST, "/run/anocir"),
        (0, {"XDG_RUNTIME_DIR": "/run/user/7"}, USERNS, "/run/user/7/anocir"),
        (0, {"XDG_RUNTIME_DIR": "/run/user/7", "USER": "root"}, USERNS, "/run/anocir"),
        (7, {"XDG_RUNTIME_DIR": "/run/user/7"}, HOST, "/run/user/7/anocir"),
        (7, {}, HOST, "/run/user/7/anocir"),
    ],
)
def test_the_default(
    uid: int, env: dict[str, str], uid_map: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: uid)
    monkeypatch.setattr(os, "environ", env)
    monkeypatch.setattr(root, "open", lambda *_, **__: io.BytesIO(uid_map.encode()), raising=False)
    assert root.state_root(None) == expected


def test_a_relative_root_is_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert root.state_root("state/../x") == f"{tmp_path}/x"


@pytest.mark.parametrize(
    "path", ["/a/b", "/a/b/", "/a//b", "/a/./b", "/a/c/../b", "/a/b/.", "/a/b/..", "/a/.b/..c"]
)
def test_an_absolute_path_is_made_plain(path: str) -> None:
    assert root.absolute(path) == os.path.abspath(path)


@pytest.mark.parametrize("path", ["/", "//", "/.", "/..", "/usr/..", "/proc/self/root"])
def test_the_root_of_the_filesystem_is_refused(path: str) -> None:
    with pytest.raises(UsageError, match="Option --root argument should not be set to /"):
        root.state_root(path)


def test_a_link_to_the_root_of_the_filesystem_is_refused(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/")
    with pytest.raises(UsageError, match="should not be set to /"):
        root.state_root(str(tmp_path / "link"))


def test_an_empty_root_is_refused() -> None:
    with pytest.raises(UsageError, match="--root needs the name of a directory"):
        root.state_root("")


def test_a_relative_path_in_a_removed_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    with pytest.raises(UsageError, match="the current directory is gone"):
        root.absolute("bundle")
    assert root.absolute("/bundle") == "/bundle"
