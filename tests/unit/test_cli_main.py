"""The program as a whole: streams, exit codes, and the one line for every failure."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
from itertools import product
from pathlib import Path

import pytest

from anocir.cli import stdio

REPO = Path(__file__).parents[2]
ENV = {"PATH": "/usr/bin:/bin"}
# What the installed launcher does, and with code to run first when a test needs some.
LAUNCH = "import sys; sys.dont_write_bytecode = True; sys.path.insert(0, {!r}); {}; {}"
START = "from anocir.cli.main import console_script; console_script()"


def command(*argv: str, before: str = "pass") -> list[str]:
    return [sys.executable, "-IS", "-c", LAUNCH.format(str(REPO), before, START), *argv]


def anocir(*argv: str, before: str = "pass", **options: object) -> subprocess.CompletedProcess[str]:
    options = {"capture_output": True, "text": True, "env": ENV, "timeout": 30} | options
    words = command(*argv, before=before)
    return subprocess.run(words, check=False, **options)  # type: ignore[call-overload,no-any-return]


def instead(code: str) -> str:
    """Return what makes the program run ``code`` in place of the command."""
    return f"import anocir.cli.main as m; m._dispatch = lambda *args: exec({code!r})"


def test_version_is_three_lines() -> None:
    done = anocir("--version")
    lines = done.stdout.splitlines()
    assert [line.split()[0] for line in lines] == ["anocir", "commit:", "spec:"]
    assert lines[0].startswith("anocir version ")
    assert lines[2] == "spec: 1.3.0"
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("argv", [[], ["--help"], ["-h"], ["help"], ["--log-level", "error"]])
def test_help_lists_the_commands(argv: list[str]) -> None:
    done = anocir(*argv)
    assert "  create    make a container" in done.stdout
    assert (done.returncode, done.stderr) == (0, "")


def test_help_for_one_command_and_in_full() -> None:
    short, full = anocir("create", "--help"), anocir("help", "create")
    assert short.returncode == full.returncode == 0
    assert "anocir create [flags] ID" in short.stdout
    assert "--fail-at" not in short.stdout
    assert "--fail-at" in full.stdout
    assert anocir("help", "frob").stderr == "anocir: no help topic for frob\n"


def test_a_failure_is_one_line_on_stderr_and_nothing_on_stdout() -> None:
    for argv in (["frob"], ["state"], ["create", "--frob", "c1"], ["--root=/", "list"]):
        done = anocir(*argv)
        assert done.returncode == 1
        assert done.stdout == ""
        assert done.stderr.startswith("anocir: ")
        assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("argv", [["frob"], ["state"], ["create", "--frob"], ["state", "nobody"]])
def test_a_failure_is_in_the_log_too(argv: list[str], tmp_path: Path) -> None:
    log, root = str(tmp_path / "log"), str(tmp_path / "root")
    done = anocir("--root", root, "--log", log, "--log-format", "json", *argv)
    line = json.loads((tmp_path / "log").read_text(encoding="utf-8"))
    assert line["level"] == "error"
    assert done.stderr == f"anocir: {line['msg']}\n"
    assert done.returncode == 1


def test_the_log_is_made_even_when_all_is_well(tmp_path: Path) -> None:
    done = anocir("--root", str(tmp_path / "root"), "--log", str(tmp_path / "log"), "list")
    assert done.returncode == 0
    assert (tmp_path / "log").read_text(encoding="utf-8") == ""


def test_a_log_that_cannot_be_opened(tmp_path: Path) -> None:
    done = anocir("--log", str(tmp_path / "no" / "log"), "state", "nobody")
    expected = f"anocir: cannot open the log: {tmp_path}/no/log: no such file or directory\n"
    assert (done.returncode, done.stderr) == (1, expected)


def test_an_unexpected_exception_is_one_line() -> None:
    done = anocir("list", before=instead("raise KeyError(1)"))
    assert done.returncode == 1
    assert done.stderr == "anocir: internal error: KeyError: 1; run again with --debug\n"


def test_debug_shows_where_it_happened(tmp_path: Path) -> None:
    done = anocir("--debug", "--root", str(tmp_path), "state", "nobody")
    assert done.returncode == 1
    first, second, third = done.stderr.splitlines()[:3]
    assert first == f"anocir: state: the state root is {tmp_path}"
    assert second == "anocir: container does not exist"
    assert third.startswith("Traceback")

    done = anocir("--debug", "list", before=instead("raise KeyError(1)"))
    assert done.stderr.startswith("anocir: internal error: KeyError: 1\nTraceback")


def test_an_error_of_the_kernel_names_the_file_in_its_own_words() -> None:
    before = instead("raise PermissionError(13, 'Permission denied', '/some/file')")
    done = anocir("list", before=before)
    assert done.stderr == "anocir: /some/file: permission denied\n"


def test_an_interrupt_leaves_no_traceback() -> None:
    done = anocir("list", before=instead("raise KeyboardInterrupt"))
    assert (done.returncode, done.stderr) == (130, "")


def test_control_characters_of_the_caller_are_escaped() -> None:
    assert anocir("\x1b[2J\n").stderr == "anocir: unknown command \\x1b[2J\\n\n"


def test_a_command_line_that_is_not_utf_8() -> None:
    done = anocir("state", "--root", b"\xff".decode(errors="surrogateescape"))
    assert done.returncode == 1
    assert "Traceback" not in done.stderr


def test_a_reader_that_leaves_is_no_error() -> None:
    read, write = os.pipe()
    os.close(read)
    done = anocir("--help", stdout=write, stderr=subprocess.PIPE, capture_output=False)
    os.close(write)
    assert (done.returncode, done.stderr) == (128 + signal.SIGPIPE, "")


def test_a_full_disk_is_an_error() -> None:
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = anocir("--help", stdout=full, stderr=subprocess.PIPE, capture_output=False)
    assert done.returncode == 1
    assert done.stderr == "anocir: cannot write to standard output: no space left on device\n"


@pytest.mark.parametrize("reader", ["closed", "gone"])
def test_nobody_reads_stderr(reader: str) -> None:
    read, write = os.pipe()
    os.close(read)
    before = "import os; os.close(2)" if reader == "closed" else "pass"
    done = anocir("frob", before=before, stdout=subprocess.PIPE, stderr=write, capture_output=False)
    os.close(write)
    assert (done.returncode, done.stdout) == (1, "")


@pytest.mark.parametrize("closed", list(product([False, True], repeat=3)))
def test_closed_standard_streams_are_replaced(closed: tuple[bool, ...], tmp_path: Path) -> None:
    """The log would otherwise become standard output, and take what is meant for nobody."""
    shell = " ".join(f"{fd}>&-" for fd in range(3) if closed[fd])
    words = command("--log", str(tmp_path / "log"), "--version")
    script = ["sh", "-c", f'exec "$@" {shell}', "sh", *words]
    done = subprocess.run(script, capture_output=True, text=True, env=ENV, check=False)
    assert done.returncode == 0
    assert (tmp_path / "log").read_text(encoding="utf-8") == ""
    assert done.stdout.startswith("" if closed[1] else "anocir version")
    assert done.stderr == ""


def test_output_is_utf_8_and_gives_back_bytes_that_are_not(
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    """A file's name may be any bytes, and the locale must not matter."""
    stdio.write("\u2192 \udcff\n")
    assert capfdbinary.readouterr().out == b"\xe2\x86\x92 \xff\n"


