"""What few processes ask for: OOM score, scheduling, I/O priority, execution domain, labels."""

from __future__ import annotations

import ctypes
import json
import os
import platform
import resource
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.support import proc
from tests.integration.support.bundles import Bundle
from tests.integration.support.driver import Runtime

CAP_SYS_RESOURCE = 24
RLIMITS = ["AS", "CORE", "CPU", "DATA", "FSIZE", "LOCKS", "MEMLOCK", "MSGQUEUE", "NICE", "NOFILE",
           "NPROC", "RSS", "RTPRIO", "RTTIME", "SIGPENDING", "STACK"]  # fmt: skip
IOPRIO_GET = {"x86_64": 252, "aarch64": 31}
IOPRIO_WHO_PROCESS = 1
_libc = ctypes.CDLL(None, use_errno=True)


@pytest.fixture(params=["anocir", "runc"])
def either(request: pytest.FixtureRequest, anocir: Runtime, tmp_path: Path) -> Runtime:
    """Each of the runtimes: what one test asserts of both is the same in both."""
    if request.param == "anocir":
        return anocir
    runc = shutil.which("runc", path="/usr/sbin:/usr/bin:/sbin:/bin")
    if runc is None:
        pytest.skip("runc is missing: install Debian's runc")
    env = {"PATH": os.environ["PATH"]}
    return Runtime(tmp_path / "runc-state", tmp_path / "runc-output", (runc,), env)


def has_capability(number: int) -> bool:
    """Whether root has a capability here: in a container it may not."""
    effective = proc.status(Path("/proc/self/status").read_text())["CapEff"]
    return bool(int(effective, 16) >> number & 1)


def show(runtime: Runtime, bundle: Bundle, path: str) -> str:
    """A file as the container's program sees it."""
    return runtime("run", "--bundle", bundle.args("cat", path), "c1").out


@pytest.mark.parametrize("score", [0, 500, -500, 1000, -1000])
def test_oom_score(either: Runtime, bundle: Bundle, score: int) -> None:
    if score < 0 and not has_capability(CAP_SYS_RESOURCE):
        pytest.skip("root has no CAP_SYS_RESOURCE here")
    bundle.process["oomScoreAdj"] = score
    assert show(either, bundle, "/proc/self/oom_score_adj") == f"{score}\n"


def test_without_the_setting_the_oom_score_is_the_callers(anocir: Runtime, bundle: Bundle) -> None:
    bundle.args("cat", "/proc/self/oom_score_adj")
    out = anocir.output(bundle, before=lambda: _write_oom_score(333))
    assert out == "333\n"


def _write_oom_score(score: int) -> None:
    Path("/proc/self/oom_score_adj").write_text(str(score))


def test_lowering_the_oom_score_takes_a_capability(anocir: Runtime, bundle: Bundle) -> None:
    bundle.process["oomScoreAdj"] = -1
    wrap = ["setpriv", "--bounding-set", "-sys_resource", "--"]
    if shutil.which("setpriv") is None:
        pytest.skip("setpriv is missing: install Debian's util-linux")
    message = anocir.fails("create", "-b", bundle, "c1", wrap=wrap)
    assert "process.oomScoreAdj: cannot write -1: permission denied" in message
    assert "CAP_SYS_RESOURCE" in message


def schedule(pid: int) -> dict[str, int]:
    """policy, nice, rt priority and reset-on-fork of a process, by the kernel's own account."""
    fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    raw = os.sched_getscheduler(pid)
    return {
        "policy": raw & ~os.SCHED_RESET_ON_FORK,
        "reset": int(bool(raw & os.SCHED_RESET_ON_FORK)),
        "nice": int(fields[16]),
        "priority": int(fields[37]),
    }


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"policy": "SCHED_OTHER", "nice": 7}, {"policy": os.SCHED_OTHER, "nice": 7}),
        ({"policy": "SCHED_OTHER", "nice": -7}, {"policy": os.SCHED_OTHER, "nice": -7}),
        ({"policy": "SCHED_OTHER"}, {"policy": os.SCHED_OTHER, "nice": 0}),
        ({"policy": "SCHED_BATCH", "nice": 19}, {"policy": os.SCHED_BATCH, "nice": 19}),
        ({"policy": "SCHED_IDLE"}, {"policy": os.SCHED_IDLE}),
        ({"policy": "SCHED_FIFO", "priority": 3}, {"policy": os.SCHED_FIFO, "priority": 3}),
        ({"policy": "SCHED_RR", "priority": 99}, {"policy": os.SCHED_RR, "priority": 99}),
        (
            {"policy": "SCHED_FIFO", "priority": 1, "flags": ["SCHED_FLAG_RESET_ON_FORK"]},
            {"policy": os.SCHED_FIFO, "priority": 1, "reset": 1},
        ),
    ],
    ids=json.dumps,
)
def test_scheduler(
    anocir: Runtime, bundle: Bundle, wanted: dict[str, Any], expected: dict[str, int]
) -> None:
    bundle.process["scheduler"] = wanted
    result = anocir.any("create", "-b", bundle.args("sleep", "1000"), "c1")
    if result.code and "bandwidth" in result.err and wanted["policy"] in ("SCHED_FIFO", "SCHED_RR"):
        pytest.skip("this kernel gives new version 1 cgroups no real-time bandwidth")
    assert result.code == 0, result.err
    anocir.quiet("start", "c1")
    found = schedule(anocir.pid("c1"))
    assert {name: found[name] for name in expected} == expected


