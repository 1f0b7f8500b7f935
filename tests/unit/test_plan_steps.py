"""The plan: which steps a config leads to, in which order, with what in them."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anocir.errors import ConfigError, UsageError
from anocir.linux import consts
from anocir.linux.consts import CAPABILITIES
from anocir.plan import planners, process
from anocir.plan.credentials import RLIMITS
from anocir.plan.devices import DEFAULT_DEVICES, DEFAULT_LINKS
from anocir.plan.plan import ATTACH, BESIDE, FINISH, INIT, PREPARE, STAGES, START, Plan, Step
from anocir.runtime import appliers, rootfs
from anocir.runtime.appliers import APPLIERS
from anocir.spec import default

Edit = Callable[[dict[str, Any]], object]


def config(*edits: Edit) -> Any:
    made: Any = copy.deepcopy(default.default_config())
    for edit in edits:
        edit(made)
    return made


def plan(*edits: Edit, without: tuple[str, ...] = ()) -> Plan:
    return planners.make(config(*edits), "c1", lambda text: None, without)


def one(made: Plan, kind: str) -> Step:
    (step,) = [step for step in made.steps if step.kind == kind]
    return step


def kinds(made: Plan, stage: str | None = None) -> list[str]:
    return [step.kind for step in made.steps if stage in (None, step.stage)]


def refused(*edits: Edit) -> str:
    with pytest.raises(ConfigError) as caught:
        plan(*edits)
    return caught.value.message


def namespaces(*entries: dict[str, str] | str) -> Edit:
    listed = [{"type": e} if isinstance(e, str) else e for e in entries]
    return lambda c: c["linux"].update(namespaces=listed)


def test_every_kind_of_step_has_one_who_does_it() -> None:
    assert set(kinds(plan())) <= set(APPLIERS)


def test_names_are_unique_and_stages_in_order() -> None:
    made = plan(lambda c: c["mounts"].append(c["mounts"][0]))
    names = [step.name for step in made.steps]
    assert len(names) == len(set(names))
    stages = [STAGES.index(step.stage) for step in made.steps]
    assert stages == sorted(stages)
    assert made.describe() == [step.describe() for step in made.steps]


def test_the_plan_touches_nothing_and_leaves_the_config_alone() -> None:
    before = config()
    planners.make(before, "c1", lambda text: None)
    assert before == config()


def test_steps_keep_their_order_within_a_stage() -> None:
    made = Plan([Step(START, "a", "a", ""), Step(PREPARE, "b", "b", ""), Step(START, "c", "c", "")])
    assert kinds(made) == ["b", "a", "c"]
    assert [step.name for step in made.stage(START)] == ["a", "c"]


ORDER = [
    ("reserve", "clone"), ("record", "cgroup"), ("cgroup", "clone"), ("fifos", "clone"),
    ("clone-flags", "clone"), ("load-device-rules", "device-rules"), ("open-stub", "clone"),
    ("clone", "ready"), ("cgroup-enter", "unshare"), ("ready", "device-rules"),
    ("device-rules", "pid"), ("unshare", "root"), ("propagation", "root"), ("root", "mount"),
    ("mount", "devices"), ("devices", "device-links"), ("mount", "mask"),
    ("open-null", "mask"), ("readonly", "pivot"), ("mask", "pivot"), ("make-cwd", "pivot"),
    ("make-cwd", "readonly-root"), ("pivot", "readonly-root"), ("readonly-root", "cwd"),
    ("pivot", "cwd"), ("cwd", "find"), ("session", "root"), ("ready", "pid"), ("pid", "pid-file"),
    ("pid-file", "rlimits"), ("rlimits", "credentials"), ("credentials", "exec"),
]  # fmt: skip


@pytest.mark.parametrize(("first", "then"), ORDER)
def test_what_must_come_before_what(first: str, then: str) -> None:
    """Each pair has a reason: see docs/design/runtime.md and the comments of the planners."""
    found = kinds(plan())
    assert max(n for n, kind in enumerate(found) if kind == first) < found.index(then)


def test_the_last_step_is_the_exec() -> None:
    assert plan().steps[-1].kind == "exec"


def test_kinds_can_be_left_out() -> None:
    assert "keyring" not in kinds(plan(without=("keyring", "fifos")))
    assert "fifos" not in kinds(plan(without=("keyring", "fifos")))


def test_each_setting_that_is_not_applied_is_named() -> None:
    message = refused(
        lambda c: c["process"].update(execCPUAffinity={"initial": "0"}),
        lambda c: c["linux"].update(memoryPolicy={"mode": "MPOL_LOCAL"}),
    )
    for path in ("process.execCPUAffinity", "linux.memoryPolicy"):
        assert f"{path}" in message
    assert message.count("not supported yet") == 2


def test_misspelt_keys_are_warned_of() -> None:
    told: list[str] = []
    planners.make(config(lambda c: c["process"].update(cdw="/")), "c1", told.append)
    assert any("cdw" in line for line in told)


# Namespaces


def test_new_namespaces_are_made_by_the_clone_but_for_the_cgroups() -> None:
    made = plan()
    expected = consts.CLONE_NEWPID | consts.CLONE_NEWNET | consts.CLONE_NEWIPC
    expected |= consts.CLONE_NEWUTS | consts.CLONE_NEWNS
    assert one(made, "clone-flags").data == expected
    assert one(made, "unshare").data == consts.CLONE_NEWCGROUP
    assert not {"open-namespaces", "join-namespaces"} & set(kinds(made))


def test_a_path_joins() -> None:
    net = {"type": "network", "path": "/run/netns/x"}
    made = plan(namespaces("mount", net, {"type": "pid", "path": "/proc/1/ns/pid"}, "uts"))
    assert one(made, "open-namespaces").data == [
        ("network", consts.CLONE_NEWNET, "/run/netns/x"),
        ("pid", consts.CLONE_NEWPID, "/proc/1/ns/pid"),
    ]
    assert one(made, "open-namespaces").stage == PREPARE
    assert one(made, "join-namespaces").stage == INIT
    assert one(made, "clone-flags").data == consts.CLONE_NEWNS | consts.CLONE_NEWUTS
    assert "unshare" not in kinds(made)


def in_mount_namespace(path: str | None) -> Edit:
    """Have the mount namespace at a path, or without one the runtime's own."""

    def edit(c: dict[str, Any]) -> None:
        kept = [entry for entry in c["linux"]["namespaces"] if entry["type"] != "mount"]
        c["linux"]["namespaces"] = kept + ([{"type": "mount", "path": path}] if path else [])

    return edit


