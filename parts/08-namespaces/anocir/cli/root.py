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
    if os.path.realpath(root) == "/":
        raise UsageError("Option --root argument should not be set to /")
    return root


def absolute(path: str) -> str:
    """Return ``path`` made absolute, before anything changes the working directory."""
    try:
        return os.path.abspath(path)
    except OSError:
        raise UsageError(f"{path} is relative, and the current directory is gone") from None


def _default() -> str:
    runtime_dir = os.environ.get("XDG_RUNTIME_DIR", "")
    uid = os.geteuid()
    if uid == 0:
        return "/run/anocir"
    return os.path.join(runtime_dir or f"/run/user/{uid}", "anocir")
