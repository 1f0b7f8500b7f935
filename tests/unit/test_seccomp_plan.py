"""Who loads the filter, when, and with which flags."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from anocir.plan import planners, seccomp
from anocir.plan.plan import INIT, PREPARE, START, Step
from anocir.spec import bundle, default

NOTIFY = {"names": ["mkdir", "mknod"], "action": "SCMP_ACT_NOTIFY"}
LOG, TSYNC = "SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_TSYNC"


def config(no_new_privileges: bool, *rules: dict[str, Any], **more: Any) -> Any:
    made: Any = copy.deepcopy(default.default_config())
    made["process"]["noNewPrivileges"] = no_new_privileges
    profile = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": list(rules), **more}
    made["linux"]["seccomp"] = profile
    bundle.judge(made, "config.json")
    return made


def steps(made: Any) -> list[Step]:
    found = planners.make(made, "c1", lambda text: None).steps
    return [step for step in found if "seccomp" in step.kind]


def test_with_no_new_privileges_the_stub_loads_the_filter() -> None:
    (step,) = steps(config(True, {"names": ["mkdir"], "action": "SCMP_ACT_ERRNO"}))
    assert (step.stage, step.kind) == (PREPARE, "seccomp-filter")
    assert step.text == "SCMP_ACT_ALLOW, and rules for 1 names of calls, for the stub to load"
    assert step.data.late and not step.data.listener


def test_without_it_the_filter_is_loaded_while_there_is_a_capability() -> None:
    made = steps(config(False, {"names": ["mkdir", "mknod"], "action": "SCMP_ACT_ERRNO"}))
    assert [(step.stage, step.kind) for step in made] == [
        (PREPARE, "seccomp-filter"),
        (START, "seccomp"),
    ]
    assert "2 names" in made[0].text and not made[0].data.late


@pytest.mark.parametrize("no_new_privileges", [True, False])
def test_a_listener_is_sent_before_create_ends(no_new_privileges: bool) -> None:
    made = steps(config(no_new_privileges, NOTIFY, listenerPath="/run/decides"))
    assert [(step.stage, step.kind) for step in made] == [
        (PREPARE, "seccomp-filter"),
        (INIT, "seccomp-listener"),
    ]
    assert made[0].data.listener and not made[0].data.late
    assert made[1].text.endswith("sent to /run/decides")


def test_a_path_without_a_rule_that_asks_makes_no_listener() -> None:
    """config-linux.md, Seccomp: without SCMP_ACT_NOTIFY the path is ignored."""
    (step,) = steps(config(True, listenerPath="/run/decides"))
    assert step.data.late and not step.data.listener


@pytest.mark.parametrize(
    ("rules", "more", "flags"),
    [
        ((), {}, 4),
        ((), {"flags": []}, 0),
        ((), {"flags": [LOG, TSYNC]}, 3),
        ((NOTIFY,), {"listenerPath": "/a"}, 4 | 8),
        ((NOTIFY,), {"listenerPath": "/a", "flags": [TSYNC]}, 1 | 8 | 16),
        (
            (NOTIFY,),
            {"listenerPath": "/a", "flags": ["SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"]},
            8 | 32,
        ),
    ],
    ids=str,
)
def test_flags_become_the_numbers_of_the_kernel(
    rules: tuple[Any, ...], more: dict[str, Any], flags: int
) -> None:
    """The numbers are those of linux/seccomp.h; SPEC_ALLOW is there when none is asked for."""
    profile: Any = {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": list(rules), **more}
    assert seccomp.Wanted(profile, True).flags == flags


def test_every_flag_of_the_schema_has_a_number() -> None:
    from anocir.spec import explain

    listed = explain.load_schema("config")["$defs"]["SeccompFlag"]["enum"]
    assert set(seccomp.FLAGS) == set(listed)


def test_without_a_process_there_is_nothing_to_filter() -> None:
    made = config(True, NOTIFY, listenerPath="/a")
    del made["process"]
    assert seccomp.plan(made, "c1") == seccomp.plan_listener(made, "c1") == []
