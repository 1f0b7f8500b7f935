"""What is left unapplied is told by path, and what is misspelt gets a suggestion."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anocir.spec import support, table, table_features
from anocir.spec.default import default_config

EVERYTHING: Any = json.loads(
    (Path(__file__).parent / "data" / "config" / "good" / "everything.json").read_text()
)


def config(**parts: object) -> Any:
    return {"ociVersion": "1.3.0", **parts}


def test_with_nothing_applied_only_the_top_is_named() -> None:
    assert support.unsupported(default_config(), ()) == [
        "process",
        "root",
        "hostname",
        "mounts",
        "linux",
    ]


def test_with_everything_applied_nothing_is_named() -> None:
    everything = (
        *("process", "root", "hostname", "domainname", "mounts", "hooks", "annotations"),
        "linux",
    )
    assert support.unsupported(EVERYTHING, everything) == []


def test_a_pattern_covers_what_lies_below_and_leaves_its_neighbours() -> None:
    applied = ("root.path", "process", "hostname", "mounts[].destination", "linux.namespaces")
    given_config = config(
        root={"path": "a", "readonly": True},
        process={"cwd": "/", "args": ["sh"], "user": {"uid": 1}},
        mounts=[{"destination": "/a"}, {"destination": "/b", "options": ["ro"]}],
        linux={"namespaces": [{"type": "pid"}], "resources": {"cpu": {"shares": 1}}},
    )
    assert support.unsupported(given_config, applied) == [
        "root.readonly",
        "mounts[1].options",
        "linux.resources",
    ]


def test_free_names_are_covered_by_brackets() -> None:
    given_config = config(linux={"netDevices": {"eth 0": {"name": "a"}, "eth1": {}}})
    assert support.unsupported(given_config, ("linux.netDevices[].x",)) == [
        'linux.netDevices["eth 0"].name'
    ]
    assert support.unsupported(given_config, ("linux.netDevices[]",)) == []


@pytest.mark.parametrize(
    "part",
    [
        {"hostname": ""},
        {"mounts": []},
        {"annotations": {}},
        {"hooks": {"prestart": [], "poststop": []}},
        {"process": {"terminal": False, "noNewPrivileges": False, "env": []}},
        {"process": {"terminal": False, "consoleSize": {"height": 25, "width": 80}}},
        {"process": {"user": {"uid": 0, "gid": 0, "additionalGids": []}}},
        {"linux": {"resources": {"cpu": {"shares": 0}, "memory": {"limit": 0, "kernel": 0}}}},
        {"linux": {"resources": {"blockIO": {"weight": 0, "weightDevice": []}, "devices": []}}},
        {"linux": {"timeOffsets": {"monotonic": {"secs": 0}}, "sysctl": {}, "netDevices": {}}},
        {"windows": {"a": 1}, "vm": {"b": 1}, "solaris": {}, "zos": {}, "freebsd": {"c": 1}},
        {"process": {"commandLine": "a", "user": {"username": "b"}}},
        {"unheard": {"of": 1}},
    ],
)
def test_what_asks_for_nothing_is_not_named(part: dict[str, object]) -> None:
    assert support.unsupported(config(**part), ()) == []


@pytest.mark.parametrize(
    ("part", "path"),
    [
        ({"process": {"oomScoreAdj": 0}}, "process.oomScoreAdj"),
        ({"process": {"user": {"umask": 0}}}, "process.user.umask"),
        ({"process": {"user": {"additionalGids": [0]}}}, "process.user.additionalGids"),
        ({"process": {"args": [""]}}, "process.args"),
        (
            {"process": {"terminal": True, "consoleSize": {"height": 1, "width": 1}}},
            "process.consoleSize",
        ),
        (
            {"linux": {"resources": {"memory": {"swappiness": 0}}}},
            "linux.resources.memory.swappiness",
        ),
        ({"linux": {"resources": {"devices": [{"allow": False}]}}}, "linux.resources.devices"),
        ({"linux": {"netDevices": {"eth0": {}}}}, "linux.netDevices"),
        ({"linux": {"sysctl": {"net.a": ""}}}, "linux.sysctl"),
        ({"linux": {"resources": {"unified": {"a": ""}}}}, "linux.resources.unified"),
    ],
)
def test_a_zero_that_says_something_is_named(part: dict[str, object], path: str) -> None:
    others = ("process.terminal", "linux.x", "linux.resources.x", "linux.resources.memory.x")
    applied = (*others, "process.x", "process.user.x")
    assert support.unsupported(config(**part), applied) == [path]


def test_everything_is_known_but_for_other_platforms() -> None:
    assert support.unknown(EVERYTHING) == [
        f"{path}: ignored, it is for another platform"
        for path in ("process.commandLine", "process.user.username", "windows", "vm")
    ]


@pytest.mark.parametrize(
    ("given_config", "line"),
    [
        ({"ociVerison": 1}, 'ociVerison: ignored, not in runtime-spec, did you mean "ociVersion"?'),
        ({"process": {"CWD": 1}}, 'process.CWD: ignored, not in runtime-spec, did you mean "cwd"?'),
        (
            {"mounts": [{"option": []}]},
            'mounts[0].option: ignored, not in runtime-spec, did you mean "options"?',
        ),
        ({"linux": {"xyzzy": 1}}, "linux.xyzzy: ignored, not in runtime-spec"),
        ({"linux": {"a\nb": 1}}, 'linux["a\\nb"]: ignored, not in runtime-spec'),
        ({"linux": {"x": 1}}, "linux.x: ignored, not in runtime-spec"),
        (
            {"linux": {"netDevices": {"eth0": {"nmae": "a"}}}},
            'linux.netDevices.eth0.nmae: ignored, not in runtime-spec, did you mean "name"?',
        ),
    ],
)
def test_an_unknown_name_is_told_with_the_nearest_one(given_config: Any, line: str) -> None:
    assert support.unknown(given_config) == [line]


def objects(node: Any) -> Iterator[dict[str, Any]]:
    """Yield the names, with what they stand for, of every object that a table knows."""
    if node[0] is None or node[0] is list:
        yield from objects(node[1])
    elif node[0] is dict:
        yield node[1]
        for inner in [*node[1].values(), *filter(None, [node[3]])]:
            yield from objects(inner)


@pytest.mark.parametrize(
    "node", [table.CONFIG, table_features.FEATURES], ids=["config", "features"]
)
def test_every_name_is_offered_for_its_misspelt_forms(node: Any) -> None:
    """One letter twice, one letter gone, two letters swapped, another case."""
    seen = 0
    for names in objects(node):
        for name in (one for one in names if len(one) > 3):
            middle = len(name) // 2
            head, one, two, tail = (
                name[: middle - 1],
                *name[middle - 1 : middle + 1],
                name[middle + 1 :],
            )
            for wrong in (
                head + one + one + two + tail,
                head + two + tail,
                head + two + one + tail,
                name.upper(),
            ):
                if wrong not in names:
                    assert support.suggestion(wrong, names) == name, wrong
                    seen += 1
    assert seen > 100


def test_free_names_are_never_unknown() -> None:
    given_config: Any = {"annotations": {"nmae": "x"}, "linux": {"sysctl": {"a": "b"}}}
    assert support.unknown(given_config) == []


words = st.text("abcd", max_size=6)


@settings(derandomize=True, deadline=None, max_examples=300)
@given(words, words)
def test_distance_is_what_the_textbook_says(one: str, two: str) -> None:
    def textbook(a: str, b: str) -> int:
        if not a or not b:
            return len(a) + len(b)
        steps = [
            textbook(a[:-1], b) + 1,
            textbook(a, b[:-1]) + 1,
            textbook(a[:-1], b[:-1]) + (a[-1] != b[-1]),
        ]
        if a[-2:] == b[-2:][::-1] and len(a) > 1 and len(b) > 1:
            steps.append(textbook(a[:-2], b[:-2]) + 1)
        return min(steps)

    assert support.distance(one, two) == textbook(one, two)
