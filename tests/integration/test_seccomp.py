"""linux.seccomp: what a container's program may still do, as the kernel has it."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
import socket
import stat
import struct
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.support import proc, world
from tests.integration.support.bundles import Bundle
from tests.integration.support.driver import Runtime

PROFILES = Path(__file__).parents[1] / "unit/data/seccomp"
CACHE = Path("/run/anocir-cache")
SIGSYS = 128 + signal.SIGSYS
MACHINE = os.uname().machine
# A program that makes two calls, write and exit_group: all that its filter has to allow.
REFUSAL = "exec: refusing to execute the runtime's own stub\n"
NO_NEW_PRIVILEGES = pytest.mark.parametrize("no_new_privileges", [True, False], ids=["nnp", "caps"])


def rule(names: str, action: str = "ALLOW", *args: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"names": names.split(), "action": f"SCMP_ACT_{action}", "args": list(args)} | more


def arg(index: int, op: str, value: int, second: int = 0) -> dict[str, Any]:
    return {"index": index, "op": f"SCMP_CMP_{op}", "value": value, "valueTwo": second}


def profile(bundle: Bundle, default: str, *rules: dict[str, Any], **more: Any) -> Bundle:
    """Give the bundle a profile for this machine's architecture."""
    seccomp = {"defaultAction": f"SCMP_ACT_{default}", "syscalls": list(rules)}
    bundle.linux["seccomp"] = seccomp | more
    return bundle


@pytest.fixture
def runc(tmp_path: Path, before: world.View) -> Iterator[Runtime]:
    if (command := shutil.which("runc", path="/usr/sbin:/usr/bin:/sbin:/bin")) is None:
        pytest.skip("runc is missing: install Debian's runc")
    env = {"PATH": os.environ["PATH"]}
    runtime = Runtime(tmp_path / "runc-state", tmp_path / "runc-output", (command,), env)
    yield runtime
    for container_id in runtime.ids():
        runtime.any("delete", "--force", container_id)


@pytest.fixture
def two_calls(bundle: Bundle) -> Bundle:
    """A bundle whose program makes two system calls."""
    from anocir.linux.stub_code import CODE

    program = bundle.rootfs / "bin/two-calls"
    program.write_bytes(CODE[MACHINE])
    program.chmod(0o755)
    return bundle.args("/bin/two-calls")


def test_without_a_profile_there_is_no_filter(anocir: Runtime, bundle: Bundle) -> None:
    fields = proc.status(anocir.output(bundle.args("cat", "/proc/self/status")))
    assert fields["Seccomp"] == "0"


@NO_NEW_PRIVILEGES
@pytest.mark.parametrize("uid", [0, 1000])
def test_one_filter_is_in_force(
    anocir: Runtime, bundle: Bundle, no_new_privileges: bool, uid: int
) -> None:
    """One of ours and none of the caller's, and capabilities are as without it."""
    bundle.process["noNewPrivileges"] = no_new_privileges
    bundle.process["user"]["uid"] = uid
    bundle.args("cat", "/proc/self/status")
    without = proc.status(anocir.output(bundle))
    fields = proc.status(anocir.output(profile(bundle, "ALLOW", rule("swapon", "ERRNO"))))
    assert (fields["Seccomp"], fields["Seccomp_filters"]) == ("2", "1")
    assert fields["NoNewPrivs"] == str(int(no_new_privileges))
    for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb", "Uid", "Gid", "Groups"):
        assert fields[name] == without[name]


def test_a_filter_that_allows_the_programs_own_calls_is_enough(
    anocir: Runtime, two_calls: Bundle
) -> None:
    """Nothing of the container's start happens behind the filter."""
    calls = rule("execve write exit_group")
    for default in ("KILL", "KILL_PROCESS", "TRAP", "ERRNO"):
        result = anocir.any("run", "-b", profile(two_calls, default, calls), "c1")
        assert (result.code, result.err) == (255, REFUSAL), default
    anocir.quiet("create", "-b", profile(two_calls, "KILL", calls), "c1")
    anocir.quiet("start", "c1")
    anocir.wait_stopped("c1")


