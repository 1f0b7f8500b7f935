"""The config that ``anocir spec`` writes: valid, and runc's but for listed differences."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from anocir.spec import bundle, rules, support
from anocir.spec.default import default_config, rootless_config

RUNC = shutil.which("runc")


def test_it_is_valid_and_needs_no_warning() -> None:
    config = bundle.parse(json.dumps(default_config()).encode(), "config.json")
    assert rules.advice(config) == []
    assert support.unknown(config) == []


def test_it_gives_nothing_away() -> None:
    """No ambient or inheritable capability (CVE-2016-8867 and its heirs), no new privileges."""
    process = default_config()["process"]
    assert set(process["capabilities"]) == {"bounding", "effective", "permitted"}
    assert process["noNewPrivileges"] is True


def test_each_call_gives_a_config_of_its_own() -> None:
    one, two = default_config(), default_config()
    one["process"]["args"].append("x")
    one["process"]["capabilities"]["bounding"].clear()
    one["mounts"][1]["options"].clear()
    assert two == default_config() != one


@pytest.mark.skipif(RUNC is None, reason="runc is not installed: no config to compare with")
def test_it_is_the_config_of_runc_but_for_listed_differences(tmp_path: Path) -> None:
    assert RUNC is not None
    subprocess.run([RUNC, "spec"], cwd=tmp_path, check=True)
    theirs: Any = json.loads((tmp_path / "config.json").read_text())
    ours: Any = default_config()
    for config in (ours, theirs):
        # The names of the runtime, the version of the spec that it follows.
        del config["ociVersion"], config["hostname"]
        # It runs as it is: a terminal would need a console socket.
        config["process"].pop("terminal")
        # runc 1.1 hands the capabilities on to every program; newer versions do not either.
        config["process"]["capabilities"].pop("ambient", None)
        # runc leaves cgroup out on a host without cgroup v2.
        config["linux"]["namespaces"] = [
            one for one in config["linux"]["namespaces"] if one["type"] != "cgroup"
        ]
    theirs["linux"]["maskedPaths"].sort()
    ours["linux"]["maskedPaths"].sort()
    assert ours == theirs


def test_a_user_is_root_and_asks_for_what_a_user_can_do() -> None:
    config = rootless_config(1000, 100)
    again = bundle.parse(json.dumps(config).encode(), "config.json")
    assert rules.advice(again) == support.unknown(again) == []
    linux = config["linux"]
    assert linux["uidMappings"] == [{"containerID": 0, "hostID": 1000, "size": 1}]
    assert linux["gidMappings"] == [{"containerID": 0, "hostID": 100, "size": 1}]
    kinds = [namespace["type"] for namespace in linux["namespaces"]]
    assert "user" in kinds and "network" not in kinds and "resources" not in linux
    mounts = {mount["destination"]: mount for mount in config["mounts"]}
    assert mounts["/sys"].get("source") == "/sys" and "rbind" in mounts["/sys"]["options"]
    assert "gid=5" not in mounts["/dev/pts"]["options"]
    assert "gid=5" in default_config()["mounts"][2]["options"], "the other config keeps its own"
