"""No file of the container is ever run or read by the runtime itself (SECURITY.md)."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration import sabotage
from tests.integration.sabotage import Sabotage
from tests.integration.support import strace as straces
from tests.integration.support import world
from tests.integration.support.bundles import Bundle
from tests.integration.support.driver import ENVIRONMENT, PYTHON, REPO, Runtime

TRAP = "import os\nos.close(os.open('/trapped', os.O_CREAT))\n"
# Modules that code might come to import late: for errors, text, users, and one for the controls.
NAMES = ("traceback", "linecache", "tokenize", "pwd", "grp", "signal", "subprocess", "locale",
         "encodings/ascii", "encodings/idna", "encodings/latin_1", "json", "re", "colorsys",
         "sitecustomize", "usercustomize", "anocir/linux/proc", "ctypes/util")  # fmt: skip
# What an interpreter or a C library reads when it looks something up late.
SUSPECT = re.compile(r"\.(py|pyc|so|pth)\b|nsswitch|/etc/(passwd|group|localtime)|gconv|locale")


def places() -> list[str]:
    """Where the interpreter looks for modules."""
    code = "import sys; print('\\n'.join(sys.path))"
    argv = [PYTHON, "-I", "-c", code]
    return subprocess.run(argv, capture_output=True, text=True, check=True).stdout.split()


def lay_traps(bundle: Bundle, *more: str) -> Bundle:
    """Put a module that betrays itself wherever the interpreter could look for one."""
    for place in [*places(), *more]:
        for name in NAMES:
            path = Path(f"{bundle.rootfs}{place}/{name}.py")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(TRAP)
    etc = bundle.rootfs / "etc"
    (etc / "nsswitch.conf").write_text("passwd: trap\ngroup: trap\n")
    (etc / "ld.so.preload").write_text("/trap.so\n")
    (bundle.rootfs / "trap.so").write_text("no library")
    bundle.config["root"]["readonly"] = False
    return bundle


def test_a_whole_life_runs_nothing_of_the_image(anocir: Runtime, bundle: Bundle) -> None:
    lay_traps(bundle, anocir.env["PYTHONPATH"])
    bundle.process["user"] = {"uid": 1000, "gid": 1000, "additionalGids": [1, 2]}
    anocir.quiet("create", "-b", bundle.args("sleep", "1000"), "c1")
    anocir.quiet("start", "c1")
    anocir.quiet("kill", "c1", "KILL")
    anocir.wait_stopped("c1")
    anocir.quiet("delete", "c1")
    anocir.fails("run", "-b", bundle.args("nosuch"), "c1")
    assert anocir.output(bundle.args("/bin/echo", "works")) == "works\n"
    assert not (bundle.rootfs / "trapped").exists()


def test_even_an_import_by_mistake_finds_nothing(sabotaged: Sabotage, bundle: Bundle) -> None:
    broken = sabotaged(sabotage.LAZY_IMPORT)
    message = broken.fails("create", "-b", lay_traps(bundle, broken.env["PYTHONPATH"]), "c1")
    assert "colorsys" in message
    assert not (bundle.rootfs / "trapped").exists()


def test_without_the_seal_it_runs_the_image(sabotaged: Sabotage, bundle: Bundle) -> None:
    """The control for the tests above."""
    broken = sabotaged(sabotage.LAZY_IMPORT, sabotage.NO_SEAL)
    broken.any("create", "-b", lay_traps(bundle, broken.env["PYTHONPATH"]), "c1")
    assert (bundle.rootfs / "trapped").exists()
    broken("delete", "--force", "c1")


def opened_inside(
    runtime: Runtime, strace: str, bundle: Bundle, tmp_path: Path, *more: str
) -> list[str]:
    """What a create and start open after the root has changed, up to the user's program."""
    before = world.look()
    trace = tmp_path / "opens"
    names = "open,openat,openat2,pivot_root,execve,execveat"
    runtime.any("create", *more, "-b", bundle, "c1", wrap=straces.words(strace, trace, names))
    if "c1" in runtime.ids():
        runtime.any("start", "c1")
        runtime("delete", "--force", "c1")
    straces.settle(before)
    lines = trace.read_text().splitlines()
    pivot = next(n for n, line in enumerate(lines) if "pivot_root(" in line)
    init = lines[pivot].split()[0]
    inside = []
    for line in lines[pivot + 1 :]:
        if line.split()[0] == init:
            if "execve(" in line or "execveat(" in line:
                break
            inside.append(line)
    return inside


