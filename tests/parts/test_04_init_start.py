"""Part 04: a process that waits, and start. Also what the kernel shows of that process."""

import contextlib
import json
import os
import signal
import socket
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from anocir_check import kernel
from anocir_check.bundle import BUSYBOX, Bundle
from anocir_check.check import check
from anocir_check.container import Container
from anocir_check.expect import expect, fail, same, within
from anocir_check.locks import locked, until_waiting
from anocir_check.pipes import Output
from anocir_check.runtime import Runtime
from anocir_check.watch import CHANGES, IN_MODIFY, IN_MOVED_TO, Watch

Make = Callable[[], Bundle]


def stopped(container: Container) -> None:
    """The state must say so, and name no process."""
    state = container.state()
    same(state.get("status"), "stopped", "status")
    within(state.get("pid"), (None, 0), "pid of a stopped container")


def started(runtime: Runtime, bundle: Bundle) -> tuple[Container, int]:
    """Create and start a container; return it and its pid once its program runs."""
    container = runtime.create(bundle)
    pid = container.pid
    container.start()
    container.wait_program(pid)
    return container, pid


# -- create ----------------------------------------------------------------------------------


@check(
    "04-create-waits",
    clause="runtime.md#create",
    hints=(
        "create leaves a process that waits for start: let it block in open() of a FIFO.",
        "The program of config.json is executed by start, not before.",
    ),
)
def test_create_waits(runtime: Runtime, bundle: Make) -> None:
    """create leaves a process that waits and has not run the program: status created."""
    container = runtime.create(bundle().script(f"echo {runtime.word()}"))
    same(container.status, "created", "status")
    pid = container.shown_pid
    expect(kernel.alive(pid), f"a living process {pid}", kernel.stat(pid))
    expect(not kernel.is_busybox(pid), "a process that does not run the program", "busybox")
    same(container.stdout.available(), b"", "output before start")
    expect(not container.stdout.ended, "a process that holds its output open", "end of file")


@check(
    "04-create-parent",
    clause="checks.md#engines",
    kind="engine",
    hints=(
        "An engine's monitor waits for the container's process: it must become its child.",
        "Leave no process in between: when create is gone, the kernel finds the new parent.",
    ),
)
def test_create_parent(runtime: Runtime, bundle: Make) -> None:
    """After create, the container's process is a child of the nearest subreaper above."""
    container = runtime.create(bundle())
    pid = container.shown_pid
    found = kernel.stat(pid)
    same(found and found.parent, os.getpid(), "parent of the container's process")
    others = [child for child in kernel.children() if child.pid != pid]
    same([child for child in others if not child.ended], [], "other processes left by create")


@check(
    "04-create-pid-file",
    clause="checks.md#engines",
    kind="engine",
    hints=(
        "containerd reads the file with Atoi: no newline, no space, only digits.",
        "Make its path absolute before you go elsewhere.",
    ),
)
def test_create_pid_file(runtime: Runtime, bundle: Make) -> None:
    """--pid-file holds the pid in bare decimal digits, as state shows it."""
    path = runtime.cwd / "pid"
    container = runtime.create(bundle(), "--pid-file", str(path))
    same(_content(path), str(container.pid), "content of the pid file")
    container = runtime.create(bundle(), "--pid-file=relative")
    path = runtime.cwd / "relative"
    same(_content(path), str(container.pid), "content of the pid file")
    same(sorted(os.listdir(runtime.cwd)), ["pid", "relative"], "files beside the pid file")


def _content(path: Path) -> str:
    expect(path.is_file(), f"a file {path}", sorted(os.listdir(path.parent)))
    return path.read_text()


@check(
    "04-create-pid-file-whole",
    clause="checks.md#engines",
    kind="engine",
    hints=("Write .NAME in the same directory, then rename it over NAME.",),
)
def test_create_pid_file_whole(runtime: Runtime, bundle: Make) -> None:
    """A pid file that is there already is replaced as a whole, not written over."""
    path = runtime.cwd / "pid"
    path.write_text("123456789 and more")
    with path.open("rb") as before:
        container = runtime.create(bundle(), "--pid-file", str(path))
        same(_content(path), str(container.pid), "content of the pid file")
        same(before.read(), b"123456789 and more", "content for one who opened it before")


