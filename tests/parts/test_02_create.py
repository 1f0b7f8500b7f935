"""Part 02: create. What it accepts, what it refuses, and what it leaves behind."""

import json
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

from anocir_check.bundle import Bundle
from anocir_check.check import check
from anocir_check.expect import expect, same, within
from anocir_check.runtime import Runtime

Make = Callable[[], Bundle]

NOT_JSON = {
    "empty": b"",
    "half an object": b'{"ociVersion": "1.0.2", "root"',
    "words": b"this is not JSON",
    "a comment": b'{/* hello */ "ociVersion": "1.0.2", "root": {"path": "rootfs"}}',
}

NOT_AN_OBJECT = {"null": b"null", "a list": b"[]", "a number": b"42", "a string": b'"config"'}


def refuse_all(runtime: Runtime, bundle: Bundle, contents: dict[str, bytes]) -> None:
    """Each content of config.json must be refused; ends the check with all that are not."""
    accepted = []
    for name, content in contents.items():
        bundle.file.write_bytes(content)
        _, result = runtime.try_create(bundle)
        if result.code == 0:
            accepted.append(name)
            continue
        result.refused().no_stdout()
    expect(not accepted, "create refuses each of these configs", f"accepted: {accepted}")


def changed(bundle: Bundle, path: str, value: Any) -> bytes:
    """Return the config with the value at a dotted path replaced, or removed when it is None."""
    config = json.loads(json.dumps(bundle.config))
    *parents, last = path.split(".")
    at = config
    for name in parents:
        at = at[int(name)] if isinstance(at, list) else at[name]
    if value is None:
        del at[last]
    elif isinstance(at, list):
        at[int(last)] = value
    else:
        at[last] = value
    return json.dumps(config).encode()


@check(
    "02-create-valid",
    clause="runtime.md#create",
    hints=("A complete, ordinary config.json must be accepted: print the error it gives.",),
)
def test_valid(runtime: Runtime, bundle: Make) -> None:
    """A valid bundle is accepted."""
    runtime.create(bundle())


@check(
    "02-create-silent",
    clause="command-line.md#create",
    hints=(
        "These streams are the container's: what create prints ends up in its log.",
        "A warning belongs into the file of --log.",
    ),
)
def test_silent(runtime: Runtime, bundle: Make) -> None:
    """A create that succeeds prints nothing, warnings neither."""
    _, result = runtime.try_create(bundle())
    result.silent()


@check(
    "02-create-log-file",
    clause="checks.md#engines",
    kind="engine",
    hints=(
        "Open the log at once: containerd complains of a missing file even when all went well.",
        "Its mode is 0644, less the umask.",
    ),
)
def test_log_file(runtime: Runtime, bundle: Make) -> None:
    """The file of --log exists afterwards, and holds no error when there was none."""
    log = runtime.scratch / "log"
    result = runtime.run(
        *("--log", str(log), "--log-format", "json"),
        *("create", "--bundle", str(bundle().path), runtime.new_id()),
    )
    result.silent()
    expect(log.exists(), "a log file after a create that succeeded", "there is none")
    same(oct(log.stat().st_mode & 0o777), "0o644", "mode of the log under umask 022")
    errors = [line for line in log.read_text().splitlines() if '"error"' in line]
    same(errors, [], "errors in the log")


@check(
    "02-create-bundle-cwd",
    clause="command-line.md#create",
    hints=("Without --bundle the bundle is the current directory.",),
)
def test_bundle_cwd(runtime: Runtime, bundle: Make) -> None:
    """Without --bundle, the bundle is the current directory."""
    runtime.run("create", runtime.new_id(), cwd=bundle().path).silent()


@check(
    "02-create-bundle-relative",
    clause="command-line.md#create",
    hints=("Make the path absolute before anything changes the working directory.",),
)
def test_bundle_relative(runtime: Runtime, bundle: Make) -> None:
    """--bundle may be relative, written as one word or two."""
    path = bundle().path
    runtime.run("create", "--bundle", path.name, runtime.new_id(), cwd=path.parent).silent()
    path = bundle().path
    runtime.run("create", f"--bundle={path.name}", runtime.new_id(), cwd=path.parent).silent()


