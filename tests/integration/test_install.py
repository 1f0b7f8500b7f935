"""The installed program: isolated, complete, and gone without a trace when it is removed."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

REPO = Path(__file__).parents[2]
SYSTEM = "/usr/bin/python3"
# What the installer reads.
SOURCES = (
    "anocir",
    "tools/install.py",
    "tools/_pack.py",
    "tools/_finder.py",
    "completions",
    "docs/reference/anocir.1",
)


def run(*line: object, **options: object) -> subprocess.CompletedProcess[str]:
    options = {"capture_output": True, "text": True, "timeout": 120} | options
    check = bool(options.pop("check", False))
    words = [str(word) for word in line]
    return subprocess.run(words, check=check, **options)  # type: ignore[call-overload,no-any-return]


def install(prefix: Path, *flags: object, python: object = SYSTEM, source: Path = REPO) -> None:
    done = run(python, source / "tools/install.py", "--prefix", prefix, *flags)
    assert done.returncode == 0, done.stderr


def tree(top: Path) -> dict[str, tuple[int, int]]:
    """Return the mode and the time of every file and directory below ``top``."""
    return {
        str(path.relative_to(top)): (path.lstat().st_mode, path.lstat().st_mtime_ns)
        for path in top.rglob("*")
    }


@pytest.fixture(scope="module")
def prefix(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation that tests only look at."""
    where = tmp_path_factory.mktemp("installed") / "usr"
    install(where)
    return where


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A copy of the sources, which a test may change."""
    copy = tmp_path / "source"
    for name in SOURCES:
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        if (REPO / name).is_dir():
            shutil.copytree(REPO / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(REPO / name, copy / name)
    return copy


@pytest.fixture
def venv(tmp_path: Path) -> Path:
    """A virtual environment that has jsonschema."""
    jsonschema = pytest.importorskip("jsonschema")
    run(SYSTEM, "-m", "venv", "--without-pip", tmp_path / "venv", check=True)
    (site,) = (tmp_path / "venv").glob("lib/python3*/site-packages")
    for path in Path(jsonschema.__file__).parents[1].iterdir():
        if not path.name.startswith(("__", "anocir", "_virtualenv", "distutils")):
            (site / path.name).symlink_to(path)
    return tmp_path / "venv"


def test_the_launcher_is_isolated(prefix: Path) -> None:
    launcher = (prefix / "bin/anocir").read_text(encoding="utf-8")
    assert launcher.startswith(f"#!{SYSTEM} -IS\n")


def test_it_runs_without_an_environment(prefix: Path) -> None:
    done = run(prefix / "bin/anocir", "--version", env={}, cwd="/")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("anocir version ")


@pytest.mark.parametrize("command", ["state", "start", "kill", "delete"])
def test_a_command_takes_only_the_quick_half_of_os(
    command: str, prefix: Path, tmp_path: Path
) -> None:
    """The other half, which comes with posixpath, is 1 ms of processor time."""
    for root in ([], ["--root", tmp_path]):
        line = [SYSTEM, "-IS", "-X", "importtime", prefix / "bin/anocir", *root, command, "no-such"]
        done = run(*line)
        assert done.stderr.endswith("container does not exist\n")
        assert f"anocir.cli.cmd.{command}\n" in done.stderr
        assert "posixpath" not in done.stderr


def test_every_file_of_the_package_is_there(prefix: Path) -> None:
    """The schema documents, too: they are no modules."""
    library = prefix / "lib/anocir"
    for path in (REPO / "anocir").rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            assert (library / path.relative_to(REPO)).read_bytes() == path.read_bytes()


def test_completions_and_man_page_are_in_their_places(prefix: Path) -> None:
    for name in (
        "share/bash-completion/completions/anocir",
        "share/zsh/site-functions/_anocir",
        "share/fish/vendor_completions.d/anocir.fish",
        "share/man/man1/anocir.1",
    ):
        assert (prefix / name).stat().st_size > 500


def test_a_caller_cannot_slip_code_in(prefix: Path, tmp_path: Path) -> None:
    """Control: python3 -m anocir in the same directory does run it."""
    trap = f"open({str(tmp_path / 'sprung')!r}, 'a').write(__file__)\n"
    for name in ("anocir/__init__.py", "anocir/__main__.py", "os.py", "sitecustomize.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(trap, encoding="utf-8")
    env = {"PYTHONPATH": str(tmp_path), "PYTHONHOME": "/nowhere", "PYTHONSTARTUP": "os.py"}
    done = run(prefix / "bin/anocir", "--root", tmp_path / "r", "list", env=env, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert not (tmp_path / "sprung").exists()
    run(SYSTEM, "-m", "anocir", cwd=tmp_path)
    assert (tmp_path / "sprung").exists()


def packed(prefix: Path) -> Path:
    """Return the file that holds the compiled modules."""
    (path,) = (prefix / "lib/anocir").glob("modules.*")
    return path


@pytest.mark.parametrize("compiled", [True, False])
def test_nothing_is_written_by_running_it(compiled: bool, tmp_path: Path) -> None:
    """Not even when there is nothing compiled, as after a change of Python."""
    install(tmp_path / "usr")
    if not compiled:
        packed(tmp_path / "usr").unlink()
    before = tree(tmp_path / "usr")
    for words in (["--version"], ["--help"], ["--root", str(tmp_path / "r"), "list"]):
        assert run(tmp_path / "usr/bin/anocir", *words).returncode == 0
    assert tree(tmp_path / "usr") == before


def test_the_compiled_modules_are_what_runs(tmp_path: Path) -> None:
    """Copies lose the time of a file: that must not make every command slow."""
    install(tmp_path / "usr")
    for path in (tmp_path / "usr/lib/anocir/anocir").rglob("*.py"):
        path.write_text("raise SystemExit('from the source')", encoding="utf-8")
    done = run(tmp_path / "usr/bin/anocir", "--version")
    assert (done.returncode, done.stderr) == (0, "")
    packed(tmp_path / "usr").unlink()
    assert "from the source" in run(tmp_path / "usr/bin/anocir", "--version").stderr


def test_a_running_command_never_reads_the_modules_of_a_new_version(
    source: Path, tmp_path: Path
) -> None:
    usr = tmp_path / "usr"
    install(usr, source=source)
    old = packed(usr)
    (source / "anocir/errors.py").write_text("# new\n", encoding="utf-8")
    install(usr, source=source)
    assert packed(usr) != old
    assert not old.exists()


def test_a_running_command_goes_on_when_its_modules_are_gone(tmp_path: Path) -> None:
    """A foreground run may live for days, and import something only at its end."""
    install(tmp_path / "usr")
    launcher = (tmp_path / "usr/bin/anocir").read_text(encoding="utf-8").splitlines()
    late = f"import os; os.unlink({str(packed(tmp_path / 'usr'))!r}); import anocir.cli.help as h"
    script = "\n".join([*launcher[1:-1], late, "print(type(h.__loader__).__name__)"])
    assert run(SYSTEM, "-IS", "-c", script).stdout == "SourceFileLoader\n"


MODULES = """
import pkgutil, importlib, anocir
for module in pkgutil.walk_packages(anocir.__path__, "anocir."):
    if module.name != "anocir.__main__":
        m = importlib.import_module(module.name)
        print(m.__name__, m.__file__, m.__package__, hasattr(m, "__path__"), m.__spec__.origin)
        assert type(m.__loader__).__name__ == KIND, m
