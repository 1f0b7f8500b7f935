"""The process: user, rights, environment, signals, descriptors, program."""

from __future__ import annotations

import itertools
import os
import signal
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from anocir.linux import libc
from tests.integration.support import proc
from tests.integration.support.bundles import Bundle
from tests.integration.support.driver import Runtime

NONE = f"{0:016x}"
IGNORE = (1).to_bytes(8, "little") + bytes(24)  # the kernel's struct sigaction with SIG_IGN
KILL, SETPCAP, BIND, ADMIN = 5, 8, 10, 21


def inside(anocir: Runtime, bundle: Bundle) -> dict[str, str]:
    """The fields of the container's /proc/self/status."""
    return proc.status(anocir.output(bundle.args("cat", "/proc/self/status")))


def mask(*numbers: int) -> str:
    return f"{sum(1 << number for number in numbers):016x}"


def test_user_groups_and_umask(anocir: Runtime, bundle: Bundle) -> None:
    bundle.process["user"] = {"uid": 1000, "gid": 1001, "additionalGids": [7, 5], "umask": 0o027}
    fields = inside(anocir, bundle)
    assert fields["Uid"].split() == ["1000"] * 4
    assert fields["Gid"].split() == ["1001"] * 4
    assert fields["Groups"].split() == ["5", "7"]
    assert fields["Umask"] == "0027"


def test_the_callers_groups_are_not_passed_on(anocir: Runtime, bundle: Bundle) -> None:
    bundle.args("cat", "/proc/self/status")
    out = anocir.output(bundle, before=lambda: os.setgroups([4, 24, 27]))
    assert proc.status(out)["Groups"] == ""


@pytest.mark.parametrize("uid", [0, 1000])
def test_capability_sets_are_exactly_the_configured(
    anocir: Runtime, bundle: Bundle, uid: int
) -> None:
    bundle.process["user"]["uid"] = uid
    bundle.process["noNewPrivileges"] = False
    bundle.process["capabilities"] = {
        "bounding": ["CAP_KILL", "CAP_SETPCAP", "CAP_NET_BIND_SERVICE"],
        "permitted": ["CAP_KILL", "CAP_NET_BIND_SERVICE"],
        "effective": ["CAP_KILL"],
        "inheritable": ["CAP_KILL", "CAP_NET_BIND_SERVICE"],
        "ambient": ["CAP_NET_BIND_SERVICE"],
    }
    fields = inside(anocir, bundle)
    assert fields["CapBnd"] == mask(KILL, SETPCAP, BIND)
    assert fields["CapInh"] == mask(KILL, BIND)
    assert fields["CapAmb"] == mask(BIND)
    if uid:
        # execve: permitted and effective of a program without file capabilities are the ambient.
        assert fields["CapPrm"] == fields["CapEff"] == mask(BIND)
    else:
        # Root's execve gets inheritable | bounding (capabilities(7), root and execve).
        assert fields["CapPrm"] == fields["CapEff"] == mask(KILL, SETPCAP, BIND)


def test_without_capabilities_there_are_none(anocir: Runtime, bundle: Bundle) -> None:
    del bundle.process["capabilities"]
    fields = inside(anocir, bundle)
    assert {fields[f"Cap{name}"] for name in ("Bnd", "Eff", "Prm", "Inh", "Amb")} == {NONE}


def test_ambient_and_inheritable_stay_empty_unless_configured(
    anocir: Runtime, bundle: Bundle
) -> None:
    """CVE-2022-29162 and its kin: a caller that has them must not hand them on."""
    bundle.process["capabilities"] = {
        name: ["CAP_KILL"] for name in ("bounding", "permitted", "effective")
    }
    bundle.args("cat", "/proc/self/status")
    wrap = ["setpriv", "--inh-caps", "+kill", "--ambient-caps", "+kill"]
    fields = proc.status(anocir.output(bundle, wrap=wrap))
    assert (fields["CapInh"], fields["CapAmb"]) == (NONE, NONE)


