"""`list` prints a line per container: id, status and bundle, sorted by id."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

IDS = ("b", "a", "Z")
DAMAGE = {
    "half": b'{"id": "b", "bund',
    "no bundle": b'{"ociVersion": "1.0.2", "id": "b"}',
}


def rows(done: Any) -> list[list[str]]:
    """Return the words of each line."""
    assert done.exit_code == 0, done.stderr.decode()
    return [line.split() for line in done.stdout.decode().splitlines()]


def test_no_containers_no_lines(anocir: Any, root: Path) -> None:
    assert rows(anocir.list()) == []
    root.rmdir()
    assert rows(anocir.list()) == [], "without a root there are no containers either"
    assert not root.exists(), "list makes nothing"
    root.mkdir()


def test_id_status_and_bundle_sorted_by_id(anocir: Any, bundle: Callable[..., Path]) -> None:
    bundles = {}
    for number, container_id in enumerate(IDS):
        bundles[container_id] = bundle(name=f"bundle{number}")
        assert anocir.create("--bundle", bundles[container_id], container_id).exit_code == 0
    expected = [[id, "creating", str(bundles[id].resolve())] for id in sorted(IDS)]
    assert rows(anocir.list()) == expected
    assert anocir.delete("--force", "a").exit_code == 0
    assert [row[0] for row in rows(anocir.list())] == sorted(set(IDS) - {"a"})


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_one_does_not_hide_the_others(
    anocir: Any, bundle: Callable[..., Path], root: Path, damage: str
) -> None:
    path = bundle()
    anocir.create("--bundle", path, "b")
    (root / "a").mkdir()
    (root / "a/state.json").write_bytes(DAMAGE[damage])
    broken, sound = rows(anocir.list())
    assert broken[:2] == ["a", "broken"]
    assert sound == ["b", "creating", str(path.resolve())]


def test_one_without_a_record_is_broken(
    anocir: Any, bundle: Callable[..., Path], root: Path
) -> None:
    anocir.create("--bundle", bundle(), "a")
    (root / "b").mkdir()
    assert [row[:2] for row in rows(anocir.list())] == [["a", "creating"], ["b", "broken"]]


def test_a_file_in_the_root_is_no_container(anocir: Any, root: Path) -> None:
    (root / "note").write_text("hello")
    assert rows(anocir.list()) == []
    (root / "note").unlink()
