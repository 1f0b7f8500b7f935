"""The lab's VM, really booted: what a container runtime needs of it, and what readers do with it.

Not part of the quick loop: it builds the image if it has to, and takes minutes under TCG.
Choose the image and the cgroup version by LAB_IMAGE and LAB_CGROUP.
"""

from __future__ import annotations

import os
import select
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab import arch, attach, build, image, part, paths, tools
from lab.errors import CommandTimeout
from lab.vm import Machine

IMAGE = os.environ.get("LAB_IMAGE", "trixie")
CGROUP = os.environ.get("LAB_CGROUP", "v2")
CONTROLLERS = {"cpuset", "cpu", "io", "memory", "hugetlb", "pids"}
# What each kernel still has of v1: Debian 13's was made without cpuset and memory.
HIERARCHIES = {
    "trixie": {"cpu,cpuacct", "devices", "freezer", "blkio", "pids", "net_cls,net_prio"},
    "bookworm": {"cpu,cpuacct", "cpuset", "memory", "devices", "freezer", "blkio", "pids"},
}

pytestmark = pytest.mark.skipif(
    bool(tools.missing(tools.to_run(arch.host()))), reason="QEMU is not installed"
)


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    build.build(image.named(IMAGE), arch.host(), print)
    with Machine(IMAGE, CGROUP) as machine:
        part.enter(machine, "head")
        yield machine


def sh(machine: Machine, script: str, timeout: float = 120, cwd: str = "/root/lab") -> str:
    """Output of a script that has to succeed."""
    result = machine.run(["sh", "-ec", script], cwd=cwd, timeout=timeout)
    assert result.status == 0, result.stderr.decode()
    return result.stdout.decode()


def test_a_runtime_finds_what_it_needs(machine: Machine) -> None:
    mounts = {
        line.split()[1]: line.split()[2] for line in sh(machine, "cat /proc/mounts").splitlines()
    }
    expected = {"/": "ext4", "/proc": "proc", "/sys": "sysfs", "/dev": "devtmpfs"}
    expected |= {"/dev/pts": "devpts", "/dev/mqueue": "mqueue"}
    expected |= dict.fromkeys(("/run", "/tmp", "/dev/shm"), "tmpfs")
    assert expected.items() <= mounts.items()
    assert sh(machine, "findmnt -no PROPAGATION / || true").strip() in {"shared", ""}
    assert "state UNKNOWN" in sh(machine, "ip -o link show lo up")
    assert sh(machine, "cat /proc/1/comm").strip() in {"init", "busybox"}


def test_the_cgroup_hierarchy_is_the_one_asked_for(machine: Machine) -> None:
    if CGROUP == "v2":
        assert set(sh(machine, "cat /sys/fs/cgroup/cgroup.subtree_control").split()) >= CONTROLLERS
    else:
        mounted = set(sh(machine, "ls /sys/fs/cgroup").split())
        assert HIERARCHIES[IMAGE] | {"systemd", "cpu", "cpuacct"} <= mounted


def test_modules_load_when_they_are_needed(machine: Machine) -> None:
    sh(
        machine,
        "mkdir -p /tmp/o/l /tmp/o/u /tmp/o/w /tmp/o/m;"
        "mount -t overlay -o lowerdir=/tmp/o/l,upperdir=/tmp/o/u,workdir=/tmp/o/w none /tmp/o/m;"
        "umount /tmp/o/m; ip link add v0 type veth peer name v1; ip link del v0;"
        "modprobe loop; modprobe vsock_loopback",
    )


def test_the_clock_is_right(machine: Machine) -> None:
    before = time.time()
    inside = float(sh(machine, "date +%s.%N"))
    assert before - 0.5 < inside < time.time() + 0.5


def test_saved_memory_does_not_give_two_machines_the_same_secrets(machine: Machine) -> None:
    with Machine(IMAGE, CGROUP) as other:
        script = "cat /proc/sys/kernel/random/uuid; mktemp -u"
        words = [sh(each, "cd /;" + script).split() for each in (machine, other)]
        assert not set(words[0]) & set(words[1])


@pytest.mark.parametrize("runtime", ["runc", "crun", "anocir"])
def test_containers_run(machine: Machine, runtime: str) -> None:
    out = sh(machine, f"{runtime} run --bundle bundle lab-{runtime} </dev/null")
    assert out == "hello from the container\n"


