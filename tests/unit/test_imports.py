"""What may be imported: by whom in the source, and when at run time."""

from __future__ import annotations

import ast
import os
import select
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

REPO = Path(__file__).parents[2]
PACKAGE = REPO / "anocir"
MODULES = sorted(PACKAGE.rglob("*.py"))

# Imports point from a higher rank to a lower one, or stay in their package.
RANKS = {
    "__main__": 6,
    "cli": 5,
    "runtime": 4,
    "plan": 3,
    "state": 3,
    "cgroup": 3,
    "seccomp": 3,
    "spec": 2,
    "linux": 2,
    "errors": 1,
    "__init__": 0,
}

# Each costs between 1 and 60 ms of every command that an engine runs.
SLOW = [
    "argparse",
    "collections",
    "contextlib",
    "dataclasses",
    "datetime",
    "enum",
    "functools",
    "hashlib",
    "importlib",
    "inspect",
    "json",
    "jsonschema",
    "logging",
    "pathlib",
    "re",
    "shutil",
    "signal",
    "socket",
    "string",
    "subprocess",
    "tempfile",
    "textwrap",
    "traceback",
    "typing",
]

# Modules that no command of an engine loads while all is well.
COLD = {"cli/help.py", "spec/explain.py", "spec/types.py"}


def imports(path: Path, top: bool = False) -> Iterator[str]:
    """Yield the dotted names that a module imports. ``top``: only when it is itself imported.

    What stands under ``if TYPE_CHECKING`` is never imported.
    """

    def visit(nodes: Iterable[ast.AST]) -> Iterator[str]:
        for node in nodes:
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield from (f"{node.module}.{alias.name}" for alias in node.names)
            elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
                yield from visit(node.orelse)
            elif not (top and isinstance(node, ast.FunctionDef)):
                yield from visit(ast.iter_child_nodes(node))

    yield from visit([ast.parse(path.read_text(encoding="utf-8"))])


def name(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


def package(dotted: str) -> str:
    """Return the part of ours that a dotted name is in, "" for others' modules."""
    parts = dotted.split(".")
    if parts[0] != "anocir":
        return ""
    return parts[1] if len(parts) > 1 and parts[1] in RANKS else "__init__"


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_imports_point_one_way(path: Path) -> None:
    own = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    for dotted in imports(path):
        other = package(dotted)
        if other and other != own:
            assert RANKS[other] < RANKS[own], f"{name(path)} must not import {dotted}"


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("__init__.py")), ids=name)
def test_a_package_imports_nothing(path: Path) -> None:
    assert list(imports(path)) == []


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_only_linux_imports_ctypes(path: Path) -> None:
    if "linux" not in path.relative_to(PACKAGE).parts:
        assert not [dotted for dotted in imports(path) if "ctypes" in dotted]


@pytest.mark.parametrize("path", sorted((PACKAGE / "plan").glob("*.py")), ids=name)
def test_a_plan_takes_only_numbers_from_linux(path: Path) -> None:
    for dotted in imports(path):
        if package(dotted) == "linux":
            assert dotted.startswith("anocir.linux.consts"), dotted


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_no_slow_module_is_imported_at_the_top(path: Path) -> None:
    if name(path) not in COLD:
        slow = [dotted for dotted in imports(path, top=True) if dotted.split(".")[0] in SLOW]
        assert slow == []


# The launcher, with a list of what was imported written just before the end. A clone of the
# process does not come by here: it ends by execve, or by its own _exit.
PROBE = """
import sys
sys.dont_write_bytecode = True
sys.path.insert(0, {repo!r})
before = set(sys.modules)
import os
leave = os._exit
def probe(code):
    with open({out!r}, "w") as file:
        file.write("\\n".join(sorted(set(sys.modules) - before)))
    leave(code)
os._exit = probe
from anocir.cli.main import console_script
console_script()
"""

# What `import os` brings, and the annotations of every module.
BASE = [
    "__future__",
    "_collections_abc",
    "_stat",
    "gc",
    "genericpath",
    "os",
    "os.path",
    "posixpath",
    "stat",
]
STATE = [*BASE, "_json", "errno", "fcntl"]
SIGNAL = [*STATE, "itertools", "select"]
PROCESS = [
    *SIGNAL,
    *["_ctypes", "_struct", "struct"],
]


def loaded(tmp_path: Path, *argv: str, status: int = 0) -> set[str]:
    """Run a command line and return the modules that it imported."""
    out = tmp_path / "modules"
    probe = PROBE.format(repo=str(REPO), out=str(out))
    line = ["/usr/bin/python3", "-IS", "-c", probe, "--root", str(tmp_path / "root"), *argv]
    # A file and no pipe: a created container holds what its creator gave it.
    with open(tmp_path / "stderr", "w+", encoding="utf-8") as stderr:
        null = subprocess.DEVNULL
        done = subprocess.run(line, stdin=null, stdout=null, stderr=stderr, timeout=30, check=False)
        stderr.seek(0)
        assert done.returncode == status, stderr.read()
    return set(out.read_text(encoding="utf-8").split())