def test_an_ambient_capability_that_cannot_be_is_ignored_with_a_warning(
    anocir: Runtime, bundle: Bundle, tmp_path: Path
) -> None:
    """`runc spec` of 1.1 asks for such ones, and runc ignores them."""
    bundle.process["capabilities"] |= {"ambient": ["CAP_KILL"], "inheritable": []}
    log = tmp_path / "log"
    assert inside(anocir, bundle)["CapAmb"] == NONE
    anocir("run", "--bundle", bundle.args("true"), "c1", globals=["--log", log])
    assert "ambient: CAP_KILL is ignored" in log.read_text()


def test_unknown_capability_is_warned_of(anocir: Runtime, bundle: Bundle, tmp_path: Path) -> None:
    bundle.process["capabilities"]["bounding"].append("CAP_FLY")
    log = tmp_path / "log"
    anocir("run", "--bundle", bundle.args("true"), "c1", globals=["--log", log])
    assert "CAP_FLY" in log.read_text() and "level=warning" in log.read_text()


@pytest.mark.parametrize("asked", [True, False])
def test_no_new_privileges(anocir: Runtime, bundle: Bundle, asked: bool) -> None:
    bundle.process["noNewPrivileges"] = asked
    assert inside(anocir, bundle)["NoNewPrivs"] == str(int(asked))


def test_environment_is_exactly_the_configured(anocir: Runtime, bundle: Bundle) -> None:
    """Neither a variable of the caller nor one that Python has set (LC_CTYPE, PEP 538)."""
    bundle.process["env"] = ["A=1", "EMPTY=", "E=x=y z", "PATH=/bin", "U=ünï", "A=2"]
    env = {**anocir.env, "SECRET": "of the caller", "LANG": "C", "LC_ALL": "C"}
    out = anocir.output(bundle.args("env"), env=env)
    assert sorted(out.splitlines()) == ["A=2", "E=x=y z", "EMPTY=", "PATH=/bin", "U=ünï"]


def test_no_environment_is_none(anocir: Runtime, bundle: Bundle) -> None:
    bundle.process["env"] = []
    assert anocir.output(bundle.args("/bin/env")) == ""


def test_arguments_arrive_as_they_are(anocir: Runtime, bundle: Bundle) -> None:
    words = ["", " ", "a b", "-x", "$HOME", "ü\n", "\x01", "'\""]
    bundle.args("/bin/sh", "-c", 'for i in "$@"; do printf "<%s>" "$i"; done', "sh", *words)
    assert anocir.output(bundle) == "".join(f"<{word}>" for word in words)


def test_argument_zero_is_the_name_that_was_asked_for(anocir: Runtime, bundle: Bundle) -> None:
    bundle.args("sleep", "1000")
    anocir.quiet("run", "-d", "-b", bundle, "c1")
    assert Path(f"/proc/{anocir.pid('c1')}/cmdline").read_bytes().split(b"\0")[0] == b"sleep"


def test_signals_start_afresh_whatever_the_caller_had(anocir: Runtime, bundle: Bundle) -> None:
    def disturb() -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        signal.signal(signal.SIGRTMIN + 3, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1, signal.SIGHUP, signal.SIGRTMAX})
        # What glibc's posix_spawn leaves behind, and signal() can't change.
        for number in (32, 33):
            libc.syscall("rt_sigaction", number, IGNORE, None, 8)

    bundle.args("cat", "/proc/self/status")
    for command in ("run", "create"):
        if command == "run":
            out = anocir.output(bundle, before=disturb)
        else:
            creation = anocir.background("create", "-b", bundle, "c1", before=disturb)
            assert creation.wait().code == 0
            anocir.quiet("start", "c1")
            anocir.wait_stopped("c1")
            out = creation.out
        fields = proc.status(out)
        assert [fields[name] for name in ("SigIgn", "SigBlk", "SigCgt")] == [NONE] * 3, command


