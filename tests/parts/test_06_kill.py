"""Part 06: signals, for exactly the container's process, and what ends with whom."""

import os
import signal
from collections.abc import Callable

from anocir_check import kernel
from anocir_check.bundle import BUSYBOX, Bundle
from anocir_check.check import check
from anocir_check.container import Container
from anocir_check.expect import expect, fail, same
from anocir_check.hooked import Hooked
from anocir_check.pipes import Output
from anocir_check.runtime import Runtime

Make = Callable[[], Bundle]

# Says which signals come, one word each. A line on stdin ends it.
CATCHER = (
    'for name in HUP INT QUIT USR1 USR2 TERM WINCH; do trap "echo $name" $name; done; '
    "echo ready; until read line; do true; done; exit 7"
)
LAST_PID = "/proc/sys/kernel/ns_last_pid"


def started(runtime: Runtime, made: Bundle) -> tuple[Container, int]:
    """Create and start a container; return it, and its process, which runs the program."""
    container = runtime.create(made)
    pid = container.pid
    container.start()
    container.wait_program(pid)
    return container, pid


def catching(runtime: Runtime, bundle: Make, script: str = CATCHER) -> tuple[Container, int]:
    """Start a program that has said that it is ready for signals."""
    container, pid = started(runtime, bundle().script(script))
    container.stdout.until(b"ready\n", runtime.timeout)
    return container, pid


def kill(container: Container, *words: str) -> None:
    """Run kill, which must succeed."""
    container.runtime.run("kill", container.id, *words).ok()


def caught(container: Container, *names: str) -> None:
    """Let the program end, and see which signals it got."""
    pid = container.pid
    container.stdin.write(b"end\n")
    came = container.stdout.to_end(container.runtime.timeout).decode().split()
    same(came, ["ready", *names], "signals that the program got")
    same(container.wait(pid), 7, "exit status")


# -- which signal ----------------------------------------------------------------------------


@check(
    "06-kill-signals",
    clause="runtime.md#kill",
    hints=(
        "A number, a name, a name with SIG in front: engines use all three.",
        "Python's signal module has the numbers of this machine; they differ between machines.",
    ),
)
def test_kill_signals(runtime: Runtime, bundle: Make) -> None:
    """The process gets the signal that is named, whichever way it is written."""
    container, _ = catching(runtime, bundle)
    names = []
    for number in (signal.SIGHUP, signal.SIGUSR1, signal.SIGTERM, signal.SIGWINCH):
        short = number.name.removeprefix("SIG")
        for word in (str(int(number)), short, number.name):
            kill(container, word)
            names.append(short)
            # Two that wait at the same time would be one.
            container.stdout.until(" ".join(["ready", *names, ""]).replace(" ", "\n").encode(), 10)
    caught(container, *names)


@check(
    "06-kill-default",
    clause="command-line.md#kill",
    hints=("Without a signal it is SIGTERM, which a program may catch to tidy up.",),
)
def test_kill_default(runtime: Runtime, bundle: Make) -> None:
    """Without a signal, kill sends SIGTERM."""
    container, _ = catching(runtime, bundle)
    kill(container)
    caught(container, "TERM")


@check(
    "06-kill-case",
    clause="checks.md#series",
    kind="series",
    hints=("sigterm and Term can mean nothing else.",),
)
def test_kill_case(runtime: Runtime, bundle: Make) -> None:
    """The letters of a name may be of either case."""
    container, _ = catching(runtime, bundle)
    kill(container, "sigusr1")
    container.stdout.until(b"USR1\n", runtime.timeout)
    kill(container, "uSr2")
    caught(container, "USR1", "USR2")


@check(
    "06-kill-unknown",
    clause="runtime.md#kill",
    hints=(
        "Look the name up before you look for the container, and let the kernel judge a number.",
        "An error must have no effect on the container (runtime.md, Errors).",
    ),
)
def test_kill_unknown(runtime: Runtime, bundle: Make) -> None:
    """A signal that there is none of is refused, and nothing is sent."""
    container, _ = catching(runtime, bundle)
    for word in ("FROB", "SIGFROB", "SIG", "99", "9x", "TERM,HUP", "99999999999999999999"):
        runtime.run("kill", container.id, word).refused().no_stdout()
    same(container.status, "running", "status")
    caught(container)