def test_deadline(anocir: Runtime, bundle: Bundle) -> None:
    """The policy of a process whose three times the kernel has accepted."""
    times = {"runtime": 10_000_000, "deadline": 50_000_000, "period": 100_000_000}
    flags = ["SCHED_FLAG_RESET_ON_FORK", "SCHED_FLAG_RECLAIM", "SCHED_FLAG_DL_OVERRUN"]
    bundle.process["scheduler"] = {"policy": "SCHED_DEADLINE", "flags": flags, **times}
    result = anocir.any("create", "-b", bundle.args("sleep", "1000"), "c1")
    if result.code and "operation not permitted" in result.err:
        pytest.skip("SCHED_DEADLINE needs a cpuset with all processors and real-time bandwidth")
    assert result.code == 0, result.err
    pid = anocir.pid("c1")
    sched = Path(f"/proc/{pid}/sched").read_text()
    values = dict(line.replace(" ", "").split(":") for line in sched.splitlines() if ":" in line)
    assert values["policy"] == "6"
    assert [values[f"dl.{name}"] for name in ("runtime", "deadline")][1] != "0"


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({"policy": "SCHED_OTHER", "nice": 20}, "process.scheduler.nice: found 20"),
        ({"policy": "SCHED_OTHER", "priority": 1}, "process.scheduler.priority"),
        ({"policy": "SCHED_FIFO", "priority": 1, "runtime": 1}, "process.scheduler.runtime"),
        ({"policy": "SCHED_FIFO", "priority": 100}, "the kernel refuses SCHED_FIFO: invalid"),
        ({"policy": "SCHED_FIFO"}, "the kernel refuses SCHED_FIFO: invalid argument"),
        ({"policy": "SCHED_DEADLINE"}, "the kernel refuses SCHED_DEADLINE: invalid argument"),
        ({"policy": "SCHED_ISO"}, "the kernel refuses SCHED_ISO: invalid argument"),
    ],
    ids=json.dumps,
)
def test_scheduler_that_is_none(
    anocir: Runtime, bundle: Bundle, wanted: dict[str, Any], words: str
) -> None:
    bundle.process["scheduler"] = wanted
    assert words in anocir.fails("create", "-b", bundle, "c1")


@pytest.mark.parametrize(
    ("name", "number"),
    [("IOPRIO_CLASS_RT", 1), ("IOPRIO_CLASS_BE", 2), ("IOPRIO_CLASS_IDLE", 3)],
)
@pytest.mark.parametrize("level", [0, 7])
def test_io_priority(anocir: Runtime, bundle: Bundle, name: str, number: int, level: int) -> None:
    bundle.process["ioPriority"] = {"class": name, "priority": level}
    anocir.quiet("run", "-d", "-b", bundle.args("sleep", "1000"), "c1")
    call = IOPRIO_GET[platform.machine()]
    found = _libc.syscall(call, IOPRIO_WHO_PROCESS, anocir.pid("c1"))
    assert (found >> 13, found & 7) == (number, level)


def test_personality(either: Runtime, bundle: Bundle) -> None:
    if either.command[0].endswith("runc"):
        pytest.skip("runc 1.1 does not know the setting")
    bundle.linux["personality"] = {"domain": "LINUX32"}
    assert show(either, bundle, "/proc/self/personality") == "00000008\n"
    machine = either.output(bundle.args("uname", "-m"))
    assert machine.strip() == {"x86_64": "i686", "aarch64": "armv8l"}[platform.machine()]
    bundle.linux["personality"] = {"domain": "LINUX"}
    assert show(either, bundle, "/proc/self/personality") == "00000000\n"


def test_personality_has_no_flags_yet(anocir: Runtime, bundle: Bundle) -> None:
    bundle.linux["personality"] = {"domain": "LINUX", "flags": ["READ_IMPLIES_EXEC"]}
    assert "linux.personality.flags: not supported" in anocir.fails("create", "-b", bundle, "c1")


