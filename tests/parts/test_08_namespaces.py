"""Part 08: namespaces, made for the container or joined by their path."""

import os
import signal
import time
from collections.abc import Callable

import pytest

from anocir_check import kernel, namespace
from anocir_check.bundle import BUSYBOX, Bundle
from anocir_check.check import check
from anocir_check.container import Container
from anocir_check.expect import expect, same
from anocir_check.hooked import Hooked
from anocir_check.runtime import Runtime

Make = Callable[[], Bundle]

CLOCKLESS = ("cgroup", "ipc", "network", "pid", "uts")
INSIDE = ("createContainer", "startContainer")
OUTSIDE = ("prestart", "createRuntime", "poststart", "poststop")


def having(made: Bundle, *kinds: str, **joined: str) -> Bundle:
    """Give a bundle these types of namespaces: new ones, and ones that are at a path.

    It has a mount namespace as well, and a name only where it has a place for that.
    """
    made.config["linux"]["namespaces"] = [
        {"type": "mount"},
        *({"type": kind} for kind in kinds),
        *({"type": kind, "path": path} for kind, path in joined.items()),
    ]
    if "uts" not in kinds:
        del made.config["hostname"]
    return made.save()


def needs_time() -> None:
    """Skip the check where the kernel has no time namespaces."""
    if not os.path.exists(namespace.path("self", "time")):
        pytest.skip("this kernel has no time namespaces (CONFIG_TIME_NS)")


def refused(runtime: Runtime, made: Bundle, *words: str, **how: Callable[[], None]) -> None:
    """A create is refused, soon, and leaves nothing."""
    container, result = runtime.try_create(made.save(), **how)
    result.refused(*words).no_stdout()
    runtime.state(container.id).refused()
    same(list(runtime.files()), [], "files below the state root")


def run(runtime: Runtime, made: Bundle) -> tuple[Container, int]:
    """Create and start a container; return it, and its process, which runs the program."""
    container = runtime.create(made)
    pid = container.pid
    container.start()
    container.wait_program(pid)
    return container, pid


# -- new ones --------------------------------------------------------------------------------


@check(
    "08-new",
    clause="config-linux.md#namespaces",
    hints=(
        "One clone3 makes the process and its namespaces: CLONE_NEWPID and so on, in its flags.",
        "/proc/PID/ns shows what it got: two links that are equal are the same namespace.",
    ),
)
def test_new(runtime: Runtime, bundle: Make) -> None:
    """Each namespace without a path is a new one, for which start changes nothing."""
    container = runtime.create(having(bundle(), *CLOCKLESS))
    pid = container.pid
    found = {kind: namespace.inode(pid, kind) for kind in CLOCKLESS}
    shared = [kind for kind in CLOCKLESS if found[kind] == namespace.inode("self", kind)]
    same(shared, [], "namespaces of the runtime that a created container is in")
    container.start()
    container.wait_program(pid)
    same({kind: namespace.inode(pid, kind) for kind in CLOCKLESS}, found, "namespaces after start")


@check(
    "08-new-each",
    clause="config-linux.md#namespaces",
    hints=("Two containers that both ask for a new one get one each.",),
)
def test_new_each(runtime: Runtime, bundle: Make) -> None:
    """Two containers of the same config share no new namespace."""
    pids = [runtime.create(having(bundle(), *CLOCKLESS)).pid for _ in range(2)]
    one, two = ({kind: namespace.inode(pid, kind) for kind in CLOCKLESS} for pid in pids)
    same([kind for kind in CLOCKLESS if one[kind] == two[kind]], [], "namespaces that both are in")