@check(
    "02-create-root-is-made",
    clause="checks.md#engines",
    kind="engine",
    hints=("Make the state root, and the directories above it, when it is not there.",),
)
def test_root_is_made(runtime: Runtime, bundle: Make) -> None:
    """The directory of --root is made when it is missing."""
    runtime.root = runtime.root / "deeper" / "still"
    runtime.create(bundle())
    expect(runtime.files(), f"state below {runtime.root}", "nothing")


@check(
    "02-create-bundle-missing",
    clause="runtime.md#create",
    hints=("There is no container without a bundle. Say which directory is missing.",),
)
def test_bundle_missing(runtime: Runtime) -> None:
    """A bundle that does not exist is refused."""
    missing = runtime.scratch / "missing"
    runtime.run("create", "--bundle", str(missing), runtime.new_id()).refused().no_stdout()
    runtime.run("create", "--bundle", str(runtime.cwd / "config.json"), runtime.new_id()).refused()


@check(
    "02-create-config-missing",
    clause="bundle.md#container-format",
    hints=("A bundle holds a file config.json. Name the file in your message.",),
)
def test_config_missing(runtime: Runtime, bundle: Make) -> None:
    """A bundle without config.json is refused, with the file's name."""
    made = bundle()
    made.file.unlink()
    runtime.try_create(made)[1].refused("config.json")
    made.file.mkdir()
    runtime.try_create(made)[1].refused("config.json")


@check(
    "02-create-rootfs-missing",
    clause="config.md#root",
    hints=("root.path is relative to the bundle, and a directory must be there.",),
)
def test_rootfs_missing(runtime: Runtime, bundle: Make) -> None:
    """A root.path where there is no directory is refused."""
    for path in ("missing", "config.json"):
        made = bundle()
        made.config["root"]["path"] = path
        runtime.try_create(made.save())[1].refused()
    same(list(runtime.files()), [], "files below the state root")


@check(
    "02-create-not-json",
    clause="config.md#configuration",
    hints=("Parse the whole file, and turn the parser's exception into your own message.",),
)
def test_not_json(runtime: Runtime, bundle: Make) -> None:
    """A config.json that is not JSON is refused."""
    refuse_all(runtime, bundle(), NOT_JSON)


@check(
    "02-create-not-an-object",
    clause="config.md#configuration",
    hints=("`null`, `[]` and `42` are JSON, too. The configuration is an object.",),
)
def test_not_an_object(runtime: Runtime, bundle: Make) -> None:
    """A config.json that holds something else than an object is refused."""
    refuse_all(runtime, bundle(), NOT_AN_OBJECT)


@check(
    "02-create-required",
    clause="config.md#specification-version",
    hints=(
        "REQUIRED are: ociVersion, root.path, process.cwd, each mount's destination, each "
        "namespace's type, each rlimit's type.",
        "A JSON Schema says all this in a table: validate with it.",
    ),
)
def test_required(runtime: Runtime, bundle: Make) -> None:
    """A config without a required property is refused."""
    made = bundle()
    paths = (
        "ociVersion",
        "root.path",
        "process.cwd",
        "mounts.0.destination",
        "linux.namespaces.0.type",
        "process.rlimits.0.type",
    )
    refuse_all(runtime, made, {path: changed(made, path, None) for path in paths})


@check(
    "02-create-types",
    clause="config.md#configuration",
    hints=('A value of the wrong type is no value: 5 is not a list, and "5" not a number.',),
)
def test_types(runtime: Runtime, bundle: Make) -> None:
    """A config with a value of the wrong type is refused."""
    made = bundle()
    values: tuple[tuple[str, Any], ...] = (
        ("ociVersion", 1),
        ("root", "rootfs"),
        ("process.args", "/bin/busybox"),
        ("process.args", [1, 2]),
        ("process.env", {"A": "b"}),
        ("process.terminal", "no"),
        ("process.user", "root"),
        ("process.user.uid", "0"),
        ("process.rlimits.0.hard", -1),
        ("hostname", 7),
        ("mounts", {}),
        ("mounts.0", "proc"),
        ("annotations", {"key": 1}),
        ("annotations", ["key"]),
        ("linux.namespaces", {"pid": True}),
    )
    refuse_all(
        runtime, made, {f"{path} = {value!r}": changed(made, path, value) for path, value in values}
    )