@check(
    "04-create-pid-file-mode",
    clause="checks.md#engines",
    kind="engine",
    hints=("0644, less the umask of the caller: monitors of other users may read it.",),
)
def test_create_pid_file_mode(runtime: Runtime, bundle: Make) -> None:
    """The mode of the pid file is 0644, less the umask."""
    for umask, mode in ((0o022, "0o644"), (0o027, "0o640")):
        path = runtime.cwd / f"pid{umask}"
        runtime.create(bundle(), "--pid-file", str(path), umask=umask)
        same(oct(stat.S_IMODE(path.stat().st_mode)), mode, f"mode under umask {umask:04o}")


@check(
    "04-create-pid-file-failure",
    clause="checks.md#engines",
    kind="engine",
    hints=("conmon takes a missing pid file as the sign of failure: write it last.",),
)
def test_create_pid_file_failure(runtime: Runtime, bundle: Make) -> None:
    """A create that fails leaves no pid file, and no half of one."""
    path = runtime.cwd / "pid"
    made = bundle().program("true")
    made.config["process"]["args"] = ["/nosuch"]
    runtime.try_create(made.save(), "--pid-file", str(path))[1].refused()
    made.file.write_text("{")
    runtime.try_create(made, "--pid-file", str(path))[1].refused()
    same(os.listdir(runtime.cwd), [], "files where the pid file would be")


@check(
    "04-create-record-whole",
    clause="checks.md#series",
    kind="series",
    hints=("Write .state.json, then rename it: nobody must ever see half of a record.",),
)
def test_create_record_whole(runtime: Runtime, bundle: Make) -> None:
    """state.json is renamed into its place, and never written there."""
    runtime.root.mkdir(mode=0o700)
    root, inside = Watch(), Watch()
    root.add(runtime.root)
    container_id = runtime.new_id()
    call = runtime.begin("create", "--bundle", str(bundle().path), container_id)
    root.wait(runtime.timeout)
    inside.add(runtime.root / container_id, CHANGES | IN_MODIFY)
    runtime.finish(call).ok()
    events = [event for name, event in inside.drain() if name == "state.json"]
    root.close()
    inside.close()
    expect(IN_MOVED_TO in events, "a rename to state.json while create works", events)
    expect(IN_MODIFY not in events, "no writing to state.json itself", events)


@check(
    "04-create-not-found",
    clause="checks.md#engines",
    kind="engine",
    hints=(
        'exec: "nosuch": executable file not found in $PATH',
        'exec: "/nosuch": stat /nosuch: no such file or directory',
        "Docker and Podman make exit status 127 of these words: look before you wait.",
    ),
)
def test_create_not_found(runtime: Runtime, bundle: Make) -> None:
    """A program that does not exist fails create, in the words that engines know."""
    words = {"nosuch": "executable file not found in $PATH", "/nosuch": "no such file or directory"}
    for program, reason in words.items():
        made = bundle()
        made.config["process"]["args"] = [program]
        container, result = runtime.try_create(made.save())
        result.refused(reason, program)
        runtime.state(container.id).refused()


@check(
    "04-create-not-executable",
    clause="checks.md#engines",
    kind="engine",
    hints=(
        'exec: "/etc/passwd": permission denied',
        "root may read everything, but executes only what has an x: ask access(2) or stat.",
    ),
)
def test_create_not_executable(runtime: Runtime, bundle: Make) -> None:
    """A program that cannot be executed fails create: a plain file, or a directory."""
    for program, reasons in (
        ("/etc/passwd", ("permission denied",)),
        ("/bin", ("is a directory", "permission denied")),
    ):
        made = bundle()
        made.config["process"]["args"] = [program]
        result = runtime.try_create(made.save())[1].refused()
        said = any(reason in result.stderr.lower() for reason in reasons)
        expect(said, f"a reason like {reasons[0]!r}", result.came)


@check(
    "04-create-failure-leaves-nothing",
    clause="runtime.md#errors",
    hints=(
        "The child must end when create gives up, and create must wait for it.",
        "Undo in the reverse order: process, then directory.",
    ),
)
def test_create_failure_leaves_nothing(runtime: Runtime, bundle: Make) -> None:
    """A create that fails in the child leaves no process and no state; the id is free."""
    made = bundle()
    made.config["process"]["args"] = ["/nosuch"]
    made.save()
    container_id = runtime.new_id()
    for _ in range(2):
        runtime.try_create(made, id=container_id)[1].refused()
        left = [child for child in kernel.children() if not child.ended]
        same(left, [], "processes left by a create that failed")
        same(list(runtime.files()), [], "files below the state root")
    same(runtime.create(bundle().script("echo ok"), id=container_id).finished(), "ok\n", "output")


