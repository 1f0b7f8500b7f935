"""Part 03: state and delete. What is known of a container, and how all of it goes away."""

import json
import os
import shutil
from collections.abc import Callable

from anocir_check import kernel
from anocir_check.bundle import Bundle
from anocir_check.check import check
from anocir_check.expect import expect, fail, same, within
from anocir_check.locks import locked, until_waiting
from anocir_check.runtime import Runtime
from anocir_check.state_schema import check_state
from anocir_check.watch import Watch

Make = Callable[[], Bundle]


@check(
    "03-state-schema",
    clause="runtime.md#state",
    hints=(
        "REQUIRED are ociVersion, id, status and bundle, and pid once there is a process.",
        "Validate your own output with a JSON Schema before you print it.",
    ),
)
def test_state_schema(runtime: Runtime, bundle: Make) -> None:
    """state prints one JSON document that fits the specification, and nothing else."""
    container = runtime.create(bundle())
    result = runtime.state(container.id).ok()
    expect(not result.err, "nothing on stderr from state", result.came)
    document = result.json()
    check_state(document)
    same(document["id"], container.id, "id")


@check(
    "03-state-status",
    clause="runtime.md#state",
    hints=("`created` waits for start; `creating` is not there yet.",),
)
def test_state_status(runtime: Runtime, bundle: Make) -> None:
    """A container that nobody has started is creating or created."""
    container = runtime.create(bundle())
    allowed = ("creating",) if runtime.level <= 3 else ("created",)
    within(container.status, allowed, "status")


@check(
    "03-state-no-pid",
    clause="checks.md#series",
    kind="series",
    until=3,
    hints=("There is no process before part 04, so there is no pid to show.",),
)
def test_state_no_pid(runtime: Runtime, bundle: Make) -> None:
    """As long as there is no process, state shows no pid."""
    within(runtime.create(bundle()).state().get("pid"), (None, 0), "pid")


@check(
    "03-state-annotations",
    clause="runtime.md#state",
    hints=("Copy the annotations of config.json; print them as UTF-8 or escaped.",),
)
def test_state_annotations(runtime: Runtime, bundle: Make) -> None:
    """state shows the annotations of config.json, all of them and exactly."""
    made = bundle()
    annotations = {
        "org.example.word": runtime.word(),
        "empty": "",
        "quotes": 'a "b" \\ c\n',
        "umlaut": "Grüße, 世界, 🐧",
    }
    made.config["annotations"] = annotations
    same(runtime.create(made.save()).state().get("annotations"), annotations, "annotations")
    within(runtime.create(bundle()).state().get("annotations"), (None, {}), "annotations of none")


@check(
    "03-state-bundle",
    clause="runtime.md#state",
    hints=("The path is absolute, even when create was given a relative one.",),
)
def test_state_bundle(runtime: Runtime, bundle: Make) -> None:
    """bundle in the state is the absolute path of the bundle."""
    made = bundle()
    same(runtime.create(made).state().get("bundle"), str(made.path), "bundle")
    made, container_id = bundle(), runtime.new_id()
    runtime.run("create", "--bundle", made.path.name, container_id, cwd=made.path.parent).ok()
    same(runtime.state(container_id).ok().json().get("bundle"), str(made.path), "bundle")
    made, container_id = bundle(), runtime.new_id()
    runtime.run("create", container_id, cwd=made.path).ok()
    same(runtime.state(container_id).ok().json().get("bundle"), str(made.path), "bundle")


@check(
    "03-state-two",
    clause="runtime.md#query-state",
    hints=("Each container has a record of its own.",),
)
def test_state_two(runtime: Runtime, bundle: Make) -> None:
    """Two containers have two states, and a third that was never made has none."""
    one, two = runtime.create(bundle()), runtime.create(bundle())
    for container in (one, two):
        state = container.state()
        same(state.get("id"), container.id, "id")
        same(state.get("bundle"), str(container.bundle.path), "bundle")
    runtime.state(runtime.new_id()).refused().no_stdout()