@check(
    "02-create-values",
    clause="config.md#process",
    hints=(
        "Some values have the right type and no meaning: a namespace called `frob`, a cwd "
        "that is not absolute, an RLIMIT that Linux does not have.",
    ),
)
def test_values(runtime: Runtime, bundle: Make) -> None:
    """A config with a value that has no meaning is refused."""
    made = bundle()
    values: tuple[tuple[str, Any], ...] = (
        ("process.cwd", "tmp"),
        ("process.rlimits.0.type", "RLIMIT_FROB"),
        ("linux.namespaces.0.type", "frob"),
        ("root.path", ""),
    )
    refuse_all(
        runtime, made, {f"{path} = {value!r}": changed(made, path, value) for path, value in values}
    )


@check(
    "02-create-oci-version-1",
    clause="config.md#specification-version",
    hints=("A runtime for 1.3.0 can run what was written for any 1.x before it.",),
)
def test_oci_version_1(runtime: Runtime, bundle: Make) -> None:
    """The versions from 1.0.0 to 1.3.0 are accepted as ociVersion."""
    for version in ("1.0.0", "1.0.2-dev", "1.3.0"):
        made = bundle()
        made.config["ociVersion"] = version
        runtime.create(made.save())


@check(
    "02-create-oci-version",
    clause="config.md#specification-version",
    hints=("ociVersion is a semantic version. Another major version is another specification.",),
)
def test_oci_version(runtime: Runtime, bundle: Make) -> None:
    """An ociVersion that is no semantic version, or not of major version 1, is refused."""
    made = bundle()
    versions = ("2.0.0", "0.5.0-dev-x.", "1", "latest", "", "1.0")
    refuse_all(runtime, made, {v: changed(made, "ociVersion", v) for v in versions})


@check(
    "02-create-unknown-property",
    clause="config.md#extensibility",
    hints=("What you don't know, ignore: `additionalProperties` stays out of your schema.",),
)
def test_unknown_property(runtime: Runtime, bundle: Make) -> None:
    """Properties that the specification does not know are ignored, at every depth."""
    made = bundle()
    made.config["org.example.extension"] = {"a": [1, 2, None]}
    made.config["process"]["org.example.extension"] = True
    made.config["linux"]["orgExample"] = "x"
    made.config["mounts"][0]["x"] = 1
    runtime.create(made.save())


@check(
    "02-create-names-path",
    clause="checks.md#series",
    kind="series",
    hints=(
        "Say where: `process.cwd: found 7, allowed is a string`.",
        "Collect all violations before you give up: iter_errors, not validate.",
    ),
)
def test_names_path(runtime: Runtime, bundle: Make) -> None:
    """A refusal names every violation by its JSON path, all at once."""
    made = bundle()
    made.config["process"]["cwd"] = 7
    made.config["process"]["env"] = ["A=b", 5]
    made.config["mounts"][1]["destination"] = False
    made.config["hostname"] = ["x"]
    _, result = runtime.try_create(made.save())
    result.refused("process.cwd", "process.env[1]", "mounts[1].destination", "hostname")


