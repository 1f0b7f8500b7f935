"""The exec stub: what it is as a file, what its program gets, and what is said when it fails."""

from __future__ import annotations

import errno
import fcntl
import os
import select
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from anocir.errors import Error
from anocir.linux import stub
from anocir.linux.stub_code import CODE
from tools import stub as assembler

REPO = Path(__file__).parents[2]
NATIVE = os.uname().machine
EMULATED = next(machine for machine in CODE if machine != NATIVE)

PT_LOAD, PT_INTERP, PT_GNU_STACK = 1, 3, 0x6474E551
PF_X, PF_W = 1, 2

# Arguments: stub or direct, the error fd, a path, then argv. SIGPIPE is back at its default, as
# the runtime leaves it for a program.
RUNNER = f"""
import os, _signal, sys
sys.path.insert(0, {str(REPO)!r})
from anocir.linux import stub
_signal.signal(_signal.SIGPIPE, _signal.SIG_DFL)
way, error_fd, path, *argv = sys.argv[1:]
fd = stub.open_stub() if way == "stub" else stub.NO_STUB
stub.execve(fd, path, argv, dict(os.environ), int(error_fd))
"""


class Done:
    """How one exec ended: what came through the error fd, the two outputs, the exit status."""

    def __init__(self, told: bytes, done: subprocess.CompletedProcess[bytes]) -> None:
        self.told, self.out, self.err, self.status = told, done.stdout, done.stderr, done.returncode


def command(way: str, error_fd: int, words: list[str], tmp_path: Path) -> list[str]:
    """Return the command line that runs words[0] with words[1:] as argv in one of four ways."""
    if way in ("stub", "direct"):
        if way == "stub" and not stub.supported():
            pytest.skip(f"there is no stub for {NATIVE}")
        return [sys.executable, "-IS", "-c", RUNNER, way, str(error_fd), *words]
    emulator = f"qemu-{way}"
    if not shutil.which(emulator):
        pytest.skip(f"{emulator} is not here: apt-get install qemu-user")
    file = tmp_path / f"stub-{way}"
    file.write_bytes(CODE[way])
    file.chmod(0o755)
    return [emulator, "-0", str(error_fd), str(file), *words]


def execute(way: str, words: list[str], tmp_path: Path, env: dict[str, str] | None = None) -> Done:
    reader, writer = os.pipe()
    with os.fdopen(reader, "rb") as pipe:
        try:
            done = subprocess.run(
                command(way, writer, words, tmp_path),
                pass_fds=(writer,),
                capture_output=True,
                env=env,
                check=False,
                timeout=30,
            )
        finally:
            os.close(writer)
        return Done(pipe.read(), done)


WAYS = pytest.mark.parametrize("way", ["stub", "direct", EMULATED])


# As a file


def test_the_bytes_are_what_the_assembly_source_gives() -> None:
    try:
        assembler.require_assemblers()
    except assembler.StubError as error:
        pytest.skip(str(error))
    assert assembler.render() == assembler.MODULE.read_text()


def program_headers(code: bytes) -> dict[int, tuple[int, ...]]:
    """Return p_flags, p_offset, p_filesz and p_memsz by p_type."""
    start, count = struct.unpack_from("<Q", code, 32)[0], struct.unpack_from("<H", code, 56)[0]
    headers = [struct.unpack_from("<IIQQQQQQ", code, start + 56 * n) for n in range(count)]
    return {h[0]: (h[1], h[2], h[5], h[6]) for h in headers}


@pytest.mark.parametrize("machine", CODE)
def test_no_page_of_it_is_writable_and_no_stack_executable(machine: str) -> None:
    code = CODE[machine]
    headers = program_headers(code)
    assert headers.keys() == {PT_LOAD, PT_GNU_STACK}
    assert headers[PT_LOAD] == (4 | PF_X, 0, len(code), len(code))
    assert headers[PT_GNU_STACK][0] & PF_X == 0
    assert headers[PT_GNU_STACK][0] & PF_W


def texts(code: bytes) -> dict[int, str]:
    table = code[code.index(b"\x02no such file") : code.index(b"\0error \0") + 1]
    return {entry[0]: entry[1:].decode() for entry in table.split(b"\0") if entry}


@pytest.mark.parametrize("machine", CODE)
def test_its_texts_are_those_of_the_c_library(machine: str) -> None:
    table = texts(CODE[machine])
    assert len(table) == 15
    assert table == {code: stub.describe(code) for code in table}


