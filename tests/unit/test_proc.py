"""Reading /proc/PID/stat, and opening exactly the process that was meant."""

from __future__ import annotations

import os
import signal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anocir.linux import proc
from anocir.linux.consts import PF_FORKNOEXEC

# Field by field, see proc_pid_stat(5): state is the 3rd, flags the 9th, threads the 20th, start
# time the 22nd.
FIELDS = [b"1", b"2", b"3", b"4", b"5", b"%d", b"10", b"11", b"12", b"13", b"14", b"15", b"16",
          b"17", b"18", b"19", b"%d", b"21", b"%d", b"23", b"24", b"25"]  # fmt: skip


def line(
    name: bytes = b"sleep", state: bytes = b"S", flags: int = 0, threads: int = 1, start: int = 7
) -> bytes:
    rest = b" ".join(FIELDS) % (flags, threads, start)
    return b"42 (" + name + b") " + state + b" " + rest + b"\n"


@pytest.mark.parametrize(
    "name", [b"sleep", b"", b" ", b"a b", b") ", b"))", b") S 1 2", b"((", b"\xff\n", b"x) R 0 0 0"]
)
def test_the_name_may_be_anything(name: bytes) -> None:
    stat = proc.parse_stat(line(name=name, state=b"T", flags=0x40, threads=3, start=12345))
    assert (stat.state, stat.flags, stat.threads, stat.start_time) == ("T", 0x40, 3, 12345)


@given(st.binary(max_size=15))
def test_any_name_at_all(name: bytes) -> None:
    assert proc.parse_stat(line(name=name, start=5)).start_time == 5


@given(st.binary(max_size=300))
def test_anything_else_is_a_value_error(text: bytes) -> None:
    try:
        proc.parse_stat(text)
    except ValueError:
        pass


@pytest.mark.parametrize(
    ("state", "threads", "ended"),
    [(b"S", 1, False), (b"R", 9, False), (b"Z", 1, True), (b"Z", 0, True), (b"Z", 2, False),
     (b"X", 0, True), (b"x", 1, True), (b"T", 1, False), (b"D", 1, False)],
)  # fmt: skip
def test_a_zombie_leader_with_threads_lives_on(state: bytes, threads: int, ended: bool) -> None:
    assert proc.parse_stat(line(state=state, threads=threads)).ended is ended


def test_the_flag_tells_whether_it_has_executed() -> None:
    assert proc.parse_stat(line(flags=0)).executed
    assert not proc.parse_stat(line(flags=PF_FORKNOEXEC | 0x400000)).executed
    assert proc.parse_stat(line(flags=~PF_FORKNOEXEC & 0xFFFFFFFF)).executed


def test_our_own_stat() -> None:
    stat = proc.read_stat(os.getpid())
    assert stat is not None and stat.state == "R" and stat.executed and stat.start_time > 0


def test_no_process_has_no_stat() -> None:
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    assert proc.read_stat(pid) is None
    assert proc.open_process(pid, 5) is None


def test_only_the_right_start_time_opens() -> None:
    pid = os.fork()
    if pid == 0:
        signal.pause()
    try:
        stat = proc.read_stat(pid)
        assert stat is not None
        assert proc.open_process(pid, stat.start_time + 1) is None
        pidfd = proc.open_process(pid, stat.start_time)
        assert pidfd is not None
        os.close(pidfd)
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


@pytest.mark.parametrize("pid", [1, 0, -1, -(2**31)])
def test_process_1_and_groups_are_never_opened(pid: int) -> None:
    stat = proc.read_stat(1)
    assert proc.open_process(pid, stat.start_time if stat else 0) is None


def test_nothing_stays_open() -> None:
    before = os.listdir("/proc/self/fd")
    proc.read_stat(os.getpid())
    proc.open_process(os.getpid(), 0)
    assert os.listdir("/proc/self/fd") == before


@pytest.mark.parametrize("error", [FileNotFoundError, ProcessLookupError])
def test_a_process_that_goes_while_it_is_looked_up(
    error: type[OSError], monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*args: object) -> None:
        raise error

    monkeypatch.setattr(proc.os, "open", gone)
    assert proc.read_stat(os.getpid()) is None