@pytest.mark.parametrize("args", [["true"], ["nosuch"], ["/bin/broken"], ["/etc"]])
def test_nothing_of_python_or_libc_is_opened_inside(
    anocir: Runtime, strace: str, bundle: Bundle, tmp_path: Path, args: list[str]
) -> None:
    (bundle.rootfs / "bin/broken").write_bytes(b"\x7fELFnonsense")
    (bundle.rootfs / "bin/broken").chmod(0o755)
    bundle.process["user"] = {"uid": 1000, "gid": 1000, "additionalGids": [1]}
    inside = opened_inside(
        anocir, strace, lay_traps(bundle.args(*args), anocir.env["PYTHONPATH"]), tmp_path
    )
    assert [line for line in inside if SUSPECT.search(line)] == []


@pytest.mark.parametrize("script", ["exit 0", "echo $(cat) >&2; exit 1", "sleep 1000"])
def test_nothing_of_it_is_opened_for_a_hook(
    anocir: Runtime, strace: str, bundle: Bundle, tmp_path: Path, script: str
) -> None:
    hook = {"path": "/bin/sh", "args": ["sh", "-c", script], "timeout": 1}
    true = {"path": "/bin/true"}
    bundle.config["hooks"] = {"createContainer": [true], "startContainer": [true, hook]}
    lay_traps(bundle.args("true"), anocir.env["PYTHONPATH"])
    inside = opened_inside(anocir, strace, bundle, tmp_path)
    assert [line for line in inside if SUSPECT.search(line)] == []
    assert not (bundle.rootfs / "trapped").exists()


@pytest.mark.parametrize("step", ["working directory", "executable", "credentials", "exec"])
def test_nothing_of_it_is_opened_when_a_step_fails(
    anocir: Runtime, strace: str, bundle: Bundle, tmp_path: Path, step: str
) -> None:
    lay_traps(bundle.args("true"), anocir.env["PYTHONPATH"])
    inside = opened_inside(anocir, strace, bundle, tmp_path, "--fail-at", step)
    assert [line for line in inside if SUSPECT.search(line)] == []


def test_without_the_seal_modules_are_opened_inside(
    sabotaged: Sabotage, strace: str, bundle: Bundle, tmp_path: Path
) -> None:
    """The control for the tests above."""
    broken = sabotaged(sabotage.LAZY_IMPORT, sabotage.NO_SEAL)
    lay_traps(bundle.args("true"), broken.env["PYTHONPATH"])
    inside = opened_inside(broken, strace, bundle, tmp_path)
    assert [line for line in inside if "colorsys" in line]


HOSTILE = """
    PYTHONPATH PYTHONPLATLIBDIR PYTHONUSERBASE PYTHONPYCACHEPREFIX GCONV_PATH LOCPATH TMPDIR NLSPATH
    HOME XDG_CONFIG_HOME
"""


@pytest.fixture
def hostile(tmp_path: Path) -> dict[str, str]:
    """An environment whose every variable leads to traps, and a directory to be called from."""
    traps = tmp_path / "traps"
    trap = TRAP.replace("/trapped", str(tmp_path / "trapped"))
    for name in (*NAMES, "os", "site", "anocir/__init__", "anocir/cli/main", "anocir/__main__"):
        path = traps / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(trap)
    env = {name: str(traps) for name in HOSTILE.split()}
    env["PYTHONSTARTUP"] = str(traps / "os.py")
    return env | {"PATH": ENVIRONMENT["PATH"], "PYTHONINSPECT": "1", "PYTHONVERBOSE": "1",
                  "PYTHONWARNINGS": "error", "PYTHONIOENCODING": "utf-16", "PYTHONUTF8": "0",
                  "PYTHONHASHSEED": "1", "PYTHONDUMPREFS": "1", "LD_LIBRARY_PATH": f"{traps}:",
                  "PYTHONBREAKPOINT": "os.system", "PYTHONFAULTHANDLER": "1",
                  "PYTHONTRACEMALLOC": "1", "PYTHONPROFILEIMPORTTIME": "1"}  # fmt: skip


