"""Part 07: the specification's letter, and a judge that can be asked by itself."""

import json
import os
from collections.abc import Callable
from typing import Any

from anocir_check.bundle import Bundle
from anocir_check.check import check
from anocir_check.container import Container
from anocir_check.expect import expect, same
from anocir_check.runtime import Runtime
from anocir_check.state_schema import check_state

Make = Callable[[], Bundle]

NO_VERSIONS = (
    "1.00.0",
    "1.0.0.0",
    "1.0.0-",
    "1.0.0-rc..1",
    "1.0.0-rc.01",
    "1.0.0-rc_1",
    "1.0.0+a..b",
    "v1.0.0",
    "1.0.0\n",
    "1.0.\N{ARABIC-INDIC DIGIT ONE}",
)
VERSIONS = (
    "1.0.0+001.-",
    "1.0.2-0.a-b.x--",
    "1.0.1-rc.3+exp.sha-5114f85",
)


# -- the configuration -----------------------------------------------------------------------


@check(
    "07-version-semver",
    clause="config.md#specification-version",
    hints=(
        "semver.org has the grammar. No number begins with a 0 but 0 itself.",
        "`$` in a pattern allows a newline, and \\d the digits of all alphabets.",
    ),
)
def test_version_semver(runtime: Runtime, bundle: Make) -> None:
    """What is nearly a semantic version is refused as ociVersion."""
    runtime.create(bundle())
    accepted = []
    for version in NO_VERSIONS:
        made = bundle()
        made.config["ociVersion"] = version
        _, result = runtime.try_create(made.save())
        if result.code == 0:
            accepted.append(version)
        else:
            result.refused().no_stdout()
    expect(not accepted, "create refuses each of these versions", f"accepted: {accepted}")


@check(
    "07-version-build",
    clause="config.md#specification-version",
    hints=("1.0.0+build is as good a version as 1.0.0: build data is for people.",),
)
def test_version_build(runtime: Runtime, bundle: Make) -> None:
    """Each form of a semantic version is accepted, those with build data too."""
    for version in VERSIONS:
        made = bundle()
        made.config["ociVersion"] = version
        runtime.create(made.save())


@check(
    "07-annotations-key",
    clause="config.md#annotations",
    hints=("Keys MUST NOT be an empty string. A value may be.",),
)
def test_annotations_key(runtime: Runtime, bundle: Make) -> None:
    """An annotation with an empty key is refused, one with an empty value is not."""
    made = bundle()
    made.config["annotations"] = {"org.example.empty": ""}
    runtime.create(made.save())
    made = bundle()
    made.config["annotations"] = {"": "value"}
    runtime.try_create(made.save())[1].refused().no_stdout()


@check(
    "07-args-empty",
    clause="config.md#process",
    hints=("The list may be absent only when there is no process; then `start` fails.",),
)
def test_args_empty(runtime: Runtime, bundle: Make) -> None:
    """A process without a single argument is refused: there would be nothing to execute."""
    runtime.create(bundle())
    made = bundle()
    made.config["process"]["args"] = []
    runtime.try_create(made.save())[1].refused().no_stdout()


@check(
    "07-root-absolute",
    clause="config.md#root",
    hints=("root.path is taken as it is when it begins with a slash.",),
)
def test_root_absolute(runtime: Runtime, bundle: Make) -> None:
    """root.path may be absolute, and lie outside of the bundle."""
    made = bundle()
    made.config["root"]["path"] = str(bundle().rootfs)
    made.rootfs.rename(made.path / "away")
    container = runtime.create(made.save())
    same(container.state().get("bundle"), str(made.path), "bundle")
    made.config["root"]["path"] = str(made.rootfs)
    runtime.try_create(made.save())[1].refused().no_stdout()


@check(
    "07-json-names",
    clause="glossary.md#json",
    kind="series",
    hints=(
        "JSON objects MUST NOT include duplicate names, and parsers differ in which one counts.",
        "Python's json.loads takes a function that sees all pairs: object_pairs_hook.",
    ),
)
def test_json_names(runtime: Runtime, bundle: Make) -> None:
    """A config.json in which an object has a name twice is refused, at every depth.

    The sentence binds who writes the file. Whoever checked the first of two values, and runs what
    obeys the last, has checked nothing.
    """
    made = bundle()
    text = made.file.read_text()
    for name, value in (("ociVersion", "1.0.2"), ("cwd", "/"), ("destination", "/proc")):
        # The same value twice: the name is all that can be found fault with.
        pair = f'"{name}": {json.dumps(value)}'
        expect(pair in text, f"a config with {pair}", text)
        made.file.write_text(text.replace(pair, f"{pair}, {pair}", 1))
        runtime.try_create(made)[1].refused(name).no_stdout()
    made.file.write_text(text)
    runtime.create(made)


# -- the state -------------------------------------------------------------------------------


