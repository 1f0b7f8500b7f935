"""Part 05: programs of the engine's at six points of a container's life."""

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

from anocir_check import kernel
from anocir_check.bundle import Bundle
from anocir_check.check import check
from anocir_check.container import Container
from anocir_check.expect import expect, same, within
from anocir_check.hooked import POINTS, Hooked
from anocir_check.pipes import Output
from anocir_check.result import Result
from anocir_check.runtime import Runtime
from anocir_check.state_schema import check_state

Make = Callable[[], Bundle]

IN_CREATE = POINTS[:3]
IN_START = POINTS[3:5]
NOTE = "echo $point >> $log/calls"
FAILS = f"{NOTE}; echo it is $point >&2; exit 3"


def made(runtime: Runtime, hooked: Hooked) -> tuple[Container, int]:
    """Create a container, which must succeed; return it and its process."""
    container = runtime.create(hooked.bundle)
    return container, container.pid


def stop(container: Container, pid: int) -> None:
    """End the container's process, and reap it."""
    os.kill(pid, signal.SIGKILL)
    container.wait(pid)


def live(runtime: Runtime, hooked: Hooked) -> tuple[Container, int]:
    """Take a container through its whole life; return it, and the process that it had."""
    container, pid = made(runtime, hooked)
    container.start()
    container.wait_program(pid)
    stop(container, pid)
    container.delete().ok()
    return container, pid


def gone(runtime: Runtime, container: Container) -> None:
    """Nothing of a container may be left: no process, no state, no file."""
    kernel.no_children_left(runtime.timeout)
    runtime.state(container.id).refused()
    same(list(runtime.files()), [], "files below the state root")


# -- which, when -----------------------------------------------------------------------------


@check(
    "05-hooks-order",
    clause="config.md#posix-platform-hooks",
    hints=(
        "create: prestart, createRuntime, createContainer. start: startContainer, then poststart.",
        "delete: poststop. Of one point, in the order of the array, one after the other.",
    ),
)
def test_hooks_order(runtime: Runtime, bundle: Make) -> None:
    """Each hook is called once, by the command it belongs to, in the order of the lifecycle."""
    hooked = Hooked(bundle())
    for number in "12":
        hooked.each(f"echo $point {number} >> $log/calls")
    expected = [f"{point} {number}" for point in POINTS for number in "12"]
    container, pid = made(runtime, hooked)
    same(hooked.calls, expected[:6], "hooks called by create")
    container.start()
    same(hooked.calls, expected[:10], "hooks called by create and start")
    stop(container, pid)
    container.state()
    same(hooked.calls, expected[:10], "hooks called before delete")
    container.delete().ok()
    same(hooked.calls, expected, "hooks called in all")


@check(
    "05-hooks-before-program",
    clause="config.md#startcontainer-hooks",
    hints=("startContainer hooks are the last thing before execve, in the process that waited.",),
)
def test_hooks_before_program(runtime: Runtime, bundle: Make) -> None:
    """startContainer hooks have ended when the program begins."""
    hooked = Hooked(bundle())
    hooked.each(NOTE, ("startContainer", "startContainer"))
    hooked.bundle.script(f"echo program >> {hooked.log}/calls")
    runtime.create(hooked.bundle).finished()
    same(hooked.calls, ["startContainer", "startContainer", "program"], "calls")


