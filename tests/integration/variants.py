"""The configs that test_vs_runc_configs.py tries: edits of what `runc spec` writes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.integration.support.bundles import Bundle

Edit = Callable[[Bundle], object]
MEBIBYTE = 1 << 20
UNIFIED = Path("/sys/fs/cgroup/cgroup.controllers")
NEW = "runc 1.1 doesn't know it"
ALL_SETS = ("bounding", "effective", "inheritable", "permitted", "ambient")


@dataclass(frozen=True)
class Variant:
    """A config, and what its program does besides looking around.

    edits: changes of the bundle. script: run by the container's shell, its output is compared.
    words: arguments of the shell. look_at: more files to look at. code: the exit status that both
    must have. expects: what the output must hold, so that the setting has been seen to work.
    controller: the cgroup controller without which this can't be tried. crun: from `crun spec`.
    alone: why it isn't run under runc; then what is expected counts alone.
    """

    edits: Sequence[Edit] = ()
    script: str = ""
    words: Sequence[str] = ()
    look_at: str = ""
    code: int = 0
    expects: str = ""
    controller: str = ""
    crun: bool = False
    alone: str = ""

    def edit(self, bundle: Bundle) -> None:
        """Make the bundle this one."""
        for edit in self.edits:
            edit(bundle)

    def missing(self) -> str:
        """Why this can't be tried here, or ''."""
        if self.controller and self.controller not in controllers():
            return f"there is no {self.controller} controller"
        return ""


def controllers() -> set[str]:
    """The cgroup controllers that this machine has, by the names of version 2."""
    if UNIFIED.exists():
        return set(UNIFIED.read_text().split())
    names = {"cpuacct": "cpu", "blkio": "io"}
    rows = [line.split() for line in Path("/proc/cgroups").read_text().splitlines()[1:]]
    mounted = Path("/proc/self/cgroup").read_text()
    return {names.get(row[0], row[0]) for row in rows if row[0] in mounted}


def process(**changes: Any) -> Edit:
    """Change members of the process."""
    return lambda bundle: bundle.process.update(changes)


def user(uid: int, gid: int, **more: Any) -> Edit:
    """Run the process as somebody else."""
    return process(user={"uid": uid, "gid": gid, **more})


def capabilities(*names: str, sets: Sequence[str] = ALL_SETS) -> Edit:
    """Give capabilities, the others none."""
    held = [f"CAP_{name}" for name in names]
    return process(capabilities=dict.fromkeys(sets, held))


def rlimits(**limits: tuple[int, int]) -> Edit:
    """Set soft and hard limits."""
    return process(rlimits=[{"type": f"RLIMIT_{name}", "soft": soft, "hard": hard}
                            for name, (soft, hard) in limits.items()])  # fmt: skip


def environment(*words: str) -> Edit:
    """Replace the environment, but for the path."""
    return process(env=["PATH=/bin", *words])


def top(**changes: Any) -> Edit:
    """Change top-level members."""
    return lambda bundle: bundle.config.update(changes)


def linux(**changes: Any) -> Edit:
    """Change members of `linux`."""
    return lambda bundle: bundle.linux.update(changes)


def resources(**changes: Any) -> Edit:
    """Change members of `linux.resources`."""
    return lambda bundle: bundle.linux["resources"].update(changes)


def allow(kind: str, major: int, minor: int, access: str = "rwm") -> Edit:
    """Let the container use a device."""
    rule = {"allow": True, "type": kind, "major": major, "minor": minor, "access": access}
    return lambda bundle: bundle.linux["resources"]["devices"].append(rule)


def writable(bundle: Bundle) -> None:
    """A root filesystem that can be written."""
    bundle.config["root"]["readonly"] = False


def mount(where: str, kind: str, *options: str) -> Edit:
    """Mount a new filesystem."""
    return lambda bundle: bundle.mount(where, kind, kind, *options)


def bind(where: str, *options: str, file: bool = False) -> Edit:
    """Bind a directory, or a file, of the host."""

    def edit(bundle: Bundle) -> None:
        source = bundle.path / where.strip("/").replace("/", "-")
        if file:
            source.write_text("bound\n")
        else:
            (source / "below").mkdir(parents=True)
            (source / "file").write_text("bound\n")
        bundle.mount(where, "bind", source, *options)

    return edit


def replace_mount(where: str, *options: str) -> Edit:
    """Give a mount other options, in its place."""

    def edit(bundle: Bundle) -> None:
        for entry in bundle.config["mounts"]:
            if entry["destination"] == where:
                entry["options"] = list(options)

    return edit


def without(where: str) -> Edit:
    """Take mounts away."""
    return lambda bundle: bundle.without_mount(where)


