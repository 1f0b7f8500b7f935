"""The features document says the truth: what it lists is planned, what it doesn't is refused."""

from __future__ import annotations

import copy
import json
import os
from pathlib import Path
from typing import Any

import pytest

from anocir.errors import ConfigError
from anocir.plan import planners
from anocir.runtime import features
from anocir.seccomp import compiler
from anocir.spec import bundle, default, documents
from anocir.spec.rules import CAPABILITY_SETS

FEATURES = features.features()
LINUX = FEATURES["linux"]
# As config.json has it: what is said by enabled, and a value that asks for it.
ENABLED: list[tuple[str, bool, dict[str, Any]]] = [
    ("seccomp", LINUX["seccomp"]["enabled"], {"seccomp": {"defaultAction": "SCMP_ACT_ALLOW"}}),
    ("intelRdt", LINUX["intelRdt"]["enabled"], {"intelRdt": {"closID": "x"}}),
    ("netDevices", LINUX["netDevices"]["enabled"], {"netDevices": {"eth0": {}}}),
    ("memoryPolicy", bool(LINUX["memoryPolicy"]["modes"]), {"memoryPolicy": {"mode": "MPOL_LOCAL",
                                                                             "nodes": "0"}}),
    ("rdma", LINUX["cgroup"]["rdma"], {"resources": {"rdma": {"mlx5_1": {"hcaHandles": 1}}}}),
]  # fmt: skip


def is_planned(
    linux: dict[str, Any] | None = None,
    process: dict[str, Any] | None = None,
    mount: dict[str, Any] | None = None,
) -> bool:
    config: Any = copy.deepcopy(default.default_config())
    config["linux"].update(linux or {})
    config["process"].update(process or {})
    if mount is not None:
        config["mounts"].append(mount)
    bundle.judge(config, "config.json")
    try:
        planners.make(config, "c1", lambda text: None)
    except ConfigError:
        return False
    return True


def test_it_keeps_to_the_schema_and_the_rules() -> None:
    assert documents.judge_features(FEATURES, "features") == []


@pytest.mark.skipif("OCI_SCHEMA_DIR" not in os.environ, reason="OCI_SCHEMA_DIR is not set")
def test_it_keeps_to_the_schema_of_the_specification() -> None:
    import jsonschema
    import referencing

    where = Path(os.environ["OCI_SCHEMA_DIR"])

    def retrieve(uri: str) -> Any:
        document = json.loads((where / uri.rpartition("/")[2]).read_text())
        return referencing.Resource.from_contents(
            document, default_specification=referencing.jsonschema.DRAFT4
        )

    schema = json.loads((where / "features-schema.json").read_text())
    registry: Any = referencing.Registry(retrieve=retrieve)  # type: ignore[call-arg]
    jsonschema.Draft4Validator(schema, registry=registry).validate(FEATURES)


@pytest.mark.parametrize("version", [FEATURES["ociVersionMin"], FEATURES["ociVersionMax"]])
def test_both_versions_are_accepted(version: str) -> None:
    config: Any = default.default_config() | {"ociVersion": version}
    bundle.judge(config, "config.json")


def test_all_hooks() -> None:
    assert FEATURES["hooks"] == ["prestart", "createRuntime", "createContainer", "startContainer",
                                 "poststart", "poststop"]  # fmt: skip


@pytest.mark.parametrize("option", FEATURES["mountOptions"])
def test_each_mount_option_is_known(option: str) -> None:
    """Of a new filesystem or of a bind mount, and not as a parameter of the filesystem."""
    ids = [{"containerID": 0, "hostID": 1000, "size": 1}]
    mappings = {"uidMappings": ids, "gidMappings": ids} if "idmap" in option else {}
    for kind, more in (("tmpfs", []), ("bind", ["bind"])):
        mount = {"destination": "/x", "type": kind, "source": "/tmp", "options": [*more, option]}
        if is_planned(mount=mount | mappings):
            return
    pytest.fail("refused for every kind of mount")


def test_what_engines_look_for() -> None:
    assert "rro" in FEATURES["mountOptions"]
    assert not {"size=1m", "mode=755", "nosuch"} & set(FEATURES["mountOptions"])


@pytest.mark.parametrize(
    "kind", ["pid", "network", "mount", "ipc", "uts", "user", "cgroup", "time"]
)
def test_each_namespace_is_planned_or_not_listed(kind: str) -> None:
    namespaces = [{"type": name} for name in ("mount", "uts", "pid")]
    if kind not in ("mount", "uts", "pid"):
        namespaces.append({"type": kind})
    mapping = [{"containerID": 0, "hostID": 0, "size": 65536}]
    mappings = {"uidMappings": mapping, "gidMappings": mapping} if kind == "user" else {}
    assert is_planned({"namespaces": namespaces} | mappings) is (kind in LINUX["namespaces"])


@pytest.mark.parametrize("name", LINUX["capabilities"])
def test_each_capability_is_known(name: str) -> None:
    from anocir.plan.credentials import Credentials

    made = Credentials({"cwd": "/", "capabilities": {kind: [name] for kind in CAPABILITY_SETS}})
    assert not made.unknown


@pytest.mark.parametrize(("enabled", "linux"), [entry[1:] for entry in ENABLED],
                         ids=[entry[0] for entry in ENABLED])  # fmt: skip
def test_what_is_enabled_is_planned_and_the_rest_refused(
    enabled: bool, linux: dict[str, Any]
) -> None:
    assert is_planned(linux) is enabled


def seccomp(**more: Any) -> dict[str, Any]:
    return {"seccomp": {"defaultAction": "SCMP_ACT_ALLOW"} | more}


@pytest.mark.parametrize("action", LINUX["seccomp"]["actions"])
def test_seccomp_actions(action: str) -> None:
    assert is_planned(seccomp(syscalls=[{"names": ["chmod"], "action": action}], listenerPath="/x"))


def test_seccomp_operators_and_architectures() -> None:
    for operator in LINUX["seccomp"]["operators"]:
        rule = {"names": ["chmod"], "action": "SCMP_ACT_LOG",
                "args": [{"index": 0, "value": 1, "op": operator}]}  # fmt: skip
        assert is_planned(seccomp(syscalls=[rule]))
        program, unknown = compiler.compile_profile(seccomp(syscalls=[rule])["seccomp"], "x86_64")
        assert program and not unknown
    for arch in LINUX["seccomp"]["archs"]:
        assert compiler.compile_profile(seccomp(architectures=[arch])["seccomp"], "x86_64")[0]


@pytest.mark.parametrize("flag", LINUX["seccomp"]["supportedFlags"])
def test_seccomp_flags(flag: str) -> None:
    rule = {"names": ["chmod"], "action": "SCMP_ACT_NOTIFY"}
    assert is_planned(seccomp(flags=[flag], syscalls=[rule], listenerPath="/x"))


@pytest.mark.parametrize(
    ("name", "setting"), [("apparmor", "apparmorProfile"), ("selinux", "selinuxLabel")]
)
def test_labels(name: str, setting: str) -> None:
    assert is_planned(process={setting: "x"}) is LINUX[name]["enabled"]


def test_id_mapped_mounts() -> None:
    mapping = [{"containerID": 0, "hostID": 1000, "size": 1}]
    mount = {"destination": "/x", "type": "bind", "source": "/tmp", "options": ["bind"],
             "uidMappings": mapping, "gidMappings": mapping}  # fmt: skip
    assert is_planned(mount=mount) is LINUX["mountExtensions"]["idmap"]["enabled"]
