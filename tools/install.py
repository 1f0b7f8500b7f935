"""Install anocir as a program, or remove it.

    python3 tools/install.py [--prefix DIR] [--destdir DIR] [--python FILE] [--site-dir DIR]
    python3 tools/install.py --uninstall [--prefix DIR] [--destdir DIR]

pip can install the package, too. This makes a program that starts faster and is isolated from
whoever calls it: engines call a runtime with their own environment and working directory.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent
LIBRARY = "lib/anocir"
MANIFEST = f"{LIBRARY}/installed"

# -I: neither PYTHON* variables nor the working directory count. -S: no site-packages. Another
# version of Python than the one that packed the modules imports them from their sources. Garbage is
# not collected: the imports alone would have it looked for seven times.
LAUNCHER = """\
#!{python} -IS
import gc
import marshal
import sys

gc.disable()
sys.dont_write_bytecode = True
library = {library!r}
sys.path.append(library)
modules = f"{{library}}/modules.{{sys.implementation.cache_tag}}.{digest}"
try:
    try:
        with open(modules, "rb", 0) as file:
            size = int.from_bytes(file.read(4), "little")
            finder, *contents = marshal.loads(file.read(size))
        exec(finder)
        add(modules, 4 + size, library, contents)
    except FileNotFoundError:
        pass
    from anocir.cli.main import console_script
except KeyboardInterrupt:
    sys.exit(130)
console_script()
"""

# Where the files beside the package go, below the prefix.
EXTRAS = {
    "completions/anocir.bash": "share/bash-completion/completions/anocir",
    "completions/anocir.zsh": "share/zsh/site-functions/_anocir",
    "completions/anocir.fish": "share/fish/vendor_completions.d/anocir.fish",
    "docs/reference/anocir.1": "share/man/man1/anocir.1",
}


class InstallError(Exception):
    """Why nothing more was done, for the person at the terminal."""


class Installer:
    """Writes files below ``stage``, and remembers them for the manifest."""

    def __init__(self, stage: Path) -> None:
        self.stage = stage
        self.files: list[str] = []
        self.directories: list[str] = []

    def write(self, name: str, data: bytes, mode: int = 0o644) -> None:
        """Put a file in place by renaming, so that a running command never reads half of it."""
        path = self.stage / name
        self.directory(path.parent)
        temporary = path.with_name(f".{path.name}.new")
        temporary.write_bytes(data)
        temporary.chmod(mode)
        temporary.replace(path)
        self.files.append(name)

    def directory(self, path: Path) -> None:
        """Make a directory and those above it, readable by all whatever the umask is."""
        if path.is_dir():
            return
        self.directory(path.parent)
        path.mkdir()
        path.chmod(0o755)
        if path != self.stage and self.stage in path.parents:
            self.directories.append(f"{path.relative_to(self.stage)}/")


def install(prefix: Path, stage: Path, python: str, site_dir: str | None) -> None:
    """Install below ``stage``, which is ``prefix`` with DESTDIR before it.

    Raises InstallError, before anything is written if the interpreter is not fit.
    """
    tag = check_python(python)
    facts = {"site-dir": find_site_dir(python, site_dir), "commit": find_commit()}
    before = read_manifest(stage)
    installer = Installer(stage)
    for path in sorted((SOURCE / "anocir").rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            installer.write(f"{LIBRARY}/{path.relative_to(SOURCE)}", path.read_bytes())
    for name, text in facts.items():
        if text:
            installer.write(f"{LIBRARY}/anocir/{name}", f"{text}\n".encode())
    modules = pack(python, prefix / LIBRARY)
    # A command that is running while a new version is installed must not read the new file.
    digest = hashlib.sha256(modules).hexdigest()[:16]
    installer.write(f"{LIBRARY}/modules.{tag}.{digest}", modules)
    for source, name in EXTRAS.items():
        installer.write(name, (SOURCE / source).read_bytes())
    launcher = LAUNCHER.format(python=python, library=str(prefix / LIBRARY), digest=digest)
    installer.write("bin/anocir", launcher.encode(), 0o755)
    remove(stage, [name for name in before if name not in installer.files and name[-1] != "/"])
    made = {name for name in before if name[-1] == "/"} | set(installer.directories)
    lines = [*installer.files, *sorted(made), MANIFEST]
    installer.write(MANIFEST, "".join(f"{line}\n" for line in lines).encode())


def uninstall(stage: Path) -> None:
    """Remove what the manifest names, and the directories that were made if they are empty."""
    names = read_manifest(stage)
    if not names:
        raise InstallError(f"anocir is not installed in {stage}: there is no {MANIFEST}")
    remove(stage, names)


def remove(stage: Path, names: list[str]) -> None:
    """Remove files, and then directories (their names end in a slash) from the deepest up."""
    for name in names:
        if not name.endswith("/"):
            (stage / name).unlink(missing_ok=True)
    for name in sorted((name for name in names if name.endswith("/")), reverse=True):
        try:
            (stage / name).rmdir()
        except OSError:
            pass  # not empty, or gone: somebody else's business


def read_manifest(stage: Path) -> list[str]:
    """Return what an earlier install wrote down, or nothing."""
    try:
        return (stage / MANIFEST).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []


def check_python(python: str) -> str:
    """Return the interpreter's tag, which names its version: code is not for any other."""
    if not os.path.isabs(python) or " " in python or len(python) > 100:
        raise InstallError(f"{python} cannot stand after #!: it must be absolute and short")
    program = "import sys; print(sys.version_info >= (3, 11), sys.implementation.cache_tag)"
    answer = _ask(python, "-IS", "-c", program).split()
    if answer[:1] != ["True"]:
        raise InstallError(f"{python} is not Python 3.11 or later")
    return answer[1]