def shared(kind: str, *changes: Edit) -> Edit:
    """Use the runtime's own namespace."""

    def edit(bundle: Bundle) -> None:
        bundle.namespace(kind)
        for change in changes:
            change(bundle)

    return edit


def joined(kind: str, path: str) -> Edit:
    """Join a namespace by its path."""
    return lambda bundle: bundle.namespace(kind, path)


def new(kind: str) -> Edit:
    """Make a new namespace."""

    def edit(bundle: Bundle) -> None:
        if not any(entry["type"] == kind for entry in bundle.linux["namespaces"]):
            bundle.linux["namespaces"].append({"type": kind})

    return edit


def no_hostname(bundle: Bundle) -> None:
    """Leave the host's name alone."""
    bundle.config.pop("hostname")


def in_root(**files: str) -> Edit:
    """Make files in the root filesystem; a leading @ makes a symbolic link."""

    def edit(bundle: Bundle) -> None:
        for name, content in files.items():
            if content.startswith("@"):
                (bundle.rootfs / name).symlink_to(content[1:])
            elif content == "/":
                (bundle.rootfs / name).mkdir()
            else:
                (bundle.rootfs / name).write_text(content)

    return edit


PERMISSIONS = "grep '^Cap' /proc/self/status; kill -0 1; chown 5 /tmp 2>&1; echo done"
TRY_ROOT = "for i in / /tmp /etc /dev /sys /proc; do touch $i/new 2>&1; done; :"
TRY_V = "cat /v/file; touch /v/new /v/below/new 2>&1; ls -la /v | wc -l"

PROCESS: dict[str, Variant] = {
    "status": Variant(script="exit 7", code=7),
    "status of crun's": Variant(script="exit 200", code=200, crun=True),
    "killed": Variant(script="sh -c 'kill -9 $$'; exit $?", code=137),
    "words": Variant(words=["", "a b", "*", "\\n", "é"], script='for i; do echo "<$i>"; done'),
    "limits": Variant([rlimits(NOFILE=(64, 128), NPROC=(1000, 2000), CORE=(0, 0),
                               FSIZE=(1 << 20, 1 << 30), STACK=(8 << 20, 8 << 20))],
                      "ulimit -n; ulimit -Hn"),
    "no limits": Variant([process(rlimits=[])], "ulimit -n"),
    "environment": Variant([environment("A=1", "EMPTY=", "SPACES=a  b", "A=2", "UTF=é", "X=a=b")],
                           "echo $A $EMPTY $UTF"),
    "home": Variant([environment("HOME=/nowhere")], "echo $HOME"),
    "working directory": Variant([process(cwd="/tmp")], "pwd"),
    "working directory, by a link": Variant([in_root(link="@/var"), process(cwd="/link")], "pwd"),
    "working directory that is made": Variant([writable, process(cwd="/new/deep")], "ls -ld /new"),
    "oom score": Variant([process(oomScoreAdj=250)], "cat /proc/self/oom_score_adj", expects="250"),
    "scheduler": Variant([process(scheduler={"policy": "SCHED_BATCH", "nice": 3})],
                         "cut -d' ' -f19,41 /proc/self/stat", expects="3 3", alone=NEW),
}  # fmt: skip

CREDENTIALS = {
    "as it is": Variant(script=TRY_ROOT),
    "as crun has it": Variant(script=TRY_ROOT, crun=True),
    "user": Variant([user(1000, 1000)], TRY_ROOT, expects="Permission denied"),
    "user of crun's": Variant([user(1000, 1000)], TRY_ROOT, crun=True),
    "groups": Variant([user(1000, 5, additionalGids=[44, 5, 1000])], "id"),
    "root in a group": Variant([user(0, 100)], "id"),
    "umask": Variant([user(0, 0, umask=0o077), writable], "touch /new; stat -c %a /new"),
    "umask 0": Variant([user(3, 3, umask=0)], "umask"),
    "all sets of capabilities": Variant([capabilities("CHOWN", "KILL", "SETUID")], PERMISSIONS),
    "no capabilities": Variant([capabilities()], PERMISSIONS, expects="CapBnd:\t0000000000000000"),
    "bounding capabilities": Variant([capabilities("CHOWN", sets=["bounding"])], PERMISSIONS),
    "capabilities of a user": Variant([user(9, 9), capabilities("CHOWN")], PERMISSIONS),
    "capabilities of a user, not ambient": Variant(
        [user(9, 9), capabilities("CHOWN", sets=ALL_SETS[:4])], PERMISSIONS
    ),
    "new privileges": Variant([process(noNewPrivileges=False)], PERMISSIONS),
}  # fmt: skip