@check(
    "08-inherited",
    clause="config-linux.md#namespaces",
    hints=("A type that linux.namespaces doesn't name is that of the runtime: no flag for it.",),
)
def test_inherited(runtime: Runtime, bundle: Make) -> None:
    """A namespace that is not asked for is the runtime's."""
    container, pid = run(runtime, having(bundle(), "pid"))
    shared = [kind for kind in namespace.FLAGS if os.path.exists(namespace.path("self", kind))]
    shared.remove("pid")
    ours = {kind: namespace.inode("self", kind) for kind in shared}
    same({kind: namespace.inode(pid, kind) for kind in shared}, ours, "namespaces")
    expect(container.status == "running", "a running container", container.status)


@check(
    "08-none",
    clause="config-linux.md#namespaces",
    hints=("With no namespaces at all the container is where the runtime is.",),
)
def test_pid_inherited(runtime: Runtime, bundle: Make) -> None:
    """Without a pid namespace the program has the number that everybody knows."""
    made = having(bundle(), "uts").script("echo $$")
    container = runtime.create(made)
    pid = container.pid
    same(container.finished(), f"{pid}\n", "pid that the program has")


# -- uts -------------------------------------------------------------------------------------


@check(
    "08-hostname",
    clause="config.md#hostname",
    hints=(
        "sethostname(2), in the container's process, when it is in its uts namespace.",
        "In the runtime it would change the name of the host.",
    ),
)
def test_hostname(runtime: Runtime, bundle: Make) -> None:
    """The container has the name that its config gives, and the host keeps its own."""
    before, word = os.uname().nodename, runtime.word()
    made = bundle().program("hostname")
    made.config["hostname"] = word
    same(runtime.create(made.save()).finished(), f"{word}\n", "name that the program sees")
    same(os.uname().nodename, before, "name of the host")


@check(
    "08-domainname",
    clause="config.md#domainname",
    hints=("setdomainname(2); /proc/sys/kernel/domainname shows it.",),
)
def test_domainname(runtime: Runtime, bundle: Make) -> None:
    """The container has the NIS domain name that its config gives, and the host keeps its own."""
    file = "/proc/sys/kernel/domainname"
    with open(file, encoding="ascii") as ours:
        before, word = ours.read(), runtime.word()
        made = bundle().program("cat", file)
        made.config["domainname"] = word
        same(runtime.create(made.save()).finished(), f"{word}\n", "name that the program sees")
        ours.seek(0)
        same(ours.read(), before, "domain name of the host")


@check(
    "08-names-need-uts",
    clause="checks.md#series",
    kind="series",
    hints=(
        "Without a uts namespace of the container's own, sethostname names the host.",
        "A rule on the config, before there is anything: create must have no effect.",
    ),
)
def test_names_need_uts(runtime: Runtime, bundle: Make) -> None:
    """A name without a uts namespace is refused: it would be that of the host."""
    for name in ("hostname", "domainname"):
        made = having(bundle(), "pid")
        made.config[name] = runtime.word()
        # Whoever fails this check shall not rename the machine.
        refused(runtime, made, name, prepare=lambda: namespace.leave("uts"))


# -- rules -----------------------------------------------------------------------------------


@check(
    "08-duplicate",
    clause="config-linux.md#namespaces",
    hints=("Two entries of one type: which of them is meant? The spec wants an error.",),
)
def test_duplicate(runtime: Runtime, bundle: Make) -> None:
    """A type that is named twice is refused, new or joined."""
    for kind in ("uts", "network", "pid"):
        for entry in ({"type": kind}, {"type": kind, "path": namespace.path(os.getpid(), kind)}):
            made = having(bundle(), "uts", "network", "pid")
            made.config["linux"]["namespaces"].append(entry)
            refused(runtime, made)


@check(
    "08-path-relative",
    clause="config-linux.md#namespaces",
    hints=("An absolute path: a relative one counts from wherever the runtime happens to be.",),
)
def test_path_relative(runtime: Runtime, bundle: Make) -> None:
    """The path of a namespace is absolute."""
    holder = namespace.hold("network")
    link = runtime.cwd / "net"
    link.symlink_to(namespace.path(holder, "network"))
    refused(runtime, having(bundle(), "pid", network="net"))