def test_a_filter_that_forbids_one_of_them_kills(anocir: Runtime, two_calls: Bundle) -> None:
    calls = rule("execve exit_group")
    for default in ("KILL", "KILL_PROCESS", "TRAP"):
        result = anocir.any("run", "-b", profile(two_calls, default, calls), "c1")
        assert (result.code, result.err) == (SIGSYS, ""), default
    # Neither may it exit here, nor go on.
    result = anocir.any("run", "-b", profile(two_calls, "ERRNO", rule("execve write")), "c1")
    assert result.code == 128 + signal.SIGILL


def test_an_early_filter_that_kills_on_the_way_to_the_program(
    anocir: Runtime, two_calls: Bundle
) -> None:
    """Without no_new_privs init has yet to give up its rights behind the filter."""
    two_calls.process["noNewPrivileges"] = False
    profile(two_calls, "KILL", rule("execve execveat write exit_group"))
    message = anocir.fails("run", "-b", two_calls, "c1", code=255)
    assert message == f"the process died before its program started: signal {int(signal.SIGSYS)}"


def test_a_program_that_its_filter_does_not_let_begin(anocir: Runtime, bundle: Bundle) -> None:
    profile(bundle.args("true"), "ERRNO", rule("write exit_group"))
    result = anocir.any("run", "-b", bundle, "c1")
    assert result.err.splitlines() == [
        "exec /bin/true: operation not permitted",
        "anocir: exec: operation not permitted",
    ]
    assert (result.code, anocir.ids()) == (255, [])


@NO_NEW_PRIVILEGES
def test_errno(anocir: Runtime, bundle: Bundle, no_new_privileges: bool) -> None:
    bundle.process["noNewPrivileges"] = no_new_privileges
    bundle.config["root"]["readonly"] = False
    profile(
        bundle,
        "ALLOW",
        rule("mkdir mkdirat", "ERRNO", errnoRet=28),
        rule("symlink symlinkat", "ERRNO"),
        rule("rmdir unlinkat", "ERRNO", errnoRet=0),
    )
    bundle.script("mkdir /tmp/a || true; ln -s a /tmp/b || true; rmdir /tmp; ls -d /tmp")
    result = anocir("run", "-b", bundle, "c1")
    assert result.err == (
        "mkdir: can't create directory '/tmp/a': No space left on device\n"
        "ln: /tmp/b: Operation not permitted\n"
    )
    # The last call was not made, and said that it was.
    assert result.out == "/tmp\n"


def test_arguments(anocir: Runtime, bundle: Bundle) -> None:
    """The first rule that holds decides: of an int, the lower half is what counts."""
    profile(
        bundle,
        "ALLOW",
        rule("kill", "ERRNO", arg(0, "MASKED_EQ", 2**32 - 1, 2**32 - 1), errnoRet=37),
        rule("kill", "ERRNO", arg(1, "NE", 0), arg(0, "GT", 1), errnoRet=95),
    )
    script = 'kill -0 $$ && echo zero; kill -15 -1 || true; sh -c "kill -9 \\$\\$" || true'
    result = anocir.any("run", "-b", bundle.script(script), "c1")
    assert result.out == "zero\n"
    assert "No locks available" in result.err and "Operation not supported" in result.err


def test_a_default_of_errno_and_calls_younger_than_the_profile(
    anocir: Runtime, bundle: Bundle
) -> None:
    """The C library of a new image falls back from what its profile doesn't know by ENOSYS."""
    if not (python := shutil.which("python3", path="/usr/bin")):
        pytest.skip("python3 is missing")
    for place in ("/usr", "/lib", "/lib64"):
        if Path(place).is_dir():
            bundle.mount(place, "bind", place, "rbind", "ro")
    allowed = json.loads((PROFILES / "docker-default.json").read_text())["syscalls"]
    names = {name for r in allowed for name in r["names"] if not r.get("args")}
    younger = {"openat2", "close_range", "faccessat2", "epoll_pwait2"}
    old = sorted(n for n in names if n not in younger)
    code = (
        "import ctypes, errno\n"
        "libc = ctypes.CDLL(None, use_errno=True)\n"
        "for number in (400000000, 1000, {unshare}):\n"
        "    libc.syscall(number, 0x10000)\n"
        "    print(errno.errorcode[ctypes.get_errno()])\n"
    ).format(unshare={"x86_64": 272, "aarch64": 97}[MACHINE])
    profile(bundle, "ERRNO", rule(" ".join(old)), defaultErrnoRet=13)
    out = anocir.output(bundle.args(python, "-I", "-c", code))
    assert out == "ENOSYS\nENOSYS\nEACCES\n"


