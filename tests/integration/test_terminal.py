"""Terminals: handed to an engine, and passed through by `run` in the foreground."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.integration.support import proc
from tests.integration.support.bundles import Bundle
from tests.integration.support.driver import Runtime
from tests.integration.support.terminal import ConsoleSocket, Session, Terminal

PROMPT = "/ # "


@pytest.fixture
def console(tmp_path: Path) -> Iterator[ConsoleSocket]:
    made = ConsoleSocket(tmp_path / "console.sock")
    yield made
    made.close()


@pytest.fixture
def bundle(bundle: Bundle) -> Bundle:
    """A bundle whose program has a terminal."""
    bundle.process["terminal"] = True
    return bundle


@pytest.fixture
def session(anocir: Runtime, bundle: Bundle) -> Iterator[Callable[..., Session]]:
    """Starts `run` in a terminal of 33 rows and 99 columns."""
    made: list[Session] = []

    def start(*options: str) -> Session:
        argv = [*anocir.command, "--root", str(anocir.root), "run", "-b", str(bundle)]
        made.append(Session([*argv, *options, "c1"], anocir.env, 33, 99))
        return made[-1]

    yield start
    for one in made:
        one.close()


def create(anocir: Runtime, bundle: Bundle, console: ConsoleSocket) -> Terminal:
    """Create c1 and return its terminal."""
    anocir.quiet("create", "--console-socket", console.path, "-b", bundle, "c1")
    return console.receive()


def test_a_created_process_has_the_terminal(
    anocir: Runtime, bundle: Bundle, console: ConsoleSocket
) -> None:
    """Before create returns: engines wait for the end of its standard output."""
    bundle.process["consoleSize"] = {"height": 20, "width": 70}
    bundle.process["user"] = {"uid": 1000, "gid": 7}
    terminal = create(anocir, bundle.args("sleep", "1000"), console)
    assert console.message == b"/dev/pts/ptmx"
    pid = anocir.pid("c1")
    found = proc.fds(pid)
    assert {found[fd] for fd in range(3)} == {"/dev/pts/0"}
    assert not [path for fd, path in found.items() if fd > 2 and "pt" in Path(path).name]
    assert terminal.size() == (20, 70)
    status = os.stat(f"/proc/{pid}/fd/0")
    assert (status.st_uid, status.st_gid, status.st_mode & 0o777) == (1000, 5, 0o620)
    fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    session, tty = int(fields[3]), int(fields[4])
    assert session == pid and os.major(tty) == 136, "the terminal is not the controlling one"


def test_what_the_program_writes_and_reads(
    anocir: Runtime, bundle: Bundle, console: ConsoleSocket
) -> None:
    bundle.script('test -t 0 && test -t 1 && test -t 2; tty; read x; echo "got $x"; exit 3')
    terminal = create(anocir, bundle, console)
    anocir.quiet("start", "c1")
    terminal.wait_for("/dev/pts/0\r\n")
    terminal.type("some words\n")
    terminal.wait_for("got some words\r\n")
    assert terminal.rest() == ""
    anocir.wait_stopped("c1")


def test_the_console_is_the_terminal(
    anocir: Runtime, bundle: Bundle, console: ConsoleSocket
) -> None:
    """Also for a user who is not root (CVE-2025-52565: ours, and no path of the image's)."""
    bundle.process["user"] = {"uid": 1000, "gid": 1000}
    bundle.script("stat -c '%t:%T %d %i' /dev/console $(tty); echo one >/dev/console; "
                  "echo two >/dev/tty; echo three >/dev/stdout")  # fmt: skip
    terminal = create(anocir, bundle, console)
    anocir.quiet("start", "c1")
    one, other, *said = terminal.rest().splitlines()
    assert one == other and one.startswith("88:")
    assert said == ["one", "two", "three"]


def test_a_shell_has_job_control(anocir: Runtime, bundle: Bundle, console: ConsoleSocket) -> None:
    terminal = create(anocir, bundle.args("sh"), console)
    anocir.quiet("start", "c1")
    assert "job control" not in terminal.wait_for(PROMPT)
    terminal.type("sleep 1000\n")
    terminal.wait_for("sleep 1000\r\n")
    wait_for_child(anocir.pid("c1"), "sleep")
    terminal.type("\x03")
    terminal.wait_for(PROMPT)
    terminal.type("echo $?\n")
    terminal.wait_for("130\r\n")
    # An end of input typed before the shell has taken over the keyboard again is lost to it.
    terminal.wait_for(PROMPT)
    terminal.type("\x04")
    anocir.wait_stopped("c1")


def wait_for_child(pid: int, name: str) -> None:
    """Wait until a process has a child that has executed a program."""
    end = time.monotonic() + 120
    while time.monotonic() < end:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        if any(Path(f"/proc/{child}/comm").read_text() == f"{name}\n" for child in children):
            return
        time.sleep(0.01)
    raise TimeoutError(name)


def test_in_a_user_namespace(anocir: Runtime, bundle: Bundle, console: ConsoleSocket) -> None:
    """The terminal's owner is the user as the container counts."""
    ids = [{"containerID": 0, "hostID": 100000, "size": 65536}]
    bundle.config["linux"] |= {"uidMappings": ids, "gidMappings": ids}
    bundle.linux["namespaces"].append({"type": "user"})
    bundle.process["user"] = {"uid": 1000, "gid": 1000}
    bundle.script("stat -c %u $(tty); echo works >/dev/console")
    terminal = create(anocir, bundle, console)
    assert os.fstat(terminal.fd).st_rdev
    assert os.stat(f"/proc/{anocir.pid('c1')}/fd/0").st_uid == 101000
    anocir.quiet("start", "c1")
    assert terminal.rest() == "1000\r\nworks\r\n"


def test_it_looks_as_under_runc(
    anocir: Runtime, bundle: Bundle, console: ConsoleSocket, tmp_path: Path
) -> None:
    """Names, owners, modes, settings and size of the terminal, and what leads to it."""
    runc = shutil.which("runc", path="/usr/sbin:/usr/bin:/sbin:/bin")
    if runc is None:
        pytest.skip("runc is missing: install Debian's runc")
    bundle.process["consoleSize"] = {"height": 21, "width": 71}
    bundle.process["user"] = {"uid": 1000, "gid": 1000}
    bundle.script("tty; stat -c '%n %F %a %u %g %t:%T' /dev/console /dev/pts/0 /dev/tty; "
                  "busybox stty -a; ls -l /dev | grep -v total; "
                  "for i in 0 1 2; do readlink /proc/self/fd/$i; done")  # fmt: skip
    seen = []
    for runtime in (anocir, Runtime(tmp_path / "runc", tmp_path / "out", (runc,))):
        runtime("create", "--console-socket", console.path, "-b", bundle, "c1")
        terminal = console.receive()
        runtime("start", "c1")
        lines = terminal.rest().splitlines()
        runtime("delete", "--force", "c1")
        # Times differ.
        seen.append([re.sub(r"\w{3} +\d+ +[\d:]+ ", "", line) for line in lines])
    assert seen[0] == seen[1]


def test_hanging_up_ends_the_program(
    anocir: Runtime, bundle: Bundle, console: ConsoleSocket
) -> None:
    """By SIGHUP, which the first process of a pid namespace ignores unless it wants it."""
    bundle.args("sh", "-c", "trap 'exit 4' HUP; echo ready; while :; do sleep 0.1; done")
    terminal = create(anocir, bundle, console)
    anocir.quiet("start", "c1")
    terminal.wait_for("ready")
    terminal.close()
    anocir.wait_stopped("c1")


def test_run_in_the_background_hands_it_out_too(
    anocir: Runtime, bundle: Bundle, console: ConsoleSocket
) -> None:
    bundle.args("tty")
    anocir.quiet("run", "-d", "--console-socket", console.path, "-b", bundle, "c1")
    assert console.receive().rest() == "/dev/pts/0\r\n"


def test_without_a_terminal_its_size_is_ignored(anocir: Runtime, bundle: Bundle) -> None:
    bundle.config["process"] |= {"terminal": False, "consoleSize": {"height": 1 << 20, "width": 0}}
    assert anocir.output(bundle.script("tty || true; ls /dev/console 2>&1 || true")) == (
        "not a tty\nls: /dev/console: No such file or directory\n"
    )


@pytest.mark.parametrize(
    ("terminal", "argv", "words"),
    [
        (True, ["create"], "cannot allocate tty if anocir will detach without setting console"),
        (True, ["run", "-d"], "cannot allocate tty if anocir will detach without setting console"),
        (True, ["run", "--console-socket", "/x"], "cannot use console socket if anocir will not"),
        (False, ["create", "--console-socket", "/x"], "cannot use console socket if anocir will"),
        (True, ["create", "--console-socket", "/nosuch/x"], "/nosuch/x: no such file or directory"),
        (True, ["create", "--console-socket", "/etc/passwd"], "/etc/passwd: connection refused"),
        (True, ["create", "--console-socket", "/" + "x" * 200], "path too long"),
    ],
)
def test_terminals_that_lead_nowhere(
    anocir: Runtime, bundle: Bundle, terminal: bool, argv: list[str], words: str
) -> None:
    bundle.process["terminal"] = terminal
    assert words in anocir.fails(*argv, "-b", bundle, "c1")


def test_a_terminal_has_a_largest_size(anocir: Runtime, bundle: Bundle) -> None:
    bundle.process["consoleSize"] = {"height": 24, "width": 65536}
    message = anocir.fails("run", "-b", bundle, "c1")
    assert "process.consoleSize.width: found 65536" in message


@pytest.mark.parametrize("what", ["nothing", "a file", "a device", "a fifo", "a link"])
def test_only_a_devpts_will_do(
    anocir: Runtime, bundle: Bundle, console: ConsoleSocket, what: str
) -> None:
    """An image that has something else there gets no terminal, and nothing of it is opened."""
    bundle.without_mount("/dev/pts").without_mount("/dev")
    place = bundle.rootfs / "dev/pts"
    place.mkdir(parents=True)
    if what == "a file":
        (place / "ptmx").write_text("")
    elif what == "a device":
        os.mknod(place / "ptmx", 0o020666, os.makedev(5, 2))
    elif what == "a fifo":
        os.mkfifo(place / "ptmx")
    elif what == "a link":
        (place / "ptmx").symlink_to("/dev/ptmx")
        os.mknod(bundle.rootfs / "dev/ptmx", 0o020666, os.makedev(5, 2))
    message = anocir.fails("create", "--console-socket", console.path, "-b", bundle, "c1")
    assert message == "console: /dev/pts: the container has no devpts there"


@pytest.mark.parametrize("target", ["outside", "/etc/target", "../../../outside", "console"])
def test_a_console_that_is_a_link_is_replaced(
    anocir: Runtime, bundle: Bundle, console: ConsoleSocket, tmp_path: Path, target: str
) -> None:
    """CVE-2026-41579: neither a file of the host's nor another of the image's is covered."""
    outside = tmp_path / "outside"
    outside.write_text("of the host")
    (bundle.rootfs / "etc/target").write_text("of the image")
    bundle.without_mount("/dev")
    where = bundle.rootfs / "dev/console"
    where.symlink_to(str(outside) if target == "outside" else target)
    bundle.config["root"]["readonly"] = False
    bundle.script("cat /etc/target; test -c /dev/console && echo works >/dev/console")
    terminal = create(anocir, bundle, console)
    anocir.quiet("start", "c1")
    assert terminal.rest() == "of the imageworks\r\n"
    assert outside.read_text() == "of the host" and where.is_file() and not where.is_symlink()


@pytest.mark.parametrize("stage", ["console socket", "console", "session", "pivot", "executable"])
def test_a_failed_create_leaves_nothing_and_hangs_up(
    anocir: Runtime, bundle: Bundle, console: ConsoleSocket, stage: str
) -> None:
    options = ["--console-socket", console.path, "--fail-at", stage]
    anocir.fails("create", *options, "-b", bundle.args("sleep", "1000"), "c1")
    if stage in ("pivot", "executable"):
        assert console.receive().rest() == ""


# In the foreground


def test_a_shell_in_the_foreground(bundle: Bundle, session: Callable[..., Session]) -> None:
    bundle.args("sh")
    shell = session()
    terminal = shell.terminal
    terminal.wait_for(PROMPT)
    shell.wait_raw()
    terminal.type("tty\n")
    terminal.wait_for("/dev/pts/0\r\n")
    terminal.type("exit 7\n")
    assert shell.wait() == 7
    assert shell.is_as_before()


def test_the_size_follows_the_callers(
    anocir: Runtime, bundle: Bundle, session: Callable[..., Session]
) -> None:
    bell = bundle.bell()
    bundle.process["consoleSize"] = {"height": 1, "width": 2}
    bundle.config["root"]["readonly"] = False
    script = (
        "trap 'busybox stty size >/bell' WINCH; busybox stty size >/bell; read x || true; read x"
    )
    bundle.args("sh", "-c", script)
    shell = session()
    shell.wait_raw()
    assert bell.wait() == "33 99\n"
    shell.terminal.resize(44, 111)
    os.kill(shell.process.pid, signal.SIGWINCH)
    assert bell.wait() == "44 111\n"
    shell.terminal.type("x\nx\n")
    assert shell.wait() == 0


def test_keys_are_the_programs(bundle: Bundle, session: Callable[..., Session]) -> None:
    """Control-C interrupts the program inside, and not the runtime."""
    bundle.args(
        "sh", "-c", "trap 'echo caught; exit 9' INT; echo ready; while :; do sleep 0.1; done"
    )
    shell = session()
    shell.terminal.wait_for("ready")
    shell.wait_raw()
    shell.terminal.type("\x03")
    shell.terminal.wait_for("caught")
    assert shell.wait() == 9 and shell.is_as_before()


def test_much_output_arrives_whole(bundle: Bundle, session: Callable[..., Session]) -> None:
    bundle.args("busybox", "seq", "1", "200000")
    shell = session()
    assert shell.wait() == 0
    assert shell.terminal.seen.decode().splitlines() == [str(n) for n in range(1, 200001)]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_signals_are_forwarded_and_the_terminal_is_restored(
    bundle: Bundle, session: Callable[..., Session], number: signal.Signals
) -> None:
    name = number.name.removeprefix("SIG")
    bundle.args("sh", "-c", f"trap 'exit 5' {name}; echo ready; while :; do sleep 0.1; done")
    shell = session()
    shell.terminal.wait_for("ready")
    shell.wait_raw()
    os.kill(shell.process.pid, number)
    assert shell.wait() == 5 and shell.is_as_before()


def test_the_program_is_killed(
    anocir: Runtime, bundle: Bundle, session: Callable[..., Session]
) -> None:
    bundle.args("sh", "-c", "echo ready; sleep 1000")
    shell = session()
    shell.terminal.wait_for("ready")
    anocir.quiet("kill", "c1", "KILL")
    assert shell.wait() == 137 and shell.is_as_before()
    assert anocir.ids() == []


def test_a_failure_leaves_the_terminal_as_it_was(
    bundle: Bundle, session: Callable[..., Session]
) -> None:
    bundle.args("nosuch")
    shell = session()
    assert shell.wait() == 1 and shell.is_as_before()
    assert "executable file not found" in shell.terminal.seen.decode()


def test_a_program_that_lets_go_of_its_terminal_runs_on(
    anocir: Runtime, bundle: Bundle, tmp_path: Path
) -> None:
    """And what it has not read of its input, more than fits, waits in nobody's way."""
    bell = bundle.bell()
    (tmp_path / "in").write_text("some words\n" * 100_000)
    bundle.args("sh", "-c", "sleep 0.5; exec <&- >&- 2>&-; echo away >/bell; trap 'exit 6' USR1; "
                "while :; do sleep 0.1; done")  # fmt: skip
    running = anocir.background("run", "-b", bundle, "c1", stdin=tmp_path / "in")
    assert bell.wait() == "away\n"
    before = cpu(running.pid)
    time.sleep(0.5)  # There is no event to wait for: nothing is to happen.
    assert cpu(running.pid) - before < 20, "it waits by asking again and again"
    anocir.quiet("kill", "c1", "USR1")
    assert running.wait().code == 6


def cpu(pid: int) -> int:
    """Clock ticks that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    return int(fields[11]) + int(fields[12])


def test_the_callers_terminal_hangs_up(
    anocir: Runtime, bundle: Bundle, session: Callable[..., Session]
) -> None:
    bundle.args("sh", "-c", "trap 'exit 4' HUP; echo ready; while :; do sleep 0.1; done")
    shell = session()
    shell.terminal.wait_for("ready")
    shell.wait_raw()
    shell.terminal.close()
    os.kill(shell.process.pid, signal.SIGHUP)
    shell.process.wait(timeout=120)
    assert shell.process.returncode == 4 and anocir.ids() == []


def test_input_and_output_that_are_no_terminal(
    anocir: Runtime, bundle: Bundle, tmp_path: Path
) -> None:
    """The end of a file is the end of input; both with and without a newline before it."""
    for text in ("one\ntwo\n", "one\ntwo", ""):
        (tmp_path / "in").write_text(text)
        bundle.script("busybox stty -echo -onlcr; cat; echo .; exit 4")
        result = anocir.any("run", "-b", bundle, "c1", stdin=tmp_path / "in")
        assert result.code == 4
        assert "".join(line for line in result.out.splitlines()).endswith(
            text.replace("\n", "") + "."
        )


def test_a_reader_that_goes_does_not_stop_the_program(
    anocir: Runtime, bundle: Bundle, tmp_path: Path
) -> None:
    bundle.script("busybox seq 1 100000; exit 3")
    argv = [*anocir.command, "--root", str(anocir.root), "run", "-b", str(bundle), "c1"]
    reader, writer = os.pipe()
    running = subprocess.Popen(argv, env=anocir.env, stdin=subprocess.DEVNULL, stdout=writer)
    os.close(writer)
    assert os.read(reader, 10)
    os.close(reader)
    assert running.wait(timeout=120) == 3


def test_a_socket_that_nobody_listens_at(anocir: Runtime, bundle: Bundle, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as made:
        made.bind(str(tmp_path / "x"))
        options = ["--console-socket", tmp_path / "x"]
        assert "connection refused" in anocir.fails("create", *options, "-b", bundle, "c1")