@check(
    "03-state-missing",
    clause="checks.md#engines",
    kind="engine",
    hints=("Engines look for the words `does not exist` on stderr. stdout stays empty.",),
)
def test_state_missing(runtime: Runtime) -> None:
    """state of a container that does not exist is an error, in the words that engines know."""
    result = runtime.state("nobody").refused("does not exist").no_stdout()
    same(result.code, 1, "exit status")
    runtime.root.mkdir(exist_ok=True)
    runtime.state("nobody").refused("does not exist").no_stdout()


@check(
    "03-state-changes-nothing",
    clause="runtime.md#query-state",
    hints=("Asking must not change the answer: open for reading only.",),
)
def test_state_changes_nothing(runtime: Runtime, bundle: Make) -> None:
    """state only looks: the same answer twice, and no file is changed."""
    container = runtime.create(bundle())
    with runtime.unchanged("state"):
        first = container.state()
        same(container.state(), first, "state asked again")


@check(
    "03-state-during-create",
    clause="runtime.md#query-state",
    hints=(
        "A reader must see the old file, the new one, or none: never half of one.",
        "Write to a temporary file, then rename it.",
    ),
)
def test_state_during_create(runtime: Runtime, bundle: Make) -> None:
    """state asked while create is at work is a whole document, or a clean error."""
    for _ in range(2):
        container_id = runtime.new_id()
        call = runtime.begin("create", "--bundle", str(bundle().path), container_id)
        while kernel.alive(call.pid):
            result = runtime.state(container_id)
            if result.code == 0:
                check_state(result.json())
            else:
                result.refused().no_stdout()
        runtime.finish(call).ok()
        runtime.state(container_id).ok()


@check(
    "03-frozen-config",
    clause="runtime.md#create",
    hints=(
        "Edits of config.json after create have no effect: keep a copy, and read that.",
        "A copy of the text is better than a copy of what you made of it.",
    ),
)
def test_frozen_config(runtime: Runtime, bundle: Make) -> None:
    """Editing, damaging or removing config.json after create changes nothing."""
    made = bundle()
    made.config["annotations"] = {"word": runtime.word()}
    container = runtime.create(made.save())
    before = container.state()
    made.config["annotations"] = {"word": "edited"}
    made.config["ociVersion"] = "1.1.0"
    made.save()
    same(container.state(), before, "state after an edit of config.json")
    made.file.write_text("{")
    same(container.state(), before, "state after config.json was damaged")
    made.file.unlink()
    same(container.state(), before, "state after config.json was removed")


@check(
    "03-frozen-copy",
    clause="checks.md#series",
    kind="series",
    hints=("Copy the text of config.json into the container's directory, byte for byte.",),
)
def test_frozen_copy(runtime: Runtime, bundle: Make) -> None:
    """The state directory holds a copy of config.json, for its owner alone."""
    container = runtime.create(bundle())
    path = runtime.root / container.id / "config.json"
    expect(path.is_file(), "a copy of config.json", os.listdir(path.parent))
    same(path.read_bytes(), container.bundle.file.read_bytes(), "copy of config.json")
    same(oct(path.stat().st_mode & 0o777), "0o600", "mode of the copy")


@check(
    "03-root-two-forms",
    clause="checks.md#engines",
    kind="engine",
    hints=("--root DIR and --root=DIR name the same place; the last one given counts.",),
)
def test_root_two_forms(runtime: Runtime, bundle: Make) -> None:
    """A container made below one --root is found there in every form, and nowhere else."""
    root, container_id = str(runtime.root), runtime.new_id()
    runtime.run(
        f"--root={root}", "create", "--bundle", str(bundle().path), container_id, root=None
    ).ok()
    runtime.run("--root", root, "state", container_id, root=None).ok()
    runtime.run("--root", "/nowhere", "--root", root, "state", container_id, root=None).ok()
    other = str(runtime.scratch / "other")
    runtime.run("--root", other, "state", container_id, root=None).refused()


