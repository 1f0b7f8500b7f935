"""The same mounts under runc: what a container sees of them must be the same.

Left out is what runc 1.1 gets wrong: a read-only tmpfs below a second mount at the same place, and
a recursive flag that is switched on and off again.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.support import proc, world
from tests.integration.support.bundles import Bundle
from tests.integration.support.driver import Runtime

RUNC = shutil.which("runc", path="/usr/sbin:/usr/bin:/sbin:/bin")
Entry = tuple[str, str, str, list[str]]
CONFIGS: dict[str, list[Entry]] = {
    "bind": [("/v", "bind", "V", ["bind"])],
    "rbind": [("/v", "bind", "V", ["rbind"])],
    "any type": [("/v", "none", "V", ["rbind", "ro"])],
    "flags": [("/v", "bind", "V", ["bind", "ro", "nosuid", "nodev", "noexec"])],
    "last wins": [("/v", "bind", "V", ["bind", "ro", "nosuid", "rw", "suid"])],
    "times": [("/a", "bind", "V", ["bind", "noatime"]), ("/b", "bind", "V", ["bind", "nodiratime"]),
              ("/c", "tmpfs", "t", ["strictatime"]), ("/d", "tmpfs", "t", ["noatime"])],
    "recursive": [("/v", "bind", "V", ["rbind", "rro", "rnosuid", "rnoatime"])],
    "private": [("/v", "bind", "V", ["rbind", "rprivate"])],
    "slave": [("/v", "bind", "V", ["rbind", "rslave"])],
    "unbindable": [("/v", "bind", "V", ["bind", "unbindable"])],
    "file": [("/etc/new/file", "bind", "V/file", ["bind", "ro"])],
    "tmpfs": [("/t", "tmpfs", "name", ["nosuid", "size=1m", "mode=1770", "nr_inodes=9"])],
    "tmpfs, ro": [("/t", "tmpfs", "name", ["ro"])],
    "copy": [("/etc", "tmpfs", "tmpfs", ["tmpcopyup"])],
    "proc": [("/x", "proc", "p", ["hidepid=2", "nosuid"])],
    "devpts": [("/x", "devpts", "d", ["newinstance", "ptmxmode=0600", "mode=0620", "gid=5"])],
    "mqueue": [("/x", "mqueue", "q", ["nosuid", "noexec"])],
    "two": [("/x", "tmpfs", "a", ["nosuid"]), ("/x", "tmpfs", "b", ["nodev"])],
    "relative": [("x/y", "tmpfs", "a", ["size=8k"])],
}  # fmt: skip


@pytest.fixture
def nested(tmp_path: Path) -> Iterator[Path]:
    """A directory of the host with a file, and another filesystem mounted below."""
    where = tmp_path / "volume"
    (where / "below").mkdir(parents=True)
    (where / "file").write_text("content\n")
    world.mount("nested", str(where / "below"), "tmpfs", "mode=755,size=1m")
    yield where
    world.unmount(where / "below")


# runc gives a tmpfs its mode afterwards, and makes only the mount read-only, not the tmpfs as well.
UNLIKE = "mode=|r[ow]$|inode64|seclabel"


def seen(text: str) -> dict[str, Any]:
    """What is mounted at the test's places, without what differs from mount to mount."""
    found: dict[str, Any] = {}
    places = ("/v", "/a", "/b", "/c", "/d", "/x", "/t", "/etc")
    for mount in proc.mountinfo(text):
        if mount.where.startswith(places):
            data = frozenset(word for word in mount.data if not re.match(UNLIKE, word))
            what = (mount.root, mount.kind, mount.source, mount.options, mount.tags, data)
            found.setdefault(mount.where, []).append(what)
    return found


@pytest.mark.skipif(RUNC is None, reason="runc is missing: install Debian's runc")
@pytest.mark.parametrize("name", CONFIGS)
def test_as_runc_has_it(
    anocir: Runtime, make_bundle: Callable[[], Bundle], nested: Path, tmp_path: Path, name: str
) -> None:
    assert RUNC is not None
    env = {"PATH": os.environ["PATH"]}
    runc = Runtime(tmp_path / "runc-state", tmp_path / "runc-output", (RUNC,), env)
    results = []
    for runtime in (runc, anocir):
        bundle = make_bundle()
        for at, kind, source, options in CONFIGS[name]:
            bundle.mount(at, kind, source.replace("V", str(nested)), *options)
        bundle.script("cat /proc/self/mountinfo; stat -c '%n %a %u %g' /[a-dtvx] /etc/* >&2 || :")
        result = runtime("run", "-b", bundle, "c1")
        modes = [line for line in result.err.splitlines() if line.startswith("/")]
        results.append((seen(result.out), modes))
    one, other = results
    assert other == one
    assert one[0] and one[1]