@check(
    "02-create-strict-json",
    clause="checks.md#series",
    kind="series",
    hints=(
        "A damaged file is no configuration: JSON is UTF-8, one value, and nothing after it.",
        "Python's json.loads takes UTF-16, a BOM and NaN: decode and forbid them yourself.",
    ),
)
def test_strict_json(runtime: Runtime, bundle: Make) -> None:
    """A config.json that is damaged, in another encoding, or followed by more is refused."""
    made = bundle()
    good = json.dumps(made.config).encode()
    nan = json.dumps(made.config | {"annotations": {}}).encode().replace(b"1024", b"NaN")
    refuse_all(
        runtime,
        made,
        {
            "followed by text": good + b" and more",
            "followed by an object": good + b"{}",
            "invalid UTF-8": good.replace(b"checked", b"check\xff"),
            "UTF-16": good.decode().encode("utf-16"),
            "byte order mark": b"\xef\xbb\xbf" + good,
            "NaN": nan,
        },
    )


@check(
    "02-create-deep-json",
    clause="checks.md#series",
    kind="series",
    hints=("Python's parser raises RecursionError, which is no ValueError.",),
)
def test_deep_json(runtime: Runtime, bundle: Make) -> None:
    """A config.json that nests 100,000 levels deep is a clean error, or ignored."""
    made = bundle()
    deep = b"[" * 100_000 + b"]" * 100_000
    made.file.write_bytes(b'{"org.example": ' + deep + b"," + made.file.read_bytes()[1:])
    _, result = runtime.try_create(made)
    result.no_trace()
    if result.code != 0:
        result.refused()


@check(
    "02-create-fifo-config",
    clause="checks.md#series",
    kind="series",
    hints=("open() of a FIFO waits for a writer, for ever. Open with O_NONBLOCK, then fstat.",),
)
def test_fifo_config(runtime: Runtime, bundle: Make) -> None:
    """A FIFO in the place of config.json is refused, and does not make create hang."""
    made = bundle()
    made.file.unlink()
    os.mkfifo(made.file)
    _, result = runtime.try_create(made, timeout=runtime.timeout / 4)
    result.refused("config.json")


@check(
    "02-create-id-path",
    clause="checks.md#engines",
    kind="engine",
    hints=("The id becomes a file name: `/` and `..` must never get that far.",),
)
def test_id_path(runtime: Runtime, bundle: Make) -> None:
    """An id that would leave the state root is refused, and nothing is written."""
    made = bundle()
    runtime.root.mkdir(parents=True)
    with runtime.unchanged("a refused id", runtime.scratch / "cwd"):
        for container_id in ("..", ".", "", "a/b", "../out", "/tmp", "../cwd/x"):
            result = runtime.run("create", "--bundle", str(made.path), "--", container_id)
            result.refused()
    same(list(runtime.files()), [], "files below the state root")


@check(
    "02-create-id-format",
    clause="checks.md#series",
    kind="series",
    hints=(
        "Allowed are letters and digits of ASCII, and _ + . -, and 255 of them at most.",
        "In Python, str.isalnum() and \\w take letters of all alphabets; `$` allows a newline.",
    ),
)
def test_id_format(runtime: Runtime, bundle: Make) -> None:
    """An id with other characters, or too many, is refused with the usual words."""
    made = bundle()
    for container_id in ("a b", "a\n", "ä", "a:b", "a\\b", "*", "x" * 256):
        runtime.run("create", "--bundle", str(made.path), container_id).refused(
            "invalid container ID format"
        )
    runtime.run("create", "--bundle", str(made.path), "").refused("container id cannot be empty")
    good = runtime.new_id() + "_+.-AZ09"
    runtime.create(made, id=good)
    runtime.delete(good, "--force")


@check(
    "02-create-duplicate-id",
    clause="runtime.md#create",
    hints=(
        "mkdir of the container's directory fails when it is there: let it be the test.",
        "Take care that the clean-up after the error does not remove the other's directory.",
    ),
)
def test_duplicate_id(runtime: Runtime, bundle: Make) -> None:
    """An id that is taken is refused, and the first container is not touched."""
    first = runtime.create(bundle())
    before = first.state() if runtime.level >= 3 else None
    with runtime.unchanged("a create with an id that is taken"):
        for _ in range(2):
            runtime.try_create(bundle(), id=first.id)[1].refused("exists").no_stdout()
    if before is not None:
        same(first.state(), before, "state of the first container")


