"""The cgroup manager on a real kernel: version 1, hybrid and version 2 hosts.

The tests run on whatever this host has. Where that is version 1 with a version 2 hierarchy beside
it, the whole file runs once more in a mount namespace that shows the version 2 hierarchy alone.
"""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from anocir.cgroup import base, detect, kept, manager, mark, tree
from anocir.errors import Error
from anocir.plan.devicerules import ALWAYS, ANY, DeviceRule

INSIDE = "ANOCIR_TEST_VERSION_2"
HIERARCHIES = detect.read() if sys.platform == "linux" else {}
VERSION = 2 if set(HIERARCHIES) == {detect.UNIFIED} else 1

pytestmark = [
    pytest.mark.skipif(os.geteuid() != 0, reason="making cgroups needs root"),
    pytest.mark.skipif(not HIERARCHIES, reason="no cgroup filesystem is mounted"),
]
only_version_2 = pytest.mark.skipif(VERSION != 2, reason="this host shows version 1 hierarchies")
only_version_1 = pytest.mark.skipif(VERSION != 1, reason="this host has version 2 alone")

KMSG: DeviceRule = (True, "c", 1, 11, "rwm")


# All our cgroups are below this one, so that nobody else's containers get into the picture.
TOP = f"anocir-test-{os.getpid()}"


def directories() -> set[str]:
    return {
        where for h in HIERARCHIES.values() for where, _, _ in os.walk(f"{h.mount}/{TOP}")
    }  # fmt: skip


@pytest.fixture(autouse=True)
def nothing_left(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every test leaves the hierarchies, and our descriptors, as it found them."""
    monkeypatch.setattr(manager, "PARENT", f"{TOP}/anocir")
    fds = len(os.listdir("/proc/self/fd"))
    yield
    left = directories()
    clean_up()
    assert left == set()
    assert len(os.listdir("/proc/self/fd")) == fds


def clean_up() -> None:
    """Take away what a failed test left, so that it can't fail another."""
    for path in directories():
        # What a version 1 freezer holds does not even die.
        if os.path.exists(f"{path}/freezer.state"):
            Path(path, "freezer.state").write_text("THAWED")
    for process in RUNNING.copy():
        process.end()
    for hierarchy in HIERARCHIES.values():
        top = f"{hierarchy.mount}/{TOP}"
        if os.path.isdir(top):
            fd = os.open(top, tree.DIRECTORY)
            tree.remove_below(fd)
            os.close(fd)
            os.rmdir(top)


@pytest.fixture
def owner(tmp_path: Path) -> str:
    return str(tmp_path)


@pytest.fixture
def made(owner: str) -> Iterator[base.Manager]:
    """A cgroup of our own, ended and removed afterwards."""
    cgroup = manager.new("made", True, owner)
    cgroup.create()
    yield cgroup
    cgroup.kill()
    cgroup.remove()


def add(cgroup: base.Manager, pid: int) -> None:
    """Move a process into every group, as somebody else would."""
    for group in cgroup.groups:
        Path(group.path, "cgroup.procs").write_text(str(pid))


def restrict(cgroup: base.Manager, rules: list[DeviceRule]) -> None:
    cgroup.load_devices(rules)
    cgroup.apply_devices()


RUNNING: list[Process] = []


class Process:
    """A child that waits, and runs what it is told first."""

    def __init__(self, before: Callable[[], None] = lambda: None) -> None:
        ready, ready_write = os.pipe()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                before()
                os.write(ready_write, b".")
                while True:
                    signal.pause()
            finally:
                os._exit(1)
        os.close(ready_write)
        assert os.read(ready, 1) == b".", "the child failed"
        os.close(ready)
        RUNNING.append(self)

    def status(self) -> int:
        """Reap; return the signal that ended it, negative."""
        RUNNING.remove(self)
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])

    def alive(self) -> bool:
        return os.waitpid(self.pid, os.WNOHANG) == (0, 0)

    def end(self) -> None:
        os.kill(self.pid, signal.SIGKILL)
        self.status()


