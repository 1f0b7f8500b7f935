"""The config that `anocir spec` writes: what its container looks like from inside."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from pathlib import Path

import pytest

from anocir.plan.plan import STAGES
from tests.integration.support import proc, world
from tests.integration.support.bundles import Bundle
from tests.integration.support.driver import CONFIG_SCHEMA, PYTHON, REPO, Runtime

DEVICES = {
    "null": "1:3",
    "zero": "1:5",
    "full": "1:7",
    "random": "1:8",
    "urandom": "1:9",
    "tty": "5:0",
}
CORE = {"core": "/proc/kcore"} if Path("/proc/kcore").exists() else {}
LINKS = CORE | {
    "fd": "/proc/self/fd",
    "stdin": "/proc/self/fd/0",
    "stdout": "/proc/self/fd/1",
    "stderr": "/proc/self/fd/2",
    "ptmx": "pts/ptmx",
}
NOATIME = {"rw", "nosuid", "nodev", "noexec", "relatime"}
# where -> (type, options of the mount, options of the filesystem among others)
MOUNTS = {
    "/": ("", {"ro"}, set()),
    "/proc": ("proc", {"rw", "relatime"}, set()),
    "/dev": ("tmpfs", {"rw", "nosuid"}, {"size=65536k", "mode=755"}),
    "/dev/pts": (
        "devpts",
        {"rw", "nosuid", "noexec", "relatime"},
        {"gid=5", "mode=620", "ptmxmode=666"},
    ),
    "/dev/shm": ("tmpfs", NOATIME, {"size=65536k"}),
    "/dev/mqueue": ("mqueue", NOATIME, set()),
    "/sys": ("sysfs", NOATIME - {"rw"} | {"ro"}, {"ro"}),
}


def test_the_config_that_spec_writes_is_valid_and_runs_as_it_is(
    anocir: Runtime, tmp_path: Path, bundle: Bundle
) -> None:
    anocir.quiet("spec", cwd=bundle.path)
    CONFIG_SCHEMA.validate(json.loads((bundle.path / "config.json").read_text()))
    result = anocir("run", "shell", cwd=bundle.path)
    assert (result.out, result.err) == ("", "")


def test_the_program_is_process_1_in_namespaces_of_its_own(anocir: Runtime, bundle: Bundle) -> None:
    bundle.args("sleep", "1000")
    anocir.quiet("run", "--detach", "--bundle", bundle, "c1")
    pid = anocir.pid("c1")
    fields = proc.status(Path(f"/proc/{pid}/status").read_text())
    assert fields["NSpid"].split()[-1] == "1"
    assert fields["NSsid"].split()[-1] == "1"
    for kind in proc.NAMESPACES:
        assert proc.namespace(pid, kind) != proc.namespace("self", kind), kind
    assert Path(f"/proc/{pid}/cmdline").read_bytes() == b"sleep\x001000\x00"


def test_it_sees_its_own_name_and_processes_and_interfaces_only(
    anocir: Runtime, bundle: Bundle
) -> None:
    bundle.script("hostname; cd /proc; echo [0-9]*; echo /sys/class/net/*")
    name, processes, interfaces = anocir.output(bundle).splitlines()
    assert name == "anocir"
    assert processes == "1"
    # Some kernels bring fallback tunnels into every new namespace; they are down and no way out.
    assert "/sys/class/net/lo" in interfaces.split()
    host = {path.name for path in Path("/sys/class/net").iterdir()} - {"lo"}
    real = {name for name in host if (Path("/sys/class/net") / name / "device").exists()}
    assert not real & {Path(path).name for path in interfaces.split()}


def test_mounts(anocir: Runtime, bundle: Bundle) -> None:
    bundle.args("cat", "/proc/self/mountinfo")
    mounts = proc.mountinfo(anocir.output(bundle))
    asked = [m["destination"] for m in bundle.config["mounts"]]
    below = [*bundle.linux["readonlyPaths"], *bundle.linux["maskedPaths"], "/sys/fs/cgroup"]
    plain = [m for m in mounts if not any(f"{m.where}/".startswith(f"{p}/") for p in below)]
    assert [m.where for m in plain] == ["/", *(place for place in asked if place in MOUNTS)]
    for mount in plain:
        kind, options, data = MOUNTS[mount.where]
        assert kind in ("", mount.kind)
        # The root's other options are those of the file system that the bundle lies on.
        found = mount.options & {"ro", "rw"} if mount.where == "/" else mount.options
        assert (mount.where, found) == (mount.where, options)
        assert mount.data >= data
        assert not mount.tags & {"shared"}, f"{mount.where}: the host would see mounts made here"


def test_its_cgroups_are_shown_read_only(anocir: Runtime, bundle: Bundle) -> None:
    bundle.script("cat /proc/self/mountinfo; echo; cat /proc/self/cgroup")
    mounts, groups = anocir.output(bundle).split("\n\n")
    shown = [m for m in proc.mountinfo(mounts) if m.where.startswith("/sys/fs/cgroup")]
    assert shown
    assert [m.where for m in shown if "ro" not in m.options] == []
    own = {line.split(":", 2)[2] for line in groups.splitlines()}
    assert own == {"/"}, "a cgroup namespace shows the own group as the root"


def test_dev_holds_the_default_devices_and_links_and_nothing_else(
    anocir: Runtime, bundle: Bundle
) -> None:
    script = (
        "cd /dev; echo *; stat -c '%n %F %a %t:%T' null zero full random urandom tty;"
        f"for i in {' '.join(LINKS)}; do echo $i $(readlink $i); done"
    )
    names, *lines = anocir.output(bundle.script(script)).splitlines()
    assert set(names.split()) == {*DEVICES, *LINKS, "pts", "shm", "mqueue"}
    devices, links = lines[: len(DEVICES)], lines[len(DEVICES) :]
    assert devices == [f"{n} character special file 666 {d}" for n, d in DEVICES.items()]
    assert links == [f"{name} {target}" for name, target in LINKS.items()]


@pytest.mark.parametrize("device", ["null", "zero", "full", "urandom", "tty", "ptmx"])
def test_devices_work(anocir: Runtime, bundle: Bundle, device: str) -> None:
    tests = {
        "null": 'test -z "$(cat /dev/null)"; echo x > /dev/null',
        "zero": "test $(head -c 8 /dev/zero | tr -d '\\0' | wc -c) = 0",
        "full": "! echo x > /dev/full 2> /dev/null",
        "urandom": "test $(head -c 8 /dev/urandom | wc -c) = 8",
        "tty": "echo x 2> /dev/null > /dev/tty || test -c /dev/tty",
        "ptmx": ": <> /dev/ptmx",
    }
    assert anocir.output(bundle.script(tests[device] + "; echo works")) == "works\n"


def test_status_says_what_the_config_says(anocir: Runtime, bundle: Bundle) -> None:
    fields = proc.status(anocir.output(bundle.args("cat", "/proc/self/status")))
    kept = f"{1 << 29 | 1 << 5 | 1 << 10:016x}"  # AUDIT_WRITE, KILL, NET_BIND_SERVICE
    none = f"{0:016x}"
    assert [fields[f"Cap{name}"] for name in ("Bnd", "Eff", "Prm", "Inh", "Amb")] == [
        kept, kept, kept, none, none
    ]  # fmt: skip
    assert fields["NoNewPrivs"] == "1"
    assert fields["Uid"].split() == fields["Gid"].split() == ["0"] * 4
    assert fields["Groups"] == ""
    assert fields["Umask"] == "0022"
    assert [fields[name] for name in ("SigIgn", "SigBlk", "SigCgt")] == [none] * 3


def test_rlimits(anocir: Runtime, bundle: Bundle) -> None:
    limits = anocir.output(bundle.args("cat", "/proc/self/limits"))
    line = next(line for line in limits.splitlines() if line.startswith("Max open files"))
    assert line.split()[3:5] == ["1024", "1024"]


def test_masked_paths_show_nothing(anocir: Runtime, bundle: Bundle) -> None:
    there = [path for path in bundle.linux["maskedPaths"] if Path(path).exists()]
    assert there, "this host has none of the masked paths: the test would test nothing"
    script = "".join(
        f'if [ -d {path} ]; then [ -z "$(ls -A {path})" ] || echo {path} has content;'
        f" ! mkdir {path}/x 2> /dev/null || echo {path} is writable;"
        f" else [ $(stat -c %t:%T {path}) = 1:3 ] || echo {path} is no null device; fi;"
        for path in there
    )
    assert anocir.output(bundle.script(script)) == ""


def test_without_masks_the_same_paths_show_something(anocir: Runtime, bundle: Bundle) -> None:
    """The control for the test above."""
    there = [path for path in bundle.linux["maskedPaths"] if Path(path).exists()]
    bundle.linux["maskedPaths"] = []
    script = f"for i in {' '.join(there)}; do [ -d $i ] && ls -A $i || stat -c %t:%T $i; done"
    assert set(anocir.output(bundle.script(script)).split()) - {"1:3"}


@pytest.mark.parametrize(("protected", "expected"), [(True, "Read-only file system"), (False, "")])
def test_read_only_paths_refuse_writes(
    anocir: Runtime, bundle: Bundle, protected: bool, expected: str
) -> None:
    if not protected:
        bundle.linux["readonlyPaths"] = []
    script = "echo 2 > /proc/sys/net/ipv4/conf/lo/rp_filter || true"
    result = anocir("run", "--bundle", bundle.script(f"exec 2>&1; {script}"), "c1")
    assert expected in result.out and bool(result.out) == bool(expected)


def test_read_only_root(anocir: Runtime, bundle: Bundle) -> None:
    bundle.script("! touch /x 2>&1; touch /dev/shm/x; ls /dev/shm")
    out = anocir.output(bundle)
    assert "Read-only file system" in out and out.endswith("x\n")
    bundle.config["root"]["readonly"] = False
    anocir.output(bundle.script("touch /x"))
    assert (bundle.rootfs / "x").exists()


def times(top: Path) -> dict[Path, tuple[int, int]]:
    """When each file was last changed."""
    return {p: (p.lstat().st_mtime_ns, p.lstat().st_ctime_ns) for p in [top, *top.rglob("*")]}


def test_dry_run_names_every_step_and_touches_nothing(
    anocir: Runtime,
    bundle: Bundle,
) -> None:
    bundle.write()
    files = times(bundle.path)
    for command in ("create", "run"):
        steps = anocir(command, "--dry-run", "--bundle", bundle.path, "c1").out.splitlines()
        stages = [line.split()[0] for line in steps]
        assert stages == sorted(stages, key=STAGES.index)
        names = [line[9:].partition(": ")[0] for line in steps]
        assert len(names) == len(set(names)) and "pivot" in names
    assert times(bundle.path) == files
    assert not anocir.root.exists()


def test_dry_run_makes_no_call_that_changes_anything(
    anocir: Runtime, bundle: Bundle, tmp_path: Path, strace: str
) -> None:
    trace = tmp_path / "trace"
    calls = "clone,clone3,fork,vfork,mkdir,mkdirat,unlink,unlinkat,rename,renameat,renameat2,mount,"
    calls += "umount2,unshare,setns,mknod,mknodat,symlink,symlinkat,bpf,kill,chmod,fchmod,fchmodat,"
    calls += "open,openat"
    wrap = [strace, "-f", "-o", trace, "-e", f"trace={calls}"]
    env = {**anocir.env, "PYTHONDONTWRITEBYTECODE": "1"}
    anocir("create", "--dry-run", "--bundle", bundle, "c1", wrap=wrap, env=env)
    lines = trace.read_text().splitlines()
    opens = [line for line in lines if "open" in line]
    assert opens
    assert [line for line in lines if line not in opens and "+++ exited" not in line] == []
    assert [line for line in opens if "O_CREAT" in line or "O_TRUNC" in line] == []


def test_a_missing_working_directory_is_made(anocir: Runtime, bundle: Bundle) -> None:
    bundle.process["cwd"] = "/made/for/it"
    assert anocir.output(bundle.args("pwd"), before=umask_077) == "/made/for/it\n"
    mode = (bundle.rootfs / "made/for/it").stat().st_mode
    assert stat.S_IMODE(mode) == 0o755


def umask_077() -> None:
    os.umask(0o077)


def test_the_demonstration(before: world.View) -> None:
    """What `make demo` shows, to its end; it takes a path that begins in the current directory."""
    python = os.path.relpath(PYTHON, REPO)
    done = subprocess.run(
        ["sh", "tools/demo.sh", python], cwd=REPO, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    for status in ("created", "running", "stopped"):
        assert status in done.stdout
    assert world.look().since(before) == {}
