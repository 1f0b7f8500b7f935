"""KVM or TCG."""

from __future__ import annotations

from lab.arch import Arch
from lab.image import Built


def choose(arch: Arch, built: Built) -> str:
    return "tcg"