# -- namespaces that exist -------------------------------------------------------------------


@check(
    "08-join",
    clause="config-linux.md#namespaces",
    hints=(
        "Open the path in the runtime, call setns in the child. Then it is in there.",
        "unshare and clone3 make new ones; setns(2) is the call for those that exist.",
    ),
)
def test_join(runtime: Runtime, bundle: Make) -> None:
    """A container joins the namespaces at the paths, as those of a pod do, and no others."""
    kinds = ("cgroup", "ipc", "network", "uts")
    holder = namespace.hold(*kinds)
    made = having(bundle(), "pid", **{kind: namespace.path(holder, kind) for kind in kinds})
    _, pid = run(runtime, made)
    expected = {kind: namespace.inode(holder, kind) for kind in kinds}
    same({kind: namespace.inode(pid, kind) for kind in kinds}, expected, "namespaces")
    others = {namespace.inode(each, "pid") for each in ("self", holder)}
    expect(namespace.inode(pid, "pid") not in others, "a pid namespace of its own", others)


@check(
    "08-join-link",
    clause="config-linux.md#namespaces",
    hints=("Engines keep a namespace by a link or a mount: what counts is what open finds.",),
)
def test_join_link(runtime: Runtime, bundle: Make) -> None:
    """The path may be a link to the namespace."""
    holder = namespace.hold("network")
    link = runtime.scratch / "net"
    link.symlink_to(namespace.path(holder, "network"))
    _, pid = run(runtime, having(bundle(), "pid", network=str(link)))
    expected = namespace.inode(holder, "network")
    same(namespace.inode(pid, "network"), expected, "network namespace")


@check(
    "08-join-name",
    clause="config.md#hostname",
    hints=("Join first, set the name then: it is for the namespace that the container is in.",),
)
def test_join_name(runtime: Runtime, bundle: Make) -> None:
    """A name is set in the uts namespace that is joined: all who are in it see it."""
    before, word = os.uname().nodename, runtime.word()
    first = runtime.create(bundle().script("read line; hostname"))
    pid = first.pid
    first.start()
    made = having(bundle(), "pid", uts=namespace.path(pid, "uts")).program("hostname")
    made.config["hostname"] = word
    same(runtime.create(made.save()).finished(), f"{word}\n", "name that the second sees")
    first.stdin.write(b"go on\n")
    came = first.stdout.to_end(runtime.timeout).decode()
    same(came, f"{word}\n", "name that the first sees")
    same(os.uname().nodename, before, "name of the host")


@check(
    "08-join-pid",
    clause="config-linux.md#namespaces",
    hints=(
        "setns into a pid namespace moves later children, never the caller: pid_namespaces(7).",
        "So the runtime joins it for the length of the clone, and goes back to its own.",
    ),
)
def test_join_pid(runtime: Runtime, bundle: Make) -> None:
    """The container's process is born in the pid namespace at the path, and is not its first."""
    holder = namespace.hold("pid")
    made = having(bundle(), "uts", pid=namespace.path(holder, "pid")).script("echo $$; read line")
    container, pid = run(runtime, made)
    same(namespace.inode(pid, "pid"), namespace.inode(holder, "pid"), "pid namespace")
    number = namespace.pids(pid)[-1]
    expect(number > 1 and len(namespace.pids(pid)) == len(namespace.pids(holder)),
           "a process of that namespace, which is not its first", namespace.pids(pid))  # fmt: skip
    container.stdout.until(f"{number}\n".encode(), runtime.timeout)
    same(container.state().get("pid"), pid, "pid in the state")
    container.stdin.finish()
    container.wait(pid)