@pytest.mark.skipif(MACHINE != "x86_64", reason="the other architecture of the test is x86")
class TestOtherArchitectures:
    """A program of 32 bits, put together by hand, that makes three calls."""

    # getpid(); write(1, "32\n", 3); exit(0), by int 0x80
    CODE = bytes.fromhex(
        "b814000000cd80"  # mov eax, getpid; int 0x80
        "b804000000bb01000000b98d800408ba03000000cd80"  # write
        "b80100000031dbcd80"  # exit
    )

    @pytest.fixture
    def narrow(self, bundle: Bundle) -> Bundle:
        text = self.CODE
        address = 0x08048000 + 52 + 32
        text = text.replace(bytes.fromhex("8d800408"), struct.pack("<I", address + len(text)))
        size = 52 + 32 + len(text) + 3
        header = b"\x7fELF\1\1\1" + bytes(9) + struct.pack(
            "<HHIIIIIHHHHHH", 2, 3, 1, address, 52, 0, 0, 52, 32, 1, 40, 0, 0
        )  # fmt: skip
        segment = struct.pack("<8I", 1, 0, 0x08048000, 0x08048000, size, size, 5, 0x1000)
        program = bundle.rootfs / "bin/narrow"
        program.write_bytes(header + segment + text + b"32\n")
        program.chmod(0o755)
        bundle.args("/bin/narrow")
        if anocir_cannot_run_narrow(program):
            pytest.skip("this kernel runs no 32-bit programs")
        return bundle

    def test_it_runs_without_a_filter(self, anocir: Runtime, narrow: Bundle) -> None:
        assert anocir.output(narrow) == "32\n"

    def test_an_architecture_that_is_not_named_kills(self, anocir: Runtime, narrow: Bundle) -> None:
        result = anocir.any("run", "-b", profile(narrow, "ALLOW"), "c1")
        assert (result.code, result.out) == (SIGSYS, "")

    def test_one_that_is_named_has_its_own_numbers(self, anocir: Runtime, narrow: Bundle) -> None:
        names = ["SCMP_ARCH_X86"]
        calls = rule("execve getpid write exit")
        assert anocir.output(profile(narrow, "KILL", calls, architectures=names)) == "32\n"
        calls = rule("execve getpid write exit_group")
        result = anocir.any("run", "-b", profile(narrow, "KILL", calls, architectures=names), "c1")
        assert (result.code, result.out) == (SIGSYS, "32\n")


def anocir_cannot_run_narrow(program: Path) -> bool:
    pid = os.fork()
    if pid == 0:
        try:
            os.dup2(os.open("/dev/null", os.O_WRONLY), 1)
            os.execv(program, ["narrow"])
        finally:
            os._exit(99)
    return os.waitpid(pid, 0)[1] != 0


@pytest.mark.parametrize(
    "flags",
    [
        None,
        [],
        ["SECCOMP_FILTER_FLAG_LOG"],
        ["SECCOMP_FILTER_FLAG_TSYNC", "SECCOMP_FILTER_FLAG_SPEC_ALLOW"],
    ],
)
@NO_NEW_PRIVILEGES
def test_flags(
    anocir: Runtime, bundle: Bundle, flags: list[str] | None, no_new_privileges: bool
) -> None:
    bundle.process["noNewPrivileges"] = no_new_privileges
    more = {} if flags is None else {"flags": flags}
    profile(bundle, "LOG", rule("execve"), **more)
    assert proc.status(anocir.output(bundle.args("cat", "/proc/self/status")))["Seccomp"] == "2"