@check(
    "06-kill-handler-name",
    clause="checks.md#series",
    kind="series",
    hints=("SIG_IGN and SIG_DFL are names in <signal.h>, but no signals.",),
)
def test_kill_handler_name(runtime: Runtime, bundle: Make) -> None:
    """Names that begin like a signal's and are none are refused, as any unknown one."""
    container, _ = catching(runtime, bundle)
    for word in ("SIG_DFL", "_IGN", "SIG_BLOCK", "KILL+1", "RTMIN+", "+"):
        runtime.run("kill", container.id, word).refused("unknown signal").no_stdout()
    caught(container)


@check(
    "06-kill-zero",
    clause="checks.md#engines",
    kind="engine",
    hints=("Signal 0 is never sent: it asks whether there is somebody to send to (kill(2)).",),
)
def test_kill_zero(runtime: Runtime, bundle: Make) -> None:
    """Signal 0 succeeds while the process lives, has no effect, and fails after its end."""
    container, pid = catching(runtime, bundle)
    kill(container, "0")
    caught(container)
    runtime.run("kill", container.id, "0").refused()
    expect(not kernel.alive(pid), "a process that has ended", kernel.stat(pid))


@check(
    "06-kill-silent",
    clause="checks.md#engines",
    kind="engine",
    hints=("Success is told by the exit status.",),
)
def test_kill_silent(runtime: Runtime, bundle: Make) -> None:
    """kill prints nothing."""
    container, _ = catching(runtime, bundle)
    runtime.run("kill", container.id, "USR1").silent()
    caught(container, "USR1")
    same(container.stderr.to_end(runtime.timeout), b"", "standard error of the container")


# -- who gets it -----------------------------------------------------------------------------


@check(
    "06-kill-ends",
    clause="runtime.md#kill",
    hints=("SIGKILL can't be caught or ignored: afterwards the container is stopped.",),
)
def test_kill_ends(runtime: Runtime, bundle: Make) -> None:
    """SIGKILL ends a program that ignores all else; its caller reads what it died of."""
    script = "trap '' HUP INT TERM; echo ready; read line"
    container, pid = catching(runtime, bundle, script)
    for word in ("HUP", "INT", "TERM"):
        kill(container, word)
    same(container.status, "running", "status after signals that the program ignores")
    kill(container, "KILL")
    same(container.wait(pid), -signal.SIGKILL, "exit status")
    same(container.status, "stopped", "status")
    container.delete().silent()


@check(
    "06-kill-created",
    clause="runtime.md#kill",
    hints=("A created container has a process: the one that waits for start.",),
)
def test_kill_created(runtime: Runtime, bundle: Make) -> None:
    """A created container can be killed; then it has stopped, and can't be started."""
    container = runtime.create(bundle())
    pid = container.pid
    kill(container, "KILL")
    same(container.wait(pid), -signal.SIGKILL, "exit status")
    same(container.status, "stopped", "status")
    runtime.run("start", container.id).refused().no_stdout()
    container.delete().silent()


@check(
    "06-kill-stopped",
    clause="runtime.md#kill",
    hints=(
        "A zombie gets signals without an error, and without an effect: ask for the status first.",
    ),
)
def test_kill_stopped(runtime: Runtime, bundle: Make) -> None:
    """A container that has stopped can't be killed, whether its process is reaped or not."""
    container, pid = started(runtime, bundle())
    container.stdin.finish()
    kernel.wait_exit(pid, runtime.timeout)
    runtime.run("kill", container.id, "TERM").refused().no_stdout()
    container.wait(pid)
    before = container.state()
    for word in ("TERM", "KILL"):
        runtime.run("kill", container.id, word).refused().no_stdout()
    same(container.state(), before, "state after a kill that is refused")


