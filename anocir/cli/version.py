"""What ``--version`` prints, in the form that dockerd, Podman and CRI-O parse."""

from __future__ import annotations

import os

import anocir
from anocir.spec.rules import SPEC_VERSION


def text() -> str:
    """Return the three lines: name and version, the commit, and the specification's version."""
    return f"anocir version {anocir.__version__}\ncommit: {_commit()}\nspec: {SPEC_VERSION}\n"


def _commit() -> str:
    """Return the commit that the installer wrote down beside the package."""
    try:
        with open(os.path.join(os.path.dirname(anocir.__file__), "commit"), encoding="utf-8") as f:
            return f.read().strip()
    except OSError:
        return "unknown"
