"""The cache of filters: what it believes, and that it never stands in the way."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest

from anocir.errors import ConfigError
from anocir.seccomp import cache, compiler

PROFILES = sorted((Path(__file__).parent / "data/seccomp").glob("*.json"))
PROFILE: Any = {
    "defaultAction": "SCMP_ACT_ERRNO",
    "syscalls": [{"names": ["read", "misspelt"], "action": "SCMP_ACT_ALLOW"}],
}
COMPILED = compiler.compile_profile(PROFILE, "x86_64")
WRONG = (b"wrong", ["wrong"])

# What the compiler makes of all profiles. A change of it needs a new VERSION, or filters of the
# old kind would stay in use.
DIGESTS = {1: "b253d806c7c15ad0"}


class Place:
    """A cache of the test's own."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.directory = path / cache.NAME

    def ask(self, profile: Any = PROFILE, machine: str = "x86_64") -> tuple[bytes, list[str]]:
        return cache.program(profile, machine, [str(self.path)])

    def files(self) -> list[Path]:
        return sorted(self.directory.iterdir())


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.fixture
def never(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have whoever asks the compiler get a filter that can be told."""
    monkeypatch.setattr(compiler, "compile_profile", lambda *_: WRONG)


def test_the_version_goes_with_what_the_compiler_makes() -> None:
    digest = hashlib.sha256()
    for path in PROFILES:
        machine = "aarch64" if "arm64" in path.name else "x86_64"
        digest.update(compiler.compile_profile(json.loads(path.read_text()), machine)[0])
    assert digest.hexdigest()[:16] == DIGESTS[cache.VERSION]


def test_the_second_time_nothing_is_compiled(
    place: Place, never: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert place.ask() == WRONG
    monkeypatch.setattr(compiler, "compile_profile", None)
    assert place.ask() == WRONG
    (file,) = place.files()
    assert file.stat().st_mode & 0o777 == 0o600
    assert place.directory.stat().st_mode & 0o777 == 0o700


def test_another_profile_machine_or_version_is_another_filter(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = place.ask()[0]
    assert place.ask(PROFILE | {"defaultErrnoRet": 2})[0] != program
    assert place.ask(PROFILE, "aarch64")[0] != program
    monkeypatch.setattr(cache, "VERSION", cache.VERSION + 1)
    place.ask()
    assert len(place.files()) == 4


def test_profiles_that_share_a_name_are_told_apart(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "_name", lambda key: "one")
    other = PROFILE | {"defaultErrnoRet": 2}
    for _ in range(2):
        assert place.ask() == COMPILED
        assert place.ask(other) == compiler.compile_profile(other, "x86_64")
    assert len(place.files()) == 1


def test_no_bit_of_a_file_may_change(
    place: Place, never: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.ask()
    (file,) = place.files()
    whole = file.read_bytes()
    monkeypatch.setattr(compiler, "compile_profile", lambda *_: COMPILED)
    for byte in range(len(whole)):
        file.write_bytes(whole[:byte] + bytes([whole[byte] ^ 1]) + whole[byte + 1 :])
        assert place.ask() == COMPILED
    for length in range(0, len(whole), 5):
        file.write_bytes(whole[:length])
        assert place.ask() == COMPILED
    assert len(place.files()) == 1
    file.write_bytes(whole)
    assert place.ask() == WRONG


def test_a_file_that_is_not_the_callers_alone_is_replaced(
    place: Place, never: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.ask()
    (file,) = place.files()
    whole = file.read_bytes()
    monkeypatch.setattr(compiler, "compile_profile", lambda *_: COMPILED)
    file.chmod(0o640)
    assert place.ask() == COMPILED
    assert file.stat().st_mode & 0o777 == 0o600
    file.unlink()
    elsewhere = place.path / "elsewhere"
    elsewhere.write_bytes(whole)
    elsewhere.chmod(0o600)
    file.symlink_to(elsewhere)
    assert place.ask() == COMPILED
    assert not file.is_symlink() and elsewhere.read_bytes() == whole
    file.unlink()
    os.mkfifo(file, 0o600)
    assert place.ask() == COMPILED
    if os.geteuid() == 0:
        file.write_bytes(whole)
        os.chown(file, 1, 1)
        assert place.ask() == COMPILED


@pytest.mark.parametrize("trouble", ["open to others", "a link", "a file", "no place", "read-only"])
def test_without_a_directory_of_its_own_there_is_no_cache(
    place: Place, trouble: str, tmp_path: Path
) -> None:
    if trouble == "open to others":
        place.directory.mkdir()
        place.directory.chmod(0o711)
    elif trouble == "a link":
        (tmp_path / "real").mkdir(mode=0o700)
        place.directory.symlink_to("real")
    elif trouble == "a file":
        place.directory.write_text("")
    elif trouble == "no place":
        place.path = tmp_path / "absent"
    elif os.geteuid() == 0:
        place.path = Path("/proc/self")
    assert place.ask() == COMPILED
    if trouble == "a link":
        assert list((tmp_path / "real").iterdir()) == []


def test_the_first_place_of_the_callers_own_counts(tmp_path: Path) -> None:
    (tmp_path / "a" / cache.NAME).mkdir(parents=True)
    (tmp_path / "a" / cache.NAME).chmod(0o755)
    (tmp_path / "b").mkdir()
    places = [str(tmp_path / name) for name in ("a", "b")]
    assert cache.program(PROFILE, "x86_64", places) == COMPILED
    assert len(list((tmp_path / "b" / cache.NAME).iterdir())) == 1


def test_it_does_not_grow_without_end(place: Place) -> None:
    for number in range(cache.MOST_FILES + 10):
        place.ask(PROFILE | {"defaultErrnoRet": number})
        assert len(place.files()) <= cache.MOST_FILES
    assert len(place.files()) == 10


def test_what_is_left_of_a_writer_that_died_is_no_trouble(place: Place) -> None:
    place.ask()
    (file,) = place.files()
    file.rename(place.directory / f".{os.getpid()}")
    assert place.ask() == COMPILED
    assert place.ask() == COMPILED
    assert place.files() == [file]


def test_what_is_refused_is_refused(place: Place) -> None:
    with pytest.raises(ConfigError):
        place.ask(PROFILE | {"architectures": ["SCMP_ARCH_PPC"]})
    assert place.files() == []


def test_where_a_cache_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    assert cache._places() == ["/run"]
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/run/user/7")
    assert cache._places() == ["/run", "/run/user/7"]
    monkeypatch.setattr(os, "geteuid", lambda: 7)
    assert cache._places() == ["/run/user/7"]
    monkeypatch.setenv("XDG_RUNTIME_DIR", "relative")
    assert cache._places() == []