@NO_NEW_PRIVILEGES
@pytest.mark.skipif(MACHINE != "x86_64", reason="the profiles name architectures of x86_64")
@pytest.mark.parametrize("name", ["docker-default", "engine-with-enosys", "deny-list"])
def test_profiles_of_engines(
    anocir: Runtime, bundle: Bundle, name: str, no_new_privileges: bool
) -> None:
    bundle.process["noNewPrivileges"] = no_new_privileges
    bundle.linux["seccomp"] = json.loads((PROFILES / f"{name}.json").read_text())
    text = "grep ^Seccomp: /proc/self/status; sleep 0 & wait; mount -t tmpfs x /tmp || echo no"
    assert anocir("run", "-b", bundle.script(text), "c1").out == "Seccomp:\t2\nno\n"


def test_trace_without_a_tracer(anocir: Runtime, bundle: Bundle) -> None:
    """The call then doesn't exist (seccomp(2))."""
    bundle.script("mkdir /dev/shm/a || true")
    result = anocir("run", "-b", profile(bundle, "ALLOW", rule("mkdir mkdirat", "TRACE")), "c1")
    assert "Function not implemented" in result.err


# A listener decides


class Agent:
    """Who listens at a socket, takes one listener and decides about one call of the container."""

    RECV, SEND = 0xC0502100, 0xC0182101  # linux/seccomp.h, SECCOMP_IOCTL_NOTIF_*

    def __init__(self, path: Path, error: int) -> None:
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.bind(str(path))
        self.socket.listen(1)
        self.socket.settimeout(60)
        self.error = error
        self.states: list[dict[str, Any]] = []
        self.calls: list[int] = []
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self) -> None:
        connection, _ = self.socket.accept()
        with connection:
            data, fds, _, _ = socket.recv_fds(connection, 65536, 8)
            while more := connection.recv(65536):
                data += more
        self.states.append(json.loads(data))
        (listener,) = fds
        request = bytearray(80)
        fcntl.ioctl(listener, self.RECV, request)
        number, _, _, call = struct.unpack_from("<QIIi", request)
        self.calls.append(call)
        fcntl.ioctl(listener, self.SEND, struct.pack("<QqiI", number, 0, -self.error, 0))
        os.close(listener)

    def close(self) -> None:
        self.thread.join(60)
        self.socket.close()
        assert not self.thread.is_alive()


@NO_NEW_PRIVILEGES
@pytest.mark.parametrize("command", ["run", "create"])
def test_a_listener_decides(
    anocir: Runtime, bundle: Bundle, tmp_path: Path, no_new_privileges: bool, command: str
) -> None:
    bundle.process["noNewPrivileges"] = no_new_privileges
    bundle.config["annotations"] = {"a": "b"}
    profile(bundle, "ALLOW", rule("mkdir mkdirat", "NOTIFY"), flags=["SECCOMP_FILTER_FLAG_TSYNC"])
    more = {"listenerPath": str(tmp_path / "agent"), "listenerMetadata": "who=me"}
    bundle.linux["seccomp"] |= more
    bundle.script("mkdir /dev/shm/a 2>/tmp/said || true")
    bundle.config["root"]["readonly"] = False
    agent = Agent(tmp_path / "agent", 95)
    if command == "run":
        anocir.quiet("run", "-b", bundle, "c1")
    else:
        anocir.quiet("create", "-b", bundle, "c1")
        pid = anocir.pid("c1")
        fds = [os.readlink(f"/proc/{pid}/fd/{fd}") for fd in os.listdir(f"/proc/{pid}/fd")]
        assert not [name for name in fds if "seccomp" in name]
        anocir.quiet("start", "c1")
        anocir.wait_stopped("c1")
    agent.close()
    said = (bundle.rootfs / "tmp/said").read_text()
    assert said == "mkdir: can't create directory '/dev/shm/a': Operation not supported\n"
    (document,) = agent.states
    state = document["state"]
    if command == "create":
        assert state["pid"] == pid
    assert document == {
        "ociVersion": bundle.config["ociVersion"],
        "fds": ["seccompFd"],
        "pid": state["pid"],
        "metadata": "who=me",
        "state": {
            "ociVersion": bundle.config["ociVersion"],
            "id": "c1",
            "status": "creating",
            "pid": state["pid"],
            "bundle": str(bundle.path),
            "annotations": {"a": "b"},
        },
    }
    assert len(agent.calls) == 1


