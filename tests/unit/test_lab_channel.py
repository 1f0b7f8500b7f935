"""The lab's channel, between the host's end and the guest's agent, on a socket instead of a VM."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab import attach, frames, paths, qemu, sync
from lab.channel import Channel
from lab.errors import CommandTimeout, LabError
from lab.session import Session

# The agent's process for one port: the first client's connection stands for it.
AGENT = """
import socket, sys
sys.path.insert(0, sys.argv[1])
from lab.guest.agent import Port
listening = socket.socket(fileno=int(sys.argv[2]))
listening.set_inheritable(False)
connection, _ = listening.accept()
connection.setblocking(False)
Port(connection.detach()).serve()
"""


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Path]:
    """The directory of a machine with one port, served by the real agent."""
    directory = tmp_path / "machine"
    directory.mkdir()
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(directory / "lab.0.sock"))
        listening.listen(1)
        # A shell lets what it starts in the background ignore Ctrl-C; here it must count.
        argv = ["env", "--default-signal=INT", sys.executable]
        argv += ["-c", AGENT, str(paths.REPO), str(listening.fileno())]
        agent = subprocess.Popen(argv, pass_fds=[listening.fileno()], start_new_session=True)
    try:
        yield directory
    finally:
        agent.kill()
        agent.wait()


@pytest.fixture
def channel(machine: Path) -> Iterator[Channel]:
    with Channel(machine, lambda: True) as channel:
        yield channel


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_status_and_both_streams_come_back(channel: Channel) -> None:
    script = "cat; echo error >&2; exit 7"
    result = channel.run(["sh", "-c", script], cwd="/", input=b"in\n", timeout=20)
    assert result == (7, b"in\n", b"error\n")


def test_one_channel_runs_one_command_after_the_other(channel: Channel) -> None:
    for word in ("one", "two"):
        assert channel.run(["echo", word], cwd="/", timeout=20).stdout == f"{word}\n".encode()


def test_a_frame_that_nobody_was_told_of_is_called_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An agent like this one doesn't see a frame before there is another."""
    monkeypatch.setattr("lab.channel.NUDGE_AFTER", 0.01)
    answers = {frames.RUN: (frames.EXIT, b"3"), frames.SIZE: (frames.SIZE, b"")}
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "lab.0.sock"))
        listening.listen(1)

        def serve() -> None:
            decoder, held = frames.Decoder(), ""
            connection, _ = listening.accept()
            with connection:
                while data := connection.recv(65536):
                    for kind, payload in decoder.feed(data):
                        if kind == frames.HELLO:
                            connection.sendall(frames.encode(kind, payload))
                        if held in answers:
                            connection.sendall(frames.encode(*answers[held]))
                        held = kind

        agent = threading.Thread(target=serve)
        agent.start()
        with Channel(tmp_path, lambda: True) as channel:
            channel.start(["true"])
            assert [found for found in channel.output() if found[0]] == [(frames.EXIT, b"3")]
            channel.order(frames.SIZE, b"")
        agent.join()


def test_a_signal_is_128_and_its_number(channel: Channel) -> None:
    assert channel.run(["sh", "-c", "kill -TERM $$"], cwd="/", timeout=20).status == 143


def test_where_with_what_and_for_whom(channel: Channel, tmp_path: Path) -> None:
    script = "pwd; echo $A; echo $HOME; ls /proc/self/fd; ps -o pid=,sid= -p $$"
    result = channel.run(["sh", "-c", script], cwd=str(tmp_path), env={"A": "x=y"}, timeout=20)
    where, value, home, *fds, process = result.stdout.decode().split("\n")[:-1]
    assert (where, value, home) == (str(tmp_path), "x=y", "/root")
    assert fds == ["0", "1", "2", "3"]  # the fourth is of ls, which reads the directory
    assert len(set(process.split())) == 1


def test_a_command_that_is_not_there(channel: Channel) -> None:
    result = channel.run(["no-such-program"], cwd="/", timeout=20)
    assert result.status == 127
    assert result.stderr == b"lab: no-such-program: No such file or directory\n"
    result = channel.run(["true"], cwd="/no/such", timeout=20)
    assert result == (127, b"", b"lab: /no/such: No such file or directory\n")
    assert channel.run(["/etc/passwd"], cwd="/", timeout=20).status == 126