@check(
    "04-create-path-lookup",
    clause="config.md#posix-process",
    hints=(
        "args[0] without a slash is looked up in the PATH of process.env, as execvp does.",
        "The PATH of the caller has no say.",
    ),
)
def test_create_path_lookup(runtime: Runtime, bundle: Make) -> None:
    """A program without a slash is found in the container's PATH, not in the caller's."""
    made = bundle()
    made.config["process"]["args"] = ["busybox", "echo", "found"]
    same(runtime.create(made.save()).finished(), "found\n", "output")
    made = bundle()
    made.config["process"]["args"] = ["busybox", "echo", "found"]
    made.config["process"]["env"] = ["PATH=/nowhere:/proc"]
    runtime.try_create(made.save())[1].refused("$PATH")


@check(
    "04-create-killed",
    clause="checks.md#engines",
    kind="engine",
    hints=(
        "The child waits for a word of create: end of file means that create is dead.",
        "PR_SET_PDEATHSIG ends a child with its parent, until that one lets go.",
    ),
)
def test_create_killed(runtime: Runtime, bundle: Make) -> None:
    """When create is killed as soon as it has a child, no process stays behind."""
    for _ in range(max(3, runtime.rounds // 4)):  # the moments differ by themselves
        container_id = runtime.new_id()
        call = runtime.begin("create", "--bundle", str(bundle().path), container_id)
        while kernel.alive(call.pid) and not kernel.has_children(call.pid):
            pass
        kernel.ends(call.pid, 0)
        runtime.finish(call)
        runtime.delete(container_id, "--force").silent()
        kernel.no_children_left(runtime.timeout)
        same(list(runtime.files()), [], "files below the state root after delete --force")


# -- start -----------------------------------------------------------------------------------


@check(
    "04-start-runs",
    clause="runtime.md#start",
    hints=("start opens the FIFO: the process that waits there goes on, to execve.",),
)
def test_start_runs(runtime: Runtime, bundle: Make) -> None:
    """start runs the program, once; what it writes goes to the streams of create."""
    word = runtime.word()
    container = runtime.create(bundle().script(f"echo {word}; echo {word} >&2"))
    pid = container.pid
    container.start()
    same(container.stdout.to_end(runtime.timeout), f"{word}\n".encode(), "standard output")
    same(container.stderr.to_end(runtime.timeout), f"{word}\n".encode(), "standard error")
    same(container.wait(pid), 0, "exit status")


@check(
    "04-start-same-process",
    clause="runtime.md#start",
    hints=("The process that waited becomes the program: execve keeps the pid.",),
)
def test_start_same_process(runtime: Runtime, bundle: Make) -> None:
    """While the program runs the status is running, and the pid that of create."""
    container, pid = started(runtime, bundle())
    state = container.state()
    same(state.get("status"), "running", "status")
    same(state.get("pid"), pid, "pid")
    expect(kernel.alive(pid), f"a living process {pid}", kernel.stat(pid))


@check(
    "04-start-exit-status",
    clause="checks.md#engines",
    kind="engine",
    hints=(
        "The caller of create reads the status with waitpid, as a subreaper does.",
        "A parent in between would take the status away.",
    ),
)
def test_start_exit_status(runtime: Runtime, bundle: Make) -> None:
    """The exit status of the program reaches the one who called create."""
    container, pid = started(runtime, bundle().script("read line; exit 7"))
    container.stdin.finish()
    same(container.wait(pid), 7, "exit status")
    container, pid = started(runtime, bundle())
    os.kill(pid, signal.SIGKILL)
    same(container.wait(pid), -signal.SIGKILL, "exit status of a process that was killed")


@check(
    "04-start-stopped",
    clause="runtime.md#state",
    hints=(
        "A zombie has ended: look at the state in /proc/PID/stat, not only for the pid.",
        "Derive the status each time. Nobody tells you when the process ends.",
    ),
)
def test_start_stopped(runtime: Runtime, bundle: Make) -> None:
    """When the program has ended the status is stopped, before and after it is reaped."""
    container, pid = started(runtime, bundle())
    container.stdin.finish()
    kernel.wait_exit(pid, runtime.timeout)
    same(container.state().get("status"), "stopped", "status while the process is a zombie")
    container.wait(pid)
    stopped(container)


@check(
    "04-start-killed-before",
    clause="runtime.md#start",
    hints=("A process that died while it waited for start is a stopped container.",),
)
def test_start_killed_before(runtime: Runtime, bundle: Make) -> None:
    """A process that is killed before start makes a stopped container that can't be started."""
    container = runtime.create(bundle())
    pid = container.pid
    os.kill(pid, signal.SIGKILL)
    container.wait(pid)
    stopped(container)
    runtime.run("start", container.id).refused().no_stdout()
    container.delete().silent()


@check(
    "04-start-twice",
    clause="runtime.md#start",
    hints=("Only a created container can be started. Ask for the status first.",),
)
def test_start_twice(runtime: Runtime, bundle: Make) -> None:
    """A second start is refused and changes nothing; a start of a stopped one, too."""
    container, pid = started(runtime, bundle().script("echo begun; read line; exit 0"))
    before = container.state()
    runtime.run("start", container.id).refused().no_stdout()
    same(container.state(), before, "state after a start that is refused")
    container.stdin.finish()
    same(container.stdout.to_end(runtime.timeout), b"begun\n", "output of one single run")
    container.wait(pid)
    runtime.run("start", container.id).refused().no_stdout()
    stopped(container)


@check(
    "04-start-missing",
    clause="checks.md#engines",
    kind="engine",
    hints=("container does not exist",),
)
def test_start_missing(runtime: Runtime) -> None:
    """start of a container that does not exist is an error, in the words that engines know."""
    runtime.run("start", "nobody").refused("does not exist").no_stdout()


@check(
    "04-start-silent",
    clause="checks.md#engines",
    kind="engine",
    hints=("conmon gives create the pipes of the container: print nothing there.",),
)
def test_start_silent(runtime: Runtime, bundle: Make) -> None:
    """create, start, state and delete add nothing to the container's output, or to theirs."""
    container = runtime.create(bundle().program("true"))
    pid = container.pid
    runtime.run("start", container.id).silent()
    same(container.stdout.to_end(runtime.timeout), b"", "standard output of the container")
    same(container.stderr.to_end(runtime.timeout), b"", "standard error of the container")
    container.wait(pid)
    container.delete().silent()


@check(
    "04-start-after-exec",
    clause="checks.md#series",
    kind="series",
    hints=(
        "Make the FIFO close-on-exec, and let start read it to its end.",
        "So start ends when execve has succeeded: no sooner, and not by luck.",
    ),
)
def test_start_after_exec(runtime: Runtime, bundle: Make) -> None:
    """When start returns, the program is already being executed."""
    for _ in range(max(3, runtime.rounds // 4)):
        container = runtime.create(bundle())
        pid = container.pid
        runtime.run("start", container.id).ok()
        expect(kernel.is_busybox(pid), "a process that runs busybox", kernel.stat(pid))


@check(
    "04-start-holds-nothing",
    clause="checks.md#engines",
    kind="engine",
    hints=(
        "containerd reads the output of start to its end: nothing may keep that pipe.",
        "Close what you inherited, or mark it close-on-exec.",
    ),
)
def test_start_holds_nothing(runtime: Runtime, bundle: Make) -> None:
    """Nothing that lives on holds the streams of start."""
    container = runtime.create(bundle())
    output = Output()
    try:
        runtime.run("start", container.id, stdout=output.theirs, stderr=output.theirs).ok()
        output.given()
        same(output.to_end(runtime.timeout / 4), b"", "output of start")
        same(container.status, "running", "status")
    finally:
        output.close()


@check(
    "04-start-frozen-config",
    clause="runtime.md#create",
    hints=("start runs what create has read: never open config.json in the bundle again.",),
)
def test_start_frozen_config(runtime: Runtime, bundle: Make) -> None:
    """Edits of config.json between create and start have no effect."""
    made = bundle().script("echo before")
    container = runtime.create(made)
    made.script("echo after")
    same(container.finished(), "before\n", "output")
    container = runtime.create(made)
    made.file.unlink()
    same(container.finished(), "after\n", "output")


@check(
    "04-start-no-process",
    clause="runtime.md#start",
    hints=("Without `process` there is nothing to run: say so at start.",),
)
def test_start_no_process(runtime: Runtime, bundle: Make) -> None:
    """Without process in config.json, create may succeed, and start is an error."""
    made = bundle()
    del made.config["process"]
    container, result = runtime.try_create(made.save())
    if result.code != 0:
        result.refused()
        return
    runtime.run("start", container.id).refused().no_stdout()
    runtime.delete(container.id, "--force").silent()


@check(
    "04-start-exec-fails",
    clause="checks.md#series",
    kind="series",
    hints=(
        "Some errors only execve finds: a missing #! interpreter, a file that is no program.",
        "Write the reason into the FIFO; start reads it, prints it, and exits with 1.",
    ),
)
def test_start_exec_fails(runtime: Runtime, bundle: Make) -> None:
    """An execve that fails is told by start, with the reason, and by the container's stderr."""
    for content, reason in (
        (b"#!/no/such/interpreter\n", "no such file or directory"),
        (b"\x7fELF is not enough", "exec format error"),
    ):
        made = bundle()
        path = made.shared_file("program", content, 0o755)
        made.config["process"]["args"] = [path]
        container = runtime.create(made.save())
        pid = container.pid
        result = runtime.run("start", container.id).refused(reason)
        same(result.code, 1, "exit status of start")
        expect(container.wait(pid) != 0, "a process that failed", "exit status 0")
        text = container.stderr.to_end(runtime.timeout).decode()
        expect(reason in text.lower(), f"{reason!r} on the container's stderr", text)
        stopped(container)


@check(
    "04-start-parallel",
    clause="runtime.md#start",
    hints=(
        "Two starts may both see `created`: take a lock on the directory, then look.",
        "Or let one unlink of the FIFO decide.",
    ),
)
def test_start_parallel(runtime: Runtime, bundle: Make) -> None:
    """Of 10 starts at the same time exactly one succeeds, and the program runs once."""
    container = runtime.create(bundle().script("echo begun; read line; exit 0"))
    pid = container.pid
    results = runtime.together([("start", container.id)] * 10)
    same(sum(result.code == 0 for result in results), 1, "number of starts that succeed")
    for result in results:
        if result.code != 0:
            result.refused().no_stdout()
    container.stdin.finish()
    same(container.stdout.to_end(runtime.timeout), b"begun\n", "output of one single run")
    same(container.wait(pid), 0, "exit status")


@check(
    "04-start-waits-for-lock",
    clause="checks.md#series",
    kind="series",
    hints=(
        "Commands that change a container hold flock(2) on its directory.",
        "Look at the status when you have the lock: it may have changed while you waited.",
    ),
)
def test_start_waits_for_lock(runtime: Runtime, bundle: Make) -> None:
    """While another command has the container's lock, start waits, and looks again after."""
    container = runtime.create(bundle())
    pid = container.pid
    with locked(runtime.root / container.id):
        call = runtime.begin("start", container.id)
        until_waiting(runtime, call.pid)
        os.kill(pid, signal.SIGKILL)
        container.wait(pid)
    runtime.finish(call).refused().no_stdout()


@check(
    "04-start-races-delete",
    clause="checks.md#engines",
    kind="engine",
    hints=(
        "start may wait in open() of the FIFO when delete kills the only one at its other end.",
        "A lock that start holds while it waits makes delete wait, too.",
    ),
)
def test_start_races_delete(runtime: Runtime, bundle: Make) -> None:
    """start and delete --force at the same time: both end, and the container is gone."""
    for turn in range(runtime.rounds):
        container = runtime.create(bundle().program("true"))
        words = [("start", container.id), ("delete", "--force", container.id)]
        if turn % 2:
            words.reverse()
        calls = [runtime.begin(*each, timeout=runtime.timeout / 4) for each in words]
        for call in calls:
            result = runtime.finish(call)
            if result.code != 0:
                result.refused()
                expect("start" in result.words, "a delete --force that succeeds", result.came)
        kernel.no_children_left(runtime.timeout)
        same(list(runtime.files()), [], "files below the state root")
        container.close()


# -- delete ----------------------------------------------------------------------------------


@check(
    "04-delete-stopped",
    clause="runtime.md#delete",
    hints=("A stopped container needs no --force.",),
)
def test_delete_stopped(runtime: Runtime, bundle: Make) -> None:
    """A stopped container is deleted, with all that is its."""
    container = runtime.create(bundle().program("true"))
    container.finished()
    container.delete().silent()
    runtime.state(container.id).refused()
    same(list(runtime.files()), [], "files below the state root")


@check(
    "04-delete-running",
    clause="runtime.md#delete",
    hints=("Refuse, and leave the process alone. --force is for those who mean it.",),
)
def test_delete_running(runtime: Runtime, bundle: Make) -> None:
    """delete of a running container is refused, and it runs on."""
    container, pid = started(runtime, bundle())
    before = container.state()
    with runtime.unchanged("a delete that is refused"):
        container.delete().refused(container.id).no_stdout()
    same(container.state(), before, "state after a delete that is refused")
    container.stdin.write(b"still here\n")
    container.stdout.until(b"still here\n", runtime.timeout)
    container.stdin.finish()
    same(container.wait(pid), 0, "exit status")


@check(
    "04-delete-created",
    clause="runtime.md#delete",
    hints=("A created container is not stopped: its process is alive and waits.",),
)
def test_delete_created(runtime: Runtime, bundle: Make) -> None:
    """delete of a created container is refused, and it can still be started."""
    container = runtime.create(bundle().script("echo started"))
    container.delete().refused().no_stdout()
    same(container.finished(), "started\n", "output")


@check(
    "04-delete-force-ends",
    clause="checks.md#engines",
    kind="engine",
    hints=("SIGKILL, wait until the process has ended, and only then remove its directory.",),
)
def test_delete_force_ends(runtime: Runtime, bundle: Make) -> None:
    """delete --force ends the process, created or running, before it returns."""
    created = runtime.create(bundle())
    running, pid = started(runtime, bundle().script("trap '' TERM HUP INT; read line"))
    for container, its_pid in ((created, created.pid), (running, pid)):
        container.delete("--force").silent()
        expect(not kernel.alive(its_pid), "a process that has ended", kernel.stat(its_pid))
        same(container.wait(its_pid), -signal.SIGKILL, "exit status")
        runtime.state(container.id).refused()
    same(list(runtime.files()), [], "files below the state root")


@check(
    "04-delete-stranger",
    clause="checks.md#series",
    kind="series",
    hints=(
        "Pids are used again. Believe a pid only together with its start time.",
        "Open a pidfd, compare the start time, then signal through the pidfd.",
    ),
)
def test_delete_stranger(runtime: Runtime, bundle: Make) -> None:
    """A record whose pid belongs to another process: that one is never signalled."""
    stranger = os.spawnv(os.P_NOWAIT, BUSYBOX, [BUSYBOX, "tail", "-f", "/dev/null"])
    for pid in (stranger, 1):
        container = runtime.create(bundle().program("true"))
        real = container.pid
        container.finished()
        _replace_pid(runtime.root / container.id / "state.json", real, pid)
        result = runtime.state(container.id)
        if result.code == 0:
            same(result.json().get("status"), "stopped", f"status when pid {pid} is a stranger")
        else:
            result.refused(container.id)
        runtime.run("start", container.id).refused()
        container.delete("--force").silent()
        expect(kernel.alive(stranger), "the stranger lives", kernel.stat(stranger))


def _replace_pid(path: Path, real: int, other: int) -> None:
    document = json.loads(path.read_text())
    if document.get("pid") != real:
        fail(f"the pid {real} in state.json", document)
    path.write_text(json.dumps(document | {"pid": other}))


# -- what the process gets ---------------------------------------------------------------------


@check(
    "04-process-args",
    clause="config.md#process",
    hints=("Hand the strings over as they are: no shell, no splitting.",),
)
def test_process_args(runtime: Runtime, bundle: Make) -> None:
    """The program gets exactly the arguments of process.args."""
    args = ["read line", "name", "a b", "", "*", "$HOME", "'\"", "-x", "Grüße", runtime.word()]
    _, pid = started(runtime, bundle().script(*args))
    same(kernel.strings(pid, "cmdline"), [BUSYBOX, "sh", "-c", *args], "arguments")


@check(
    "04-process-env",
    clause="config.md#process",
    hints=(
        "process.env is the whole environment. Nothing of the caller's belongs there.",
        "Python adds LC_CTYPE to its own environment when the locale is C.",
    ),
)
def test_process_env(runtime: Runtime, bundle: Make) -> None:
    """The program gets exactly the environment of process.env."""
    made = bundle()
    env = ["PATH=/bin:/usr/bin", "HOME=/root", "EMPTY=", f"WORD={runtime.word()}", "Q=a b\n'\"="]
    made.config["process"]["env"] = env
    caller = runtime.settings.environment | {"CALLER": "here"}
    caller = {name: value for name, value in caller.items() if name not in ("LANG", "LC_ALL")}
    container = runtime.create(made.save(), env=caller)
    pid = container.pid
    runtime.run("start", container.id, env=caller).ok()
    container.wait_program(pid)
    same(sorted(kernel.strings(pid, "environ")), sorted(env), "environment")


@check(
    "04-process-cwd",
    clause="config.md#process",
    hints=("chdir to process.cwd before execve.",),
)
def test_process_cwd(runtime: Runtime, bundle: Make) -> None:
    """The program's working directory is process.cwd."""
    for cwd in ("/tmp", "/"):
        made = bundle()
        made.config["process"]["cwd"] = cwd
        made.program("pwd")
        same(runtime.create(made).finished(), f"{cwd}\n", "working directory")


@check(
    "04-process-streams",
    clause="command-line.md#create",
    hints=("Standard input, output and error of create are those of the program.",),
)
def test_process_streams(runtime: Runtime, bundle: Make) -> None:
    """The program reads and writes the streams of create itself: not copies of them."""
    container, pid = started(runtime, bundle())
    ours = [container.stdin.mine, container.stdout.mine, container.stderr.mine]
    for number, fd in enumerate(ours):
        same(_identity(f"/proc/{pid}/fd/{number}"), _identity(fd), f"pipe at descriptor {number}")
    word = runtime.word().encode()
    container.stdin.write(word)
    container.stdin.finish()
    same(container.stdout.to_end(runtime.timeout), word, "what cat made of its input")
    container.wait(pid)


def _identity(file: str | int) -> tuple[int, int]:
    found = os.stat(file)
    return found.st_dev, found.st_ino


@check(
    "04-process-descriptors",
    clause="runtime-linux.md#file-descriptors",
    hints=(
        "Engines leak descriptors into the runtime; none of them is the container's.",
        "Mark all from 3 on close-on-exec as the first thing that you do: close_range(2).",
    ),
)
def test_process_descriptors(runtime: Runtime, bundle: Make) -> None:
    """The program has descriptors 0, 1 and 2 and no others, whatever the caller leaked."""
    with _leaked() as fds:
        container = runtime.create(bundle(), pass_fds=fds)
        pid = container.pid
        runtime.run("start", container.id, pass_fds=fds).ok()
    container.wait_program(pid)
    same(sorted(kernel.descriptors(pid)), [0, 1, 2], "descriptors of the program")


@contextlib.contextmanager
def _leaked() -> Iterator[list[int]]:
    """Open descriptors of several kinds, for a runtime that is to inherit them."""
    ours, theirs = socket.socketpair()
    fds = [*os.pipe(), ours.detach(), theirs.detach()]
    fds += [os.open(path, os.O_RDONLY) for path in ("/", "/etc/passwd", "/proc/self")]
    try:
        yield fds
    finally:
        for fd in fds:
            os.close(fd)


@check(
    "04-process-signals",
    clause="checks.md#engines",
    kind="engine",
    hints=(
        "Python ignores SIGPIPE and SIGXFSZ, and what is ignored stays so after execve.",
        "Set every signal to SIG_DFL and clear the mask, just before execve.",
    ),
)
def test_process_signals(runtime: Runtime, bundle: Make) -> None:
    """The program starts with no signal ignored and none blocked."""
    _, pid = started(runtime, bundle())
    _no_signals(pid)


@check(
    "04-process-signals-of-caller",
    clause="checks.md#series",
    kind="series",
    hints=("The caller may ignore or block signals, too: restore them all, not only two.",),
)
def test_process_signals_of_caller(runtime: Runtime, bundle: Make) -> None:
    """The same, when the caller ignores and blocks signals."""
    container = runtime.create(bundle(), prepare=_deaf)
    pid = container.pid
    runtime.run("start", container.id, prepare=_deaf).ok()
    container.wait_program(pid)
    _no_signals(pid)


def _deaf() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE):
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1, signal.SIGUSR2, signal.SIGCHLD])


def _no_signals(pid: int) -> None:
    found = kernel.status(pid)
    for name, what in (("SigIgn", "ignored"), ("SigBlk", "blocked")):
        same(int(found[name], 16), 0, f"signals {what} ({name} in /proc/PID/status)")