FILES = {
    "writable root": Variant([writable], TRY_ROOT),
    "masked and read-only paths": Variant(
        [in_root(hidden="secret", d="/"), linux(maskedPaths=["/hidden", "/d", "/tmp", "/nosuch"],
                                                readonlyPaths=["/var", "/nosuch", "/proc/sys"])],
        "cat /hidden; ls -la /tmp; touch /tmp/x /var/x /proc/sys/kernel/hostname 2>&1; :"),
    "nothing masked": Variant([linux(maskedPaths=[], readonlyPaths=[])],
                              "ls -d /proc/kcore /sys/firmware; : > /proc/sys/kernel/hostname"),
    "tmpfs": Variant([mount("/v", "tmpfs", "nosuid", "nodev", "noexec", "size=64k", "mode=1750")],
                     "stat -c '%a %u %g' /v; dd if=/dev/zero of=/v/x bs=1k count=100 2>&1 | wc -l"),
    "bind": Variant([bind("/v", "rbind")], TRY_V),
    "read-only bind": Variant([bind("/v", "bind", "ro")], TRY_V, expects="Read-only"),
    "recursive read-only bind": Variant([bind("/v", "rbind", "rro")], TRY_V, expects="Read-only"),
    "bind with options": Variant([bind("/v", "bind", "nosuid", "nodev", "noexec", "noatime")]),
    "bind with times": Variant([bind("/v", "bind", "strictatime", "nodiratime")]),
    "bind of a file": Variant([bind("/etc/file", "bind", file=True)], "cat /etc/file"),
    "private bind": Variant([bind("/v", "rbind", "rprivate"), bind("/w", "rbind", "rslave")]),
    "shared bind": Variant([bind("/v", "rbind", "rshared"), bind("/w", "bind", "unbindable")]),
    "mounts over mounts": Variant(
        [mount("/v", "tmpfs", "mode=700"), bind("/v/deep/er", "bind"),
         mount("/v/deep/er/below", "tmpfs", "mode=711")],
        "find /v | sort"),
    "mount through a link": Variant([in_root(link="@../../etc"), bind("/link/v", "bind")],
                                    "ls /etc/v"),
    "proc and sys": Variant([replace_mount("/proc", "ro", "nosuid"),
                             replace_mount("/sys", "nosuid", "noexec", "nodev", "ro", "noatime")],
                            TRY_ROOT),
    "writable cgroup": Variant(
        [replace_mount("/sys/fs/cgroup", "nosuid", "noexec", "nodev", "relatime")]),
    "no cgroup mount": Variant([without("/sys/fs/cgroup")], "ls /sys/fs/cgroup"),
    "few mounts": Variant([without("/dev/mqueue"), without("/dev/shm"), without("/sys")], TRY_ROOT),
    "no pts": Variant([without("/dev/pts")], "ls -la /dev | wc -l"),
    "shared root": Variant([linux(rootfsPropagation="shared")]),
    "slave root": Variant([linux(rootfsPropagation="rslave")]),
    "private root": Variant([linux(rootfsPropagation="rprivate")]),
    "devices": Variant(
        [linux(devices=[{"path": "/dev/pipe", "type": "p", "fileMode": 0o620, "uid": 5, "gid": 6},
                        {"path": "/dev/deep/null", "type": "c", "major": 1, "minor": 3},
                        {"path": "/dev/loop", "type": "b", "major": 7, "minor": 0, "uid": 1}]),
         allow("c", 1, 11), allow("b", 7, 0, "r")],
        "echo > /dev/deep/null; cat /dev/loop 2>&1 | wc -l; :", look_at="/dev/deep/null"),
    "device rules": Variant([allow("c", 1, 11), capabilities("MKNOD"),
                             mount("/v", "tmpfs", "mode=700")],
                            "mknod /v/kmsg c 1 11; mknod /v/mem c 1 1; ls /v; cat /v/mem 2>&1; :"),
}  # fmt: skip