def test_much_goes_both_ways(channel: Channel) -> None:
    data = bytes(range(256)) * 20000
    assert channel.run(["cat"], cwd="/", input=data, timeout=60).stdout == data


def test_input_that_nobody_reads_is_no_trouble(channel: Channel) -> None:
    assert channel.run(["true"], cwd="/", input=b"x" * 3000000, timeout=60) == (0, b"", b"")
    assert channel.run(["echo", "next"], cwd="/", timeout=20).stdout == b"next\n"


def test_a_terminal_of_the_size_that_was_asked_for(channel: Channel) -> None:
    channel.start(["sh", "-c", "stty size; tty"], "/", tty=(33, 99))
    out = b"".join(text for kind, text in channel.output(time.monotonic() + 20) if kind == "1")
    assert out.startswith(b"33 99\r\n/dev/pts/")


def test_a_terminals_last_words_are_not_lost(channel: Channel) -> None:
    for _ in range(20):
        result = channel.run(["sh", "-c", "sleep 60 & echo last"], cwd="/", tty=True, timeout=20)
        assert result.stdout == b"last\r\n"


def test_at_its_time_limit_a_command_is_killed(machine: Path, tmp_path: Path) -> None:
    note = tmp_path / "pid"
    with Channel(machine, lambda: True) as channel:
        script = f"trap '' HUP TERM; echo $$ >{note}; sleep 60; sleep 60"
        with pytest.raises(CommandTimeout):
            channel.run(["sh", "-c", script], cwd="/", timeout=1)
    pid = int(note.read_text())
    deadline = time.monotonic() + 10
    while not gone(pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert gone(pid)


def test_a_background_process_does_not_hold_up_its_command(channel: Channel) -> None:
    script = "sleep 60 & echo $!"
    result = channel.run(["sh", "-c", script], cwd="/", timeout=20)
    os.kill(int(result.stdout), signal.SIGKILL)
    assert result.status == 0


def test_output_after_the_end_kills_nobody(channel: Channel, tmp_path: Path) -> None:
    fifo, note = tmp_path / "fifo", tmp_path / "note"
    os.mkfifo(fifo)
    script = f"(read go <{fifo}; echo late && echo alive >{note}; echo >{fifo}) & exit 0"
    assert channel.run(["sh", "-c", script], cwd="/", timeout=20).status == 0
    assert channel.run(["true"], cwd="/", timeout=20).status == 0
    fifo.write_text("go\n")
    assert fifo.read_text() == "\n"
    assert note.read_text() == "alive\n"


def test_without_a_vm_there_is_nobody_to_greet(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as deaf:
        deaf.bind(str(tmp_path / "lab.0.sock"))
        deaf.listen(1)
        with pytest.raises(LabError, match="does not answer"):
            Channel(tmp_path, lambda: True, wait=0.3)
        with pytest.raises(LabError, match="has ended while it was starting"):
            Channel(tmp_path, lambda: False)


def test_all_ports_in_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(qemu, "PORTS", 0)
    with pytest.raises(LabError, match="ports of the VM are in use"):
        Channel(tmp_path, lambda: True)


def test_a_port_is_free_again_after_its_client(machine: Path) -> None:
    with Channel(machine, lambda: True), pytest.raises(LabError, match="cannot reach"):
        Channel(machine, lambda: True)  # takes the next port, which this machine has not


# The session.


@pytest.fixture
def session(machine: Path) -> Iterator[Session]:
    with Session(Channel(machine, lambda: True), cwd="/") as session:
        yield session


def test_a_session_keeps_its_state(session: Session) -> None:
    assert session.run("cd /tmp; A=5; f() { echo f$1; }") == (0, b"", b"")
    assert session.run("pwd; echo $A; f 1; false") == (1, b"/tmp\n5\nf1\n", b"")


def test_a_session_has_one_stream_in_order(session: Session) -> None:
    assert session.run("echo 1; echo 2 >&2; echo 3").stdout == b"1\n2\n3\n"


def test_a_sessions_commands_have_three_descriptors(session: Session) -> None:
    assert session.run("ls /proc/self/fd").stdout.split() == [b"0", b"1", b"2", b"3"]
    assert session.run("cat").stdout == b""


def test_what_comes_late_can_be_waited_for(session: Session, tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    assert session.run(f"(read go <{fifo}; echo late) &").stdout == b""
    fifo.write_text("go\n")
    assert session.wait_for(b"late\n") == b"late\n"
    with pytest.raises(CommandTimeout):
        session.wait_for(b"never", timeout=0.1)


def test_several_lines_are_one_command(session: Session) -> None:
    assert session.run("cat <<END\nhere $((1+1))\nEND\n").stdout == b"here 2\n"


def test_the_end_of_a_session_is_no_status(session: Session) -> None:
    with pytest.raises(LabError, match="ended its shell, with status 3"):
        session.run("exit 3")


# Copying the work tree.


def test_the_work_tree_is_copied_and_then_only_what_changed(
    channel: Channel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "copy"
    target.mkdir()
    monkeypatch.setattr(sync, "TARGET", str(target))
    repo = tmp_path / "repo"
    (repo / "sub").mkdir(parents=True)
    (repo / "a").write_text("1")
    (repo / "sub/b").write_text("2")
    (repo / "link").symlink_to("sub/b")
    (repo / "a").chmod(0o755)
    subprocess.run(["git", "init", "-q", str(repo)], check=True)
    (repo / ".gitignore").write_text("ignored\n")
    (repo / "ignored").write_text("no")
    manifest = tmp_path / "manifest.json"

    def copy() -> int:
        return sync.sync(channel, repo, manifest)

    assert copy() == 4
    assert (target / "a").stat().st_mode & 0o777 == 0o755
    assert (target / "link").readlink() == Path("sub/b")
    assert not (target / "ignored").exists()
    assert copy() == 0
    (repo / "sub/b").write_text("22")
    (repo / "a").unlink()
    assert copy() == 2
    assert (target / "sub/b").read_text() == "22"
    assert not (target / "a").exists()
    assert copy() == 0


def test_a_tree_without_git_is_copied_without_its_caches(tmp_path: Path) -> None:
    for name in ("a.py", "__pycache__/a.pyc", ".venv/x", "sub/b"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert sync.tracked(tmp_path) == ["a.py", "sub/b"]


def test_a_copy_that_failed_is_made_again(
    channel: Channel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync, "TARGET", str(tmp_path / "absent"))
    repo = tmp_path / "repo"
    repo.mkdir()
    (repo / "a").touch()
    manifest = tmp_path / "manifest.json"
    with pytest.raises(LabError, match="could not be copied"):
        sync.sync(channel, repo, manifest)
    monkeypatch.setattr(sync, "TARGET", str(tmp_path))
    assert sync.sync(channel, repo, manifest) == 1


# This process's own descriptors.


def attached(machine: Path, argv: list[str], stdin: bytes) -> subprocess.CompletedProcess[bytes]:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); from pathlib import Path\n"
        "from lab.attach import attach; from lab.channel import Channel\n"
        "sys.exit(attach(Channel(Path(sys.argv[2]), lambda: True), sys.argv[3:], '/'))"
    )
    line = [sys.executable, "-c", code, str(paths.REPO), str(machine), *argv]
    return subprocess.run(line, input=stdin, capture_output=True, check=False)


def test_our_input_and_output_are_the_commands(machine: Path) -> None:
    data = b"line\n" * 200000
    done = attached(machine, ["sh", "-c", "cat; echo error >&2; exit 9"], data)
    assert (done.returncode, done.stdout, done.stderr) == (9, data, b"error\n")


class Scripted:
    """A channel that is full at first, and written empty while frames come in."""

    backlog = 2 * attach.BACKLOG

    def output(self, also: list[int]) -> Iterator[tuple[str, bytes]]:
        yield frames.STDOUT, b""
        full = list(also)
        self.backlog = 0
        yield frames.STDOUT, b""
        yield frames.EXIT, str(int((full, also) == ([], [0]))).encode()


def test_our_input_is_read_again_once_the_channel_is_no_longer_full() -> None:
    assert attach._pump(Scripted(), read_input=True) == 1  # type: ignore[arg-type]


def test_a_signal_to_us_reaches_the_command(machine: Path) -> None:
    script = f"trap 'exit 42' INT; kill -INT {os.getpid()}; sleep 60 & wait"
    with Channel(machine, lambda: True) as channel:
        assert attach.attach(channel, ["bash", "-c", script], "/") == 42
    assert frames.SIGNAL == "K"