EXISTING = pytest.mark.parametrize("path", [None, "/run/mnt"])


@EXISTING
def test_a_mount_namespace_that_exists_is_entered_in_the_place_of_the_pivot(
    path: str | None,
) -> None:
    usual, other = plan(), plan(in_mount_namespace(path))
    assert one(other, "open-mount-namespace").data == (path or "/proc/self/ns/mnt")
    assert one(other, "open-mount-namespace").stage == PREPARE
    swapped = ["enter-mount-namespace" if kind == "pivot" else kind for kind in kinds(usual, INIT)]
    assert kinds(other, INIT) == swapped
    assert kinds(plan(in_mount_namespace(path), without=("pivot",))) == kinds(other)


@EXISTING
def test_nothing_is_ever_mounted_in_a_mount_namespace_that_exists(path: str | None) -> None:
    """All of it happens in a new one, and nothing leads out of that before the last mount."""
    made = plan(in_mount_namespace(path))
    assert one(made, "clone-flags").data == one(plan(), "clone-flags").data
    assert one(made, "clone-flags").data & consts.CLONE_NEWNS
    assert not {"open-namespaces", "join-namespaces"} & set(kinds(made))
    bare = plan(namespaces(*([{"type": "mount", "path": path}] if path else [])),
                lambda c: c.pop("hostname"))  # fmt: skip
    assert one(bare, "clone-flags").data == consts.CLONE_NEWNS


NEEDS_NEW = "needs a new mount namespace"