@check(
    "06-kill-stopped-words",
    clause="checks.md#engines",
    kind="engine",
    hints=("containerd and CRI-O look for the words: container not running.",),
)
def test_kill_stopped_words(runtime: Runtime, bundle: Make) -> None:
    """The error for a container that has stopped is in the words that engines know."""
    container, pid = started(runtime, bundle())
    container.stdin.finish()
    container.wait(pid)
    runtime.run("kill", container.id, "KILL").refused("not running").no_stdout()


@check(
    "06-kill-missing",
    clause="checks.md#engines",
    kind="engine",
    hints=("container does not exist",),
)
def test_kill_missing(runtime: Runtime) -> None:
    """kill of a container that does not exist is an error, in the words that engines know."""
    runtime.run("kill", "nobody", "TERM").refused("does not exist").no_stdout()


@check(
    "06-kill-first-only",
    clause="runtime.md#kill",
    hints=("The signal is for the process of the container, and not for its group: kill(2).",),
)
def test_kill_first_only(runtime: Runtime, bundle: Make) -> None:
    """A signal goes to the container's first process, and not to those that it has started."""
    # A child that got the USR1 as well would have died of that.
    script = (
        f"trap 'echo USR1' USR1; {BUSYBOX} tail -f /dev/null & echo ready; "
        "until read line; do true; done; kill $!; wait $!; echo $?"
    )
    made = bundle().script(script)
    container, pid = started(runtime, made)
    container.stdout.until(b"ready\n", runtime.timeout)
    kill(container, "USR1")
    container.stdout.until(b"USR1\n", runtime.timeout)
    container.stdin.write(b"end\n")
    came = container.stdout.to_end(runtime.timeout).decode().split()
    same(came, ["ready", "USR1", f"{128 + signal.SIGTERM}"], "signals, and what the child died of")
    container.wait(pid)


@check(
    "06-kill-stop",
    clause="runtime.md#state",
    hints=("A process that SIGSTOP has stopped has not ended: T in /proc/PID/stat is no Z.",),
)
def test_kill_stop(runtime: Runtime, bundle: Make) -> None:
    """A process that is stopped by SIGSTOP still runs, and goes on after SIGCONT."""
    container, pid = catching(runtime, bundle)
    kill(container, "STOP")
    os.waitpid(pid, os.WUNTRACED)
    same(container.status, "running", "status after SIGSTOP")
    kill(container, "USR1")
    same(container.stdout.available(), b"ready\n", "output while it is stopped")
    kill(container, "CONT")
    container.stdout.until(b"USR1\n", runtime.timeout)
    caught(container, "USR1")


@check(
    "06-kill-reused-pid",
    clause="runtime.md#kill",
    hints=(
        "The kernel gives pids out again. Keep the start time from /proc/PID/stat, and compare.",
        "Open a pidfd first and compare then: what you compare is what you signal.",
    ),
)
def test_kill_reused_pid(runtime: Runtime, bundle: Make) -> None:
    """When somebody else has the pid of a container that has stopped, nothing is sent to it."""
    container, pid = started(runtime, bundle())
    container.stdin.finish()
    container.wait(pid)
    stranger_with(pid)
    runtime.run("kill", container.id, "TERM").refused().no_stdout()
    runtime.run("kill", "--all", container.id, "KILL")
    runtime.run("delete", "--force", container.id).ok()
    expect(kernel.alive(pid), f"process {pid} of somebody else lives on", kernel.stat(pid))
    os.kill(pid, signal.SIGKILL)
    kernel.reap(pid, runtime.timeout)


def stranger_with(pid: int) -> None:
    """Start a process that is no container's, and has this pid."""
    for _ in range(1000):
        with open(LAST_PID, "w", encoding="ascii") as file:
            file.write(str(pid - 1))
        found = os.posix_spawn(BUSYBOX, ["busybox", "tail", "-f", "/dev/null"], {})
        if found == pid:
            return
        os.kill(found, signal.SIGKILL)
        os.waitpid(found, 0)
    fail(f"a process that gets pid {pid} again", "others were faster, each time")


# -- all of them -----------------------------------------------------------------------------