def inside(cgroup: base.Manager, action: Callable[[], None]) -> str:
    """Run ``action`` in a process of the cgroup; return "" or the name of its errno."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            add(cgroup, os.getpid())
            action()
        except OSError as error:
            os.write(write, errno.errorcode[error.errno or 0].encode())
        finally:
            os._exit(0)
    os.close(write)
    with os.fdopen(read) as answer:
        text = answer.read()
    os.waitpid(pid, 0)
    return text


def opening(path: str, flags: int = os.O_RDONLY) -> Callable[[], None]:
    return lambda: os.close(os.open(path, flags))


@contextmanager
def existing(*names: str) -> Iterator[list[str]]:
    """Make cgroups as an administrator would; yields them, removes them afterwards."""
    made = [f"{h.mount}/{TOP}{name}" for name in ("", *names) for h in HIERARCHIES.values()]
    for path in made:
        os.mkdir(path)
        for name in ("cpuset.cpus", "cpuset.mems"):
            if VERSION == 1 and os.path.exists(f"{path}/{name}"):
                Path(path, name).write_text(Path(path, "..", name).read_text())
    yield made[len(HIERARCHIES) :]
    for path in reversed(made):
        os.rmdir(path)


# Life


def test_life(owner: str) -> None:
    cgroup = manager.new("life", True, owner)
    assert cgroup.version == VERSION
    cgroup.create()
    process = Process()
    add(cgroup, process.pid)
    membership = Path(f"/proc/{process.pid}/cgroup").read_text()
    for line in membership.splitlines():
        _, key, where = line.split(":", 2)
        if key in HIERARCHIES:
            assert where == f"/{TOP}/anocir/life"
    known = manager.load(cgroup.record())
    assert known.pids() == [process.pid]
    known.kill()
    assert known.pids() == []
    assert process.status() == -signal.SIGKILL
    known.remove()
    known.remove()
    assert known.pids() == []


def test_a_process_gets_into_every_hierarchy(made: base.Manager) -> None:
    """Born in version 2, through a door into each hierarchy of version 1."""
    from anocir.linux import clone

    doors, fd = made.doors(), made.dirfd()
    assert not any(map(os.get_inheritable, doors if fd is None else [*doors, fd]))
    assert len(doors) == len([group for group in made.groups if group.key])
    ready, ready_write = os.pipe()
    pid = clone.clone(cgroup_fd=clone.NONE if fd is None else fd)
    if pid == 0:
        tree.enter(doors)
        os.write(ready_write, b".")
        signal.pause()
        os._exit(0)
    tree.close(doors if fd is None else [*doors, fd])
    assert os.read(ready, 1) == b"."
    tree.close([ready, ready_write])
    for group in made.groups:
        assert group.pids() == [pid], group.key
    made.kill()
    os.waitpid(pid, 0)


@only_version_1
def test_doors_of_a_cgroup_that_is_gone(made: base.Manager) -> None:
    made.remove()
    with pytest.raises(Error, match=r"entering cgroup .*No such file"):
        made.doors()


def test_modes_do_not_depend_on_the_umask(owner: str) -> None:
    old = os.umask(0o777)
    try:
        cgroup = manager.new("umask", True, owner)
        cgroup.create()
    finally:
        os.umask(old)
    assert {os.stat(group.path).st_mode & 0o7777 for group in cgroup.groups} == {0o755}
    cgroup.remove()


@only_version_2
def test_controllers_are_handed_down(made: base.Manager) -> None:
    root = Path(HIERARCHIES[""].mount)
    if (root / "cgroup.type").exists():
        pytest.skip("this cgroup namespace starts in a cgroup with processes (ours)")
    offered = (root / "cgroup.controllers").read_text().split()
    got = Path(made.groups[0].path, "cgroup.controllers").read_text().split()
    assert got == offered


@only_version_2
def test_parent_with_processes_does_not_stop_a_create_without_limits(owner: str) -> None:
    with existing("/inner") as (parent,):
        process = Process()
        Path(parent, "cgroup.procs").write_text(str(process.pid))
        cgroup = manager.new(f"{TOP}/inner/c1", False, owner)
        cgroup.create()
        cgroup.remove()
        process.end()


@only_version_1
def test_cpuset_takes_processes(made: base.Manager) -> None:
    # The kernel answers ENOSPC where the cpuset is empty.
    process = Process()
    add(made, process.pid)
    assert process.pid in made.pids()
    made.kill()
    process.status()


# Devices


@pytest.fixture
def disk() -> Iterator[Path]:
    """A name for a device node, where nodes work: temporary directories are often nodev."""
    path = Path("/dev", TOP)
    yield path
    path.unlink(missing_ok=True)


def test_default_devices_and_no_others(made: base.Manager, disk: Path) -> None:
    assert inside(made, opening("/dev/kmsg")) == ""
    restrict(made, list(ALWAYS))
    for name in ("null", "zero", "full", "random", "urandom"):
        assert inside(made, opening(f"/dev/{name}", os.O_RDWR)) == ""
    assert inside(made, opening("/dev/kmsg")) == "EPERM"
    assert inside(made, lambda: os.mknod(disk, 0o60600, os.makedev(7, 99))) == ""
    assert inside(made, opening(str(disk))) == "EPERM"
    assert not opening("/dev/kmsg")()


def test_later_rules_win(made: base.Manager) -> None:
    restrict(made, [KMSG, (False, "a", ANY, ANY, "rwm"), (True, "c", 1, 11, "r")])
    assert inside(made, opening("/dev/kmsg")) == ""
    assert inside(made, opening("/dev/kmsg", os.O_WRONLY)) == "EPERM"
    assert inside(made, opening("/dev/null")) == "EPERM"


def test_everything_but_one(made: base.Manager) -> None:
    restrict(made, [(True, "a", ANY, ANY, "rwm"), (False, "c", 1, 11, "w")])
    assert inside(made, opening("/dev/kmsg", os.O_WRONLY)) == "EPERM"
    assert inside(made, opening("/dev/kmsg")) == ""


def test_new_rules_replace_the_old(made: base.Manager) -> None:
    restrict(made, list(ALWAYS))
    restrict(made, [*ALWAYS, KMSG])
    assert inside(made, opening("/dev/kmsg")) == ""


@only_version_2
def test_the_program_is_closed_when_the_cgroup_is_gone(made: base.Manager) -> None:
    made.load_devices(list(ALWAYS))
    made.remove()
    with pytest.raises(Error, match=r"restricting the devices of cgroup .*No such file"):
        made.apply_devices()


@only_version_2
def test_a_long_list_is_taken(made: base.Manager) -> None:
    rules: list[DeviceRule] = [
        (n % 3 == 0, "c", n % 4000, n % 7 - 1, "rwm"[n % 3]) for n in range(3000)
    ]
    restrict(made, rules)


@only_version_2
def test_error_has_the_words_of_the_verifier() -> None:
    from anocir.linux import bpf

    with pytest.raises(OSError, match=r"the verifier says.*R0 !read_ok"):
        bpf.load_device_program(bpf.leave())


# Other people's cgroups


def test_cgroup_with_a_process_is_refused_and_left_alone(owner: str) -> None:
    with existing("/busy") as there:
        process = Process()
        # One hierarchy is enough.
        Path(there[-1], "cgroup.procs").write_text(str(process.pid))
        cgroup = manager.new(f"{TOP}/busy", False, owner)
        with pytest.raises(Error, match=r"container's cgroup is not empty: 1 process\(es\) found"):
            cgroup.create()
        # What follows a crash right after the refusal.
        again = manager.load(cgroup.record())
        again.kill()
        again.remove()
        assert process.alive()
        process.end()


def test_cgroup_of_another_container_is_refused_and_left_alone(
    made: base.Manager, tmp_path_factory: pytest.TempPathFactory
) -> None:
    rival = manager.new("made", True, str(tmp_path_factory.mktemp("rival")))
    with pytest.raises(Error, match=f"belongs to the container in {made.owner}"):
        rival.create()
    process = Process()
    add(made, process.pid)
    rival.kill()
    rival.remove()
    assert rival.pids() == []
    assert process.alive()
    assert made.pids() == [process.pid]
    made.kill()
    process.status()


def test_own_cgroup_with_a_process_is_refused_at_once(made: base.Manager) -> None:
    """As after the state directory was deleted by hand."""
    process = Process()
    add(made, process.pid)
    for group in made.groups:
        Path(group.path, "nested").mkdir()
    again = manager.new("made", True, made.owner)
    with pytest.raises(Error, match="container's cgroup is not empty"):
        again.create()
    assert process.alive()
    assert all(Path(group.path, "nested").is_dir() for group in made.groups)
    made.kill()
    process.status()


def test_cgroup_of_a_vanished_container_is_taken_over(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    manager.new(f"{TOP}/gone/c1", False, str(gone)).create()
    gone.rmdir()
    heir = manager.new(f"{TOP}/gone/c1", False, str(tmp_path))
    heir.create()
    heir.remove()


@pytest.mark.parametrize("anew", [False, True])
def test_a_removal_comes_between_the_making_and_the_claim(
    anew: bool, owner: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another container of that path has ended: what it leaves behind, it takes as its own."""
    claim, taken = mark.claim, []

    def late(fd: int, owner: str, path: str) -> bool:
        if path not in taken:
            taken.append(path)
            os.rmdir(path)
            if anew:
                os.mkdir(path)
        return claim(fd, owner, path)

    monkeypatch.setattr(mark, "claim", late)
    cgroup = manager.new(f"{TOP}/raced/c1", False, owner)
    cgroup.create()
    assert taken == [group.path for group in cgroup.groups]
    assert all(group.belongs_to(owner, marked=True) for group in cgroup.groups)
    cgroup.remove()
    assert directories() == set()


