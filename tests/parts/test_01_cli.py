"""Part 01: the command line. Data on stdout, errors on stderr, and an exit status."""

import json
import os
import re

from anocir_check.check import check
from anocir_check.expect import expect, fail, same
from anocir_check.runtime import Runtime

VERBS = ("create", "start", "state", "kill", "delete")
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")

WRONG_LINES = (
    ("frobnicate",),
    ("--frobnicate", "state", "nobody"),
    ("state", "--frobnicate", "nobody"),
    ("state",),
    ("state", "one", "two"),
    ("create", "--bundle"),
)


@check(
    "01-cli-help",
    clause="command-line.md#global-usage",
    kind="engine",
    needs_root=False,
    hints=(
        "--help is data that was asked for: print it on stdout and exit with 0.",
        "Name all five verbs: create, start, state, kill, delete.",
    ),
)
def test_help(runtime: Runtime) -> None:
    """--help explains all five verbs on stdout, and exits with 0."""
    result = runtime.run("--help", root=None).ok()
    missing = [verb for verb in VERBS if not re.search(rf"\b{verb}\b", result.stdout)]
    expect(not missing, "all five verbs in the help on stdout", f"missing: {missing}")
    expect(not result.err, "nothing on stderr from --help", result.came)


@check(
    "01-cli-verb-help",
    clause="command-line.md#commands",
    kind="engine",
    needs_root=False,
    hints=("Each verb has a --help of its own, on stdout, with exit status 0.",),
)
def test_verb_help(runtime: Runtime) -> None:
    """Each of the five verbs is known and explains itself with --help."""
    for verb in VERBS:
        result = runtime.run(verb, "--help", root=None).ok()
        expect(verb in result.stdout, f"help for {verb} on stdout", result.came)
        expect(not result.err, f"nothing on stderr from {verb} --help", result.came)


@check(
    "01-cli-version",
    clause="checks.md#engines",
    kind="engine",
    needs_root=False,
    hints=(
        "Engines take the text after the last word `version` in the first line that has it.",
        "Print: NAME version X.Y.Z",
    ),
)
def test_version(runtime: Runtime) -> None:
    """--version prints name and version in its first line, on stdout alone."""
    result = runtime.run("--version", root=None).ok()
    first = result.stdout.partition("\n")[0]
    expect(re.fullmatch(r"\S+ version \S*\d\S*", first), "a first line `NAME version X.Y.Z`", first)
    expect(not result.err, "nothing on stderr from --version", result.came)


@check(
    "01-cli-version-spec",
    clause="checks.md#engines",
    kind="engine",
    needs_root=False,
    hints=("Add a line `spec: 1.3.0` to the output of --version.",),
)
def test_version_spec(runtime: Runtime) -> None:
    """--version has a line that names the version of the specification."""
    result = runtime.run("--version", root=None).ok()
    expect(
        re.search(r"^spec: \d+\.\d+\.\d+", result.stdout, re.MULTILINE),
        "a line `spec: X.Y.Z`",
        result.came,
    )


@check(
    "01-cli-unknown-command",
    clause="command-line.md#global-options",
    needs_root=False,
    hints=("Exit with a status other than 0, and name the word that is not a command.",),
)
def test_unknown_command(runtime: Runtime) -> None:
    """A command that does not exist is refused by name."""
    runtime.run("frobnicate", root=None).refused("frobnicate")


@check(
    "01-cli-unknown-flag",
    clause="checks.md#engines",
    kind="engine",
    needs_root=False,
    hints=("A flag that is not in your table is an error, before or after the verb.",),
)
def test_unknown_flag(runtime: Runtime) -> None:
    """A flag that does not exist is refused by name, before and after the verb."""
    runtime.run("--frobnicate", "state", "nobody").refused("frobnicate")
    for verb in VERBS:
        runtime.run(verb, "--frobnicate", "nobody").refused("frobnicate")


@check(
    "01-cli-missing-id",
    clause="runtime.md#operations",
    needs_root=False,
    hints=("Every operation of the specification takes a container id: count the arguments.",),
)
def test_missing_id(runtime: Runtime) -> None:
    """Each of the five verbs fails without a container id."""
    for verb in VERBS:
        runtime.run(verb).refused()


@check(
    "01-cli-extra-argument",
    clause="checks.md#engines",
    kind="engine",
    needs_root=False,
    hints=("A word too many is a mistake of the caller: say so, and do nothing.",),
)
def test_extra_argument(runtime: Runtime) -> None:
    """An argument too many is refused."""
    for verb in ("create", "start", "state", "delete"):
        runtime.run(verb, "one", "two").refused()
    if runtime.level >= 3:  # where this would succeed without the last word
        runtime.run("delete", "--force", "one", "two").refused()


@check(
    "01-cli-flag-value",
    clause="checks.md#engines",
    kind="engine",
    needs_root=False,
    hints=("When the command line ends after `--bundle`, its value is missing.",),
)
def test_flag_value(runtime: Runtime) -> None:
    """A flag whose value is missing is refused by name."""
    runtime.run("create", "--bundle").refused("bundle")
    runtime.run("--root", root=None).refused("root")