# Making it


def test_it_is_sealed_close_on_exec_and_readable_by_nobody() -> None:
    fd = stub.open_stub()
    try:
        seals = fcntl.fcntl(fd, fcntl.F_GET_SEALS)
        for seal in ("SEAL", "SHRINK", "GROW", "WRITE"):
            assert seals & getattr(fcntl, f"F_SEAL_{seal}"), seal
        assert os.fstat(fd).st_mode & 0o777 == 0o111
        assert not os.get_inheritable(fd)
        with pytest.raises(PermissionError):
            os.pwrite(fd, b"x", 0)
        with pytest.raises(PermissionError):
            os.ftruncate(fd, 0)
    finally:
        os.close(fd)


def test_its_fd_is_never_one_of_the_three_standard_ones() -> None:
    code = (
        f"import os, sys; sys.path.insert(0, {str(REPO)!r}); from anocir.linux import stub;"
        "os.close(0); os.close(2); print(stub.open_stub())"
    )
    done = subprocess.run([sys.executable, "-IS", "-c", code], capture_output=True, check=True)
    assert int(done.stdout) >= 3


def test_a_kernel_that_knows_no_mfd_exec_gets_the_old_call(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def old_kernel(name: str, flags: int, create: Callable[..., int] = os.memfd_create) -> int:
        asked.append(flags)
        if flags & stub.MFD_EXEC:
            raise OSError(errno.EINVAL, "Invalid argument")
        return create(name, flags)

    monkeypatch.setattr(os, "memfd_create", old_kernel)
    os.close(stub.open_stub())
    assert asked == [asked[1] | stub.MFD_EXEC, os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING]


def test_a_kernel_that_forbids_executable_memfds_is_named() -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(REPO)!r}); from anocir.linux import stub;"
        "open('/proc/sys/vm/memfd_noexec', 'w').write('2'); stub.open_stub()"
    )
    if os.geteuid() != 0 or not os.path.exists("/proc/sys/vm/memfd_noexec"):
        pytest.skip("needs root, a pid namespace of its own and Linux 6.3")
    unshare = ["unshare", "--pid", "--fork", "--mount-proc", sys.executable, "-IS", "-c", code]
    done = subprocess.run(unshare, capture_output=True, text=True, check=False)
    assert "vm.memfd_noexec=2 forbids" in done.stderr
    assert "`sysctl vm.memfd_noexec=1`" in done.stderr


def test_another_machine_has_no_stub_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "uname", lambda: SimpleNamespace(machine="riscv64"))
    assert not stub.supported()
    assert stub.open_stub() == stub.NO_STUB


def test_it_costs_no_slow_import() -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(REPO)!r}); import anocir.linux.stub;"
        "print(*{m.split('.')[0] for m in sys.modules})"
    )
    done = subprocess.run([sys.executable, "-IS", "-c", code], capture_output=True, check=True)
    slow = {"ctypes", "json", "re", "enum", "typing", "signal", "socket", "subprocess"}
    assert not slow & set(done.stdout.decode().split())


# What the program gets


@WAYS
def test_argv_and_environment_arrive_byte_for_byte(way: str, tmp_path: Path) -> None:
    env = {"PATH": "/usr/bin:/bin", "EMPTY": "", "ODD": "a=b\nc\udcff", "LC_ALL": "C"}
    argv = ["name", "-c", "cat /proc/$$/cmdline /proc/$$/environ", "", "two\nlines", "é\udcff"]
    done = execute(way, ["/bin/sh", *argv], tmp_path, env)
    assert (done.status, done.err, done.told) == (0, b"", b"")
    arrived = done.out.split(b"\0")
    assert arrived[: len(argv)] == [os.fsencode(word) for word in argv]
    environ = [b"PATH=/usr/bin:/bin", b"EMPTY=", b"ODD=a=b\nc\xff", b"LC_ALL=C"]
    if way == EMULATED:
        environ.reverse()  # qemu-user does that
    assert arrived[len(argv) :] == [*environ, b""]


def test_the_callers_locale_changes_no_byte() -> None:
    code = (
        f"import sys; sys.path.insert(0, {str(REPO)!r}); from anocir.linux import stub;"
        "o = chr(0x3A9);"
        "stub.execve(stub.open_stub(), '/usr/bin/printenv', ['printenv', o], {o: o}, -1)"
    )
    ascii_only = [sys.executable, "-IS", "-X", "utf8=0", "-c", code]
    done = subprocess.run(ascii_only, env={"LC_ALL": "C"}, capture_output=True, check=False)
    assert (done.stdout, done.stderr) == ("Ω\n".encode(), b"")


