"""`run` creates a container, starts it, waits for it, deletes it, and exits with its status."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Make = Callable[..., Path]


@pytest.mark.parametrize("status", [0, 1, 7, 255])
def test_the_exit_status_is_the_programs(
    anocir: Any, bundle: Make, root: Path, status: int
) -> None:
    path = bundle("/bin/sh", "-c", f"echo out; echo err >&2; exit {status}")
    done = anocir.run("--bundle", path, "demo")
    assert done.exit_code == status, done.stderr.decode()
    assert (done.stdout, done.stderr) == (b"out\n", b"err\n"), "the streams are the program's"
    assert not list(root.iterdir()), "the container is deleted when its program has ended"


@pytest.mark.parametrize("name", ["TERM", "KILL", "SEGV"])
def test_a_signal_counts_from_128(anocir: Any, bundle: Make, root: Path, name: str) -> None:
    done = anocir.run("--bundle", bundle("/bin/sh", "-c", f"kill -{name} $$"), "demo")
    assert done.exit_code == 128 + getattr(signal, f"SIG{name}"), done.stderr.decode()
    assert not list(root.iterdir())


def test_while_it_runs_it_is_a_container(
    anocir: Any, bundle: Make, root: Path, tmp_path: Path
) -> None:
    """The program says that it is up, and waits for a line; so nothing here depends on time."""
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    path = bundle("/bin/sh", "-c", f"echo up; read line < {gate}; exit 3")
    running = anocir.run("--bundle", path, "demo", _iter=True, _return_cmd=False)
    assert next(running, None) == "up\n", "the program did not start"
    state = json.loads(anocir.state("demo").stdout)
    assert state["status"] == "running" and state["pid"] > 1
    assert Path(f"/proc/{state['pid']}/exe").resolve() == Path("/bin/sh").resolve()
    again = anocir.run("--bundle", path, "demo")
    assert again.exit_code == 1 and b"already exists" in again.stderr
    kinds = [path.name for path in (root / "demo").iterdir() if path.is_fifo()]
    assert not kinds, "run needs no FIFO"
    gate.write_text("go on\n")
    running.wait()
    assert running.exit_code == 3
    assert not list(root.iterdir())


def test_a_program_that_is_not_there(anocir: Any, bundle: Make, root: Path) -> None:
    done = anocir.run("--bundle", bundle("/no/such/program"), "demo")
    assert done.exit_code != 0 and b"/no/such/program" in done.stderr
    assert not list(root.iterdir()), "a run that fails leaves nothing"


def test_a_program_that_the_kernel_refuses(
    anocir: Any, bundle: Make, root: Path, tmp_path: Path
) -> None:
    """It is found, so only the execve fails."""
    program = tmp_path / "program"
    program.write_text("neither a script nor an ELF file\n")
    program.chmod(0o755)
    done = anocir.run("--bundle", bundle(str(program)), "demo")
    text = done.stderr.decode()
    assert done.exit_code != 0 and "exec format error" in text, text
    assert "anocir: " in text, "run itself says it"
    assert not list(root.iterdir())


def test_create_and_start_still_work(anocir: Any, bundle: Make, tmp_path: Path) -> None:
    made = tmp_path / "made"
    os.mkfifo(made)
    path = bundle("/bin/sh", "-c", f"echo started > {made}")
    # The container holds the streams of create, so a pipe would not end with it.
    streams = {"_out": os.devnull, "_err": os.devnull}
    assert anocir.create("--bundle", path, "demo", **streams).exit_code == 0
    assert json.loads(anocir.state("demo").stdout)["status"] == "created"
    assert anocir.start("demo").exit_code == 0
    assert made.read_text() == "started\n"