@EXISTING
@pytest.mark.parametrize("value", ["shared", "rshared", "slave", "rslave", "unbindable"])
def test_events_are_exchanged_by_a_new_mount_namespace_alone(path: str | None, value: str) -> None:
    message = refused(in_mount_namespace(path), lambda c: c["mounts"][1]["options"].append(value))
    assert f"mounts[1].options: {value}: {NEEDS_NEW}" in message
    message = refused(
        in_mount_namespace(path), lambda c: c["linux"].update(rootfsPropagation=value)
    )
    assert f"linux.rootfsPropagation: {value}: {NEEDS_NEW}" in message


@EXISTING
@pytest.mark.parametrize("value", ["private", "rprivate"])
def test_a_mount_that_exchanges_no_events_is_private_anyway(path: str | None, value: str) -> None:
    assert plan(
        in_mount_namespace(path),
        lambda c: c["linux"].update(rootfsPropagation=value),
        lambda c: c["mounts"][1]["options"].append(value),
    )


def test_hostname_is_set_only_when_there_is_one() -> None:
    assert one(plan(), "hostname").data == "anocir"
    assert "hostname" not in kinds(plan(lambda c: c.pop("hostname")))


# Root and mounts


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, (consts.MS_PRIVATE, False)),
        ("slave", None),
        ("rslave", None),
        ("private", (consts.MS_PRIVATE, False)),
        ("rprivate", (consts.MS_PRIVATE, True)),
    ],
)
def test_root_propagation(value: str | None, expected: object) -> None:
    edit = (lambda c: c["linux"].update(rootfsPropagation=value)) if value else lambda c: None
    made = plan(edit)
    assert "propagation" in kinds(made), "the host is cut off whatever the config says"
    steps = [step for step in made.steps if step.kind == "root-propagation"]
    assert [step.data for step in steps] == ([] if expected is None else [expected])


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("shared", (consts.MS_SHARED, False)),
        ("rshared", (consts.MS_SHARED, True)),
        ("unbindable", (consts.MS_UNBINDABLE, False)),
        ("runbindable", (consts.MS_UNBINDABLE, True)),
    ],
)
def test_root_propagation_that_would_be_in_the_way_comes_last(value: str, expected: object) -> None:
    made = plan(lambda c: c["linux"].update(rootfsPropagation=value))
    assert one(made, "root-propagation").data == expected
    order = kinds(made)
    assert order.index("root-propagation") > max(order.index("pivot"), order.index("mask"))


@pytest.mark.parametrize("path", ["/", "//", "/./"])
def test_the_root_as_a_read_only_path(path: str) -> None:
    """A mount on top of it would be out of sight."""

    def edit(c: dict[str, Any]) -> None:
        c["root"]["readonly"] = False
        c["linux"]["readonlyPaths"] = ["/proc/sys", path]

    made = plan(edit)
    assert one(made, "readonly").data == "/proc/sys"
    assert kinds(made).count("readonly-root") == 1


@pytest.mark.parametrize("path", ["/", "//"])
def test_the_root_is_not_masked(path: str) -> None:
    message = refused(lambda c: c["linux"].update(maskedPaths=["/proc/keys", path]))
    assert message.startswith("config.json: linux.maskedPaths[1]: ")


def test_without_a_pivot_there_is_a_chroot_in_its_place() -> None:
    usual, other = plan(), plan(without=("pivot",))
    assert kinds(other) == ["chroot" if kind == "pivot" else kind for kind in kinds(usual)]


def test_a_mount_label_is_taken_before_anything_is_mounted() -> None:
    made = plan(lambda c: c["linux"].update(mountLabel="a:b:c"))
    assert one(made, "mount-label").data == "a:b:c"
    assert kinds(made).index("mount-label") < kinds(made).index("mount")
    assert "mount-label" not in kinds(plan())


@pytest.mark.parametrize("readonly", [True, False])
def test_read_only_root(readonly: bool) -> None:
    made = plan(lambda c: c["root"].update(readonly=readonly))
    assert ("readonly-root" in kinds(made)) == readonly