@pytest.mark.parametrize(
    "words",
    [
        ["readlink", "/proc/self/exe"],
        ["ls", "/proc/self/fd"],
        ["grep", "-E", "^(Sig[PBIC]|Shd|Cap|NoNew|Seccomp)", "/proc/self/status"],
    ],
    ids=lambda words: str(words[0]),
)
def test_nothing_else_about_the_process_differs_from_a_plain_exec(
    words: list[str], tmp_path: Path
) -> None:
    by_stub, plain = (
        execute(w, [f"/bin/{words[0]}", *words], tmp_path) for w in ("stub", "direct")
    )
    assert (by_stub.status, by_stub.out) == (0, plain.out)


def test_the_personality_stays(tmp_path: Path) -> None:
    words = ["/bin/cat", "cat", "/proc/self/personality"]
    runner = command("stub", stub.NO_ERROR_FD, words, tmp_path)
    done = subprocess.run(["setarch", "-R", *runner], capture_output=True, check=True)
    assert done.stdout == b"00040000\n"


@WAYS
def test_the_reader_sees_the_end_while_the_program_runs(way: str, tmp_path: Path) -> None:
    reader, writer = os.pipe()
    words = command(way, writer, ["/bin/cat", "cat"], tmp_path)
    with (
        os.fdopen(reader, "rb") as pipe,
        subprocess.Popen(words, pass_fds=(writer,), stdin=subprocess.PIPE) as running,
    ):
        os.close(writer)
        assert select.select([pipe], [], [], 30)[0] == [pipe]
        assert pipe.read() == b""
        assert running.poll() is None


# When it fails


def make_targets(directory: Path) -> None:
    for name, content in (("badelf", b"\x7fELFbad"), ("badint", b"#!/no/such\n"), ("plain", b"x")):
        (directory / name).write_bytes(content)
        (directory / name).chmod(0o644 if name == "plain" else 0o755)
    shutil.copy("/bin/true", directory / "busy")
    (directory / "loop").symlink_to("loop")


FAILURES = {
    "badelf": errno.ENOEXEC,
    "badint": errno.ENOENT,
    "missing": errno.ENOENT,
    "plain": errno.EACCES,
    ".": errno.EACCES,
    "loop": errno.ELOOP,
    "plain/x": errno.ENOTDIR,
    "n" * 300: errno.ENAMETOOLONG,
    "busy": errno.ETXTBSY,
}


@WAYS
@pytest.mark.parametrize("name", FAILURES, ids=lambda name: name[:9])
def test_a_failed_exec_is_told_twice_and_ends_with_255(way: str, name: str, tmp_path: Path) -> None:
    make_targets(tmp_path)
    path = f"{tmp_path}/{name}"
    with open(tmp_path / "busy", "ab"):
        done = execute(way, [path, "argument"], tmp_path)
    code = FAILURES[name]
    assert stub.failure(done.told) == ("exec", code)
    assert done.told == b"exec: %d\n" % code
    assert done.err.decode() == f"exec {path}: {stub.describe(code)}\n"
    assert (done.out, done.status) == (b"", 255)


@pytest.mark.parametrize("way", ["stub", EMULATED])
def test_a_path_beyond_every_limit_is_cut_not_overrun(way: str, tmp_path: Path) -> None:
    done = execute(way, ["n" * 20000, "argument"], tmp_path)
    assert done.told == b"exec: %d\n" % errno.ENAMETOOLONG
    assert done.err == b"exec " + b"n" * 4095 + b": file name too long\n"
    assert done.status == 255


@pytest.mark.parametrize("machine", CODE)
def test_an_errno_without_a_text_is_a_number(machine: str, tmp_path: Path) -> None:
    way = raw_way(machine, tmp_path)
    done = subprocess.run([*way("987"), "/bin/true", "true"], capture_output=True, check=False)
    assert (done.stderr, done.returncode) == (b"exec /bin/true: error 9\n", 255)


