"""State and features documents: what is taken, and which words are had for the others."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from schema_trials import DOCUMENTS, STATE, put

from anocir.errors import ConfigError
from anocir.spec import documents

FEATURES: Any = DOCUMENTS["features"][0]


def violations(judge: Any, document: object) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        judge(document, "here")
    assert caught.value.message.startswith("here: ")
    return caught.value.violations


def test_good_documents_are_taken() -> None:
    documents.judge_state(STATE, "here")
    assert documents.judge_features(FEATURES, "here") == []
    assert documents.judge_features({"ociVersionMin": "1.0.0", "ociVersionMax": "1.0.0"}, "") == []


@pytest.mark.parametrize("status", ["creating", "created", "running", "paused", "stopped"])
def test_a_created_or_running_container_has_a_process(status: str) -> None:
    for pid, document in ((0, {**STATE, "pid": 0}), ("nothing", {**STATE})):
        document["status"] = status
        if pid == "nothing":
            del document["pid"]
        if status in ("created", "running"):
            wanted = f"pid: found {pid}, allowed: a process id, for status is {status}"
            assert violations(documents.judge_state, document) == [wanted]
        else:
            documents.judge_state(document, "here")


def test_a_state_is_of_any_version_and_its_bundle_absolute() -> None:
    documents.judge_state({**STATE, "ociVersion": "0.2.0"}, "here")
    assert violations(documents.judge_state, {**STATE, "ociVersion": "1.3", "bundle": "b"}) == [
        'ociVersion: found "1.3" (a string), allowed: a version such as 1.3.0',
        'bundle: found "b" (a string), allowed: an absolute path',
    ]


def test_faults_of_shape_and_of_rules_are_told_at_once() -> None:
    wrong = {"ociVersionMin": "2", "linux": {"cgroup": {"v1": "yes"}, "seccomp": 7}}
    found = violations(documents.judge_features, wrong)
    assert [line.partition(" (")[0] for line in found] == [
        "ociVersionMax: found nothing, allowed: a string",
        'linux.cgroup.v1: found "yes"',
        "linux.seccomp: found 7",
        'ociVersionMin: found "2"',
    ]
    assert found[1].endswith("(a string), allowed: true or false, or null (cgroup version 1)")


def test_the_highest_version_is_not_below_the_lowest() -> None:
    wrong = {"ociVersionMin": "1.0.0", "ociVersionMax": "1.0.0-rc.2"}
    assert violations(documents.judge_features, wrong) == [
        'ociVersionMax: found "1.0.0-rc.2" (a string), allowed: ociVersionMin, 1.0.0, or more'
    ]


def test_versions_sort_as_semver_says() -> None:
    """The order of semver.org, 2.0.0, item 11."""
    ordered = (
        *("1.0.0-0", "1.0.0-2", "1.0.0-10", "1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta"),
        *("1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.0.10", "1.2.0"),
        "2.0.0-alpha",
    )
    for low, high in itertools.combinations(ordered, 2):
        assert documents.precedence(low) < documents.precedence(high), (low, high)
    assert documents.precedence("1.0.0+a") == documents.precedence("1.0.0+b")


def test_a_misspelt_name_is_warned_of() -> None:
    document = put(FEATURES, ("linux", "seccomp"), {"enabld": True, "archs": None})
    document["Hooks"] = []
    assert documents.judge_features(document, "here") == [
        'Hooks: ignored, not in runtime-spec, did you mean "hooks"?',
        'linux.seccomp.enabld: ignored, not in runtime-spec, did you mean "enabled"?',
    ]


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["linux", "pid", "ociVersionMin", "x"]), inner, max_size=3
        )
    ),
    max_leaves=6,
)


@given(JUNK, st.sampled_from([documents.judge_state, documents.judge_features]))
def test_no_document_gives_more_than_violations(document: object, judge: Any) -> None:
    lines = violations(judge, document)
    assert lines and all(": " in line and "\n" not in line for line in lines)
