"""What few configs ask for of the process: the steps, and the numbers in them."""

from __future__ import annotations

import copy
import os
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anocir.plan import planners, settings, sysctl
from anocir.plan.plan import ATTACH, FINISH, INIT, PREPARE, Plan, Step
from anocir.spec import default


def plan(process: dict[str, Any] | None = None, linux: dict[str, Any] | None = None) -> Plan:
    config: Any = copy.deepcopy(default.default_config())
    config["process"].update(process or {})
    config["linux"].update(linux or {})
    return planners.make(config, "c1", lambda text: None)


def one(made: Plan, kind: str) -> Step:
    (step,) = [step for step in made.steps if step.kind == kind]
    return step


def kinds(made: Plan) -> list[str]:
    return [step.kind for step in made.steps]


def test_a_default_config_has_none_of_these_steps() -> None:
    assert not {"oom-score", "scheduler", "io-priority", "personality", "sysctl", "open-proc",
                "exec-label"} & set(kinds(plan()))  # fmt: skip


@pytest.mark.parametrize("score", [0, -1000, 1000])
def test_oom_score_is_the_runtimes_work(score: int) -> None:
    made = plan({"oomScoreAdj": score})
    step = one(made, "oom-score")
    assert (step.stage, step.data) == (ATTACH, score)
    assert kinds(made).index("oom-score") < kinds(made).index("ready")


def test_scheduling_comes_when_the_process_is_ready() -> None:
    wanted = {
        "policy": "SCHED_DEADLINE",
        "flags": ["SCHED_FLAG_RESET_ON_FORK", "SCHED_FLAG_DL_OVERRUN"],
        "runtime": 1,
        "deadline": 2,
        "period": 3,
    }
    step = one(plan({"scheduler": wanted}), "scheduler")
    assert step.stage == FINISH
    found: settings.Scheduling = step.data
    assert (found.policy, found.flags, found.nice, found.priority) == (6, 0x05, 0, 0)
    assert found.times == (1, 2, 3)


def test_the_numbers_of_policies_are_those_of_this_machine() -> None:
    for name, number in settings.POLICIES.items():
        assert getattr(os, name, number) == number


def test_io_priority() -> None:
    step = one(plan({"ioPriority": {"class": "IOPRIO_CLASS_IDLE", "priority": 4}}), "io-priority")
    assert (step.stage, step.data) == (FINISH, (3, 4))


@pytest.mark.parametrize(("domain", "number"), [("LINUX", 0), ("LINUX32", 8)])
def test_personality(domain: str, number: int) -> None:
    step = one(plan(linux={"personality": {"domain": domain}}), "personality")
    assert (step.stage, step.data) == (INIT, number)


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("kernel.shmmax", "kernel/shmmax"),
        ("kernel/shmmax", "kernel/shmmax"),
        ("net.ipv4.conf.eth0/7.forwarding", "net/ipv4/conf/eth0.7/forwarding"),
        ("net/ipv4/conf/eth0.7/forwarding", "net/ipv4/conf/eth0.7/forwarding"),
    ],
)
def test_the_spellings_of_a_parameter(name: str, path: str) -> None:
    assert sysctl.path(name) == path


@given(st.text("abz09_-./", min_size=1))
def test_a_spelling_keeps_all_but_separators(name: str) -> None:
    swapped = str.maketrans("./", "//")
    assert sysctl.path(name).translate(swapped) == name.translate(swapped)


def test_parameters_are_set_in_the_root_after_all_else_is_there() -> None:
    wanted = {"net.core.somaxconn": "7", "kernel.domainname": "x", "kernel.sem": "1 2 3 4"}
    made = plan(linux={"sysctl": wanted})
    step = one(made, "sysctl")
    assert [(p.path, p.value, p.namespace) for p in step.data] == [
        ("net/core/somaxconn", "7", "net"),
        ("kernel/domainname", "x", "uts"),
        ("kernel/sem", "1 2 3 4", "ipc"),
    ]
    noted = one(made, "note-namespaces")
    assert (noted.stage, noted.data) == (PREPARE, ["ipc", "net", "uts"])
    order = [kinds(made).index(kind) for kind in ("open-proc", "pivot", "sysctl")]
    assert order == sorted(order)


@pytest.mark.parametrize(
    ("name", "module"), [("apparmorProfile", "AppArmor"), ("selinuxLabel", "SELinux")]
)
def test_a_label_is_for_the_program_and_not_for_the_stub(name: str, module: str) -> None:
    made = plan({name: "x"})
    assert one(made, "exec-label").data == (module, f"process.{name}", "x")
    assert one(made, "check-label").stage == PREPARE
    assert one(made, "open-stub").data is True
    assert one(plan(), "open-stub").data is False


def test_both_labels_have_steps_of_their_own() -> None:
    made = plan({"apparmorProfile": "a", "selinuxLabel": "b"})
    names = [step.name for step in made.steps]
    assert len(names) == len(set(names)) and names.count("AppArmor label") == 1
