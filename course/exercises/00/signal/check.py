"""A program that a signal has ended gives the toy the status 128 and the signal's number."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent))

import bundles


def test_an_exit_status_comes_through(tmp_path: Path) -> None:
    assert bundles.toy(bundles.make(tmp_path / "bundle", "exit 7")).exit_code == 7


def test_a_signal_counts_from_128(tmp_path: Path) -> None:
    """The limit on processor time is a signal that ends process 1 too: the kernel sends it."""
    bundle = bundles.make(tmp_path / "bundle", "ulimit -t 1; while :; do :; done")
    assert bundles.toy(bundle).exit_code == 128 + signal.SIGKILL