def test_all_rlimits_as_runc_sets_them(either: Runtime, bundle: Bundle) -> None:
    """Each of the kernel's sixteen, with values of its own."""
    wanted = {name: (n << 20 | 5, n << 20 | 7) for n, name in enumerate(RLIMITS, 100)}
    wanted |= {"NICE": (11, 12), "RTPRIO": (13, 14), "NOFILE": (1015, 1016), "MSGQUEUE": (17, 18)}
    for name in ("CORE", "LOCKS", "MEMLOCK", "NPROC", "SIGPENDING"):
        wanted[name] = wanted[name][0] & 0xFFF, wanted[name][1] & 0xFFF
    wanted |= {"NPROC": (3001, 3002), "SIGPENDING": (3003, 3004)}
    # runc's own init has to live with these for a while.
    wanted |= {"AS": (8 << 30 | 5, 8 << 30 | 7), "DATA": (9 << 30 | 5, 9 << 30 | 7)}
    if not has_capability(CAP_SYS_RESOURCE):
        for name in ("NICE", "RTPRIO", "MSGQUEUE"):
            wanted[name] = resource.getrlimit(getattr(resource, f"RLIMIT_{name}"))
    bundle.process["rlimits"] = [
        {"type": f"RLIMIT_{name}", "soft": soft, "hard": hard}
        for name, (soft, hard) in wanted.items()
    ]
    lines = show(either, bundle, "/proc/self/limits").splitlines()
    found = [line[26:].split()[:2] for line in lines[1:]]
    assert sorted(found) == sorted([str(soft), str(hard)] for soft, hard in wanted.values())


def test_a_hard_limit_is_raised_in_a_user_namespace_too(anocir: Runtime, bundle: Bundle) -> None:
    """Where the process itself may not: the runtime does it from outside."""
    if not has_capability(CAP_SYS_RESOURCE):
        pytest.skip("root has no CAP_SYS_RESOURCE here")
    mapping = [{"containerID": 0, "hostID": 100000, "size": 65536}]
    bundle.config["linux"] |= {"uidMappings": mapping, "gidMappings": mapping}
    bundle.linux["namespaces"].append({"type": "user"})
    os.chmod(bundle.path, 0o755)
    bundle.process["rlimits"] = [{"type": "RLIMIT_NOFILE", "soft": 50, "hard": 5000}]
    lower = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (1000, 1000))  # noqa: E731
    out = anocir.output(bundle.args("cat", "/proc/self/limits"), before=lower)
    assert next(line for line in out.splitlines() if "open files" in line).split()[3:5] == [
        "50", "5000"
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["pipe", "file"])
def test_a_user_may_open_its_pipes_by_name(
    anocir: Runtime, bundle: Bundle, tmp_path: Path, kind: str
) -> None:
    """As with runc; a file of the caller's stays whose it is."""
    bundle.process["user"] = {"uid": 1000, "gid": 1000}
    bundle.script("echo one >/dev/stdout && echo two >/dev/stderr")
    argv = [*anocir.command, "--root", str(anocir.root), "run", "-b", str(bundle), "c1"]
    if kind == "pipe":
        done = subprocess.run(argv, env=anocir.env, capture_output=True, timeout=120, check=True)
        assert (done.stdout, done.stderr) == (b"one\n", b"two\n")
        return
    with (tmp_path / "out").open("wb") as out:
        done = subprocess.run(argv, env=anocir.env, stdout=out, timeout=120, check=False)
    assert done.returncode != 0
    assert (tmp_path / "out").stat().st_uid == 0


def test_the_umask_is_the_callers_when_none_is_given(anocir: Runtime, bundle: Bundle) -> None:
    bundle.args("cat", "/proc/self/status")
    out = anocir.output(bundle, before=lambda: [os.umask(0o037), None][1])  # type: ignore[arg-type]
    assert proc.status(out)["Umask"] == "0037"


def test_capabilities_that_the_runtime_lacks_are_warned_of(
    anocir: Runtime, bundle: Bundle, tmp_path: Path
) -> None:
    """config.md: they cannot be granted, which is no reason to fail."""
    if shutil.which("setpriv") is None:
        pytest.skip("setpriv is missing: install Debian's util-linux")
    for name in ("bounding", "effective", "permitted"):
        bundle.process["capabilities"][name].append("CAP_SYS_TIME")
    log = tmp_path / "log"
    bundle.args("cat", "/proc/self/status")
    wrap = ["setpriv", "--bounding-set", "-sys_time", "--"]
    out = anocir.output(bundle, globals=["--log", log], wrap=wrap)
    assert "CAP_SYS_TIME is ignored" in log.read_text()
    kept = f"{1 << 29 | 1 << 5 | 1 << 10:016x}"
    fields = proc.status(out)
    assert [fields[f"Cap{name}"] for name in ("Bnd", "Eff", "Prm")] == [kept] * 3