def test_damaged_record_reaches_no_stranger(made: base.Manager) -> None:
    record = made.record()
    made.remove()
    with existing("/stranger") as there:
        stranger = Process()
        for path in there:
            Path(path, "cgroup.procs").write_text(str(stranger.pid))
        record["paths"] = dict(zip(HIERARCHIES, there, strict=True))
        record["made"] = dict.fromkeys(HIERARCHIES, 9)
        damaged = manager.load(record)
        damaged.kill()
        damaged.remove()
        assert stranger.alive()
        stranger.end()


def test_directories_that_were_there_stay(owner: str) -> None:
    with existing("/old", "/old/parent", "/old/parent/c1") as there:
        for place in ("old/parent/c1", "old/parent/c2/c3"):
            cgroup = manager.new(f"{TOP}/{place}", False, owner)
            cgroup.create()
            cgroup.remove()
        assert all(os.path.isdir(path) for path in there)
        fd = os.open(there[-1], tree.DIRECTORY)
        assert mark.owner_of(fd) is None
        os.close(fd)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_last_container_takes_the_parents_along(tmp_path: Path, order: tuple[int, int]) -> None:
    both = []
    for name in "ab":
        (tmp_path / name).mkdir()
        both.append(manager.new(f"{TOP}/shared/{name}", False, str(tmp_path / name)))
        both[-1].create()
    for number in order:
        both[number].remove()