NAMESPACES = {
    "the host's network": Variant([shared("network")], "wc -l < /proc/net/dev"),
    "the host's ipc": Variant([shared("ipc")]),
    "the host's name": Variant([shared("uts", no_hostname)], "hostname"),
    "the host's processes": Variant([shared("pid")], "[ $$ = 1 ] || echo not first"),
    "a joined network": Variant([joined("network", "/proc/self/ns/net")]),
    "a cgroup namespace": Variant([new("cgroup")]),
    "hostname": Variant([top(hostname="a.very-long.name-of-63.characters" + "x" * 30)], "hostname"),
    "domain name": Variant([top(domainname="example.org")],
                           "cat /proc/sys/kernel/domainname", expects="example.org", alone=NEW),
    "sysctl": Variant([linux(sysctl={"net.ipv4.ip_forward": "1", "net.core.somaxconn": "77",
                                     "kernel.msgmax": "4242", "kernel.shm_rmid_forced": "1"})],
                      "cat /proc/sys/kernel/msgmax", expects="4242"),
    "ids": Variant(
        [new("user"), linux(uidMappings=[{"containerID": 0, "hostID": 0, "size": 3000}],
                            gidMappings=[{"containerID": 0, "hostID": 0, "size": 2000}])], "id"),
    "ids of another user": Variant(
        [new("user"), user(7, 7, additionalGids=[8]),
         linux(uidMappings=[{"containerID": 0, "hostID": 100000, "size": 100}],
               gidMappings=[{"containerID": 0, "hostID": 200000, "size": 100}])],
        "id; cat /proc/self/uid_map", expects="100000",
        alone="runc opens the rootfs as the container's user, who can't get to the tests'"),
    "annotations": Variant([top(annotations={"org.example.a": "b", "c": ""})]),
    "personality": Variant([linux(personality={"domain": "LINUX32"})], "uname -m", expects="i686",
                           alone=NEW),
}  # fmt: skip

RESOURCES = {
    "cgroup path": Variant([linux(cgroupsPath="/one-variant")]),
    "memory": Variant([resources(memory={"limit": 64 * MEBIBYTE, "reservation": 32 * MEBIBYTE})],
                      controller="memory"),
    "swap": Variant([resources(memory={"limit": 64 * MEBIBYTE, "swap": 96 * MEBIBYTE})],
                    controller="memory"),
    # The two ways to turn shares into a weight of version 2 agree at their ends alone.
    "shares": Variant([resources(cpu={"shares": 2})], controller="cpu"),
    "quota": Variant([resources(cpu={"quota": 25000, "period": 50000})], controller="cpu"),
    "processors": Variant([resources(cpu={"cpus": "0", "mems": "0"})], controller="cpuset"),
    "pids": Variant([resources(pids={"limit": 33})], controller="pids"),
    "huge pages": Variant([resources(hugepageLimits=[{"pageSize": "2MB", "limit": 4 * MEBIBYTE}])],
                          controller="hugetlb"),
    "network class": Variant([resources(network={"classID": 0x100001})], controller="net_cls"),
}  # fmt: skip


def hooks(*kinds: str) -> Edit:
    """Hooks that write down when they are called, with what."""

    def edit(bundle: Bundle) -> None:
        log = bundle.path / "log"
        name = """sed 's/.*"id": *"\\([^"]*\\)".*/\\1/'"""
        script = f'(echo $0 $A $# "$PWD"; {name}) >> {log}'
        bundle.config["hooks"] = {
            kind: [{"path": "/bin/sh", "args": ["sh", "-c", script, kind, str(number)],
                    "env": ["PATH=/bin:/usr/bin", f"A={number}"]} for number in range(2)]
            for kind in kinds
        }  # fmt: skip

    return edit


def seccomp(**profile: Any) -> Edit:
    """Filter system calls."""
    arches = ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_AARCH64"]
    return linux(seccomp={"architectures": arches, **profile})


HOOKS = {
    "hooks of the runtime": Variant(
        [hooks("prestart", "createRuntime", "poststart", "poststop")], "echo ran"
    ),
    "seccomp": Variant(
        [seccomp(defaultAction="SCMP_ACT_ALLOW", syscalls=[
            {"names": ["mkdir", "mkdirat"], "action": "SCMP_ACT_ERRNO", "errnoRet": 95},
            {"names": ["nosuchcall", "sync"], "action": "SCMP_ACT_ERRNO"}])],
        "mkdir /dev/shm/x 2>&1; sync 2>&1; :"),
    "seccomp by arguments": Variant(
        [seccomp(defaultAction="SCMP_ACT_ALLOW", syscalls=[
            {"names": ["kill"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38,
             "args": [{"index": 1, "value": 10, "op": "SCMP_CMP_EQ"}]},
            {"names": ["socket"], "action": "SCMP_ACT_ERRNO", "errnoRet": 13,
             "args": [{"index": 0, "value": 1, "op": "SCMP_CMP_NE"}]}])],
        "kill -10 1 2>&1; kill -0 1 2>&1; nc 127.0.0.1 1 2>&1; :"),
}  # fmt: skip

GROUPS = {"process": PROCESS, "credentials": CREDENTIALS, "files": FILES,
          "namespaces": NAMESPACES, "resources": RESOURCES, "hooks": HOOKS}  # fmt: skip
# Hardly a matter of the kernel: not tried in the VMs.
NATIVE = ("process",)
VARIANTS = {name: variant for group in GROUPS.values() for name, variant in group.items()}