"""


def test_packed_modules_know_as_much_of_themselves_as_others(prefix: Path) -> None:
    """The modules of ctypes' users read their own files by ``__file__``."""
    launcher = (prefix / "bin/anocir").read_text(encoding="utf-8").splitlines()
    before = "\n".join(launcher[1:-1])
    ours = run(SYSTEM, "-IS", "-c", f"{before}\nKIND = 'Finder'{MODULES}", check=True)
    path = f"import sys; sys.dont_write_bytecode = True; sys.path.insert(0, '{prefix}/lib/anocir')"
    others = run(SYSTEM, "-IS", "-c", f"{path}\nKIND = 'SourceFileLoader'{MODULES}", check=True)
    assert ours.stdout == others.stdout
    assert ours.stdout.count("\n") > 50


@pytest.mark.skipif(shutil.which("git") is None, reason="no git, as in the lab's images")
def test_the_commit_is_written_down(source: Path, tmp_path: Path) -> None:
    git = ["git", "-C", source, "-c", "user.name=n", "-c", "user.email=e"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "all"]):
        run(*git, *words, check=True)
    install(tmp_path / "usr", source=source)
    clean = run(tmp_path / "usr/bin/anocir", "--version").stdout.splitlines()[1]
    assert clean == f"commit: {run(*git, 'rev-parse', 'HEAD').stdout.strip()}"
    (source / "anocir/new.py").touch()
    install(tmp_path / "usr", source=source)
    changed = run(tmp_path / "usr/bin/anocir", "--version").stdout.splitlines()[1]
    assert changed == f"{clean}-dirty"


def test_sources_that_are_no_checkout_have_no_commit(source: Path, tmp_path: Path) -> None:
    install(tmp_path / "usr", source=source)
    assert "commit: unknown" in run(tmp_path / "usr/bin/anocir", "--version").stdout


BAD = '{"ociVersion": "1.0.2", "root": {"path": "r"}, "hostname": 1}'


@pytest.mark.parametrize("kind", ["venv", "interpreter", "option"])
def test_rejections_are_explained_by_jsonschema(kind: str, venv: Path, tmp_path: Path) -> None:
    """Wherever it is: in the venv that ran the installer, with the interpreter, or as told."""
    python, flags = {
        "venv": (venv / "bin/python", []),
        "interpreter": (SYSTEM, ["--python", venv / "bin/python"]),
        "option": (SYSTEM, ["--site-dir", *venv.glob("lib/python3*/site-packages")]),
    }[kind]
    install(tmp_path / "usr", *flags, python=python)
    recorded = tmp_path / "usr/lib/anocir/anocir/site-dir"
    if run(SYSTEM, "-I", "-c", "import jsonschema").returncode != 0:
        assert recorded.read_text(encoding="utf-8").startswith(f"{venv}/")
    done = run(tmp_path / "usr/bin/anocir", "validate", "-", input=BAD, env={})
    assert "hostname: found 1 (a number), allowed: a string (" in done.stderr