def test_one_step_per_mount_in_the_configs_order() -> None:
    made = plan(lambda c: c["mounts"].append(dict(c["mounts"][0])))
    steps = [step for step in made.steps if step.kind in ("mount", "mount-cgroup")]
    wanted = [mount["destination"] for mount in config()["mounts"]]
    assert [step.data.destination for step in steps] == [*wanted, "/proc"]
    assert [step.name for step in steps][-1] == f"mount {len(wanted)} /proc"


def test_a_mount_that_is_wrong_says_which() -> None:
    message = refused(lambda c: c["mounts"].append({"destination": "/x"}))
    assert f"mounts[{len(config()['mounts'])}].type: found nothing" in message


def without_dev(c: dict[str, Any]) -> None:
    c["mounts"] = [m for m in c["mounts"] if not m["destination"].startswith("/dev")]


@pytest.mark.parametrize(
    ("mount", "made"),
    [
        (None, True),
        ({"destination": "/dev", "type": "tmpfs"}, True),
        ({"destination": "/dev", "type": "bind", "source": "/dev"}, False),
        ({"destination": "/dev/", "source": "/dev", "options": ["rbind"]}, False),
        ({"destination": "/dev/null", "source": "/dev/null", "options": ["bind"]}, True),
    ],
)
def test_devices_are_made_unless_dev_is_the_hosts(mount: dict[str, Any] | None, made: bool) -> None:
    found = plan(without_dev, lambda c: c["mounts"].append(mount) if mount else None)
    assert ("devices" in kinds(found)) == ("device-links" in kinds(found)) == made
    if made:
        assert one(found, "devices").data == DEFAULT_DEVICES
        assert one(found, "device-links").data == DEFAULT_LINKS


def test_protected_paths() -> None:
    made = plan(lambda c: c["linux"].update(maskedPaths=["/a", "/b"], readonlyPaths=["/c"]))
    assert [s.data for s in made.steps if s.kind == "mask"] == ["/a", "/b"]
    assert [s.data for s in made.steps if s.kind == "readonly"] == ["/c"]
    none = plan(lambda c: c["linux"].update(maskedPaths=[], readonlyPaths=[]))
    assert not {"mask", "readonly", "open-null"} & set(kinds(none))


# Process


def test_program() -> None:
    env = ["PATH=/p", "A=1", "A=2", "E=", "D=x=y"]
    made = plan(lambda c: c["process"].update(args=["a", "b"], cwd="/x/../y/.", env=env))
    program = one(made, "exec").data
    assert (program.args, program.cwd, program.search) == (["a", "b"], "/y", "/p")
    assert program.env == {"PATH": "/p", "A": "2", "E": "", "D": "x=y"}
    assert one(made, "cwd").data == program.cwd


def test_without_a_path_the_usual_one_is_searched() -> None:
    program = process.parse(config(lambda c: c["process"].update(env=["A=1"])))
    assert program is not None and program.search == process.DEFAULT_PATH
    assert "PATH" not in program.env


def test_without_a_process() -> None:
    made = plan(lambda c: c.pop("process"))
    assert not {"open-stub", "cwd", "find", "make-cwd", "rlimits", "credentials"} & set(kinds(made))
    assert one(made, "exec").data is None
    assert one(made, "session").stage == INIT


def test_rlimits() -> None:
    limits = [{"type": "RLIMIT_NOFILE", "soft": 5, "hard": 6},
              {"type": "RLIMIT_CORE", "soft": 0, "hard": 2**64 - 1}]  # fmt: skip
    made = plan(lambda c: c["process"].update(rlimits=limits))
    assert one(made, "rlimits").data == [(7, 5, 6), (4, 0, 2**64 - 1)]
    assert "rlimits" not in kinds(plan(lambda c: c["process"].update(rlimits=[])))


def test_the_numbers_of_limits_are_the_kernels() -> None:
    import resource

    for name, number in RLIMITS.items():
        if hasattr(resource, name):
            assert getattr(resource, name) == number
    assert sorted(RLIMITS.values()) == list(range(16))


def test_credentials() -> None:
    user = {"uid": 5, "gid": 6, "additionalGids": [8, 7], "umask": 0o77}
    made = plan(lambda c: c["process"].update(user=user, noNewPrivileges=True))
    found = one(made, "credentials").data
    assert (found.uid, found.gid, found.groups, found.umask) == (5, 6, [8, 7], 0o77)
    assert found.no_new_privileges
    names = ("CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE")
    assert found.sets["bounding"] == {CAPABILITIES.index(name) for name in names}
    assert found.sets["ambient"] == found.sets["inheritable"] == frozenset()