@check(
    "07-state-life",
    clause="runtime.md#state",
    hints=(
        "pid is REQUIRED while the status is created or running.",
        "The status is looked up each time; all else was written down by create.",
    ),
)
def test_state_life(runtime: Runtime, bundle: Make) -> None:
    """The state is valid at each status, and only status and pid change on the way."""
    made = bundle()
    made.config["annotations"] = {"org.example.word": runtime.word()}
    container = runtime.create(made.save())
    pid = container.pid
    states = [container.state()]
    container.start()
    container.wait_program(pid)
    states.append(container.state())
    container.stdin.finish()
    container.wait(pid)
    states.append(container.state())
    for status, state in zip(("created", "running", "stopped"), states, strict=True):
        check_state(state)
        same(state["status"], status, "status")
        same(state.get("annotations"), made.config["annotations"], f"annotations, {status}")
        same(state["id"], container.id, f"id, {status}")
        same(state["bundle"], str(made.path), f"bundle, {status}")
        same(state["ociVersion"], states[0]["ociVersion"], f"ociVersion, {status}")
        if status != "stopped":
            same(state["pid"], pid, f"pid, {status}")


# -- errors ----------------------------------------------------------------------------------


def refused_without_effect(container: Container, *words: str) -> None:
    """A command about a container is refused, and nothing of it is another afterwards."""
    runtime, before = container.runtime, container.state()
    with (
        runtime.unchanged(f"a {words[0]} that is refused"),
        runtime.unchanged(f"a {words[0]} that is refused", container.bundle.path),
    ):
        runtime.run(*words).refused().no_stdout()
    same(container.state(), before, f"state after a {words[0]} that is refused")


@check(
    "07-errors-status",
    clause="runtime.md#errors",
    hints=(
        "Look at the status before you touch anything, and under the lock.",
        "No file of the container may change, not even its time.",
    ),
)
def test_errors_status(runtime: Runtime, bundle: Make) -> None:
    """At each status, what is refused has no effect: on the state, the files, the process."""
    container = runtime.create(bundle())
    pid = container.pid
    again = ("create", "--bundle", str(container.bundle.path), container.id)
    refused_without_effect(container, *again)
    container.start()
    container.wait_program(pid)
    refused_without_effect(container, *again)
    refused_without_effect(container, "start", container.id)
    refused_without_effect(container, "delete", container.id)
    container.stdin.write(b"still here\n")
    container.stdout.until(b"still here\n", runtime.timeout)
    container.stdin.finish()
    same(container.wait(pid), 0, "exit status of the program")
    refused_without_effect(container, *again)
    refused_without_effect(container, "start", container.id)
    refused_without_effect(container, "kill", container.id, "KILL")
    container.delete().silent()


@check(
    "07-errors-missing",
    clause="runtime.md#errors",
    hints=("Opening must not make: an id that nobody has leaves no directory.",),
)
def test_errors_missing(runtime: Runtime, bundle: Make) -> None:
    """start, state, kill and delete of an id that nobody has change nothing, and make nothing."""
    container = runtime.create(bundle())
    missing = runtime.new_id()
    for words in (("start",), ("state",), ("kill",), ("delete",)):
        refused_without_effect(container, *words, missing)
    refused_without_effect(container, "kill", missing, "KILL")
    runtime.create(bundle(), id=missing)
    same(container.status, "created", "status of the other container")


# -- validate --------------------------------------------------------------------------------


def broken(made: Bundle) -> dict[str, tuple[list[str | int], Any]]:
    """Return faults by JSON path: where the value is, and a wrong one (None: it is missing).

    Half of them are for the schema to find, half for rules beyond it.
    """
    made.config["hooks"] = {"poststop": [{"path": "/bin/true"}]}
    return {
        "ociVersion": (["ociVersion"], "1.0"),
        "root.path": (["root", "path"], ""),
        "process.cwd": (["process", "cwd"], "tmp"),
        "process.env[0]": (["process", "env", 0], 5),
        "mounts[1].destination": (["mounts", 1, "destination"], False),
        "hostname": (["hostname"], ["x"]),
        "hooks.poststop[0].path": (["hooks", "poststop", 0, "path"], "bin/true"),
    }


def put(config: Any, where: list[str | int], value: Any) -> None:
    """Set a value inside of a config."""
    *parents, last = where
    for name in parents:
        config = config[name]
    config[last] = value


@check(
    "07-validate-valid",
    clause="checks.md#series",
    kind="series",
    hints=("`validate FILE` prints `FILE: valid`, and makes nothing.",),
)
def test_validate_valid(runtime: Runtime, bundle: Make) -> None:
    """validate of a valid config.json says so, and leaves no trace."""
    made = bundle()
    with runtime.unchanged("validate", made.path), runtime.unchanged("validate", runtime.cwd):
        result = runtime.run("validate", str(made.file)).ok()
    same(result.stdout.splitlines()[-1:], [f"{made.file}: valid"], "last line")
    same(result.stderr, "", "standard error")
    expect(not runtime.root.exists(), "no state root after validate", f"there is {runtime.root}")