@pytest.mark.parametrize("machine", CODE)
@pytest.mark.parametrize(
    "words", ["x /bin/echo a", " /bin/echo a", "3x /bin/echo a", "-1 /x", "-1"]
)
def test_whoever_is_not_the_runtime_is_refused(machine: str, words: str, tmp_path: Path) -> None:
    name, *rest = words.split(" ")
    done = subprocess.run(
        [*raw_way(machine, tmp_path)(name), *rest], capture_output=True, check=False
    )
    assert done.stderr == b"exec: refusing to execute the runtime's own stub\n"
    assert (done.stdout, done.returncode) == (b"", 255)


def raw_way(machine: str, tmp_path: Path) -> Callable[[str], list[str]]:
    """Return what gives the command that runs the bare stub under a certain argv[0]."""
    if machine != NATIVE:
        qemu = command(machine, 0, [], tmp_path)
        return lambda name: [qemu[0], "-0", name, qemu[3]]
    file = tmp_path / "stub"
    file.write_bytes(CODE[machine])
    file.chmod(0o755)
    return lambda name: ["bash", "-c", 'exec -a "$0" "$@"', name, str(file)]


@WAYS
@pytest.mark.parametrize("gone", ["error fd", "stderr"])
def test_a_reader_who_has_gone_costs_the_other_nothing(way: str, gone: str, tmp_path: Path) -> None:
    reader, writer = os.pipe()
    told_reader, told_writer = os.pipe()
    os.close(reader)
    error_fd, stderr = (writer, told_writer) if gone == "error fd" else (told_writer, writer)
    runner = command(way, error_fd, ["/missing", "missing"], tmp_path)
    done = subprocess.run(runner, pass_fds=(error_fd,), stderr=stderr, check=False)
    os.close(writer)
    os.close(told_writer)
    with os.fdopen(told_reader, "rb") as pipe:
        told = pipe.read()
    expected = b"exec /missing: no such file or directory\n" if gone == "error fd" else b"exec: 2\n"
    assert (told, done.returncode) == (expected, 255)


def test_a_stub_that_cannot_be_executed_raises() -> None:
    with open(os.devnull) as null, pytest.raises(OSError, match="denied"):
        stub.execve(null.fileno(), "/bin/true", ["true"], {}, stub.NO_ERROR_FD)


@pytest.mark.parametrize(
    ("told", "failed"),
    [
        (b"", None),
        (b"exec: 8\n", ("exec", 8)),
        (b"seccomp: 22\n", ("seccomp", 22)),
        (b"seccomp: invalid argument\n", None),
        (b"rlimits: 1\n", None),
    ],
)
def test_the_line_is_read_back(told: bytes, failed: tuple[str, int] | None) -> None:
    assert stub.failure(told) == failed


# Where there is no /proc, and where a seccomp filter is in the way