def others(modules: set[str]) -> set[str]:
    return {module for module in modules if not module.startswith("anocir")}


@pytest.mark.parametrize(
    ("argv", "status", "allowed"),
    [
        (["--version"], 0, [*BASE, "_json"]),
        (["list"], 0, STATE),
        (["features"], 0, STATE),
        (["list", "--format", "json"], 0, STATE),
        (["state", "c1"], 1, STATE),
        (["start", "c1"], 1, STATE),
        (["kill", "c1"], 1, SIGNAL),
        (["delete", "c1"], 1, SIGNAL),
        (["delete", "--force", "c1"], 0, SIGNAL),
        (["create", "--bundle", "/nonexistent", "c1"], 1, PROCESS),
        (["run", "--bundle", "/nonexistent", "c1"], 1, PROCESS),
    ],
)
def test_a_command_imports_no_more_than_it_needs(
    argv: list[str], status: int, allowed: list[str], tmp_path: Path
) -> None:
    assert others(loaded(tmp_path, *argv, status=status)) <= set(allowed)


def test_spec_and_validate_import_no_more_than_they_need(tmp_path: Path) -> None:
    modules = loaded(tmp_path, "spec", "--bundle", str(tmp_path))
    assert others(modules) <= {*BASE, "_json"}
    modules = loaded(tmp_path, "validate", str(tmp_path / "config.json"))
    assert others(modules) <= {*BASE, "_json"}


@pytest.mark.parametrize("command", ["list", "state", "start", "kill", "delete"])
def test_a_command_imports_only_its_own_side_of_the_package(command: str, tmp_path: Path) -> None:
    """A hint where to look when start-up gets slow, before any clock would tell."""
    modules = loaded(
        tmp_path, command, *(["c1"] if command != "list" else []), status=command != "list"
    )
    assert "anocir.linux.libc" not in modules
    assert not [module for module in modules if module.startswith("anocir.plan.")]
    assert not [module for module in modules if module.startswith("anocir.cli.help")]
    assert not [m for m in modules if m.startswith("anocir.cli.cmd.") and not m.endswith(command)]


def test_a_whole_life_imports_no_more_than_it_needs(tmp_path: Path) -> None:
    """Some imports stand in functions: only a real container comes by all of them."""
    if os.geteuid() != 0 or not shutil.which("busybox"):
        pytest.skip("needs root and busybox")
    rootfs = tmp_path / "rootfs" / "bin"
    rootfs.mkdir(parents=True)
    shutil.copy(str(shutil.which("busybox")), rootfs / "sh")
    loaded(tmp_path, "spec", "--bundle", str(tmp_path))
    bundle = ["--bundle", str(tmp_path)]
    try:
        assert others(loaded(tmp_path, "create", *bundle, "c1")) <= set(PROCESS)
        assert others(loaded(tmp_path, "state", "c1")) <= set(STATE)
        assert others(loaded(tmp_path, "start", "c1")) <= set(SIGNAL)
        assert others(loaded(tmp_path, "list")) <= set(STATE)
    finally:
        forced = loaded(tmp_path, "delete", "--force", "c1")
    assert others(forced) <= set(SIGNAL)
    assert others(loaded(tmp_path, "run", *bundle, "c2")) <= set(PROCESS)


def test_a_delete_loads_no_more_of_cgroups_than_to_remove_an_empty_one(tmp_path: Path) -> None:
    if os.geteuid() != 0 or not shutil.which("busybox"):
        pytest.skip("needs root and busybox")
    (tmp_path / "rootfs/bin").mkdir(parents=True)
    shutil.copy(str(shutil.which("busybox")), tmp_path / "rootfs/bin/sh")
    loaded(tmp_path, "spec", "--bundle", str(tmp_path))
    pid_file = tmp_path / "pid"
    try:
        loaded(
            tmp_path, "create", "--bundle", str(tmp_path), "--pid-file", str(pid_file), "stopped"
        )
        init = os.pidfd_open(int(pid_file.read_text(encoding="ascii")))
        loaded(tmp_path, "kill", "stopped", "KILL")
        select.select([init], [], [])
        os.close(init)
        deleted = loaded(tmp_path, "delete", "stopped")
    finally:
        loaded(tmp_path, "delete", "--force", "stopped")
    assert others(deleted) <= {*STATE, "select"}
    cgroup = {module for module in deleted if module.startswith("anocir.cgroup.")}
    assert cgroup == {"anocir.cgroup.kept", "anocir.cgroup.mark"}
