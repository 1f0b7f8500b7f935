"""Running the programs in a VM."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from lab import build, paths
from lab.errors import LabError
from lab.vm import Machine
from tools.conformance import results
from tools.conformance.build import INSIDE, Suite

WHERE = "/root/conformance"
# Seconds for one program. The slowest, which starts many containers, takes 40 in an emulated
# machine on a busy host; a program waits for a container for ten at most.
LIMIT = 150
RUNTIME_PATHS = {
    "anocir": "/usr/local/bin/anocir",
    "runc": "/usr/sbin/runc",
    "crun": "/usr/bin/crun",
}
INSTALL = "python3 tools/install.py --prefix /usr/local --python /usr/bin/python3"
# What a program takes for granted: run in the machine before it.
NEEDS = {
    "linux_cgroups_network": "ip link show eth9 2>/dev/null || ip link add eth9 type dummy",
    # A profile of this name that allows everything: what a profile forbids is not what it looks at.
    "linux_process_apparmor_profile": "echo 'profile acme_secure_profile "
    "flags=(attach_disconnected) { file, capability, network, mount, umount, signal, ptrace, unix, "
    "}' >/run/acme && unshare -m sh -c 'mount -t securityfs none /sys/kernel/security && "
    "apparmor_parser -K -r /run/acme'",
}
AT_A_TIME = 2
ALONE = ("linux_cgroups", "delete_")
# What has a part in how anocir behaves, and in how programs are run.
OURS = ("anocir/**/*.py", "anocir/**/*.json", "tools/install.py", "tools/conformance/guest.py")

# How a program ended, and what it printed: see guest.py.
Said = dict[str, Any]


def tree(repo: Path = paths.REPO) -> str:
    """The hash of all that anocir's results depend on."""
    digest = hashlib.sha256()
    for pattern in OURS:
        for path in sorted(repo.glob(pattern)):
            digest.update(f"{path.relative_to(repo)}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _entry(program: str) -> str:
    """The name under which the cache keeps what a program said."""
    needs = NEEDS.get(program)
    return (
        program if needs is None else f"{program}-{hashlib.sha256(needs.encode()).hexdigest()[:8]}"
    )


class Lab:
    """A VM that is started when the first program has to run in it."""

    def __init__(self, cgroup: str, suite: Suite) -> None:
        self.cgroup = cgroup
        self.suite = suite
        self._machine = Machine(results.MACHINES[cgroup], cgroup)
        self._there: set[str] = set()
        self._lock = threading.Lock()
        if not self._machine.built.exists():
            build.build(self._machine.image, self._machine.arch, print)
        self._caches = {
            runtime: results.Cache(suite.directory.name, cgroup, str(LIMIT), runtime, version)
            for runtime, version in {
                "anocir": tree() + self._image,
                "runc": self._image,
                "crun": self._image,
            }.items()
        }

    @property
    def _image(self) -> str:
        return hashlib.sha256(self._machine.built.packages.read_bytes()).hexdigest()

    def __enter__(self) -> Lab:
        return self

    def __exit__(self, *_: object) -> None:
        self._machine.stop()

    def facts(self) -> dict[str, str]:
        """What the results stand for: the versions of kernel, runc and crun."""
        cache = results.Cache("facts", self.cgroup, self._image)
        facts = cache.get("facts")
        if facts is None:
            commands = {"kernel": "uname -r", "runc": "runc --version", "crun": "crun --version",
                        "python": "python3 --version"}  # fmt: skip
            facts = {name: self._tell(command).splitlines()[0].split()[-1]
                     for name, command in commands.items()}  # fmt: skip
            cache.put("facts", facts)
        return facts

    def said(
        self, programs: Sequence[str], runtimes: Sequence[str], *, again: bool = False
    ) -> dict[tuple[str, str], Said]:
        """What each program said with each runtime: status, out and err.

        again: also when it has said it before.
        """
        tasks = [(program, runtime) for program in programs for runtime in runtimes]
        kept = {task: None if again else self._caches[task[1]].get(_entry(task[0]))
                for task in tasks}  # fmt: skip
        todo = [task for task in tasks if kept[task] is None]
        if todo:
            # Here: a VM ends with the thread that started it.
            self._start()
        alone = [task for task in todo if task[0].startswith(ALONE)]
        # A program waits more than it works, so two run at a time, but not where they use a cgroup
        # of a fixed name. With more of them, hooks would not end in the second that they have.
        with ThreadPoolExecutor(AT_A_TIME) as pool:
            done = list(pool.map(self._run, [task for task in todo if task not in alone]))
        for task, said in [*done, *map(self._run, alone)]:
            kept[task] = said
        return {task: said for task, said in kept.items() if said is not None}

    def _run(self, task: tuple[str, str]) -> tuple[tuple[str, str], Said]:
        program, runtime = task
        with self._lock:
            self._prepare(program)
        print(f"{self.cgroup}: {program} with {runtime}", flush=True)
        argv = ["python3", "/anocir/tools/conformance/guest.py", program, RUNTIME_PATHS[runtime],
                str(LIMIT)]  # fmt: skip
        with self._machine.connect() as channel:
            done = channel.run(argv, cwd="/", timeout=LIMIT + 300)
        if done.status:
            raise LabError(f"{program} with {runtime}: {done.stderr.decode(errors='replace')}")
        said: Said = json.loads(done.stdout)
        self._caches[runtime].put(_entry(program), said)
        return task, said

    def _prepare(self, program: str) -> None:
        """Have the program, and what it needs, in a running machine."""
        self._start()
        if program not in self._there:
            self._machine.put(self.suite.directory / program, f"{WHERE}/{program}", 0o755)
            self._there.add(program)
        if program in NEEDS:
            self._tell(NEEDS[program])

    def _start(self) -> None:
        if self._machine.running():
            return
        print(f"Starting {results.MACHINES[self.cgroup]} with cgroup {self.cgroup}")
        self._machine.start()
        self._machine.sync()
        self._tell(INSTALL)
        for path in (self.suite.inside, self.suite.archive):
            self._machine.put(path, f"{WHERE}/{path.name}", 0o755 if path.name == INSIDE else 0o644)

    def _tell(self, command: str) -> str:
        if not command.startswith("python3 tools"):
            self._start()
        done = self._machine.run(["sh", "-c", command], timeout=120)
        if done.status:
            raise LabError(f"{command}: {done.stderr.decode(errors='replace')}")
        return done.stdout.decode()