@check(
    "05-hooks-after-program",
    clause="config.md#poststart",
    hints=("start knows when execve has succeeded: call the poststart hooks then, not sooner.",),
)
def test_hooks_after_program(runtime: Runtime, bundle: Make) -> None:
    """When a poststart hook is called, the container's process already runs the program."""
    hooked = Hooked(bundle())
    find = 'pid=$(echo "$state" | /bin/busybox sed -n \'s/.*"pid": *\\([0-9]*\\).*/\\1/p\')'
    hooked.add("poststart", f"{find}; /bin/busybox readlink /proc/$pid/exe > $log/exe")
    for _ in range(max(3, runtime.rounds // 4)):
        runtime.create(hooked.bundle).start()
        name = os.path.basename(hooked.bytes("exe").decode().strip())
        same(name, "busybox", "program of the process when the poststart hook is called")


@check(
    "05-hooks-frozen",
    clause="runtime.md#create",
    hints=("start and delete call the hooks that create has read: keep them.",),
)
def test_hooks_frozen(runtime: Runtime, bundle: Make) -> None:
    """Edits of config.json after create don't change which hooks are called."""
    hooked = Hooked(bundle()).each(NOTE)
    container, pid = made(runtime, hooked)
    hooked.bundle.config["hooks"] = {}
    hooked.each("echo edited >> $log/calls")
    container.start()
    container.wait_program(pid)
    stop(container, pid)
    container.delete().ok()
    same(sorted(hooked.calls), sorted(POINTS), "calls")


@check(
    "05-hooks-once",
    clause="runtime.md#lifecycle",
    hints=(
        "Of many deletes one removes the container: that one calls the poststop hooks.",
        "Let go of the lock after the directory is gone, not before.",
    ),
)
def test_hooks_once(runtime: Runtime, bundle: Make) -> None:
    """Of many deletes of one container exactly one calls its poststop hooks."""
    hooked = Hooked(bundle()).add("poststop", NOTE)
    for turn in range(1, max(3, runtime.rounds // 4) + 1):
        container = runtime.create(hooked.bundle)
        runtime.together([("delete", "--force", container.id)] * 5)
        runtime.state(container.id).refused()
        same(hooked.calls, ["poststop"] * turn, f"calls for {turn} containers")


@check(
    "05-hooks-damaged",
    clause="checks.md#series",
    kind="series",
    hints=("Keep what the hooks need in a file of its own, and don't ask the record for it.",),
)
def test_hooks_damaged(runtime: Runtime, bundle: Make) -> None:
    """poststop hooks are called for a container whose record is damaged, and told whose."""
    hooked = Hooked(bundle()).add("poststop", 'echo "$state" > $log/state')
    container = runtime.create(hooked.bundle)
    (runtime.root / container.id / "state.json").write_text("{")
    container.delete("--force").silent()
    same(hooked.json("state").get("id"), container.id, "id that the poststop hook is told")


# -- what they are given ---------------------------------------------------------------------


@check(
    "05-hooks-state",
    clause="config.md#posix-platform-hooks",
    hints=(
        "The state document of runtime.md, as JSON, on the hook's standard input.",
        "Docker's network hook needs id and pid; others read bundle and annotations.",
    ),
)
def test_hooks_state(runtime: Runtime, bundle: Make) -> None:
    """Each hook reads the state on its stdin: whose, where, which process, and how far it is."""
    word = runtime.word()
    hooked = Hooked(bundle()).each('echo "$state" > $log/$point')
    hooked.bundle.config["annotations"] = {"org.example.word": word}
    hooked.bundle.save()
    container, pid = live(runtime, hooked)
    for point in POINTS:
        document = hooked.json(point)
        check_state(document)
        same(document["id"], container.id, f"id told to {point}")
        same(document["bundle"], str(hooked.bundle.path), f"bundle told to {point}")
        same(document["annotations"], {"org.example.word": word}, f"annotations told to {point}")
        allowed: tuple[str, ...] = ("creating", "created")
        if point in ("poststart", "poststop"):
            allowed = ("running",) if point == "poststart" else ("stopped",)
        within(document["status"], allowed, f"status told to {point}")
        if point in ("prestart", "createRuntime", "poststart"):
            same(document.get("pid"), pid, f"pid told to {point}")


@check(
    "05-hooks-state-unread",
    clause="config.md#posix-platform-hooks",
    hints=(
        "A pipe holds 64 KiB, then the writer waits for a reader that may never read.",
        "And a reader that ends early breaks it: EPIPE, or SIGPIPE.",
        "A file in memory has neither fault: memfd_create(2).",
    ),
)
def test_hooks_state_unread(runtime: Runtime, bundle: Make) -> None:
    """A long state hinders nobody, whether the hook reads all, part or nothing of it."""
    hooked = Hooked(bundle())
    long = {f"org.example.{number}": "x" * 1000 for number in range(200)}
    hooked.bundle.config["annotations"] = long
    for script in (
        "true",
        "exec 0<&-; true",
        "/bin/busybox head -c 1 > $log/first",
        "/bin/busybox cat > $log/$point",
    ):
        for point in POINTS:
            hooked.add_raw(point, script)
    live(runtime, hooked)
    for point in POINTS:
        same(hooked.json(point)["annotations"] == long, True, f"all annotations told to {point}")


@check(
    "05-hooks-arguments",
    clause="config.md#posix-platform-hooks",
    hints=(
        "args is the whole argv, its first word included, which need not be the path.",
        "env is the whole environment: nothing of yours is added.",
    ),
)
def test_hooks_arguments(runtime: Runtime, bundle: Make) -> None:
    """A hook gets exactly the arguments and the environment that it is configured with."""
    hooked = Hooked(bundle())
    env = ["A=b c", "EMPTY=", "SIGNS=a=b"]
    for point in POINTS:
        for name in ("cmdline", "environ"):
            target = str(hooked.log / f"{point}.{name}")
            hooked.add_program(point, "cp", f"/proc/self/{name}", target, env=env)
    live(runtime, hooked)
    for point in POINTS:
        words = ("cp", "/proc/self/cmdline", str(hooked.log / f"{point}.cmdline"))
        came = hooked.bytes(f"{point}.cmdline").decode().split("\0")[:-1]
        same(came, list(words), f"arguments of the {point} hook")
        came = hooked.bytes(f"{point}.environ").decode().split("\0")[:-1]
        same(sorted(came), sorted(env), f"environment of the {point} hook")


@check(
    "05-hooks-inherit",
    clause="checks.md#series",
    kind="series",
    hints=(
        "An environment that isn't set is empty. The image's could hold LD_PRELOAD, and the hook "
        "runs with the host's rights: CVE-2025-23266.",
        "startContainer hooks are the container's own, and may have its environment.",
        "Close what the caller has left open, and give ignored signals back.",
    ),
)
def test_hooks_inherit(runtime: Runtime, bundle: Make) -> None:
    """A hook inherits no variable, no descriptor and no ignored signal, of us or the image."""
    hooked = Hooked(bundle())
    word = runtime.word()
    hooked.bundle.config["process"]["env"].append(f"IMAGE={word}")
    outside = tuple(point for point in POINTS if point != "startContainer")
    for point in outside:
        for name in ("environ", "status"):
            target = str(hooked.log / f"{point}.{name}")
            hooked.add_program(point, "cp", f"/proc/self/{name}", target)
        hooked.add(point, "/bin/busybox ls /proc/self/fd > $log/$point.fds")
    how = _caller_with(word)
    leak = os.open("/", os.O_RDONLY)
    os.set_inheritable(leak, True)
    try:
        container, result = runtime.try_create(hooked.bundle, **how, pass_fds=(leak,))
        result.ok()
        runtime.run("start", container.id, **how, pass_fds=(leak,)).ok()
        runtime.run("delete", "--force", container.id, **how, pass_fds=(leak,)).ok()
    finally:
        os.close(leak)
    for point in outside:
        same(hooked.bytes(f"{point}.environ"), b"", f"environment of the {point} hook")
        # The last is ls's own, which it has open to list the others.
        came = hooked.bytes(f"{point}.fds").decode().split()
        same(came, ["0", "1", "2", "3"], f"descriptors of the {point} hook")
        lines = hooked.bytes(f"{point}.status").decode().splitlines()
        masks = [line.split()[1] for line in lines if line.startswith(("SigBlk", "SigIgn"))]
        same(masks, ["0" * 16] * 2, f"blocked and ignored signals of the {point} hook")


def _caller_with(word: str) -> dict[str, Any]:
    """Return how to call the runtime with a variable and an ignored signal."""

    def ignore() -> None:
        signal.signal(signal.SIGUSR1, signal.SIG_IGN)

    return {"env": {**os.environ, "CALLER": word}, "prepare": ignore}


@check(
    "05-hooks-silent",
    clause="checks.md#engines",
    kind="engine",
    hints=(
        "stdout of create is the container's own: what a hook prints would end in its log.",
        "Give the hook a pipe of yours as stdout and stderr.",
    ),
)
def test_hooks_silent(runtime: Runtime, bundle: Make) -> None:
    """What hooks print that succeed is not printed by us, and is no output of the container."""
    hooked = Hooked(bundle()).each("echo noise; echo noise >&2")
    hooked.bundle.program("true")
    container = runtime.create(hooked.bundle)
    pid = container.pid
    runtime.run("start", container.id).silent()
    same(container.stdout.to_end(runtime.timeout), b"", "standard output of the container")
    same(container.stderr.to_end(runtime.timeout), b"", "standard error of the container")
    container.wait(pid)
    container.delete().silent()


@check(
    "05-hooks-values",
    clause="config.md#posix-platform-hooks",
    hints=(
        "path is absolute: nobody says from where a relative one would count.",
        "timeout is greater than zero.",
        "Look at all hooks before you call the first.",
    ),
)
def test_hooks_values(runtime: Runtime, bundle: Make) -> None:
    """A hook that breaks the rules fails create, whichever point it is for; none is called."""
    for more in ({"path": "bin/busybox"}, {"timeout": 0}, {"timeout": -1}):
        hooked = Hooked(bundle()).add("prestart", NOTE).add("poststop", NOTE, **more)
        container, result = runtime.try_create(hooked.bundle)
        result.refused()
        same(hooked.calls, [], "hooks called")
        gone(runtime, container)


# -- what a failure does ---------------------------------------------------------------------


@check(
    "05-hooks-create-fails",
    clause="runtime.md#lifecycle",
    hints=(
        "A hook that fails is a step that fails: undo the steps before it.",
        "Neither the next hook nor the next point has its turn.",
    ),
)
def test_hooks_create_fails(runtime: Runtime, bundle: Make) -> None:
    """A hook of create that fails makes create fail. Nothing is left, and no more are called."""
    for count, point in enumerate(IN_CREATE, 1):
        hooked = Hooked(bundle()).each(NOTE, IN_CREATE[:count])
        hooked.add(point, FAILS).each(NOTE, POINTS[count - 1 : 5])
        container, result = runtime.try_create(hooked.bundle)
        result.refused()
        same(hooked.calls, [*IN_CREATE[:count], point], "calls")
        gone(runtime, container)
        same(container.stdout.available(), b"", "standard output of create")


@check(
    "05-hooks-fail-poststop",
    clause="runtime.md#lifecycle",
    hints=(
        "After a failure the lifecycle goes on at its 12th step: destroy, then poststop.",
        "What a createRuntime hook has set up can then be taken down by its counterpart.",
    ),
)
def test_hooks_fail_poststop(runtime: Runtime, bundle: Make) -> None:
    """After a hook of create has failed, the poststop hooks are called, once all is undone."""
    for point in IN_CREATE:
        hooked = Hooked(bundle()).add(point, "exit 1")
        hooked.add("poststop", f'echo "$state" > $log/state; {NOTE}')
        root = f"/bin/busybox find {runtime.root} -mindepth 1 > $log/left"
        hooked.add("poststop", root)
        container, result = runtime.try_create(hooked.bundle)
        result.refused()
        same(hooked.calls, ["poststop"], f"calls after a {point} hook has failed")
        same(hooked.json("state").get("status"), "stopped", "status told to poststop")
        same(hooked.bytes("left"), b"", "files below the state root when poststop is called")
        gone(runtime, container)


@check(
    "05-hooks-start-fails",
    clause="runtime.md#lifecycle",
    hints=("A startContainer hook that fails is the end: the process must not go on to execve.",),
)
def test_hooks_start_fails(runtime: Runtime, bundle: Make) -> None:
    """A startContainer hook that fails makes start fail, and the program never runs."""
    hooked = Hooked(bundle())
    hooked.add("startContainer", FAILS).each(NOTE, IN_START)
    hooked.bundle.script(f"echo program >> {hooked.log}/calls")
    container, pid = made(runtime, hooked)
    runtime.run("start", container.id).refused().no_stdout()
    kernel.ends(pid, runtime.timeout)
    same(hooked.calls, ["startContainer"], "calls")


@check(
    "05-hooks-poststart-fails",
    clause="runtime.md#lifecycle",
    hints=("The program runs already: kill it, then say that start has failed.",),
)
def test_hooks_poststart_fails(runtime: Runtime, bundle: Make) -> None:
    """A poststart hook that fails makes start fail, and stops the container."""
    hooked = Hooked(bundle()).each(FAILS, ("poststart", "poststart"))
    container, pid = made(runtime, hooked)
    runtime.run("start", container.id).refused().no_stdout()
    expect(not kernel.alive(pid), f"an end of process {pid}", kernel.stat(pid))
    same(hooked.calls, ["poststart"], "calls")


@check(
    "05-hooks-start-destroys",
    clause="runtime.md#lifecycle",
    hints=(
        "Stopping it is not all: the lifecycle goes on with its destruction, then poststop.",
        "So the engine finds no container that it has to delete.",
    ),
)
def test_hooks_start_destroys(runtime: Runtime, bundle: Make) -> None:
    """After a hook of start has failed the container is gone, and poststop hooks are called."""
    for point in IN_START:
        hooked = Hooked(bundle()).add(point, FAILS).add("poststop", NOTE)
        container, _ = made(runtime, hooked)
        runtime.run("start", container.id).refused()
        same(hooked.calls, [point, "poststop"], "calls")
        gone(runtime, container)


@check(
    "05-hooks-poststop-fails",
    clause="config.md#poststop",
    hints=(
        "There is nothing left to undo: log a warning, and call the next hook.",
        "delete has done its work, so its status is 0.",
    ),
)
def test_hooks_poststop_fails(runtime: Runtime, bundle: Make) -> None:
    """A poststop hook that fails is warned of; the others are called, and delete succeeds."""
    hooked = Hooked(bundle()).add("poststop", FAILS).add("poststop", NOTE)
    container, pid = made(runtime, hooked)
    container.start()
    stop(container, pid)
    log = runtime.scratch / "log"
    words = ("--log", str(log), "--log-format", "json", "delete", container.id)
    runtime.run(*words).ok()
    same(hooked.calls, ["poststop"] * 2, "calls")
    gone(runtime, container)
    expect(_warnings(log), "a warning in the log", log.read_text() if log.exists() else "no log")


def _warnings(log: Path) -> list[str]:
    if not log.exists():
        return []
    entries = [json.loads(line) for line in log.read_text().splitlines()]
    return [entry["msg"] for entry in entries if entry["level"] in ("warning", "warn", "error")]


@check(
    "05-hooks-not-found",
    clause="runtime.md#lifecycle",
    hints=("A hook that can't be executed has failed, too: its exit status is no 0.",),
)
def test_hooks_not_found(runtime: Runtime, bundle: Make) -> None:
    """A hook that can't be executed makes create fail, and is named."""
    for point in IN_CREATE:
        hooked = Hooked(bundle())
        hooked.bundle.config["hooks"] = {point: [{"path": "/no/such/hook"}]}
        container, result = runtime.try_create(hooked.bundle.save())
        result.refused("/no/such/hook")
        gone(runtime, container)


@check(
    "05-hooks-reason",
    clause="checks.md#engines",
    kind="engine",
    hints=(
        "Whoever reads the error has no other way to know why the hook has failed.",
        "Read its stdout and stderr, and keep the end of what comes.",
    ),
)
def test_hooks_reason(runtime: Runtime, bundle: Make) -> None:
    """The error of a hook that fails has what the hook said on stderr."""
    for point in (*IN_CREATE, *IN_START):
        word = runtime.word()
        hooked = Hooked(bundle()).add(point, f"echo {word} >&2; exit 3")
        if point in IN_CREATE:
            result = runtime.try_create(hooked.bundle)[1]
        else:
            container = runtime.create(hooked.bundle)
            result = runtime.run("start", container.id)
        result.refused(word)


# -- time ------------------------------------------------------------------------------------


@check(
    "05-hooks-timeout",
    clause="config.md#posix-platform-hooks",
    hints=(
        "Wait for the hook and for the time at once: poll(2) on a pidfd takes both.",
        "Kill it, reap it, and fail as if it had failed by itself.",
    ),
)
def test_hooks_timeout(runtime: Runtime, bundle: Make) -> None:
    """A hook that takes longer than its timeout is ended, and has failed."""
    for point in ("createRuntime", "createContainer"):
        hooked = Hooked(bundle())
        hooked.fifo("never")
        hooked.add(point, "read line < $log/never", timeout=1).add(point, NOTE)
        container, result = runtime.try_create(hooked.bundle)
        result.refused()
        same(hooked.calls, [], "calls after the hook whose time is over")
        gone(runtime, container)


@check(
    "05-hooks-timeout-all",
    clause="checks.md#series",
    kind="series",
    hints=(
        "Let a hook lead a session or a process group, and kill that: killpg(2).",
        "Wait for the process, not for the end of its pipe, which others may hold.",
    ),
)
def test_hooks_timeout_all(runtime: Runtime, bundle: Make) -> None:
    """With a hook whose time is over all goes that it has started, even what holds its pipe."""
    hooked = Hooked(bundle())
    hooked.fifo("never")
    script = "/bin/busybox sh -c 'read line < $0' $log/never & "
    hooked.add("createRuntime", f"{script} read line < $log/never", timeout=1)
    container, result = runtime.try_create(hooked.bundle)
    result.refused()
    gone(runtime, container)


@check(
    "05-hooks-background",
    clause="checks.md#series",
    kind="series",
    hints=("The end of a hook is the end of its process: a daemon may hold the pipe for ever.",),
)
def test_hooks_background(runtime: Runtime, bundle: Make) -> None:
    """What a successful hook leaves in the background is not waited for, and not ended."""
    hooked = Hooked(bundle())
    fifo = hooked.fifo("never")
    hooked.add("createRuntime", "{ read line < $log/never; echo $line > $log/daemon; } & true")
    _, pid = made(runtime, hooked)
    others = [child for child in kernel.children() if child.pid != pid and not child.ended]
    same(len(others), 1, "number of processes that the hook has left")
    fifo.write_text("still here\n")
    kernel.ends(others[0].pid, runtime.timeout)
    same(hooked.bytes("daemon"), b"still here\n", "what the daemon of the hook wrote")


@check(
    "05-hooks-poststart-lock",
    clause="checks.md#series",
    kind="series",
    hints=(
        "The program runs, and delete --force must work: give the lock back before you call them.",
        "The container may be gone when they have ended.",
    ),
)
def test_hooks_poststart_lock(runtime: Runtime, bundle: Make) -> None:
    """delete --force does not wait for a poststart hook."""
    hooked = Hooked(bundle())
    hooked.fifo("never")
    begun = Output()
    hooked.add("poststart", f"{NOTE}; echo begun > /proc/{os.getpid()}/fd/{begun.theirs}; "
               "read line < $log/never", timeout=60)  # fmt: skip
    hooked.add("poststop", NOTE)
    container = runtime.create(hooked.bundle)
    call = runtime.begin("start", container.id)
    try:
        begun.until(b"begun\n", runtime.timeout)
        deleted = _deleted_meanwhile(runtime, container)
        (hooked.log / "never").write_text("go on\n")
        runtime.finish(call)
    finally:
        begun.close()
    deleted.silent()
    same(hooked.calls, ["poststart", "poststop"], "calls")
    gone(runtime, container)


def _deleted_meanwhile(runtime: Runtime, container: Container) -> Result:
    return runtime.run("delete", "--force", container.id, timeout=runtime.timeout / 2)