def has_apparmor() -> bool:
    where = Path("/sys/module/apparmor/parameters/enabled")
    return where.exists() and where.read_text().startswith("Y")


@pytest.mark.skipif(has_apparmor(), reason="this host runs AppArmor")
def test_a_profile_on_a_host_without_apparmor(anocir: Runtime, bundle: Bundle) -> None:
    bundle.process["apparmorProfile"] = "acme"
    message = anocir.fails("create", "-b", bundle, "c1")
    assert "process.apparmorProfile" in message and "does not run AppArmor" in message


@pytest.mark.skipif(Path("/sys/fs/selinux/enforce").exists(), reason="this host runs SELinux")
def test_a_label_on_a_host_without_selinux(anocir: Runtime, bundle: Bundle) -> None:
    bundle.process["selinuxLabel"] = "system_u:system_r:container_t:s0"
    message = anocir.fails("create", "-b", bundle, "c1")
    assert "process.selinuxLabel" in message and "does not run SELinux" in message


@pytest.mark.skipif(not has_apparmor(), reason="this host does not run AppArmor")
def test_apparmor(anocir: Runtime, bundle: Bundle) -> None:
    """The kernel has one profile always, that of nobody's confinement."""
    bundle.process["apparmorProfile"] = "unconfined"
    assert show(anocir, bundle, "/proc/self/attr/current").startswith("unconfined")
    bundle.process["apparmorProfile"] = "no-such-profile"
    assert "is the profile loaded?" in anocir.fails("create", "-b", bundle, "c1")


PROFILE = """profile anocir-test flags=(attach_disconnected, mediate_deleted) {
  file, capability, network, mount, umount, signal, ptrace, unix,
  deny /etc/secret r,
}
"""


@pytest.fixture
def profile(tmp_path: Path) -> Iterator[str]:
    """A profile of AppArmor's that keeps its program from one file."""
    if not has_apparmor():
        pytest.skip("this host does not run AppArmor")
    if shutil.which("apparmor_parser", path="/usr/sbin:/sbin") is None:
        pytest.skip("apparmor_parser is missing: install Debian's apparmor")
    (tmp_path / "profile").write_text(PROFILE)
    parser = ["unshare", "-m", "sh", "-c", "mount -t securityfs none /sys/kernel/security && "
              'exec /usr/sbin/apparmor_parser -K "$1" "$2"', "sh"]  # fmt: skip
    subprocess.run([*parser, "-r", tmp_path / "profile"], check=True)
    yield "anocir-test"
    subprocess.run([*parser, "-R", tmp_path / "profile"], check=True)


def test_a_profile_keeps_its_program_from_a_file(
    either: Runtime, bundle: Bundle, profile: str
) -> None:
    """The program and all that it starts, and nothing of the runtime's before it."""
    (bundle.rootfs / "etc/secret").write_text("told\n")
    bundle.script("cat /proc/self/attr/current; cat /etc/secret 2>&1 || true; cat /etc/hostname")
    (bundle.rootfs / "etc/hostname").write_text("open\n")
    free = either("run", "-b", bundle, "c1").out
    assert free.splitlines()[1:] == ["told", "open"]
    bundle.process["apparmorProfile"] = profile
    confined = either("run", "-b", bundle, "c2").out
    assert confined.splitlines() == [
        f"{profile} (enforce)", "cat: can't open '/etc/secret': Permission denied", "open"
    ]  # fmt: skip


def test_a_labelled_program_is_not_the_runtimes_interpreter(
    anocir: Runtime, bundle: Bundle
) -> None:
    """It runs without the exec stub, so what would reach the interpreter is refused by name."""
    bundle.process["apparmorProfile"] = "unconfined"
    (bundle.rootfs / "bin/it").write_text("#!/proc/self/exe\n")
    (bundle.rootfs / "bin/it").chmod(0o755)
    if not has_apparmor():
        pytest.skip("this host does not run AppArmor")
    assert "own interpreter" in anocir.fails("create", "-b", bundle.args("/bin/it"), "c1")


def test_a_warning_from_inside_reaches_the_log(
    anocir: Runtime, bundle: Bundle, tmp_path: Path, strace: str
) -> None:
    """The process has closed the log by then: the runtime writes what the process says."""
    log = tmp_path / "log"
    wrap = [strace, "-f", "-qq", "-e", "inject=keyctl:error=ENOSYS", "-e", "trace=keyctl",
            "-o", "/dev/null"]  # fmt: skip
    anocir("run", "-b", bundle.args("true"), "c1", globals=["--log", log], wrap=wrap)
    assert "session keyring" in log.read_text() and "level=warning" in log.read_text()