@check(
    "02-create-parallel-one-id",
    clause="runtime.md#create",
    hints=(
        "Looking first and making then leaves a gap. One system call must do both.",
        "mkdir(2) succeeds for exactly one of them.",
    ),
)
def test_parallel_one_id(runtime: Runtime, bundle: Make) -> None:
    """Of 20 creates of one id at the same time exactly one succeeds."""
    container_id = runtime.new_id()
    bundles = [bundle() for _ in range(20)]
    results = runtime.together(
        ("create", "--bundle", str(made.path), container_id) for made in bundles
    )
    same(sum(result.code == 0 for result in results), 1, "number of creates that succeed")
    for result in results:
        if result.code != 0:
            result.refused("exists")
    if runtime.level >= 3:
        winner = next(
            made for made, result in zip(bundles, results, strict=True) if result.code == 0
        )
        state = runtime.state(container_id).ok().json()
        same(state.get("bundle"), str(winner.path), "bundle of the container")


@check(
    "02-create-parallel-many",
    clause="runtime.md#create",
    hints=("Containers of different ids must not get into each other's way.",),
)
def test_parallel_many(runtime: Runtime, bundle: Make) -> None:
    """10 creates of different ids at the same time all succeed."""
    results = runtime.together(
        ("create", "--bundle", str(bundle().path), runtime.new_id()) for _ in range(10)
    )
    for result in results:
        result.silent()


@check(
    "02-create-failure-leaves-nothing",
    clause="runtime.md#errors",
    hints=(
        "Check everything before you make anything; what is made must be undone on an error.",
        "The same id must be free again after a create that failed.",
    ),
)
def test_failure_leaves_nothing(runtime: Runtime, bundle: Make) -> None:
    """A create that fails leaves nothing behind, and its id is free."""
    runtime.create(bundle())
    made = bundle()
    container_id = runtime.new_id()
    contents = (b"{", b"{}", changed(made, "mounts.0", "proc"), changed(made, "root", None))
    with (
        runtime.unchanged("a create that fails"),
        runtime.unchanged("a create that fails", runtime.cwd),
    ):
        for content in contents:
            made.file.write_bytes(content)
            runtime.try_create(made, id=container_id)[1].refused()
    runtime.create(made.save(), id=container_id)


@check(
    "02-create-modes",
    clause="checks.md#series",
    kind="series",
    hints=(
        "os.mkdir and os.open obey the umask: set modes with chmod afterwards.",
        "state.json and config.json may hold secrets (env): mode 0600.",
    ),
)
def test_modes(runtime: Runtime, bundle: Make) -> None:
    """The state is for its owner alone, and the same under every umask of the caller."""
    for umask in (0o000, 0o022, 0o077, 0o777):
        runtime.root = runtime.scratch / f"root{umask:o}"
        container_id = runtime.new_id()
        runtime.create(bundle(), id=container_id, umask=umask)
        note = f"under umask {umask:04o}"
        same(_mode(runtime.root), "0o700", f"mode of the state root {note}")
        same(_mode(runtime.root / container_id), "0o700", f"mode of the directory {note}")
        files = _regular(runtime.root / container_id)
        expect("state.json" in files, "a file state.json of the container", files)
        for name in files:
            path = runtime.root / container_id / name
            same(_mode(path), "0o600", f"mode of {name} {note}")


@check(
    "02-create-no-temporary",
    clause="checks.md#series",
    kind="series",
    hints=("Write to a temporary file, then rename it: afterwards it has another name.",),
)
def test_no_temporary(runtime: Runtime, bundle: Make) -> None:
    """The container's directory holds a whole state.json, and nothing temporary."""
    container = runtime.create(bundle())
    files = _regular(runtime.root / container.id)
    within(files, (["state.json"], ["config.json", "state.json"]), "files (FIFOs apart)")
    text = (runtime.root / container.id / "state.json").read_text()
    same(json.loads(text).get("id"), container.id, "id in state.json")


def _regular(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir() if path.is_file())


def _mode(path: Path) -> str:
    return oct(stat.S_IMODE(path.lstat().st_mode))