def test_name_of_a_kernel_file_is_refused(owner: str) -> None:
    cgroup = manager.new(f"{TOP}/file/cgroup.procs", False, owner)
    with pytest.raises(Error, match="a file of the kernel has that name"):
        cgroup.create()


def test_frozen_cgroup_is_refused(owner: str) -> None:
    with existing("/frozen") as there:
        for path in there:
            for name, word in (("cgroup.freeze", "1"), ("freezer.state", "FROZEN")):
                if os.path.exists(f"{path}/{name}"):
                    Path(path, name).write_text(word)
        with pytest.raises(Error, match="container's cgroup unexpectedly frozen"):
            manager.new(f"{TOP}/frozen", False, owner).create()


# Ends


def test_other_signals_reach_every_process(made: base.Manager) -> None:
    processes = [Process(), Process()]
    for process in processes:
        add(made, process.pid)
    made.kill(signal.SIGTERM)
    assert [process.status() for process in processes] == [-signal.SIGTERM] * 2


def test_kill_ends_what_forks_all_the_time(made: base.Manager) -> None:
    def bomb() -> None:
        add(made, os.getpid())
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        for _ in range(8):
            if os.fork() == 0:
                while True:
                    if os.fork():
                        os._exit(0)

    process = Process(bomb)
    made.kill()
    assert made.pids() == []
    process.status()


def test_kill_ends_what_is_frozen(made: base.Manager) -> None:
    process = Process()
    add(made, process.pid)
    made._hold(True)
    made.kill()
    assert process.status() == -signal.SIGKILL


