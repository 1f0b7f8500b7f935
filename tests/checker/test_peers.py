"""runc and crun pass all checks but those that are listed, each with a reason."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.checker.conftest import REPO, Checker

PEERS = {
    "runc": ("version 1.1", "runc-1.1.toml"),
    "crun": ("version 1.8", "crun-1.8.toml"),
}
# crun wants one cgroup hierarchy, and gets it in a mount namespace of its own.
ONE_HIERARCHY = (
    "unshare",
    "--mount",
    "sh",
    "-c",
    'umount --recursive /sys/fs/cgroup; mount -t cgroup2 cgroup2 /sys/fs/cgroup && exec "$@"',
    "sh",
)


@pytest.mark.usefixtures("as_root")
@pytest.mark.parametrize("peer", PEERS)
def test_peer_deviates_only_as_listed(peer: str, checker: Checker, tmp_path: Path) -> None:
    version, name = PEERS[peer]
    if shutil.which(peer) is None:
        pytest.skip(f"{peer} is not installed")
    told = subprocess.run([peer, "--version"], capture_output=True, text=True, check=True).stdout
    if version not in told:
        pytest.skip(f"the list is for {peer} {version}, this is {told.splitlines()[0]}")
    unified = os.path.exists("/sys/fs/cgroup/cgroup.controllers")
    result = checker(
        *("--runtime", peer, "--kinds", "spec,engine"),
        *("--deviations", str(REPO / "tests/parts/deviations" / name)),
        prefix=() if unified or peer == "runc" else ONE_HIERARCHY,
    )
    assert result.returncode == 0, result.stdout + result.stderr