def test_what_we_execute_gets_the_replaced_streams() -> None:
    shell = "['sh', '-c', 'for fd in 0 1 2; do test -e /proc/$$/fd/$fd || exit 9; done']"
    line = command("list", before=instead(f"import os; os.execv('/bin/sh', {shell})"))
    script = ["sh", "-c", 'exec "$@" 0>&- 1>&- 2>&-', "sh", *line]
    assert subprocess.run(script, env=ENV, check=False).returncode == 0


def test_a_leaked_file_does_not_reach_what_we_execute() -> None:
    """Engines leak both ends of their pipes: a leaked writing end hides the end of the file."""
    read, write = os.pipe()
    os.set_inheritable(write, True)
    before = instead("import os; os.execv('/bin/sleep', ['sleep', '60'])")
    process = subprocess.Popen(command("list", before=before), env=ENV, close_fds=False)
    os.close(write)
    try:
        readable, _, _ = select.select([read], [], [], 20)
        assert readable
        assert os.read(read, 1) == b""
        assert process.poll() is None
    finally:
        process.kill()
        process.wait()
        os.close(read)


def test_console_script_leaves_without_python_s_shutdown() -> None:
    before = "import atexit; atexit.register(print, 'tidied')"
    assert "tidied" not in anocir("--version", before=before).stdout


def test_console_script_collects_no_garbage() -> None:
    before = "import gc, os; leave = os._exit; os._exit = lambda code: leave(40 + gc.isenabled())"
    assert anocir("--version", before=before).returncode == 40