def pack(python: str, library: Path) -> bytes:
    """Return all modules in one file, compiled as being in ``library``; see ``_pack.py``."""
    program = SOURCE / "tools/_pack.py"
    command = [python, "-ISXno_debug_ranges", str(program), str(SOURCE), str(library)]
    try:
        return subprocess.run(command, check=True, capture_output=True).stdout
    except subprocess.CalledProcessError as error:
        words = error.stderr.decode(errors="replace").strip().splitlines()
        raise InstallError(f"{python} cannot compile the package: {words[-1]}") from None


def find_site_dir(python: str, wanted: str | None) -> str:
    """Return the directory that the interpreter imports jsonschema from, "" if there is none.

    Without ``wanted`` that is the interpreter's own, or that of the venv that runs this.
    """
    where = "import jsonschema, os; print(os.path.dirname(os.path.dirname(jsonschema.__file__)))"
    own = [_ask(program, "-I", "-c", where) for program in (python, sys.executable)]
    for candidate in [wanted] if wanted else own:
        use = f"import sys; sys.path.append({candidate!r}); import jsonschema; print(True)"
        if candidate and _ask(python, "-IS", "-c", use):
            return os.path.abspath(candidate)
    if wanted:
        raise InstallError(f"{python} cannot import jsonschema from {wanted}")
    print("jsonschema was not found: invalid configs will be explained less well", file=sys.stderr)
    return ""


def find_commit() -> str:
    """Return the commit of the source, "" if it is not a git checkout."""
    if not (SOURCE / ".git").exists():
        return ""
    commit = _ask("git", "-C", str(SOURCE), "rev-parse", "HEAD")
    changed = _ask("git", "-C", str(SOURCE), "status", "--porcelain", "--", "anocir")
    return f"{commit}-dirty" if commit and changed else commit


def _ask(*command: str) -> str:
    """Return what a program prints, "" if it fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def main() -> int:
    """Install or uninstall; return the exit status."""
    system = "/usr/bin/python3"
    default = system if _ask(system, "-V") else os.path.realpath(sys.executable)
    parser = argparse.ArgumentParser(description="Install anocir as a program, or remove it.")
    parser.add_argument("--prefix", type=Path, default=Path("/usr/local"))
    parser.add_argument("--destdir", default="", help="put everything below this directory")
    parser.add_argument("--python", default=default, help="interpreter to run with (%(default)s)")
    parser.add_argument("--site-dir", help="directory that holds jsonschema (found if not given)")
    parser.add_argument("--uninstall", action="store_true")
    args = parser.parse_args()
    prefix = Path(os.path.abspath(args.prefix))
    stage = Path(os.path.abspath(args.destdir + str(prefix)))
    try:
        if args.uninstall:
            uninstall(stage)
            print(f"removed anocir from {stage}")
        else:
            install(prefix, stage, args.python, args.site_dir)
            print(f"installed {stage}/bin/anocir")
    except (InstallError, OSError) as error:
        print(f"install: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