def life(runtime: Runtime, bundle: Bundle, cwd: Path) -> str:
    """All that a container's life prints, with what differs each time left out."""
    told = ""
    for words in (["create", "-b", str(bundle), "c1"], ["state", "c1"], ["list"], ["start", "c1"],
                  ["kill", "--all", "c1", "KILL"], ["delete", "-f", "c1"], ["kill", "c1"],
                  ["run", "-b", str(bundle), "c2"], ["validate", str(bundle)], ["--version"],
                  ["create", "--nosuch"], ["--help"]):  # fmt: skip
        result = runtime.any(*words, cwd=cwd)
        told += f"{words[0]} {result.code} {result.out} {result.err}\n"
    return re.sub(r"\d{4}-\d\d-\S+|\"pid\": \d+|\b\d{3,8}\b", "", told)


def test_the_callers_environment_and_directory_change_nothing(
    launcher: tuple[str, ...], bundle: Bundle, tmp_path: Path, hostile: dict[str, str]
) -> None:
    (tmp_path / "plain").mkdir()
    runtime = Runtime(tmp_path / "state", tmp_path / "output", launcher, ENVIRONMENT)
    bundle.args("true")
    plain = life(runtime, bundle, tmp_path / "plain")
    before = sorted((tmp_path / "traps").rglob("*"))
    runtime.env = hostile
    assert life(runtime, bundle, tmp_path / "traps") == plain
    assert not (tmp_path / "trapped").exists()
    assert sorted((tmp_path / "traps").rglob("*")) == before
    installed = Path(launcher[0]).parents[1]
    stray = [p for p in installed.rglob("__pycache__/*") if ".cpython-" not in p.name]
    assert stray == []


def test_without_isolation_the_callers_environment_runs(
    bundle: Bundle, tmp_path: Path, hostile: dict[str, str]
) -> None:
    """The control for the test above: `python3 -m anocir` makes no such promise."""
    del hostile["PYTHONPLATLIBDIR"]  # It would not even start.
    runtime = Runtime(tmp_path / "state", tmp_path / "output", (PYTHON, "-m", "anocir"), hostile)
    runtime.background("list").wait()
    assert (tmp_path / "trapped").exists()


def test_the_containers_environment_changes_nothing(
    anocir: Runtime, make_bundle: Callable[[], Bundle], tmp_path: Path, hostile: dict[str, str]
) -> None:
    """It is for the program alone: PATH for its look-up is the container's, and no more."""
    hostile_names = {k: v for k, v in hostile.items() if k != "PATH"}
    bundle = make_bundle()
    lay_traps(bundle, str(REPO), hostile["PYTHONPATH"])
    bundle.process["env"] = [f"{name}={value}" for name, value in hostile_names.items()]
    bundle.process["env"] += ["PATH=/bin", "LD_PRELOAD=/trap.so"]
    assert "PYTHONINSPECT=1" in anocir.output(bundle.args("env")).splitlines()
    assert not (bundle.rootfs / "trapped").exists() and not (tmp_path / "trapped").exists()
    bundle.args("nosuch")
    assert "executable file not found" in anocir.fails("create", "-b", bundle, "c1")


def test_nothing_is_written_beside_the_code(
    launcher: tuple[str, ...], bundle: Bundle, tmp_path: Path
) -> None:
    installed = Path(launcher[0]).parents[1]
    before = {path: path.lstat().st_mtime_ns for path in installed.rglob("*")}
    runtime = Runtime(tmp_path / "state", tmp_path / "output", launcher)
    life(runtime, bundle.args("true"), tmp_path)
    assert {path: path.lstat().st_mtime_ns for path in installed.rglob("*")} == before
    assert os.access(installed, os.W_OK)