def test_a_socket_that_nobody_listens_at(anocir: Runtime, bundle: Bundle, tmp_path: Path) -> None:
    closed = socket.socket(socket.AF_UNIX)
    closed.bind(str(tmp_path / "agent"))
    closed.close()
    path = str(tmp_path / "agent")
    profile(bundle, "ALLOW", rule("mkdir", "NOTIFY"), listenerPath=path)
    message = anocir.fails("create", "-b", bundle, "c1")
    assert message == f"seccomp listener: sending the listener to {path}: connection refused"


def test_without_the_action_the_path_is_ignored(anocir: Runtime, bundle: Bundle) -> None:
    profile(bundle.args("true"), "ALLOW", listenerPath="/nowhere", listenerMetadata="x")
    anocir.quiet("run", "-b", bundle, "c1")


# The same under runc


@pytest.mark.parametrize(
    "rules",
    [
        [rule("mkdir mkdirat", "ERRNO", errnoRet=28)],
        [rule("mkdir mkdirat", "ERRNO", arg(0, "MASKED_EQ", 0, 0), arg(1, "MASKED_EQ", 0, 0))],
        [rule("mkdir mkdirat", "KILL")],
        [rule("mkdir mkdirat", "KILL_PROCESS"), rule("sync", "ERRNO", errnoRet=5)],
        [rule("mkdir mkdirat", "TRAP")],
        [rule("mkdir mkdirat", "TRACE", errnoRet=4)],
        [rule("mkdir mkdirat", "LOG")],
        [rule("setpriority", "ERRNO", arg(2, "GT", 5), arg(2, "LT", 2)), rule("misspelt", "KILL")],
    ],
    ids=["errno", "masked", "kill", "process", "trap", "trace", "log", "twice"],
)
def test_effects_are_those_of_runc(
    anocir: Runtime, runc: Runtime, bundle: Bundle, rules: list[dict[str, Any]]
) -> None:
    profile(bundle, "ALLOW", *rules, flags=[])
    bundle.script(
        "mkdir /dev/shm/a 2>&1; echo $?; sync 2>&1; nice -n 7 true 2>&1; nice -n 1 true 2>&1;"
        " nice -n 3 true 2>&1; grep -E '^(Seccomp|NoNewPrivs)' /proc/self/status; true"
    )
    bundle.process["args"][1] = "-c"
    ours, theirs = (r.any("run", "-b", bundle, "c1") for r in (anocir, runc))
    assert "Seccomp:\t2" in ours.out
    assert (ours.out, ours.code) == (theirs.out, theirs.code)


@pytest.mark.skipif(MACHINE != "x86_64", reason="the profile names architectures of x86_64")
def test_dockers_profile_as_runc_has_it(anocir: Runtime, runc: Runtime, bundle: Bundle) -> None:
    bundle.linux["seccomp"] = json.loads((PROFILES / "docker-default.json").read_text())
    bundle.script("cat /proc/self/status; mount -t tmpfs x /tmp 2>&1 || umount /proc 2>&1 || true")
    outs = []
    for runtime in (anocir, runc):
        result = runtime.any("run", "-b", bundle, "c1")
        lines = result.out.splitlines()
        kept = [line for line in lines if line.startswith(("Seccomp", "NoNew", "mount", "umount"))]
        outs.append((result.code, kept))
    assert outs[0] == outs[1] and len(outs[0][1]) == 5


