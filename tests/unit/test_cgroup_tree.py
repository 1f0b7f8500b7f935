"""Walks below a directory, with few descriptors and no long paths."""

from __future__ import annotations

import os
import resource
from pathlib import Path

from anocir.cgroup import tree


def opened(path: Path) -> int:
    return os.open(path, tree.DIRECTORY)


def test_children_come_before_their_parents(tmp_path: Path) -> None:
    for name in ("a/b/c", "a/d", "e"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "a" / "file").touch()
    (tmp_path / "link").symlink_to("a")
    fd = opened(tmp_path)
    seen = []
    for parent, name in tree.walk(fd):
        seen.append(os.path.relpath(os.readlink(f"/proc/self/fd/{parent}") + "/" + name, tmp_path))
    os.close(fd)
    assert sorted(seen) == ["a", "a/b", "a/b/c", "a/d", "e"]
    for deep, high in (("a/b/c", "a/b"), ("a/b", "a"), ("a/d", "a")):
        assert seen.index(deep) < seen.index(high)


def test_removal_of_a_tree_deeper_than_any_path(tmp_path: Path) -> None:
    here = opened(tmp_path)
    top = os.dup(here)
    depth = 100
    for _ in range(depth):
        os.mkdir("n" * 250, dir_fd=here)
        below = os.open("n" * 250, tree.DIRECTORY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    assert depth * 250 > os.pathconf("/", "PC_PATH_MAX")
    in_use = len(os.listdir("/proc/self/fd"))
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (in_use + 8, hard))
    try:
        tree.remove_below(top)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert os.listdir(top) == []
    assert len(os.listdir("/proc/self/fd")) == in_use
    os.close(top)


def test_directory_removed_during_the_walk(tmp_path: Path) -> None:
    for name in ("a/x", "b/x", "c/x"):
        (tmp_path / name).mkdir(parents=True)
    fd = opened(tmp_path)
    for parent, name in tree.walk(fd):
        try:
            os.rmdir(name, dir_fd=parent)
        except FileNotFoundError:
            continue
        if name == "x":
            # Somebody else removes the rest meanwhile, the walk's own place included.
            for other in tmp_path.iterdir():
                for below in other.iterdir():
                    below.rmdir()
                other.rmdir()
            assert os.listdir(fd) == []
    os.close(fd)


def test_lists_of_processes_are_merged_without_foreigners(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "threaded").mkdir()
    (tmp_path / "cgroup.procs").write_text("7\n5\n")
    (tmp_path / "a" / "cgroup.procs").write_text("0\n9\n5\n")
    fd = opened(tmp_path)
    assert tree.pids(fd) == [5, 7, 9]
    os.close(fd)
