"""The directory of all containers: ids, locks, files."""

from __future__ import annotations

import errno
import os
import resource
import stat
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anocir.errors import ContainerExists, Error, InvalidID, NoSuchContainer, StateError
from anocir.state import store as stores
from anocir.state.store import Entry, Store, check_id

GOOD = ["a", "A-b_c+d.e", "0", "...", ".a", "-x", "a" * 255]
BAD = [".", "..", "a/b", "/", "a b", "a\n", "\0", "ä", "٣", "a" * 256, "a:b", "~", "a\\b"]


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path / "root"))


@pytest.mark.parametrize("container_id", GOOD)
def test_good_ids(store: Store, container_id: str) -> None:
    store.reserve(container_id).close()
    assert store.ids() == [container_id]


@pytest.mark.parametrize("container_id", BAD)
def test_bad_ids(store: Store, container_id: str) -> None:
    for action in (store.reserve, store.open):
        with pytest.raises(InvalidID, match="invalid container ID format"):
            action(container_id)
    assert not os.path.exists(store.root)


def test_an_empty_id_has_words_of_its_own(store: Store) -> None:
    with pytest.raises(InvalidID, match="container id cannot be empty"):
        store.reserve("")


@given(st.text())
def test_an_id_that_passes_is_one_file_name(container_id: str) -> None:
    try:
        check_id(container_id)
    except InvalidID:
        return
    assert os.path.basename(container_id) == container_id
    assert container_id not in ("", ".", "..") and len(container_id.encode()) <= 255


def test_a_reserved_id_is_taken(store: Store) -> None:
    store.reserve("a").close()
    with pytest.raises(ContainerExists, match="container with given ID already exists"):
        store.reserve("a")


def test_what_is_not_there_or_no_directory(store: Store) -> None:
    with pytest.raises(NoSuchContainer):
        store.open("a")
    Path(store.root).mkdir()
    (Path(store.root) / "file").write_text("")
    (Path(store.root) / "link").symlink_to("/")
    for name in ("a", "file", "link"):
        with pytest.raises(NoSuchContainer):
            store.open(name)
    assert store.ids() == []


def test_ids_are_sorted_directories(store: Store) -> None:
    assert store.ids() == []
    for name in ("b", "c", "a"):
        store.reserve(name).close()
    (Path(store.root) / "file").write_text("")
    assert store.ids() == ["a", "b", "c"]


@pytest.mark.parametrize("umask", [0, 0o022, 0o077, 0o277])
def test_modes_do_not_depend_on_the_umask(tmp_path: Path, umask: int) -> None:
    old = os.umask(umask)
    try:
        entry = Store(str(tmp_path / "one/two/root")).reserve("a")
        entry.write("file", b"")
        entry.close()
    finally:
        os.umask(old)
    modes = {name: stat.S_IMODE((tmp_path / "one" / name).stat().st_mode)
             for name in ("", "two", "two/root", "two/root/a", "two/root/a/file")}  # fmt: skip
    assert list(modes.values()) == [0o755, 0o755, 0o700, 0o700, 0o600]


def test_a_root_that_is_there_keeps_its_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o750)
    Store(str(tmp_path)).reserve("a").close()
    assert stat.S_IMODE(tmp_path.stat().st_mode) == 0o750


def test_a_root_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for name in ("file", "file/root"):
        with pytest.raises((StateError, NotADirectoryError)):
            Store(str(tmp_path / name)).reserve("a")


def test_a_half_made_directory_is_taken_back(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: str, mode: int) -> None:
        if path.endswith("/a"):
            raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(stores.os, "chmod", refuse)
    with pytest.raises(OSError, match="Input/output"):
        store.reserve("a")
    assert store.ids() == []


def test_of_many_reserves_one_wins(store: Store) -> None:
    gate = threading.Barrier(16)

    def reserve(_: int) -> Entry | None:
        gate.wait()
        try:
            return store.reserve("a")
        except ContainerExists:
            return None

    with ThreadPoolExecutor(16) as pool:
        won = [entry for entry in pool.map(reserve, range(16)) if entry]
    assert len(won) == 1


def in_child(action: Callable[[], None]) -> int:
    """Run in a process of its own; return its pid."""
    pid = os.fork()
    if pid == 0:
        try:
            action()
            os._exit(0)
        except Error as error:
            os._exit(40 + (error.__class__ is ContainerExists))
        finally:
            os._exit(99)
    return pid


def test_of_many_processes_one_wins(store: Store) -> None:
    pids = [in_child(lambda: store.reserve("a").close()) for _ in range(8)]
    codes = sorted(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids)
    assert codes == [0, *[41] * 7]


def test_the_lock_waits_for_its_holder(store: Store) -> None:
    first = store.reserve("a")
    second = store.open("a")
    got = threading.Event()

    def wait() -> None:
        second.lock()
        got.set()

    waiter = threading.Thread(target=wait)
    waiter.start()
    assert not got.wait(0.05)
    first.close()
    assert got.wait(10)
    waiter.join()


def test_a_lock_on_a_deleted_container_is_worth_nothing(store: Store) -> None:
    first = store.reserve("a")
    second = store.open("a")
    first.remove()
    first.close()
    with pytest.raises(NoSuchContainer):
        second.lock()


def test_a_lock_on_a_container_that_was_made_anew_is_worth_nothing(store: Store) -> None:
    first = store.reserve("a")
    second = store.open("a")
    first.remove()
    first.close()
    store.reserve("a").close()
    with pytest.raises(NoSuchContainer):
        second.lock()