# What is refused


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"architectures": ["SCMP_ARCH_S390X"]}, "architectures: SCMP_ARCH_S390X has another byte"),
        ({"defaultAction": "SCMP_ACT_NOTIFY"}, "defaultAction: SCMP_ACT_NOTIFY is only for"),
        ({"syscalls": [rule("mkdir", "NOTIFY")]}, "syscalls[0].action: SCMP_ACT_NOTIFY needs"),
        (
            {"syscalls": [rule("write", "NOTIFY")], "listenerPath": "/nowhere"},
            "syscalls[0].names: SCMP_ACT_NOTIFY can't be for write",
        ),
        (
            {"syscalls": [rule("mkdir", "NOTIFY")], "listenerPath": "/nowhere"},
            "seccomp listener: sending the listener to /nowhere: no such file or directory",
        ),
        ({"defaultErrnoRet": 1}, "defaultErrnoRet: SCMP_ACT_ALLOW returns no errno"),
        (
            {"flags": ["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"]},
            "flags[0]: SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV needs",
        ),
        ({"syscalls": [rule("read", "ALLOW", arg(6, "EQ", 0))]}, "syscalls[0].args[0].index"),
        (
            {"syscalls": [rule("read", "KILL", arg(0, "EQ", n)) for n in range(1500)]},
            "instructions, and the kernel takes 4096",
        ),
    ],
)
def test_refusals(anocir: Runtime, bundle: Bundle, change: dict[str, Any], message: str) -> None:
    profile(bundle, "ALLOW", **change)
    assert message in anocir.fails("create", "-b", bundle, "c1")


def test_a_name_that_is_no_call_is_ignored_with_a_warning(
    anocir: Runtime, bundle: Bundle, tmp_path: Path
) -> None:
    """Each time: also when the filter comes from the cache."""
    profile(bundle.args("true"), "ALLOW", rule("misspelt swapon breakpoint", "KILL"))
    for number in range(2):
        log = tmp_path / f"log{number}"
        anocir.quiet("run", "-b", bundle, "c1", globals=["--log", log])
        assert log.read_text().count("misspelt is no known system call") == 1
        assert "breakpoint" not in log.read_text()


# The cache


@pytest.fixture
def cached(anocir: Runtime, bundle: Bundle) -> Iterator[tuple[Bundle, Path]]:
    """A bundle that forbids mkdir, and the cache file of its profile."""
    number = os.getpid() << 8  # of no other test's profile
    args = arg(5, "NE", number)
    profile(bundle, "ALLOW", rule("mkdir mkdirat", "ERRNO"), rule("swapon", "ERRNO", args))
    bundle.script("mkdir /dev/shm/a || echo refused")
    before = set(os.listdir(CACHE)) if CACHE.is_dir() else set()
    assert anocir("run", "-b", bundle, "c1").out == "refused\n"
    (name,) = set(os.listdir(CACHE)) - before
    yield bundle, CACHE / name
    (CACHE / name).unlink(missing_ok=True)


def test_the_cache_is_the_callers_alone(cached: tuple[Bundle, Path]) -> None:
    assert stat.S_IMODE(CACHE.stat().st_mode) == 0o700
    assert stat.S_IMODE(cached[1].stat().st_mode) == 0o600


def test_a_second_container_takes_the_filter_from_the_cache(
    anocir: Runtime, cached: tuple[Bundle, Path]
) -> None:
    bundle, file = cached
    written = file.stat()
    assert anocir("run", "-b", bundle, "c1").out == "refused\n"
    assert file.stat() == written or file.stat().st_ino == written.st_ino


def test_a_damaged_or_foreign_file_is_not_believed(
    anocir: Runtime, cached: tuple[Bundle, Path]
) -> None:
    bundle, file = cached
    whole = file.read_bytes()
    for damaged in (b"", whole[:-8], whole[:-1] + b"\0", whole[:40] + b"x" + whole[41:]):
        file.write_bytes(damaged)
        assert anocir("run", "-b", bundle, "c1").out == "refused\n"
        assert file.read_bytes() == whole
    os.chown(file, 1, 1)
    assert anocir("run", "-b", bundle, "c1").out == "refused\n"
    assert (file.stat().st_uid, file.read_bytes()) == (0, whole)


def test_a_cache_that_is_open_to_others_is_left_alone(
    anocir: Runtime, cached: tuple[Bundle, Path]
) -> None:
    bundle, file = cached
    file.write_bytes(b"")
    CACHE.chmod(0o755)
    try:
        assert anocir("run", "-b", bundle, "c1").out == "refused\n"
        assert file.read_bytes() == b""
    finally:
        CACHE.chmod(0o700)