@check(
    "07-validate-as-create",
    clause="runtime.md#create",
    kind="series",
    hints=(
        "Both ask the same function: a second judge would judge otherwise some day.",
        "`FILE: process.cwd: found 'tmp', allowed: an absolute path`, on standard error.",
    ),
)
def test_validate_as_create(runtime: Runtime, bundle: Make) -> None:
    """What validate refuses, create refuses as well, and both name the same place."""
    for path, (where, value) in broken(bundle()).items():
        made = bundle()
        broken(made)
        runtime.run("validate", str(made.save().file)).ok()
        put(made.config, where, value)
        made.save()
        runtime.run("validate", str(made.file)).refused(f"{made.file}: {path}: ").no_stdout()
        runtime.try_create(made)[1].refused(f"{path}: ").no_stdout()
    same(list(runtime.files()), [], "files below the state root")


@check(
    "07-validate-all",
    clause="checks.md#series",
    kind="series",
    hints=(
        "Ask the schema, keep what it says, and ask the rules all the same.",
        "A rule that stumbles over a value of the wrong type has nothing to say.",
    ),
)
def test_validate_all(runtime: Runtime, bundle: Make) -> None:
    """All faults are told at once, a line each: those of the schema and those beyond it."""
    made = bundle()
    faults = broken(made)
    for where, value in faults.values():
        put(made.config, where, value)
    made.save()
    result = runtime.run("validate", str(made.file)).refused().no_stdout()
    lines = result.stderr.splitlines()
    for path in faults:
        told = [line for line in lines if f": {path}: " in line]
        expect(len(told) == 1, f"one line that names {path}", result.came)
    same(len(lines), len(faults), "number of lines")
    runtime.try_create(made)[1].refused(*(f"{path}: " for path in faults))


@check(
    "07-validate-where",
    clause="checks.md#series",
    kind="series",
    hints=("Without FILE it is config.json in the current directory; - is standard input.",),
)
def test_validate_where(runtime: Runtime, bundle: Make) -> None:
    """validate reads config.json in the current directory, and - is its standard input."""
    made = bundle()
    runtime.run("validate", cwd=made.path).ok()
    with made.file.open("rb") as file:
        runtime.run("validate", "-", stdin=file).ok()
    made.config["process"]["cwd"] = "tmp"
    made.save()
    runtime.run("validate", cwd=made.path).refused("config.json: process.cwd: ")
    with made.file.open("rb") as file:
        runtime.run("validate", "-", stdin=file).refused("standard input: process.cwd: ")
    runtime.run("validate", "-").refused("standard input")


@check(
    "07-validate-unreadable",
    clause="checks.md#series",
    kind="series",
    hints=("What reads the bundle's config.json reads this file, too: O_NONBLOCK, then fstat.",),
)
def test_validate_unreadable(runtime: Runtime, bundle: Make) -> None:
    """A file that is missing, or is none, is an error of one line, and soon."""
    made = bundle()
    runtime.run("validate", str(made.file)).ok()
    fifo = made.path / "fifo"
    os.mkfifo(fifo)
    for path in (made.path / "missing", made.path, fifo):
        result = runtime.run("validate", str(path), timeout=runtime.timeout / 2)
        result.refused(path.name).no_stdout()
        same(len(result.stderr.splitlines()), 1, "lines of error")


@check(
    "07-validate-state",
    clause="runtime.md#state",
    kind="series",
    hints=(
        "The schema says what each property is; that a running container has a pid, it does not.",
        "`anocir state web | anocir validate --state -`",
    ),
)
def test_validate_state(runtime: Runtime, bundle: Make) -> None:
    """validate --state takes what state prints, and refuses what runtime.md doesn't allow."""
    container = runtime.create(bundle())
    pid = container.pid
    good = container.state()
    path = container.bundle.path / "state"

    def judge(document: object) -> Any:
        path.write_text(json.dumps(document))
        return runtime.run("validate", "--state", str(path))

    same(judge(good).ok().stdout, f"{path}: valid\n", "standard output")
    for name, value in (
        *(("status", 5), ("status", "broken"), ("pid", -1), ("pid", "1"), ("pid", 0)),
        *(("ociVersion", "1.0"), ("bundle", "bundle"), ("annotations", {"key": 1})),
    ):
        judge(good | {name: value}).refused(f"{path}: {name}").no_stdout()
    for name in ("ociVersion", "id", "status", "bundle", "pid"):
        judge({key: value for key, value in good.items() if key != name}).refused(name).no_stdout()
    both = judge(good | {"pid": 0, "bundle": "bundle"}).refused("pid: ", "bundle: ")
    same(len(both.stderr.splitlines()), 2, "lines of error")
    container.start()
    container.stdin.finish()
    container.wait(pid)
    judge(container.state()).ok()
    judge(good | {"status": "stopped", "pid": 0}).ok()
