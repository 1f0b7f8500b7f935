"""Whatever a config.json holds, the answer is a config or lines that say what is wrong."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from schema_trials import EVERYTHING, JUNK, Place, chain, places, put, trials

from anocir.errors import ConfigError
from anocir.spec import bundle, rules, support, table
from anocir.spec.json import dumps

PLACES = [(path, node) for path, node in places(EVERYTHING, table.CONFIG) if path]
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)
CANARY = "hunter2-and-more"
TEXT = dumps(EVERYTHING).encode()


def judged(text: bytes) -> list[str]:
    """Judge a text as ``create`` does; return the lines that it is refused or warned with."""
    try:
        config = bundle.parse(text, "config.json")
    except ConfigError as error:
        return error.violations
    return [*support.unknown(config), *rules.advice(config), *support.unsupported(config, ())]


def well_worded(lines: list[str]) -> bool:
    return all(line and "\n" not in line and len(line) < 1000 for line in lines)


def strange(place: tuple[Place, Any]) -> st.SearchStrategy[tuple[Place, Any]]:
    path, node = place
    fitting = st.sampled_from([value for value in trials(node) if type(value) is not object])
    return st.tuples(st.just(path), fitting | ANYTHING)


@settings(max_examples=300)
@given(st.lists(st.sampled_from(PLACES).flatmap(strange), min_size=1, max_size=4))
def test_a_config_with_something_else_at_some_places(changes: list[tuple[Place, Any]]) -> None:
    config, _ = chain(EVERYTHING, table.CONFIG, changes[0][0])
    for path, value in changes:
        config = put(config, path, value)
    try:
        text = json.dumps(config).encode()
    except RecursionError:
        return
    assert well_worded(judged(text))


@settings(max_examples=200)
@given(
    st.integers(0, len(TEXT)),
    st.integers(0, 40),
    st.binary(max_size=8) | st.sampled_from([b"{", b"]", b",", b'"', b"1e999", b"NaN", b"\\ud800"]),
)
def test_a_text_with_a_piece_replaced(start: int, size: int, piece: bytes) -> None:
    assert well_worded(judged(TEXT[:start] + piece + TEXT[start + size :]))


@given(st.binary(max_size=64) | st.text(max_size=64).map(str.encode))
def test_a_text_that_is_no_config(text: bytes) -> None:
    assert judged(text)
    assert well_worded(judged(text))


@pytest.mark.parametrize(
    "holder",
    [
        {"env": [CANARY, f"PASSWORD={CANARY}", 7]},
        {"env": CANARY},
        {"env": {"PASSWORD": CANARY}},
        [{"env": [CANARY]}],
        {"annotations": {"a": CANARY, "b": [CANARY], "c": 7}},
        {"process": {"env": [CANARY, CANARY]}, "hooks": {"poststop": [{"env": [CANARY]}]}},
    ],
    ids=str,
)
def test_what_may_be_a_password_is_never_shown(holder: Any) -> None:
    """Wherever it stands, and whatever else is wrong around it."""
    for path, _ in PLACES:
        small, there = chain(EVERYTHING, table.CONFIG, path)
        lines = judged(dumps(put(small, there, holder)).encode())
        assert lines and CANARY not in str(lines), path


def test_the_junk_of_the_trials_is_refused_as_a_whole_document() -> None:
    for junk in JUNK:
        assert judged(json.dumps(junk).encode()), junk


def test_a_config_on_disk_may_change_while_it_is_read(tmp_path: Any) -> None:
    """What was judged is what is kept: the text, not the file."""
    file = tmp_path / "config.json"
    file.write_bytes(TEXT)
    loaded = bundle.load(str(tmp_path))
    os.truncate(file, 10)
    assert loaded.text == TEXT