def test_busy_tells_who_is_at_work(store: Store) -> None:
    maker = store.reserve("a")
    maker.write("file", b"")
    reader = store.open("a")
    assert reader.busy() and not maker.busy()
    maker.close()
    assert not reader.busy()
    other = store.open("a")
    assert not other.busy(), "asking must not leave a lock behind"


def test_an_empty_new_directory_is_about_to_be_locked(store: Store) -> None:
    path = Path(store.root) / "a"
    path.mkdir(parents=True)
    entry = store.open("a")
    assert entry.busy()
    os.utime(path, (0, 0))
    assert not entry.busy()


def test_write_replaces_as_a_whole(store: Store) -> None:
    entry = store.reserve("a")
    entry.write("file", b"one")
    old = os.open("file", os.O_RDONLY, dir_fd=entry.fd)
    entry.write("file", b"three")
    assert os.read(old, 99) == b"one", "who reads the old file goes on reading the old file"
    assert entry.read("file") == b"three"
    assert os.listdir(entry.fd) == ["file"]


def test_a_reader_sees_one_or_the_other(store: Store) -> None:
    entry = store.reserve("a")
    texts = [b"a" * 100_000, b"b" * 100_000]
    entry.write("file", texts[0])
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            for text in texts:
                entry.write("file", text)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        seen = {entry.read("file") for _ in range(300)}
    finally:
        stop.set()
        writer.join()
    assert seen <= set(texts)


def test_a_write_that_breaks_off_leaves_the_old(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = store.reserve("a")
    entry.write("file", b"old")

    def refuse(*arguments: object, **keywords: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(stores.os, "rename", refuse)
    with pytest.raises(OSError, match="Input/output"):
        entry.write("file", b"new")
    assert entry.read("file") == b"old"


def test_links_are_not_followed(store: Store, tmp_path: Path) -> None:
    entry = store.reserve("a")
    (tmp_path / "outside").write_text("outside")
    os.symlink(tmp_path / "outside", "file", dir_fd=entry.fd)
    with pytest.raises(OSError, match="symbolic links"):
        entry.read("file")
    os.symlink(tmp_path / "outside", ".other", dir_fd=entry.fd)
    with pytest.raises(OSError, match="symbolic links"):
        entry.write("other", b"inside")
    assert (tmp_path / "outside").read_text() == "outside"


def test_the_record_is_removed_last(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    entry = store.reserve("a")
    for name in (stores.STATE_FILE, "zzz", "aaa", stores.CONFIG_FILE):
        entry.write(name, b"")
    removed: list[str] = []
    unlink = os.unlink

    def note(name: str, *, dir_fd: int) -> None:
        removed.append(name)
        unlink(name, dir_fd=dir_fd)

    monkeypatch.setattr(stores.os, "unlink", note)
    entry.remove()
    assert removed[-1] == stores.STATE_FILE and len(removed) == 4
    assert store.ids() == []


def test_directories_go_too_and_no_link_is_followed(store: Store, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_text("")
    entry = store.reserve("a")
    assert entry.directories() == []
    top = Path(entry.path)
    (top / "strange/deep/er").mkdir(parents=True)
    (top / "strange/deep/file").write_text("")
    for name in ("link", "strange/link", "strange/deep/link"):
        (top / name).symlink_to(outside)
    (top / stores.STATE_FILE).mkdir()
    assert entry.directories() == [stores.STATE_FILE, "strange"]
    entry.remove()
    assert store.ids() == [] and [path.name for path in outside.iterdir()] == ["kept"]


def test_a_directory_becomes_a_link_while_it_is_looked_at(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_text("")
    entry = store.reserve("a")
    strange = Path(entry.path) / "strange"
    strange.mkdir()
    unlink = os.unlink

    def exchange(name: str, *, dir_fd: int) -> None:
        try:
            unlink(name, dir_fd=dir_fd)
        finally:
            strange.rmdir()
            strange.symlink_to(outside)

    monkeypatch.setattr(stores.os, "unlink", exchange)
    with pytest.raises(NotADirectoryError):
        entry.remove()
    assert (outside / "kept").exists()


def test_what_is_nested_deeper_than_a_path_is_long_goes(store: Store) -> None:
    """With a handful of descriptors, as some callers leave no more."""
    entry = store.reserve("a")
    here = os.dup(entry.fd)
    for _ in range(1500):
        os.mkdir("deep", dir_fd=here)
        os.mkdir("beside", dir_fd=here)
        os.symlink("..", "link", dir_fd=here)
        here, above = os.open("deep", os.O_RDONLY | os.O_DIRECTORY, dir_fd=here), here
        os.close(above)
    os.close(here)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/proc/self/fd")) + 8, hard))
    try:
        entry.remove()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert store.ids() == []


def test_a_directory_is_moved_away_while_it_is_deleted(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The directory that its ``..`` is then isn't touched."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_text("")
    entry = store.reserve("a")
    top = Path(entry.path)
    (top / "strange/inner").mkdir(parents=True)
    (top / "strange/kept").write_text("")
    listdir = os.listdir

    def move(fd: int) -> list[str]:
        names = sorted(listdir(fd), reverse=True)
        if not names:
            (top / "strange/inner").rename(outside / "inner")
        return names

    monkeypatch.setattr(os, "listdir", move)
    with pytest.raises(StateError, match=f"^inner was moved to {outside} while it was deleted$"):
        entry.remove()
    monkeypatch.undo()
    assert sorted(os.listdir(outside)) == ["inner", "kept"]