def test_what_the_user_gets_by_default() -> None:
    def bare(c: dict[str, Any]) -> None:
        c["process"] = {"args": ["x"], "cwd": "/", "user": {"uid": 0, "gid": 0}}

    found = one(plan(bare), "credentials").data
    assert (found.groups, found.umask, found.no_new_privileges) == ([], None, False)
    assert set(found.sets.values()) == {frozenset()}


def test_capabilities_that_cannot_be() -> None:
    def edit(c: dict[str, Any]) -> None:
        c["process"]["capabilities"] = {
            "bounding": ["CAP_KILL", "CAP_FLY"],
            "permitted": ["CAP_KILL", "CAP_CHOWN"],
            "inheritable": ["CAP_KILL"],
            "ambient": ["CAP_KILL", "CAP_CHOWN", "CAP_SWIM"],
        }

    found = one(plan(edit), "check-capabilities").data
    assert found.unknown == {"CAP_FLY", "CAP_SWIM"}
    assert found.lost == ["CAP_CHOWN"]
    assert found.sets["ambient"] == {CAPABILITIES.index("CAP_KILL")}


def test_capability_numbers_are_the_kernels() -> None:
    """linux/capability.h: a few that are easy to get wrong, and the last one."""
    numbers = {"CAP_CHOWN": 0, "CAP_KILL": 5, "CAP_SETPCAP": 8, "CAP_SYS_ADMIN": 21,
               "CAP_AUDIT_WRITE": 29, "CAP_SYSLOG": 34, "CAP_CHECKPOINT_RESTORE": 40}  # fmt: skip
    assert {name: CAPABILITIES.index(name) for name in numbers} == numbers
    assert len(CAPABILITIES) == 41


def test_the_stages_of_the_runtime_come_before_and_after_inits() -> None:
    made = plan()
    assert kinds(made, ATTACH) == ["ready"]
    assert kinds(made, BESIDE) == ["load-device-rules"]
    assert kinds(made, FINISH) == ["device-rules", "pid", "pid-file"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner,
                                                                max_size=3),
    max_leaves=6,
)  # fmt: skip
PARTS = st.sampled_from(["root", "process", "mounts", "linux", "hostname", "annotations"])


@given(PARTS, JSON)
def test_a_config_that_passes_the_check_can_be_planned_or_is_refused(part: str, value: Any) -> None:
    from anocir.spec.bundle import judge

    changed = config(lambda c: c.update({part: value}))
    try:
        judge(changed, "config.json")
        planners.make(changed, "c1", lambda text: None)
    except ConfigError:
        pass


def test_only_the_name_of_a_step_can_be_failed_at() -> None:
    made = plan()
    made.check_name(None)
    made.check_name(made.steps[-1].name)
    with pytest.raises(UsageError, match='no step is named "nosuch"'):
        made.check_name("nosuch")


def test_a_planner_on_demand_is_loaded_for_its_settings_alone() -> None:
    planner = planners.on_demand("absent.plan", "linux.seccomp", "process.oomScoreAdj")
    for nothing in ({}, {"linux": {}}, {"linux": {"seccomp": None}, "process": {}}):
        assert planner(cast("Any", nothing), "c1") == []
    for asked in ({"linux": {"seccomp": {"x": 1}}}, {"process": {"oomScoreAdj": 0}}):
        with pytest.raises(ModuleNotFoundError):
            planner(cast("Any", asked), "c1")


def test_an_applier_on_demand_is_loaded_for_its_kind_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(APPLIERS, "rare", "rootfs.pivot")
    monkeypatch.setitem(APPLIERS, "absent", "absent.apply")
    found = appliers.needed(Plan([Step(INIT, "rare", "n", "t"), Step(INIT, "pivot", "n", "t")]))
    assert found == {"rare": rootfs.pivot, "pivot": rootfs.pivot}