def test_kill_without_the_kill_file(made: base.Manager, monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a kernel before 5.14."""
    write = tree.write

    def refuse(fd: int, name: str, text: str) -> None:
        if name == "cgroup.kill":
            raise FileNotFoundError(errno.ENOENT, "no such file", name)
        write(fd, name, text)

    monkeypatch.setattr(tree, "write", refuse)
    processes = [Process(), Process()]
    for process in processes:
        add(made, process.pid)
    made.kill()
    assert [process.status() for process in processes] == [-signal.SIGKILL] * 2


@pytest.mark.parametrize("spare", [12, 24, 32])
def test_kill_with_few_descriptors(made: base.Manager, spare: int) -> None:
    import resource

    processes = [Process() for _ in range(20)]
    for process in processes:
        add(made, process.pid)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (len(os.listdir("/proc/self/fd")) + spare, hard))
    try:
        made.kill()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert [process.status() for process in processes] == [-signal.SIGKILL] * 20


def test_living_process_stops_the_removal(
    made: base.Manager, monkeypatch: pytest.MonkeyPatch
) -> None:
    process = Process()
    add(made, process.pid)
    with monkeypatch.context() as patch:
        patch.setattr("anocir.cgroup.wait.PATIENCE", 0.05)
        with pytest.raises(Error, match=r"1 process\(es\) are still in it"):
            made.remove()
    assert process.alive()
    made.kill()
    process.status()


def test_an_empty_cgroup_is_removed_with_its_parents_at_once(owner: str) -> None:
    cgroup = manager.new(f"{TOP}/above/c1", False, owner)
    cgroup.create()
    assert kept.remove_if_empty(cgroup.record())
    assert directories() == set()


def test_what_is_not_empty_takes_more_than_one_call(made: base.Manager) -> None:
    process = Process()
    Path(made.groups[-1].path, "cgroup.procs").write_text(str(process.pid))
    assert not kept.remove_if_empty(made.record())
    assert process.alive()
    assert os.path.isdir(made.groups[-1].path)
    made.kill()
    process.status()


def test_nothing_of_a_stranger_is_removed_at_once(
    made: base.Manager, tmp_path_factory: pytest.TempPathFactory
) -> None:
    rival = manager.new("made", True, str(tmp_path_factory.mktemp("rival")))
    assert not kept.remove_if_empty(rival.record())
    assert made.groups[0].belongs_to(made.owner, made.marked)


def test_a_directory_that_was_there_is_not_removed_at_once(owner: str) -> None:
    with existing("/old") as there:
        cgroup = manager.new(f"{TOP}/old", False, owner)
        cgroup.create()
        assert not kept.remove_if_empty(cgroup.record())
        cgroup.remove()
        assert all(os.path.isdir(path) for path in there)


def test_what_goes_wrong_at_once_is_left_for_the_removal_to_say(
    made: base.Manager, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(where: int | str) -> None:
        raise PermissionError(errno.EACCES, "no")

    with monkeypatch.context() as patch:
        patch.setattr(mark, "owner_of", refuse)
        assert not kept.remove_if_empty(made.record())
        with pytest.raises(Error, match="removing cgroup"):
            made.remove()


def test_removal_waits_for_the_dying(made: base.Manager) -> None:
    process = Process()
    add(made, process.pid)
    threading.Timer(0.05, process.end).start()
    made.remove()


def test_what_the_container_nested_goes_too(made: base.Manager) -> None:
    for group in made.groups:
        here = group.open()
        for _ in range(40):
            os.mkdir("n" * 200, dir_fd=here)
            os.mkdir("beside", dir_fd=here)
            if "cpuset" in group.key:
                break
            below = os.open("n" * 200, tree.DIRECTORY, dir_fd=here)
            os.close(here)
            here = below
        os.close(here)


def test_process_in_a_nested_cgroup_is_found(made: base.Manager) -> None:
    process = Process()
    add(made, process.pid)
    for group in made.groups:
        if "cpuset" in group.key:
            continue
        nested = Path(group.path, "nested")
        nested.mkdir()
        (nested / "cgroup.procs").write_text(str(process.pid))
    assert made.pids() == [process.pid]
    made.kill()
    process.status()


# Crashes and races


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Version 1 with three hierarchies: what happens in one of ten more happens in these."""
    keys = [*list(HIERARCHIES)[:2], *list(HIERARCHIES)[-1:]]
    monkeypatch.setattr(detect, "read", lambda: {key: HIERARCHIES[key] for key in keys})


def crash(action: Callable[[], None], name: str, count: int) -> bool:
    """Run ``action`` in a child that dies at one of its calls of os.``name``.

    That is before call 0, after call 0, before call 1 and so on, as ``count`` says. Returns False
    when there are fewer calls.
    """
    pid = os.fork()
    if pid == 0:
        real = getattr(os, name)
        calls = iter(range(count // 2))

        def die(*arguments: object, **keywords: object) -> object:
            if next(calls, None) is None:
                if count % 2:
                    real(*arguments, **keywords)
                os._exit(9)
            return real(*arguments, **keywords)

        setattr(os, name, die)
        action()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 9


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("name", ["mkdir", "fchmod", "setxattr", "rmdir"])
@pytest.mark.parametrize("place", [("crash", True), (f"{TOP}/crash/c1", False)])
def test_crash_at_any_call_leaves_nothing(owner: str, name: str, place: tuple[str, bool]) -> None:
    def whole_life() -> None:
        cgroup.create()
        cgroup.remove()

    count = 0
    while True:
        cgroup = manager.new(*place, owner)
        record = cgroup.record()
        before = directories()
        died = crash(whole_life, name, count)
        manager.load(record).remove()
        assert directories() == before, f"{name}, point {count}"
        if not died:
            break
        count += 1
    assert count > 0


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("name", ["mkdir", "fchmod", "setxattr", "open", "fstat"])
@pytest.mark.parametrize("place", [("refused", True), (f"{TOP}/refused/c1", False)])
def test_refusal_of_any_call_is_one_error_and_leaves_nothing(
    owner: str, name: str, place: tuple[str, bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    def create_without(call: int) -> bool:
        """Create with one call refused; return whether there was such a call."""
        calls = iter(range(call))
        refused = False

        def refuse(*arguments: object, **keywords: object) -> object:
            nonlocal refused
            if next(calls, None) is None and not refused:
                refused = True
                raise OSError(errno.EIO, os.strerror(errno.EIO))
            return real(*arguments, **keywords)

        cgroup = manager.new(*place, owner)
        monkeypatch.setattr(os, name, refuse)
        try:
            cgroup.create()
        except Error as error:
            monkeypatch.setattr(os, name, real)
            assert "Input/output error" in error.message
        else:
            # Nothing was refused, or only the handing down of a controller.
            monkeypatch.setattr(os, name, real)
            cgroup.remove()
        return refused

    real = getattr(os, name)
    count = 0
    while create_without(count):
        assert directories() == set(), f"call {count} of {name}"
        count += 1
    assert count > 0


def test_cgroup_is_found_when_its_record_is_lost(owner: str) -> None:
    cgroup = manager.new("lost", True, owner)
    cgroup.create()
    process = Process()
    add(cgroup, process.pid)
    assert manager.find("lost", True, owner + "/other") is None
    found = manager.find("lost", True, owner)
    assert found is not None
    assert found.pids() == [process.pid]
    found.kill()
    found.remove()
    process.status()
    assert manager.find("lost", True, owner) is None


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("relative", [True, False])
def test_twenty_at_once_under_one_parent(tmp_path: Path, relative: bool) -> None:
    def live(number: int) -> None:
        owner = tmp_path / str(number)
        owner.mkdir()
        for _ in range(5):
            place = f"{number}" if relative else f"{TOP}/parent/{number}"
            cgroup = manager.new(place, relative, str(owner))
            cgroup.create()
            process = Process()
            add(cgroup, process.pid)
            cgroup.kill()
            cgroup.remove()
            process.status()

    children = []
    for number in range(20):
        pid = os.fork()
        if pid == 0:
            try:
                live(number)
            except BaseException as error:
                os.write(2, f"{error}\n".encode())
                os._exit(1)
            os._exit(0)
        children.append(pid)
    assert [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children] == [0] * 20


# The other kind of host


@pytest.mark.skipif(INSIDE in os.environ, reason="this is the run on version 2 already")
@pytest.mark.skipif(VERSION == 2, reason="this host has version 2 alone, so all tests ran on it")
@pytest.mark.skipif("" not in HIERARCHIES, reason="this kernel has no version 2 hierarchy mounted")
def test_all_of_this_on_version_2() -> None:
    """Without the controllers that version 1 holds; a version 2 host has those."""
    script = (
        "umount -R /sys/fs/cgroup && mount -t cgroup2 cgroup2 /sys/fs/cgroup && exec"
        ' "$0" -m pytest -q --noconftest -p no:cacheprovider -rfEs "$1"'
    )
    result = subprocess.run(
        ["unshare", "-m", "sh", "-c", script, sys.executable, __file__],
        env={**os.environ, INSIDE: "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert " passed" in result.stdout