def test_rlimits(anocir: Runtime, bundle: Bundle) -> None:
    bundle.process["rlimits"] = [
        {"type": "RLIMIT_CORE", "soft": 0, "hard": 2**64 - 1},
        {"type": "RLIMIT_NOFILE", "soft": 100, "hard": 200},
        {"type": "RLIMIT_STACK", "soft": 1 << 20, "hard": 2 << 20},
    ]
    lines = anocir.output(bundle.args("cat", "/proc/self/limits")).splitlines()
    limits = {line[:26].strip(): line[26:].split()[:2] for line in lines}
    assert limits["Max core file size"] == ["0", "unlimited"]
    assert limits["Max open files"] == ["100", "200"]
    assert limits["Max stack size"] == [str(1 << 20), str(2 << 20)]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("RLIMIT_NOFILE", 3),
        ("RLIMIT_AS", 8 << 20),
        ("RLIMIT_DATA", 1 << 20),
        ("RLIMIT_FSIZE", 0),
        ("RLIMIT_CPU", 1),
        ("RLIMIT_STACK", 64 << 10),
        ("RLIMIT_MEMLOCK", 0),
    ],
)
@pytest.mark.parametrize("command", ["run", "create"])
def test_a_small_limit_hits_the_program_and_not_the_runtime(
    anocir: Runtime, bundle: Bundle, kind: str, value: int, command: str
) -> None:
    bundle.process["rlimits"] = [{"type": kind, "soft": value, "hard": value}]
    bundle.args("/bin/true")
    if command == "run":
        anocir.quiet("run", "-b", bundle, "c1")
        return
    anocir.quiet("create", "-b", bundle, "c1")
    anocir.quiet("start", "c1")
    anocir.wait_stopped("c1")


@pytest.fixture
def leaked(tmp_path: Path) -> Iterator[list[int]]:
    """Fifty open files of many kinds."""
    (tmp_path / "file").write_text("secret")
    made: list[int] = []
    for _ in range(7):
        made += os.pipe()
        made.append(os.open(tmp_path, os.O_RDONLY | os.O_DIRECTORY))
        made.append(os.open(tmp_path / "file", os.O_RDWR))
        made.append(socket.socket(socket.AF_UNIX).detach())
        made.append(os.eventfd(0))
        made.append(os.memfd_create("leak"))
        made.append(os.open("/", os.O_PATH))
    made = made[:50]
    yield made
    for fd in made:
        os.close(fd)


def test_no_leaked_descriptor_reaches_the_program(
    anocir: Runtime, bundle: Bundle, leaked: list[int]
) -> None:
    bundle.args("sleep", "1000")
    anocir.quiet("run", "-d", "-b", bundle, "c1", pass_fds=leaked)
    assert sorted(proc.fds(anocir.pid("c1"))) == [0, 1, 2]


def test_a_created_init_holds_a_short_list_of_descriptors(
    anocir: Runtime, bundle: Bundle, leaked: list[int]
) -> None:
    """CVE-2016-9962: what it holds must lead nowhere on the host."""
    anocir.quiet("create", "-b", bundle, "c1", pass_fds=leaked)
    pid = anocir.pid("c1")
    held = {fd: path for fd, path in proc.fds(pid).items() if fd > 2}
    kinds = sorted("stub" if path.startswith("/memfd:") else Path(path).name
                   for path in held.values())  # fmt: skip
    assert kinds == ["error.fifo", "go.fifo", "stub"]
    modes = {stat.S_IFMT(os.stat(f"/proc/{pid}/fd/{fd}").st_mode) for fd in held}
    assert modes == {stat.S_IFIFO, stat.S_IFREG}


@pytest.mark.parametrize("closed", [c for n in range(4) for c in itertools.combinations("012", n)])
def test_closed_standard_descriptors(
    anocir: Runtime, bundle: Bundle, closed: tuple[str, ...]
) -> None:
    closing = " ".join(f"{fd}<&-" for fd in closed)
    bundle.args("sleep", "1000")
    wrap = ["/bin/sh", "-c", f'exec "$@" {closing}', "sh"]
    anocir("run", "-d", "-b", bundle, "c1", wrap=wrap)
    found = proc.fds(anocir.pid("c1"))
    assert sorted(found) == [0, 1, 2]
    assert all(found[int(fd)] == "/dev/null" for fd in closed)
    still_open = [fd for fd in (1, 2) if str(fd) not in closed]
    assert all(found[fd] != "/dev/null" for fd in still_open)


def test_standard_input_reaches_the_program(
    anocir: Runtime, bundle: Bundle, tmp_path: Path
) -> None:
    (tmp_path / "in").write_text("hello\n")
    assert anocir.output(bundle.args("cat"), stdin=tmp_path / "in") == "hello\n"