@check(
    "03-delete-not-stopped",
    clause="runtime.md#delete",
    hints=(
        "Only a stopped container may be deleted. `creating` and `created` are not stopped.",
        "Refuse before you touch anything: the container must be as it was.",
    ),
)
def test_delete_not_stopped(runtime: Runtime, bundle: Make) -> None:
    """delete of a container that is not stopped is refused, and has no effect."""
    container = runtime.create(bundle())
    before = container.state()
    with runtime.unchanged("a delete that is refused"):
        container.delete().refused().no_stdout()
    same(container.state(), before, "state after a delete that is refused")


@check(
    "03-delete-says-status",
    clause="checks.md#series",
    kind="series",
    hints=("cannot delete container ID that is not stopped: STATUS",),
)
def test_delete_says_status(runtime: Runtime, bundle: Make) -> None:
    """The refusal names the container and its status."""
    container = runtime.create(bundle())
    status = container.status
    container.delete().refused(f"{container.id} that is not stopped: {status}")


@check(
    "03-delete-force",
    clause="checks.md#engines",
    kind="engine",
    hints=("--force ends what still runs, then removes everything, in silence.",),
)
def test_delete_force(runtime: Runtime, bundle: Make) -> None:
    """delete --force removes a container that is not stopped, and all that is its."""
    container = runtime.create(bundle())
    container.delete("--force").silent()
    runtime.state(container.id).refused().no_stdout()
    same(list(runtime.files()), [], "files below the state root")
    kernel.no_children_left(runtime.timeout)


@check(
    "03-delete-short-flag",
    clause="checks.md#engines",
    kind="engine",
    hints=("-f is --force, and flags may come after the id, too.",),
)
def test_delete_short_flag(runtime: Runtime, bundle: Make) -> None:
    """-f means --force."""
    container = runtime.create(bundle())
    container.delete("-f").silent()
    runtime.state(container.id).refused()


@check(
    "03-delete-missing",
    clause="runtime.md#delete",
    hints=("There is nothing to delete: fail, unless --force was given.",),
)
def test_delete_missing(runtime: Runtime, bundle: Make) -> None:
    """delete of a container that does not exist is an error, also the second time."""
    runtime.delete("nobody").refused().no_stdout()
    container = runtime.create(bundle())
    container.delete("--force").ok()
    container.delete().refused().no_stdout()


@check(
    "03-delete-missing-words",
    clause="checks.md#engines",
    kind="engine",
    hints=("Say `container does not exist`, as for state and start.",),
)
def test_delete_missing_words(runtime: Runtime) -> None:
    """That error is in the words that engines know."""
    runtime.delete("nobody").refused("does not exist")


@check(
    "03-delete-force-missing",
    clause="checks.md#engines",
    kind="engine",
    hints=("Engines force a delete after every delete, to be sure: it is no error.",),
)
def test_delete_force_missing(runtime: Runtime, bundle: Make) -> None:
    """delete --force of a container that does not exist succeeds in silence."""
    runtime.delete("nobody", "--force").silent()
    container = runtime.create(bundle())
    container.delete("--force").silent()
    container.delete("--force").silent()


@check(
    "03-delete-frees-id",
    clause="runtime.md#delete",
    hints=("What is left of the old container must not stand in the way of a new one.",),
)
def test_delete_frees_id(runtime: Runtime, bundle: Make) -> None:
    """After delete the id can be used again, and nothing of the old container shows."""
    made = bundle()
    made.config["annotations"] = {"old": "yes"}
    old = runtime.create(made.save())
    old.delete("--force").ok()
    new = runtime.create(bundle(), id=old.id)
    state = new.state()
    same(state.get("bundle"), str(new.bundle.path), "bundle")
    within(state.get("annotations"), (None, {}), "annotations")


@check(
    "03-delete-only-its-own",
    clause="runtime.md#delete",
    hints=("The bundle and the rootfs belong to the caller: delete leaves them alone.",),
)
def test_delete_only_its_own(runtime: Runtime, bundle: Make) -> None:
    """delete removes what create made, and neither the bundle nor another container."""
    one, two = runtime.create(bundle()), runtime.create(bundle())
    before = two.state()
    with runtime.unchanged("delete", one.bundle.path):
        one.delete("--force").ok()
    same(two.state(), before, "state of the other container")


