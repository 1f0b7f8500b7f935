"""The runtime with one defence taken out, to prove that a test of the defence can fail."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from tests.integration.support.driver import ENVIRONMENT, PYTHON, REPO, Runtime

# (file in the package, what stands there exactly once, what to put in its place)
Change = tuple[str, str, str]

NO_SEAL: Change = ("runtime/init.py", "        seal_imports()\n", "        pass\n")
LAZY_IMPORT: Change = (
    "runtime/process.py",
    "        os.chdir(step.data)\n",
    "        os.chdir(step.data)\n        import colorsys\n",
)
NO_CONFINEMENT: Change = (
    "linux/paths.py",
    'return openat2(root_fd, path or "/", flags, consts.RESOLVE_IN_ROOT)',
    'return openat2(root_fd, path.lstrip("/") or ".", flags, 0)',
)
LINKS_ON_THE_WAY: Change = (
    "linux/paths.py",
    "consts.RESOLVE_IN_ROOT | consts.RESOLVE_NO_SYMLINKS)",
    "consts.RESOLVE_IN_ROOT)",
)
COPY_FOLLOWS_LINKS: Change = (
    "runtime/copyup.py",
    """    found = os.stat(name, dir_fd=level.source_fd, follow_symlinks=False)
    if stat.S_ISDIR(found.st_mode) or stat.S_ISREG(found.st_mode):
        fd = _open_within(level.source_fd, name)
""",
    """    found = os.stat(name, dir_fd=level.source_fd)
    if stat.S_ISDIR(found.st_mode) or stat.S_ISREG(found.st_mode):
        fd = os.open(name, os.O_RDONLY, dir_fd=level.source_fd)
""",
)
ANYTHING_ON_PROC: Change = (
    "runtime/mounts.py",
    "    on_proc = libc.filesystem_magic(target_fd)",
    "    return\n    on_proc = libc.filesystem_magic(target_fd)",
)
ANY_NULL: Change = (
    "runtime/paths.py",
    "if not stat.S_ISCHR(found.st_mode) or found.st_rdev != NULL_DEVICE:",
    "if False:",
)
NO_STUB: Change = (
    "linux/stub.py",
    "return os.uname().machine in CODE",
    "return False",
)
NO_TARGET_CHECK: Change = (
    "linux/stub.py",
    "        if os.path.samestat(found, interpreter):",
    "        if False:",
)
STRANGERS_STAY_OPEN: Change = (
    "runtime/init.py",
    "    low = 3\n",
    "    return\n    low = 3\n",
)
NO_CWD_CHECK: Change = ("runtime/process.py", "        os.getcwd()\n", "        pass\n")
CWD_IS_NOT_MADE: Change = (
    "plan/rootfs.py",
    "    if cwd:\n",
    "    if False:\n",
)
ANY_START_TIME: Change = (
    "linux/proc.py",
    "if stat is None or stat.start_time != start_time:",
    "if stat is None:",
)
STATUS_WITHOUT_START_TIME: Change = (
    "state/record.py",
    "stat is None or stat.start_time != self.start_time or stat.ended",
    "stat is None or stat.ended",
)
NO_UNDO: Change = ("runtime/context.py", "        while self.undo:", "        while False:")
WRITE_IN_PLACE: Change = ("state/store.py", 'temporary = f".{name}"', "temporary = name")
UMASK_DECIDES: Change = ("state/store.py", "            os.chmod(path, 0o700)\n", "")
DIE_BEFORE_GO: Change = (
    "runtime/container.py",
    "    let_go(context)\n    context.run(BESIDE)\n",
    "    os._exit(9)\n",
)
DIE_AFTER_GO: Change = (
    "runtime/container.py",
    "    answer = context.channel.receive()\n",
    "    os._exit(9)\n",
)
INIT_RETURNS: Change = (
    "runtime/init.py",
    "    finally:\n        os._exit(FAILED)\n",
    "    finally:\n        pass\n",
)
SIGNALS_AS_THEY_WERE: Change = ("runtime/process.py", "    restore_signals()\n", "")


Sabotage = Callable[..., Runtime]


def break_runtime(tmp_path: Path, *changes: Change) -> Runtime:
    """Return a runtime made of a copy of the package with these changes.

    Raises AssertionError when the code has moved on and a change finds nothing to change.
    """
    number = len(list(tmp_path.glob("sabotaged*")))
    top = tmp_path / f"sabotaged{number}"
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(REPO / "anocir", top / "anocir", ignore=ignore)
    for name, old, new in changes:
        path = top / "anocir" / name
        text = path.read_text()
        assert text.count(old) == 1, f"{name} has {old!r} {text.count(old)} times"
        path.write_text(text.replace(old, new))
    env = ENVIRONMENT | {"PYTHONPATH": str(top)}
    return Runtime(top / "state", top / "output", (PYTHON, "-P", "-m", "anocir"), env)