def refusals() -> list[tuple[list[str], str]]:
    return [
        (["nosuch"], 'exec: "nosuch": executable file not found in $PATH'),
        (["/nosuch"], 'exec: "/nosuch": stat /nosuch: no such file or directory'),
        (["/etc"], 'exec: "/etc": is a directory'),
        (["/etc/passwd"], 'exec: "/etc/passwd": permission denied'),
        (["/bin/busybox/x"], 'exec: "/bin/busybox/x": stat /bin/busybox/x: not a directory'),
        (["/proc/self/fd/0"], "permission denied"),
    ]


@pytest.mark.parametrize(("args", "words"), refusals())
@pytest.mark.parametrize("command", ["run", "create"])
def test_a_program_that_is_not_there_fails_create_and_run(
    anocir: Runtime,
    bundle: Bundle,
    args: list[str],
    words: str,
    command: str,
) -> None:
    assert words in anocir.fails(command, "-b", bundle.args(*args), "c1")


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"\x7fELFnonsense", "exec format error"), (b"#!/nosuch\n", "no such file or directory")],
)
def test_what_only_execve_can_tell_fails_start_and_run(
    anocir: Runtime, bundle: Bundle, content: bytes, words: str
) -> None:
    (bundle.rootfs / "bin/broken").write_bytes(content)
    (bundle.rootfs / "bin/broken").chmod(0o755)
    bundle.args("/bin/broken")
    creation = anocir.background("create", "-b", bundle, "c1")
    assert creation.wait().code == 0
    assert words in anocir.fails("start", "c1")
    anocir.wait_stopped("c1")
    assert words in creation.wait().err, "the container's own standard error says it too"
    anocir.quiet("delete", "c1")
    result = anocir.any("run", "-b", bundle, "c2")
    assert result.code == 255 and words in result.err
    assert anocir.ids() == []


def test_the_containers_own_path_is_searched(anocir: Runtime, bundle: Bundle) -> None:
    (bundle.rootfs / "own").mkdir()
    (bundle.rootfs / "own/it").symlink_to("/bin/busybox")
    bundle.process["env"] = ["PATH=/nosuch:/own:/bin"]
    (bundle.rootfs / "own/it").unlink()
    (bundle.rootfs / "own/it").write_text("#!/bin/sh\necho own\n")
    (bundle.rootfs / "own/it").chmod(0o755)
    env = {**anocir.env, "PATH": f"{anocir.env['PATH']}:/nothing/of/this"}
    assert anocir.output(bundle.args("it"), env=env) == "own\n"


@pytest.mark.parametrize("config_path", ["", "PATH="])
def test_an_empty_path_means_the_working_directory(
    anocir: Runtime, bundle: Bundle, config_path: str
) -> None:
    (bundle.rootfs / "here").mkdir()
    (bundle.rootfs / "here/it").write_text("#!/bin/sh\necho here\n")
    (bundle.rootfs / "here/it").chmod(0o755)
    bundle.process["cwd"] = "/here"
    bundle.process["env"] = [config_path] if config_path else []
    bundle.args("it")
    if config_path:
        assert anocir.output(bundle) == "here\n"
    else:
        assert "executable file not found in $PATH" in anocir.fails("run", "-b", bundle, "c1")


def test_a_config_without_a_process_can_be_created_and_not_started(
    anocir: Runtime, bundle: Bundle
) -> None:
    del bundle.config["process"]
    anocir.quiet("create", "-b", bundle, "c1")
    assert "no process" in anocir.fails("start", "c1")
    anocir.wait_stopped("c1")


@pytest.mark.parametrize(
    ("cwd", "words"),
    [("/bin/busybox", "not a directory"), ("/etc/passwd/x", "not a directory")],
)
def test_a_working_directory_that_cannot_be(
    anocir: Runtime,
    bundle: Bundle,
    cwd: str,
    words: str,
) -> None:
    bundle.process["cwd"] = cwd
    assert words in anocir.fails("create", "-b", bundle, "c1")


def test_the_program_is_in_a_session_of_its_own(anocir: Runtime, bundle: Bundle) -> None:
    bundle.args("sleep", "1000")
    anocir.quiet("create", "-b", bundle, "c1")
    pid = anocir.pid("c1")
    assert os.getsid(pid) == os.getpgid(pid) == pid
