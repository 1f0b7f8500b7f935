"""The script `escape`, beside toy.py, prints a file of the host from the inside."""

from __future__ import annotations

import shutil
import sys
import uuid
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent))

import bundles


def test_it_reads_a_file_of_the_host(tmp_path: Path) -> None:
    """Its first argument is the path of that file, as the host names it."""
    script = bundles.work() / "escape"
    assert script.exists(), f"write {script}: a script for busybox' sh"
    text = script.read_text()
    for word in ("nsenter", "/dev/", "mknod"):
        assert word not in text, f"find a way without {word}"
    secret = tmp_path / "secret"
    secret.write_text(uuid.uuid4().hex)
    bundle = bundles.make(tmp_path / "bundle", f"sh /escape {secret}")
    shutil.copy(script, bundle / "rootfs/escape")
    done = bundles.toy(bundle)
    assert secret.read_text() in str(done), done.stderr.decode()