def test_without_jsonschema_rejections_are_plainer(source: Path, tmp_path: Path) -> None:
    install(tmp_path / "usr", source=source)
    (tmp_path / "usr/lib/anocir/anocir/site-dir").unlink(missing_ok=True)
    done = run(tmp_path / "usr/bin/anocir", "validate", "-", input=BAD, env={})
    assert "hostname: found 1 (a number), allowed: a string\n" in done.stderr


def test_destdir_is_not_part_of_what_is_installed(tmp_path: Path) -> None:
    prefix = tmp_path / "final"
    install(prefix, "--destdir", tmp_path / "stage")
    staged = tmp_path / f"stage{prefix}"
    assert not prefix.exists()
    for path in staged.rglob("*"):
        assert path.is_dir() or b"/stage/" not in path.read_bytes(), path
    shutil.move(staged, prefix)
    done = run(prefix / "bin/anocir", "--debug", "--root", tmp_path / "r", "state", "c1")
    assert f'File "{prefix}/lib/anocir/anocir/cli/main.py"' in done.stderr
    assert "return _dispatch(args, log)" in done.stderr, "a traceback without the source's lines"


@pytest.mark.parametrize("umask", [0o077, 0o777, 0])
def test_everybody_can_run_it_whatever_the_umask(umask: int, tmp_path: Path) -> None:
    old = os.umask(umask)
    try:
        install(tmp_path / "usr")
    finally:
        os.umask(old)
    for path in (tmp_path / "usr").rglob("*"):
        program = path == tmp_path / "usr/bin/anocir"
        expected = 0o755 if path.is_dir() or program else 0o644
        assert stat.S_IMODE(path.stat().st_mode) == expected, path


def test_uninstall_removes_what_was_installed_and_nothing_else(tmp_path: Path) -> None:
    usr = tmp_path / "usr"
    (usr / "bin").mkdir(parents=True)
    (usr / "bin/other").touch()
    before = tree(usr)
    install(usr)
    install(usr)
    (usr / "share/man/man1/other.1").touch()
    run(SYSTEM, REPO / "tools/install.py", "--prefix", usr, "--uninstall", check=True)
    left = {name: entry for name, entry in tree(usr).items() if not name.startswith("share")}
    assert left.keys() == before.keys()
    assert {name for name in tree(usr) if name.startswith("share")} == {
        "share",
        "share/man",
        "share/man/man1",
        "share/man/man1/other.1",
    }


def test_uninstall_of_what_is_not_there(tmp_path: Path) -> None:
    done = run(SYSTEM, REPO / "tools/install.py", "--prefix", tmp_path, "--uninstall")
    assert done.returncode == 1
    assert f"anocir is not installed in {tmp_path}" in done.stderr


def test_a_new_version_takes_old_files_away(source: Path, tmp_path: Path) -> None:
    usr = tmp_path / "usr"
    (source / "anocir/old.py").touch()
    install(usr, source=source)
    assert (usr / "lib/anocir/anocir/old.py").exists()
    assert b"anocir/old.py" in packed(usr).read_bytes()
    (source / "anocir/old.py").unlink()
    install(usr, source=source)
    assert b"anocir/old.py" not in packed(usr).read_bytes()
    assert not list(usr.rglob("old*"))
    run(SYSTEM, source / "tools/install.py", "--prefix", usr, "--uninstall", check=True)
    assert list(usr.rglob("*")) == []


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--python", "/nonexistent/python3"], "is not Python 3.11 or later"),
        (["--python", "/bin/true"], "is not Python 3.11 or later"),
        (["--python", "python3"], "cannot stand after #!"),
        (["--site-dir", "/nonexistent"], "cannot import jsonschema from /nonexistent"),
    ],
)
def test_what_cannot_work_is_refused_before_anything_is_written(
    flags: list[str], words: str, tmp_path: Path
) -> None:
    done = run(SYSTEM, REPO / "tools/install.py", "--prefix", tmp_path / "usr", *flags)
    assert done.returncode == 1
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "usr").exists()


def test_a_place_that_cannot_be_written_to_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "usr").touch()
    done = run(SYSTEM, REPO / "tools/install.py", "--prefix", tmp_path / "usr")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("install: ")
    assert "Traceback" not in done.stderr


def test_the_script_that_pip_makes_works(tmp_path: Path) -> None:
    project = tomllib.loads((REPO / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    module, function = project["scripts"]["anocir"].split(":")
    script = f"import sys; from {module} import {function}; sys.exit({function}())"
    done = run(sys.executable, "-c", script, "--version", cwd=REPO)
    assert done.returncode == 0
    assert done.stdout.startswith(f"anocir version {project['version']}\n")