@check(
    "08-join-pid-ends",
    clause="runtime.md#state",
    hints=(
        "The kernel kills all of a pid namespace when its process 1 ends. state has to see it.",
    ),
)
def test_join_pid_ends(runtime: Runtime, bundle: Make) -> None:
    """With the first process of a joined pid namespace the container ends, and has stopped."""
    holder = namespace.hold("pid")
    container, pid = run(runtime, having(bundle(), "uts", pid=namespace.path(holder, "pid")))
    os.kill(holder, signal.SIGKILL)
    same(container.wait(pid), -signal.SIGKILL, "exit status")
    same(container.status, "stopped", "status")
    container.delete().silent()


@check(
    "08-join-wrong-type",
    clause="config-linux.md#namespaces",
    hints=(
        "setns takes the type as its second argument, and refuses another one.",
        "Ask before there is a process: ioctl_ns(2), NS_GET_NSTYPE.",
    ),
)
def test_join_wrong_type(runtime: Runtime, bundle: Make) -> None:
    """A path that is no namespace of the type is refused, and nothing is left."""
    holder = namespace.hold(*CLOCKLESS)
    for kind, other in zip(CLOCKLESS, (*CLOCKLESS[1:], CLOCKLESS[0]), strict=True):
        paths = (namespace.path(holder, other), "/etc/passwd", "/proc/self/ns", "/no/such")
        for path in paths:
            refused(runtime, having(bundle(), **{kind: path}))


@check(
    "08-join-fifo",
    clause="checks.md#series",
    kind="series",
    hints=("Opening a FIFO waits for its other side. O_NONBLOCK doesn't.",),
)
def test_join_fifo(runtime: Runtime, bundle: Make) -> None:
    """A path that is a FIFO keeps nobody waiting."""
    path = runtime.scratch / "fifo"
    os.mkfifo(path)
    for kind in ("network", "pid"):
        refused(runtime, having(bundle(), **{kind: str(path)}))


@check(
    "08-join-descriptors",
    clause="checks.md#series",
    kind="series",
    hints=(
        "A descriptor keeps a namespace alive, after all its processes have ended.",
        "Close each one as soon as it is joined. init waits for start for as long as that takes.",
    ),
)
def test_join_descriptors(runtime: Runtime, bundle: Make) -> None:
    """A created container has no descriptor of a namespace open."""
    kinds = ("cgroup", "ipc", "network", "pid", "uts")
    holder = namespace.hold(*kinds)
    made = having(bundle(), **{kind: namespace.path(holder, kind) for kind in kinds})
    pid = runtime.create(made).pid
    names = tuple(f"{file}:[" for file in namespace.FILES.values())
    found = [what for what in kernel.descriptors(pid).values() if what.startswith(names)]
    same(found, [], "namespaces that a created container has open")


# -- pid -------------------------------------------------------------------------------------


@check(
    "08-pid-1",
    clause="config-linux.md#namespaces",
    hints=(
        "The program itself is process 1: execve keeps the pid that the clone gave.",
        "A process between the runtime and the program would be process 1 in its place.",
    ),
)
def test_pid_1(runtime: Runtime, bundle: Make) -> None:
    """The program is process 1 of a new pid namespace; others know it by another number."""
    container = runtime.create(bundle().script("echo $$; read line"))
    pid = container.pid
    same(namespace.pids(pid)[-1], 1, "own pid of the created process")
    same(container.state().get("pid"), pid, "pid in the state")
    container.start()
    container.stdout.until(b"1\n", runtime.timeout)
    container.stdin.finish()
    container.wait(pid)


@check(
    "08-pid-1-signals",
    clause="runtime.md#kill",
    hints=(
        "The kernel throws away what process 1 neither catches nor ignores: pid_namespaces(7).",
        "So the program has to be process 1 itself, and SIGKILL has to come from outside.",
    ),
)
def test_pid_1_signals(runtime: Runtime, bundle: Make) -> None:
    """A program that is process 1, and doesn't catch SIGTERM, lives on; SIGKILL ends it."""
    container, pid = run(runtime, bundle())
    for name in ("TERM", "INT", "HUP"):
        runtime.run("kill", container.id, name).ok()
    container.stdin.write(b"still here\n")
    container.stdout.until(b"still here\n", runtime.timeout)
    runtime.run("kill", container.id, "KILL").ok()
    same(container.wait(pid), -signal.SIGKILL, "exit status")