@check(
    "03-delete-bundle-gone",
    clause="runtime.md#create",
    hints=("All that delete needs must be in the state directory.",),
)
def test_delete_bundle_gone(runtime: Runtime, bundle: Make) -> None:
    """A container can be asked for and deleted when its config.json is gone."""
    container = runtime.create(bundle())
    before = container.state()
    container.bundle.file.unlink()
    same(container.state(), before, "state without config.json")
    container.delete("--force").silent()
    same(list(runtime.files()), [], "files below the state root")


@check(
    "03-delete-outside",
    clause="checks.md#engines",
    kind="engine",
    hints=("Check the id of every command, not only that of create.",),
)
def test_delete_outside(runtime: Runtime, bundle: Make) -> None:
    """An id that leaves the state root reaches nothing: neither state nor delete."""
    container = runtime.create(bundle())
    victim = runtime.scratch / "victim"
    victim.mkdir()
    for path in (runtime.root / container.id).iterdir():
        if path.is_file():
            shutil.copy(path, victim)
    with runtime.unchanged("a delete outside of the state root", victim):
        for name in ("../victim", "../root/../victim", str(victim)):
            runtime.delete(name, "--force")
            runtime.delete(name).refused()
            runtime.state(name).refused().no_stdout()
    for name in ("..", ".", ""):
        runtime.delete(name, "--force")
        runtime.state(name).refused().no_stdout()
    container.state()


@check(
    "03-delete-force-parallel",
    clause="checks.md#engines",
    kind="engine",
    hints=(
        "One deletes, the others find it gone: with --force that is success.",
        "Every step may find its file gone already. A lock on the directory helps.",
    ),
)
def test_delete_force_parallel(runtime: Runtime, bundle: Make) -> None:
    """20 forced deletes of one container at the same time all succeed."""
    container = runtime.create(bundle())
    for result in runtime.together([("delete", "--force", container.id)] * 20):
        result.silent()
    same(list(runtime.files()), [], "files below the state root")
    kernel.no_children_left(runtime.timeout)


@check(
    "03-delete-parallel-many",
    clause="checks.md#engines",
    kind="engine",
    hints=("Deleting one container must not disturb the others.",),
)
def test_delete_parallel_many(runtime: Runtime, bundle: Make) -> None:
    """5 containers deleted while 5 others are made: all succeed."""
    old = [runtime.create(bundle()).id for _ in range(5)]
    new = [runtime.new_id() for _ in range(5)]
    calls = []
    for gone, made in zip(old, new, strict=True):
        calls.append(("delete", "--force", gone))
        calls.append(("create", "--bundle", str(bundle().path), made))
    for result in runtime.together(calls):
        result.silent()
    same(sorted(os.listdir(runtime.root)), sorted(new), "containers below the state root")


@check(
    "03-delete-waits-for-lock",
    clause="checks.md#series",
    kind="series",
    hints=(
        "Commands that change a container hold flock(2) on its directory; state takes none.",
        "Take the lock before you look at the status, not after.",
    ),
)
def test_delete_waits_for_lock(runtime: Runtime, bundle: Make) -> None:
    """While another command has the container's lock, deletes wait, and state does not."""
    container = runtime.create(bundle())
    with locked(runtime.root / container.id):
        container.state()
        calls = [runtime.begin("delete", "--force", container.id) for _ in range(2)]
        for call in calls:
            until_waiting(runtime, call.pid)
    for call in calls:
        runtime.finish(call).silent()
    same(list(runtime.files()), [], "files below the state root")


