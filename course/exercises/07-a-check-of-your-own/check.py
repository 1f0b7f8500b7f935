"""A check is good when it passes a right runtime, and fails each that breaks its clause.

ANOCIR is the command of your copy, which stays as it is. Beside it, in the directory with
bin/anocir, lies test_kill.py: a check of runtime.md, Kill, for pytest. It runs the runtime that the
environment variable ANOCIR names, by its command line alone, and always with a --root below
`tmp_path`. Here it is run with the plain part, with two programs that do nothing, and with damaged
copies of the part: each breaks another demand of the clause.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

(PART,) = (Path(__file__).resolve().parents[3] / "parts").glob("07-*")
LAUNCHER = '#!/bin/sh\nPYTHONPATH={} exec /usr/bin/python3 -P -m anocir "$@"\n'
KILL = "anocir/runtime/kill.py"
SENDS = "_signal.pidfd_send_signal(pidfd, number)"
REFUSES = 'record.status() == "stopped":\n        raise NotRunning'
DAMAGES = {
    "nothing is sent": (SENDS, "pass"),
    "it is always SIGKILL": (SENDS, "_signal.pidfd_send_signal(pidfd, 9)"),
    "it is always SIGTERM": (SENDS, "_signal.pidfd_send_signal(pidfd, 15)"),
    "no error when it has stopped": (REFUSES, REFUSES.replace("raise NotRunning", "return")),
    "what has stopped is deleted": (
        "        _signal_process(record, number)\n",
        """        try:
            _signal_process(record, number)
        except NotRunning:
            entry.remove()
            raise
""",
    ),
}

Grade = Callable[[Path], subprocess.CompletedProcess[str]]


@pytest.fixture(name="grade")
def grade_fixture(handed_in: Callable[[str], Path], tmp_path: Path) -> Grade:
    """Run the check that was handed in on a runtime."""

    def grade(runtime: Path) -> subprocess.CompletedProcess[str]:
        test = handed_in("test_kill.py")
        argv = [sys.executable, "-m", "pytest", "-q", "-c", "/dev/null", "-p", "no:cacheprovider"]
        return subprocess.run(
            [*argv, "--rootdir", test.parent, "--basetemp", tmp_path / "work", test],
            env={**os.environ, "ANOCIR": str(runtime)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=600,
            check=False,
        )

    return grade


def program(path: Path, text: str) -> Path:
    """Write a script."""
    path.write_text(text)
    path.chmod(0o755)
    return path


def test_a_right_runtime_passes(grade: Grade, tmp_path: Path) -> None:
    done = grade(program(tmp_path / "plain", LAUNCHER.format(PART)))
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("status", [0, 1])
def test_a_program_that_does_nothing_fails(grade: Grade, tmp_path: Path, status: int) -> None:
    done = grade(program(tmp_path / "nothing", f"#!/bin/sh\nexit {status}\n"))
    assert done.returncode == 1, f"exit {status} is as good as a runtime:\n{done.stdout}"


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damage_is_noticed(grade: Grade, tmp_path: Path, damage: str) -> None:
    old, new = DAMAGES[damage]
    copy = tmp_path / "copy"
    shutil.copytree(PART / "anocir", copy / "anocir")
    text = (copy / KILL).read_text()
    assert text.count(old) == 1
    (copy / KILL).write_text(text.replace(old, new))
    done = grade(program(tmp_path / "damaged", LAUNCHER.format(copy)))
    assert done.returncode == 1, f"not noticed: {damage}\n{done.stdout}"