def test_it_needs_no_proc_after_a_change_of_root(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root, for chroot")
    (tmp_path / "program").write_bytes(CODE[NATIVE])
    (tmp_path / "program").chmod(0o755)
    enter = f"os.chroot({str(tmp_path)!r}); os.chdir('/'); "
    code = RUNNER.replace("stub.execve(", f"{enter}stub.execve(")
    runner = [sys.executable, "-IS", "-c", code, "stub", "-1", "/program", "name"]
    done = subprocess.run(runner, capture_output=True, check=False)
    assert done.stderr == b"exec: refusing to execute the runtime's own stub\n"


# BPF: load the call's number; equal to the first argument: errno EPERM; else allow.
FILTER = """
import ctypes, struct
number = {number}
program = b"".join(struct.pack("<HBBI", *row) for row in (
    (0x20, 0, 0, 0), (0x15, 0, 1, number), (0x06, 0, 0, 0x00050001), (0x06, 0, 0, 0x7FFF0000)))
buffer = ctypes.create_string_buffer(program)
fprog = ctypes.create_string_buffer(struct.pack("HxxxxxxP", 4, ctypes.addressof(buffer)))
libc = ctypes.CDLL(None)
assert libc.prctl(38, 1, 0, 0, 0) == 0
assert libc.prctl(22, 2, fprog) == 0
"""
NUMBERS = {
    "x86_64": {"execveat": 322, "fcntl": 72, "write": 1, "rt_sigprocmask": 14},
    "aarch64": {"execveat": 281, "fcntl": 25, "write": 64, "rt_sigprocmask": 135},
}


@pytest.mark.parametrize("refused", ["execveat", "fcntl", "write", "rt_sigprocmask"])
def test_a_filter_that_lets_execve_through_lets_the_program_run(refused: str) -> None:
    load = FILTER.format(number=NUMBERS[NATIVE][refused])
    code = RUNNER.replace("stub.execve(", f"{load}stub.execve(")
    reader, writer = os.pipe()
    runner = [sys.executable, "-IS", "-c", code, "stub", str(writer)]
    done = subprocess.run(
        [*runner, "/bin/sh", "sh", "-c", "exit 7"], pass_fds=(writer,), check=False
    )
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        assert pipe.read() == b""
    assert done.returncode == 7


def test_a_proc_that_the_container_made_is_not_taken_for_a_way_to_the_stub(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root, for chroot")
    fds = tmp_path / "proc/self/fd"
    fds.mkdir(parents=True)
    for number in range(3, 20):
        (fds / str(number)).write_bytes(CODE[NATIVE])
        (fds / str(number)).chmod(0o755)
    load = FILTER.format(number=NUMBERS[NATIVE]["execveat"])
    enter = f"{load}\nos.chroot({str(tmp_path)!r}); os.chdir('/'); "
    code = RUNNER.replace("stub.execve(", f"{enter}stub.execve(")
    runner = [sys.executable, "-IS", "-c", code, "stub", "-1", "/missing", "missing"]
    done = subprocess.run(runner, capture_output=True, check=False)
    assert b"PermissionError" in done.stderr
    assert b"/missing: no such file" not in done.stderr


# The refusal of the interpreter


def script(path: Path, line: bytes) -> str:
    path.write_bytes(b"#!" + line + b"\nbody\n")
    path.chmod(0o755)
    return str(path)


@pytest.fixture
def python(tmp_path: Path) -> Path:
    path = tmp_path / "python"
    shutil.copy("/bin/true", path)
    return path


def test_the_interpreter_is_the_file_that_runs_this() -> None:
    assert os.path.samestat(stub.interpreter(), os.stat(os.path.realpath(sys.executable)))


def test_the_interpreter_is_refused_by_any_name(python: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(python)
    os.link(python, tmp_path / "hard")
    for name in ("python", "link", "hard"):
        with pytest.raises(Error, match=f"own interpreter: {tmp_path}/{name}"):
            stub.check_target(f"{tmp_path}/{name}", python.stat())
    with pytest.raises(Error, match="own interpreter: /proc/self/exe"):
        stub.check_target("/proc/self/exe", stub.interpreter())


@pytest.mark.parametrize("line", [b"%s", b" \t%s", b"%s -u arg", b"%s\0x", b"%s\t"])
def test_the_interpreter_is_refused_behind_a_script(
    line: bytes, python: Path, tmp_path: Path
) -> None:
    path = script(tmp_path / "script", line % os.fsencode(python))
    with pytest.raises(Error, match=f"own interpreter: {path}"):
        stub.check_target(path, python.stat())


def test_as_many_scripts_are_followed_as_the_kernel_follows(python: Path, tmp_path: Path) -> None:
    path = str(python)
    for depth in range(1, 7):
        path = script(tmp_path / f"script{depth}", os.fsencode(path))
        if depth == 6:
            stub.check_target(path, python.stat())
            with pytest.raises(OSError, match="Too many levels"):
                os.execv(path, ["script"])
        else:
            with pytest.raises(Error):
                stub.check_target(path, python.stat())


def test_other_targets_are_let_through(python: Path, tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    names = ["missing", ".", "loop"]
    lines = [b"", b" ", b"/bin/sh", os.fsencode(tmp_path / "missing"), b"\xff/x"]
    names += [os.path.basename(script(tmp_path / f"s{n}", line)) for n, line in enumerate(lines)]
    for name in names:
        stub.check_target(f"{tmp_path}/{name}", python.stat())


def test_no_device_or_fifo_is_opened_to_look_inside(
    python: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(tmp_path / "fifo")
    monkeypatch.setattr(os, "open", lambda *_: pytest.fail("opened"))
    for path in (f"{tmp_path}/fifo", "/dev/null"):
        stub.check_target(path, python.stat())


def test_a_script_that_runs_itself_ends(python: Path, tmp_path: Path) -> None:
    stub.check_target(script(tmp_path / "self", os.fsencode(tmp_path / "self")), python.stat())


# A seccomp filter that the stub brings along


def allowing(*calls: str, answer: int = 0x80000000) -> bytes:
    """Return a filter that allows some calls and has another answer for the rest."""
    rows = [(0x20, 0, 0, 0)]
    for left, call in zip(range(len(calls), 0, -1), calls, strict=True):
        rows.append((0x15, left, 0, FILTERED[NATIVE][call]))
    rows += [(0x06, 0, 0, answer), (0x06, 0, 0, 0x7FFF0000)]
    return b"".join(struct.pack("<HBBI", *row) for row in rows)


FILTERED = {
    "x86_64": {"execve": 59, "write": 1, "exit_group": 231},
    "aarch64": {"execve": 221, "write": 64, "exit_group": 94},
}
WITH_FILTER = RUNNER.replace(
    "fd = stub.open_stub()",
    """from anocir.linux import libc, seccomp
filter = seccomp.Filter({flags}, bytes.fromhex({program!r}))
if {privileges}:
    libc.prctl(38, 1)
fd = stub.open_stub(filter)""",
).replace("int(error_fd))", "int(error_fd), filter=filter)")


def filtered(
    way: str, words: list[str], program: bytes, flags: int = 0, privileges: bool = True
) -> Done:
    code = WITH_FILTER.format(program=program.hex(), flags=flags, privileges=privileges)
    reader, writer = os.pipe()
    runner = [sys.executable, "-IS", "-c", code, way, str(writer), *words]
    done = subprocess.run(runner, pass_fds=(writer,), capture_output=True, check=False)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        return Done(pipe.read(), done)


def test_its_filter_need_not_allow_more_than_the_program_does(tmp_path: Path) -> None:
    """The stub itself is a program that makes just two calls. All others would kill it."""
    file = tmp_path / "program"
    file.write_bytes(CODE[NATIVE])
    file.chmod(0o755)
    done = filtered("stub", [str(file), "name"], allowing("execve", "write", "exit_group"))
    assert (done.told, done.status) == (b"", 255)
    assert done.err == b"exec: refusing to execute the runtime's own stub\n"
    done = filtered("stub", [str(file), "name"], allowing("execve", "exit_group"))
    assert (done.told, done.err, done.status) == (b"", b"", -31)
    done = filtered("stub", [str(file), "name"], allowing("write", "exit_group"))
    assert (done.told, done.err, done.status) == (b"", b"", -31)


def test_an_exec_that_its_filter_refuses_is_told() -> None:
    program = allowing("write", "exit_group", answer=0x00050001)
    for way in ("stub", "direct"):
        done = filtered(way, ["/bin/true", "true"], program)
        assert done.told == b"exec: 1\n"
        assert done.err == b"exec /bin/true: operation not permitted\n"


def test_it_ends_even_where_its_filter_refuses_to_let_it_exit() -> None:
    done = filtered("stub", ["/bin/true", "true"], allowing("write", answer=0x00050001))
    assert (done.told, done.status) == (b"exec: 1\n", -4)


@pytest.mark.parametrize("way", ["stub", "direct"])
def test_a_filter_that_the_kernel_refuses_is_told(way: str) -> None:
    broken = struct.pack("<HBBI", 0x20, 0, 0, 0)
    done = filtered(way, ["/bin/true", "true"], broken)
    assert (done.told, done.status) == (b"seccomp: 22\n", 255)
    assert done.err == b"seccomp /bin/true: invalid argument\n"
    done = filtered(way, ["/bin/true", "true"], allowing("execve"), flags=1 << 30)
    assert done.told == b"seccomp: 22\n"


def test_its_filter_can_have_the_greatest_length() -> None:
    rows = [(0x20, 0, 0, 0)] * 4095 + [(0x06, 0, 0, 0x7FFF0000)]
    program = b"".join(struct.pack("<HBBI", *row) for row in rows)
    done = filtered("stub", ["/bin/sh", "sh", "-c", "grep Seccomp: /proc/self/status"], program)
    assert (done.told, done.out) == (b"", b"Seccomp:\t2\n")


def test_the_other_machines_stub_loads_its_filter_too(tmp_path: Path) -> None:
    """The emulator has no seccomp, and says so."""
    from anocir.linux.seccomp import Filter

    words = command(EMULATED, 2, ["/bin/true", "true"], tmp_path)
    file = tmp_path / f"stub-{EMULATED}"
    file.write_bytes(stub._file(CODE[EMULATED], Filter(0, allowing("execve"))))
    done = subprocess.run(words, capture_output=True, check=False)
    assert done.stderr.startswith(b"seccomp: ") and done.returncode == 255
