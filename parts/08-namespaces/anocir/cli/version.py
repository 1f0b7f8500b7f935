"""What ``--version`` prints, in the form that dockerd, Podman and CRI-O parse."""

from __future__ import annotations

import anocir

SPEC_VERSION = "1.3.0"


def text() -> str:
    """Return two lines: name and version, and the specification's version."""
    return f"anocir version {anocir.__version__}\nspec: {SPEC_VERSION}\n"