@check(
    "03-state-damaged",
    clause="checks.md#series",
    kind="series",
    hints=(
        "A record can be empty, cut off, no object at all, or that of another container: "
        "check what you have read.",
        "delete --force must work without the record, or the container stays for ever.",
    ),
)
def test_state_damaged(runtime: Runtime, bundle: Make) -> None:
    """A damaged state.json is a one-line error from state, and delete --force cleans up."""
    container = runtime.create(bundle())
    path = runtime.root / container.id / "state.json"
    good = path.read_bytes()
    half = good[: len(good) // 2]
    another = json.dumps(json.loads(good) | {"id": "another"}).encode()
    cuts = [good[:1], good[: len(good) // 4], good[:-2]]
    for damage in (b"", b"null", b"[]", b"42", b'"x"', b"{}", b"\xff\xfe\0", half, another, *cuts):
        path.write_bytes(damage)
        result = runtime.state(container.id).refused(container.id).no_stdout()
        same(len(result.stderr.splitlines()), 1, f"lines of error for {damage[:40]!r}")
    container.delete().refused()
    for damage in (b"", b"null", half, another):
        damaged = runtime.create(bundle())
        (runtime.root / damaged.id / "state.json").write_bytes(damage)
        damaged.delete("--force").silent()
    path.write_bytes(b"{}")
    container.delete("--force").silent()
    same(list(runtime.files()), [], "files below the state root")
    kernel.no_children_left(runtime.timeout)


@check(
    "03-state-gone",
    clause="checks.md#series",
    kind="series",
    hints=("A directory without a record is what a create leaves that was killed early.",),
)
def test_state_gone(runtime: Runtime, bundle: Make) -> None:
    """A container whose state.json is gone is a clean error, and delete --force cleans up."""
    container = runtime.create(bundle())
    (runtime.root / container.id / "state.json").unlink()
    runtime.state(container.id).refused().no_stdout()
    container.delete("--force").silent()
    same(list(runtime.files()), [], "files below the state root")
    kernel.no_children_left(runtime.timeout)


@check(
    "03-create-killed",
    clause="checks.md#engines",
    kind="engine",
    hints=(
        "A kill can come between any two system calls. Order them so that delete finds all.",
        "delete --force removes a directory without a record, too.",
    ),
)
def test_create_killed(runtime: Runtime, bundle: Make) -> None:
    """A create that is killed half-way leaves only what delete --force removes."""
    runtime.root.mkdir(mode=0o700)
    for step in range(max(3, runtime.rounds // 4)):
        container_id = runtime.new_id()
        watch = Watch()
        watch.add(runtime.root)
        call = runtime.begin("create", "--bundle", str(bundle().path), container_id)
        while kernel.alive(call.pid) and not watch.wait(0.01):
            pass
        for _ in range(step):  # each a little later than the one before
            runtime.files()
        kernel.ends(call.pid, 0)
        runtime.finish(call)
        watch.close()
        runtime.delete(container_id, "--force").silent()
        same(list(runtime.files()), [], "files below the state root after delete --force")
        kernel.no_children_left(runtime.timeout)
        runtime.create(bundle(), id=container_id).delete("--force").silent()


@check(
    "03-secrets",
    clause="checks.md#series",
    kind="series",
    hints=("Environment variables hold passwords: none of state, errors and logs shows them.",),
)
def test_secrets(runtime: Runtime, bundle: Make) -> None:
    """A secret in the environment or the arguments of the process is never shown."""
    secret = runtime.word()
    made = bundle()
    made.config["process"]["env"].append(f"PASSWORD={secret}")
    container = runtime.create(made.save())
    log = runtime.scratch / "log"
    create = ("--log", str(log), "--debug", "create", "--bundle", str(made.path), "x")
    results = [runtime.state(container.id), runtime.run("--debug", "state", container.id)]
    for env in ([*made.config["process"]["env"], 5], f"PASSWORD={secret}"):
        made.config["process"]["env"] = env
        made.save()
        results.append(runtime.run(*create))
    shown = [result.came for result in results if secret in result.stdout + result.stderr]
    same(shown, [], "outputs with the secret")
    text = log.read_text() if log.exists() else ""
    if secret in text:
        fail("a log without the secret", text)
    same(json.loads(results[0].stdout).get("id"), container.id, "id")