@check(
    "08-pid-1-takes-all",
    clause="config-linux.md#namespaces",
    hints=(
        "When process 1 ends, the kernel kills all others of its namespace, whoever started them.",
    ),
)
def test_pid_1_takes_all(runtime: Runtime, bundle: Make) -> None:
    """With process 1 all others of the container end."""
    script = f"{BUSYBOX} setsid {BUSYBOX} tail -f /dev/null & echo ready; read line"
    container, pid = run(runtime, bundle().script(script))
    container.stdout.until(b"ready\n", runtime.timeout)
    expect(kernel.has_children(pid), "a child of process 1", kernel.children(pid))
    container.stdin.finish()
    container.wait(pid)
    container.stdout.to_end(runtime.timeout)


# -- hooks -----------------------------------------------------------------------------------


def where(hooked: Hooked, kind: str) -> dict[str, str]:
    """Return the namespace that each hook of ``noting`` was in, by point."""
    suffix = f".{namespace.FILES[kind]}"
    return {
        path.name.removesuffix(suffix): path.read_text().strip()
        for path in hooked.log.iterdir()
        if path.name.endswith(suffix)
    }


def noting(made: Bundle) -> Hooked:
    """Add hooks at all points that note their namespaces, and what they are told."""
    hooked = Hooked(made)
    files = " ".join(namespace.FILES[kind] for kind in CLOCKLESS)
    look = (
        f"for each in {files}; do {BUSYBOX} readlink /proc/self/ns/$each > $log/$point.$each; done"
    )
    return hooked.each(f'{look}; echo "$state" > $log/$point')


def lived(runtime: Runtime, hooked: Hooked) -> tuple[int, dict[str, str]]:
    """Take a container through its life; return its process, and the namespaces that it had."""
    container, pid = run(runtime, hooked.bundle)
    had = {kind: namespace.inode(pid, kind) for kind in CLOCKLESS}
    os.kill(pid, signal.SIGKILL)
    container.wait(pid)
    container.delete().ok()
    return pid, had


@check(
    "08-hooks",
    clause="config.md#posix-platform-hooks",
    hints=(
        "prestart, createRuntime, poststart and poststop run where the runtime is.",
        "createContainer and startContainer run where the container is: init runs them.",
    ),
)
def test_hooks(runtime: Runtime, bundle: Make) -> None:
    """Hooks of the runtime run in its namespaces, those of the container in the container's."""
    hooked = noting(having(bundle(), *CLOCKLESS))
    _, had = lived(runtime, hooked)
    for kind in CLOCKLESS:
        expected = dict.fromkeys(INSIDE, had[kind])
        expected.update({point: namespace.inode("self", kind) for point in OUTSIDE})
        same(where(hooked, kind), expected, f"{kind} namespaces of the hooks")


@check(
    "08-hooks-join-pid",
    clause="config.md#posix-platform-hooks",
    hints=(
        "Whoever has joined a pid namespace for the clone has to leave it again.",
        "Else all later children are born there, and createRuntime hooks are such children.",
    ),
)
def test_hooks_join_pid(runtime: Runtime, bundle: Make) -> None:
    """Joining a pid namespace doesn't move the hooks of the runtime."""
    holder = namespace.hold("pid")
    hooked = noting(having(bundle(), "uts", pid=namespace.path(holder, "pid")))
    _, had = lived(runtime, hooked)
    expected = dict.fromkeys(INSIDE, had["pid"])
    expected.update({point: namespace.inode("self", "pid") for point in OUTSIDE})
    same(where(hooked, "pid"), expected, "pid namespaces of the hooks")