def test_orphans_are_collected(machine: Machine) -> None:
    pid = sh(machine, "sh -c 'sleep 0.1 & echo $!' ").strip()
    sh(machine, f"while [ -e /proc/{pid} ]; do sleep 0.01; done", timeout=20)


def test_sessions_run_side_by_side(machine: Machine) -> None:
    """One waits for what the other writes, so both have to be served at the same time."""
    sh(machine, "rm -f /tmp/fifo; mkfifo /tmp/fifo")
    found = []

    def read() -> None:
        with machine.connect() as channel:
            found.append(channel.run(["cat", "/tmp/fifo"], cwd="/", timeout=60).stdout)

    reader = threading.Thread(target=read)
    reader.start()
    sh(machine, "echo across >/tmp/fifo", timeout=60)
    reader.join()
    assert found == [b"across\n"]


def test_a_client_that_dies_leaves_its_port_usable(machine: Machine) -> None:
    for _ in range(3):
        with machine.connect() as channel:
            channel.start(["sh", "-c", "echo $$ >/tmp/pid; yes"], "/")
            next(channel.output(time.monotonic() + 30))
        assert sh(machine, "echo usable") == "usable\n"
        with machine.connect() as channel:
            assert channel.run(["echo", "again"], cwd="/", timeout=60).stdout == b"again\n"
    sh(machine, "while kill -0 $(cat /tmp/pid) 2>/dev/null; do sleep 0.01; done", timeout=20)


def test_a_time_limit_holds(machine: Machine) -> None:
    with pytest.raises(CommandTimeout):
        machine.run(["sleep", "100"], cwd="/", timeout=0.5)
    assert machine.run(["true"], cwd="/", timeout=60).status == 0


def test_a_terminal_is_a_terminal(machine: Machine) -> None:
    with machine.session(tty=(30, 90)) as session:
        assert session.run("stty size; test -t 0; echo $?").stdout == b"30 90\n0\n"


def test_an_edit_is_there_at_once(tmp_path: Path) -> None:
    for number in range(300):
        (tmp_path / f"{number}.py").write_text("old")
    with Machine(IMAGE, CGROUP, repo=tmp_path) as machine:
        assert machine.sync() == 300
        assert machine.sync() == 0
        (tmp_path / "7.py").write_text("new")
        (tmp_path / "8.py").unlink()
        start = time.monotonic()
        assert machine.sync() == 2
        took = time.monotonic() - start
        assert sh(machine, "cat /anocir/7.py", cwd="/") == "new"
        assert machine.run(["test", "-e", "/anocir/8.py"], cwd="/", timeout=60).status == 1
        assert took < 3, took


def test_reset_forgets(machine: Machine) -> None:
    sh(machine, "cd /; touch /etc/mark /root/lab/mark /tmp/mark")
    machine.reset()
    assert sh(machine, "cd /; ls /etc/mark /root/lab/mark /tmp/mark 2>/dev/null || true") == ""
    part.enter(machine, "head")
    assert sh(machine, "ls bundle").split() == ["config.json", "rootfs"]


def test_every_part_starts(machine: Machine) -> None:
    for name in part.names(paths.REPO):
        part.enter(machine, name)
        commands = sh(machine, "ls /usr/local/bin").split()
        if name not in {"00", "head"}:
            assert "anocir" in commands
            assert "anocir" in sh(machine, "anocir --version")


def test_the_end_of_its_process_ends_a_fresh_machine() -> None:
    code = (
        "import sys; from lab.vm import Machine\n"
        f"m = Machine({IMAGE!r}, {CGROUP!r}); m.start()\n"
        "print(m._process.pid, m.directory, flush=True); sys.stdin.read()"
    )
    argv = [sys.executable, "-c", code]
    child = subprocess.Popen(
        argv, cwd=paths.REPO, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    pid, _, directory = child.stdout.readline().strip().partition(" ")
    fd = os.pidfd_open(int(pid))
    child.kill()
    child.wait()
    with os.fdopen(fd):
        poll = select.poll()
        poll.register(fd, select.POLLIN)
        assert poll.poll(20000)
    subprocess.run(["rm", "-r", directory], check=True)


def test_the_exit_status_is_the_commands(
    machine: Machine, capfd: pytest.CaptureFixture[str]
) -> None:
    assert attach.attach(machine.channel(), ["sh", "-c", "echo out; echo err >&2; exit 5"]) == 5
    assert capfd.readouterr() == ("out\n", "err\n")
