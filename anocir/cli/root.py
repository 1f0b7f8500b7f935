"""Which directory holds the state of all containers."""

from __future__ import annotations

import os

from anocir.errors import UsageError


def state_root(option: str | None) -> str:
    """Return the absolute state root for ``--root`` (None: not given).

    By default that is /run/anocir for root, and a directory of their own for others. Engines give
    no --root and rely on every command choosing the same one. Raises UsageError.
    """
    if option is None:
        return _default()
    if not option:
        raise UsageError("--root needs the name of a directory")
    root = absolute(option)
    if _is_slash(root):
        raise UsageError("Option --root argument should not be set to /")
    return root


def absolute(path: str) -> str:
    """Return ``path`` made absolute, before anything changes the working directory."""
    # os.path and os.environ come with the half of `import os` that takes 0.9 ms.
    if path.startswith("/") and not any(part in f"{path}/" for part in ("//", "/./", "/../")):
        return path
    try:
        return os.path.abspath(path)
    except OSError:
        raise UsageError(f"{path} is relative, and the current directory is gone") from None


def _is_slash(path: str) -> bool:
    """Whether a path leads to the root of the filesystem."""
    try:
        found, slash = os.stat(path), os.stat("/")
    except OSError:
        return False
    return (found.st_dev, found.st_ino) == (slash.st_dev, slash.st_ino)


def _default() -> str:
    uid = os.geteuid()
    if uid == 0 and not _in_user_namespace():
        return "/run/anocir"
    runtime_dir = os.environ.get("XDG_RUNTIME_DIR", "")
    if uid == 0 and (not runtime_dir or os.environ.get("USER") == "root"):
        return "/run/anocir"
    return os.path.join(runtime_dir or f"/run/user/{uid}", "anocir")


def _in_user_namespace() -> bool:
    """Whether our ids are those of a user namespace, as under rootless Podman."""
    try:
        with open("/proc/self/uid_map", "rb", 0) as uid_map:
            return uid_map.read().split() != [b"0", b"0", b"4294967295"]
    except OSError:
        return False