@check(
    "08-hooks-pid",
    clause="runtime.md#state",
    hints=(
        "In the container's pid namespace the process is known by another number: getpid there.",
    ),
)
def test_hooks_pid(runtime: Runtime, bundle: Make) -> None:
    """Each hook is told the pid of the container as it is known where the hook runs."""
    hooked = noting(bundle())
    pid, _ = lived(runtime, hooked)
    for point in ("prestart", "createRuntime", "poststart"):
        same(hooked.json(point).get("pid"), pid, f"pid told to {point}")
    for point in INSIDE:
        same(hooked.json(point).get("pid"), 1, f"pid told to {point}")


# -- time ------------------------------------------------------------------------------------


@check(
    "08-time",
    clause="config-linux.md#namespaces",
    hints=("clone3 makes a time namespace as any other; clone(2) has no bit left for it.",),
)
def test_time(runtime: Runtime, bundle: Make) -> None:
    """A container can have a time namespace of its own, or join one."""
    needs_time()
    _, pid = run(runtime, having(bundle(), "pid", "time"))
    expect(namespace.inode(pid, "time") != namespace.inode("self", "time"),
           "a new time namespace", namespace.inode(pid, "time"))  # fmt: skip
    _, other = run(runtime, having(bundle(), "pid", time=namespace.path(pid, "time")))
    same(namespace.inode(other, "time"), namespace.inode(pid, "time"), "time namespace")


@check(
    "08-time-offsets",
    clause="config-linux.md#offset-for-time-namespace",
    hints=(
        "Write to /proc/self/timens_offsets between unshare(2) and the first process that is in.",
        "unshare moves later children only. setns to ns/time_for_children moves you, too.",
    ),
)
def test_time_offsets(runtime: Runtime, bundle: Make) -> None:
    """The clocks of the container are set off as its config says, those of the host are not."""
    needs_time()
    seconds = 1_000_000
    made = having(bundle(), "pid", "time").script("read up idle < /proc/uptime; echo $up")
    made.config["linux"]["timeOffsets"] = {
        "monotonic": {"secs": 5000, "nanosecs": 123_456_789},
        "boottime": {"secs": seconds},
    }
    container = runtime.create(made.save())
    with open(f"/proc/{container.pid}/timens_offsets", encoding="ascii") as file:
        offsets = [line.split() for line in file]
    expected = [["monotonic", "5000", "123456789"], ["boottime", str(seconds), "0"]]
    same(offsets, expected, "offsets of the container's clocks")
    before = time.clock_gettime(time.CLOCK_BOOTTIME)
    up = float(container.finished()) - seconds
    after = time.clock_gettime(time.CLOCK_BOOTTIME)
    # The kernel cuts the last digits off.
    expect(before - 0.1 <= up <= after, f"an uptime of {before:.2f} to {after:.2f} s more", up)


@check(
    "08-time-values",
    clause="checks.md#series",
    kind="series",
    hints=(
        "Without a new time namespace there are no clocks that could be set.",
        "A second has 10^9 nanoseconds; the kernel's own refusal says `Invalid argument`.",
    ),
)
def test_time_values(runtime: Runtime, bundle: Make) -> None:
    """Offsets without a new time namespace, and ones of a second or more in nanoseconds, fail."""
    needs_time()
    offsets = {"boottime": {"secs": 10}}
    holder = namespace.hold("time")
    missing = having(bundle(), "pid")
    joined = having(bundle(), "pid", time=namespace.path(holder, "time"))
    for made in (missing, joined):
        made.config["linux"]["timeOffsets"] = offsets
        refused(runtime, made, "linux.timeOffsets")
    made = having(bundle(), "pid", "time")
    made.config["linux"]["timeOffsets"] = {"monotonic": {"nanosecs": 1_000_000_000}}
    refused(runtime, made, "linux.timeOffsets.monotonic.nanosecs")
