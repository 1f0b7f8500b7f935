"""The toy has a network namespace of its own when the config asks for it, and only then."""

from __future__ import annotations

import os
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent))

import bundles

LINE = "readlink /proc/self/ns/net; tail -n +3 /proc/net/dev | cut -d : -f 1; hostname; echo $$"


def test_a_network_that_is_asked_for(tmp_path: Path) -> None:
    done = bundles.toy(bundles.make(tmp_path / "bundle", LINE, "network"))
    namespace, *rest = str(done).split()
    assert namespace != os.readlink("/proc/self/ns/net"), "still the host's network"
    assert rest == ["lo", "box", "1"], "only lo is there, and the other namespaces still are"


def test_a_network_that_is_not_asked_for(tmp_path: Path) -> None:
    done = bundles.toy(bundles.make(tmp_path / "bundle", LINE))
    assert str(done).split()[0] == os.readlink("/proc/self/ns/net"), "the config has no network"