@check(
    "06-kill-all",
    clause="checks.md#engines",
    kind="engine",
    hints=(
        "containerd calls `kill --all ID 9` after the end of a container, to be sure.",
        "All of nobody is nobody, and no error.",
    ),
)
def test_kill_all(runtime: Runtime, bundle: Make) -> None:
    """kill --all signals a running container, and is no error when it has stopped."""
    for flag in ("--all", "-a"):
        container, pid = started(runtime, bundle())
        runtime.run("kill", flag, container.id, "9").silent()
        same(container.wait(pid), -signal.SIGKILL, "exit status")
        runtime.run("kill", flag, container.id, "9").silent()
        container.delete().silent()


# -- what ends with whom ---------------------------------------------------------------------


def waiting_hook(hooked: Hooked, point: str) -> Output:
    """Add a hook that says its pid, and then waits for a line that never comes."""
    hooked.fifo("never")
    says = Output()
    out = f"/proc/{os.getpid()}/fd/{says.theirs}"
    hooked.add(point, f"echo $$ > {out}; read line < $log/never")
    return says


@check(
    "06-create-interrupted",
    clause="checks.md#series",
    kind="series",
    hints=(
        "While a hook runs, have SIGINT and SIGTERM raise what a failing hook raises.",
        "The way out is the one of any other failure: undo, then the poststop hooks.",
    ),
)
def test_create_interrupted(runtime: Runtime, bundle: Make) -> None:
    """A create that is asked to end while a hook runs leaves nothing, and tells of the signal."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        hooked = Hooked(bundle())
        says = waiting_hook(hooked, "createRuntime")
        hooked.add("poststop", "echo poststop >> $log/calls")
        container_id = runtime.new_id()
        call = runtime.begin("create", "--bundle", str(hooked.bundle.path), container_id)
        try:
            hook = int(says.until(b"\n", runtime.timeout))
            os.kill(call.pid, number)
            result = runtime.finish(call)
        finally:
            says.close()
        same(result.code, 128 + number, "exit status of create")
        expect(number.name in result.stderr, f"an error that names {number.name}", result.came)
        expect(not kernel.alive(hook), "an end of the hook", kernel.stat(hook))
        same(hooked.calls, ["poststop"], "calls")
        kernel.no_children_left(runtime.timeout)
        same(list(runtime.files()), [], "files below the state root")


@check(
    "06-start-interrupted",
    clause="checks.md#series",
    kind="series",
    hints=("A poststart hook that is cut short has failed: the container goes.",),
)
def test_start_interrupted(runtime: Runtime, bundle: Make) -> None:
    """A start that is asked to end while a poststart hook runs destroys the container."""
    hooked = Hooked(bundle())
    says = waiting_hook(hooked, "poststart")
    container = runtime.create(hooked.bundle)
    pid = container.pid
    call = runtime.begin("start", container.id)
    try:
        says.until(b"\n", runtime.timeout)
        os.kill(call.pid, signal.SIGTERM)
        result = runtime.finish(call)
    finally:
        says.close()
    same(result.code, 128 + signal.SIGTERM, "exit status of start")
    container.wait(pid)
    runtime.state(container.id).refused()
    same(list(runtime.files()), [], "files below the state root")


@check(
    "06-hook-ends-with-runtime",
    clause="checks.md#series",
    kind="series",
    hints=(
        "Nobody can catch SIGKILL. Ask the kernel beforehand: PR_SET_PDEATHSIG in prctl(2).",
        "The parent may have died before the call: compare getppid with what it was.",
    ),
)
def test_hook_ends_with_runtime(runtime: Runtime, bundle: Make) -> None:
    """When create is killed while a hook runs, the hook ends, and so does init."""
    hooked = Hooked(bundle())
    says = waiting_hook(hooked, "createRuntime")
    container_id = runtime.new_id()
    call = runtime.begin("create", "--bundle", str(hooked.bundle.path), container_id)
    try:
        says.until(b"\n", runtime.timeout)
        os.kill(call.pid, signal.SIGKILL)
        runtime.finish(call)
    finally:
        says.close()
    kernel.no_children_left(runtime.timeout)
    runtime.delete(container_id, "--force").silent()
    same(list(runtime.files()), [], "files below the state root after delete --force")