@check(
    "01-cli-errors-on-stderr",
    clause="checks.md#engines",
    kind="engine",
    needs_root=False,
    hints=(
        "Standard output is for data: an engine reads it as JSON.",
        "Print usage, too, on stderr when it comes with an error.",
    ),
)
def test_errors_on_stderr(runtime: Runtime) -> None:
    """An error leaves stdout empty."""
    for line in (*WRONG_LINES, ("state", "nobody")):
        runtime.run(*line).refused().no_stdout()


@check(
    "01-cli-one-line",
    clause="checks.md#series",
    kind="series",
    needs_root=False,
    hints=("Catch errors in one place, and print one line: what failed, and why.",),
)
def test_one_line(runtime: Runtime) -> None:
    """An error is one line."""
    for line in (*WRONG_LINES, ("state", "nobody")):
        result = runtime.run(*line).refused()
        same(len(result.stderr.splitlines()), 1, "number of lines on stderr")


@check(
    "01-cli-root",
    clause="checks.md#engines",
    kind="engine",
    needs_root=False,
    hints=("containerd says `--root DIR`, conmon says `--root=DIR`.",),
)
def test_root(runtime: Runtime) -> None:
    """--root is understood before the verb as two words and as one, and more than once."""
    root = str(runtime.root)
    for words in (["--root", root], [f"--root={root}"], ["--root", "/x", "--root", root]):
        runtime.run(*words, "state", "--help", root=None).ok()


@check(
    "01-cli-log-json",
    clause="checks.md#engines",
    kind="engine",
    needs_root=False,
    hints=(
        'Append {"level": "error", "msg": "...", "time": "..."} to the file of --log.',
        "containerd shows the msg of the last error in that file to its user.",
        "Open the log before anything else can fail.",
    ),
)
def test_log_json(runtime: Runtime) -> None:
    """With --log and --log-format json an error is a line of JSON there, and text on stderr."""
    log = runtime.scratch / "log"
    runtime.run("--log", str(log), "--log-format", "json", "state", "nobody").refused().no_stdout()
    if not log.exists():
        fail("a log file", "there is none")
    lines = log.read_text().splitlines()
    expect(lines, "an error in the log", "an empty file")
    entries = []
    for line in lines:
        try:
            entries.append(json.loads(line))
        except ValueError:
            fail("one JSON object on each line of the log", line)
    errors = [entry for entry in entries if entry.get("level") == "error"]
    expect(errors, 'a line with "level": "error"', lines)
    expect(errors[-1].get("msg"), 'words in "msg"', lines[-1])
    time = errors[-1].get("time")
    expect(
        time is None or RFC3339.fullmatch(time),
        'an RFC 3339 time in "time" (or none at all)',
        time,
    )


@check(
    "01-cli-log-append",
    clause="checks.md#engines",
    kind="engine",
    needs_root=False,
    hints=("Open the log with O_APPEND | O_CREAT: other commands write to it, too.",),
)
def test_log_append(runtime: Runtime) -> None:
    """What is in the log already stays there."""
    log = runtime.scratch / "log"
    before = f'{{"level":"info","msg":"{runtime.word()}"}}\n'
    log.write_text(before)
    for _ in range(2):
        runtime.run("--log", str(log), "--log-format", "json", "state", "nobody").refused()
    text = log.read_text()
    expect(text.startswith(before), f"a log that still begins with {before!r}", text)
    expect(len(text.splitlines()) >= 3, "a line for each of two errors", text)


@check(
    "01-cli-log-format",
    clause="checks.md#engines",
    kind="engine",
    needs_root=False,
    hints=("There are two formats, text and json. Refuse any other word.",),
)
def test_log_format(runtime: Runtime) -> None:
    """A log format that does not exist is refused by name."""
    runtime.run("--log-format", "frob", "state", "nobody").refused("frob")


@check(
    "01-cli-bare-environment",
    clause="checks.md#engines",
    kind="engine",
    needs_root=False,
    hints=(
        "Podman runs some commands with XDG_RUNTIME_DIR alone: no PATH, no HOME, no LANG.",
        "Give the interpreter of a script by its full path.",
    ),
)
def test_bare_environment(runtime: Runtime) -> None:
    """It runs with next to nothing in its environment."""
    kept = {"XDG_RUNTIME_DIR": ""}
    if "PYTHONPATH" in runtime.settings.environment:
        kept["PYTHONPATH"] = runtime.settings.environment["PYTHONPATH"]
    runtime.run("--version", root=None, env=kept).ok()
    runtime.run("state", "nobody", env=kept).refused()


@check(
    "01-cli-reader-gone",
    clause="checks.md#series",
    kind="series",
    needs_root=False,
    hints=("Writing to a closed pipe is an error like others: no traceback.",),
)
def test_reader_gone(runtime: Runtime) -> None:
    """Output that nobody reads, or that a full disk refuses, is no crash."""
    reader, writer = os.pipe()
    os.close(reader)
    result = runtime.run("--help", root=None, stdout=writer)
    os.close(writer)
    trace = "Traceback" in result.stderr or "Exception" in result.stderr
    expect(not trace, "no traceback when nobody reads stdout", result.came)
    with open("/dev/full", "wb") as full:
        result = runtime.run("--help", root=None, stdout=full)
    trace = "Traceback" in result.stderr or "Exception" in result.stderr
    expect(not trace, "no traceback when stdout is full", result.came)
    expect(result.code != 0, "an exit status other than 0 when stdout is full", result.came)
