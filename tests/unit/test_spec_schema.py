"""The schema documents and their tables, against jsonschema."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schema_trials import (
    DOCUMENTS,
    EVERYTHING,
    FOREIGN,
    Place,
    error_places,
    our_places,
    places,
    put,
    trials,
    validator,
    variants,
)

from anocir.spec import check, explain, table, table_features
from anocir.spec import types as shapes

ROOT = Path(__file__).resolve().parents[2]
DETERMINED = settings(
    derandomize=True,
    deadline=None,
    max_examples=150,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
CHANGES = st.lists(
    st.sampled_from([one for one in places(EVERYTHING, table.CONFIG) if one[0]]).flatmap(
        lambda place: st.tuples(st.just(place[0]), st.sampled_from(trials(place[1])))
    ),
    max_size=5,
)


def load_tool() -> types.ModuleType:
    spec = importlib.util.spec_from_file_location(
        "schema_table", ROOT / "tools" / "schema_table.py"
    )
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# The documents and the table


def subschemas(schema: Any, path: str) -> Iterator[tuple[str, Any]]:
    """Yield every schema inside of one, with its path in the document."""
    yield path, schema
    for name in ("properties", "$defs"):
        for key, inner in schema.get(name, {}).items():
            yield from subschemas(inner, f"{path}/{name}/{key}")
    for name in ("items", "additionalProperties"):
        if name in schema:
            yield from subschemas(schema[name], f"{path}/{name}")


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_documents_are_valid_json_schema(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(explain.load_schema(name))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_property_is_described(name: str) -> None:
    schema = explain.load_schema(name)
    definitions = schema.get("$defs", {})
    for path, inner in subschemas(schema, name):
        if re.search(r"/properties/[^/]+$", path):
            target = inner.get("$ref", "").removeprefix("#/$defs/")
            assert inner.get("description") or definitions[target].get("description"), path


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_definition_has_a_title_and_its_clause(name: str) -> None:
    """And what has properties is a definition, so that no object is without."""
    for path, inner in subschemas(explain.load_schema(name), name):
        if "properties" in inner or re.search(r"/\$defs/[^/]+$", path):
            assert path == name or re.search(r"/\$defs/[^/]+$", path), path
            assert inner.get("title"), path
            assert CLAUSE.fullmatch(inner.get("$comment", "")), path


CLAUSE = re.compile(r"(config|features|runtime)(-[a-z]+)?\.md#[a-z-]+")


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_comment_names_a_clause(name: str) -> None:
    for path, inner in subschemas(explain.load_schema(name), name):
        assert "$comment" not in inner or CLAUSE.fullmatch(inner["$comment"]), path


def test_names_that_two_documents_list_are_the_same() -> None:
    """Each document stands alone, so the lists are written twice."""
    config, features = (explain.load_schema(name)["$defs"] for name in ("config", "features"))
    for name in ("SeccompAction", "SeccompArch", "SeccompFlag", "MemoryPolicyFlag"):
        assert features[name]["enum"] == config[name]["enum"]
    for ours, owner, name in (
        ("NamespaceType", "Namespace", "type"),
        ("MemoryPolicyMode", "MemoryPolicy", "mode"),
        ("SeccompOperator", "SyscallArg", "op"),
    ):
        assert features[ours]["enum"] == config[owner]["properties"][name]["enum"]


def test_the_table_is_what_the_documents_say() -> None:
    tool = ROOT / "tools" / "schema_table.py"
    done = subprocess.run(
        [sys.executable, str(tool), "--check"], check=False, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_an_outdated_table_is_noticed(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "anocir/spec/schema", tmp_path / "anocir/spec/schema")
    (tmp_path / "tools").mkdir()
    shutil.copy(ROOT / "tools/schema_table.py", tmp_path / "tools/schema_table.py")
    schema = (ROOT / "anocir/spec/schema/state.json").read_text()
    (tmp_path / "anocir/spec/schema/state.json").write_text(schema.replace('"paused", ', ""))
    for table_file in (ROOT / "anocir/spec").glob("table*.py"):
        shutil.copy(table_file, tmp_path / "anocir/spec")
    tool = [sys.executable, str(tmp_path / "tools/schema_table.py")]
    assert subprocess.run([*tool, "--check"], check=False, capture_output=True).returncode == 1
    subprocess.run(tool, check=True)
    assert subprocess.run([*tool, "--check"], check=False, capture_output=True).returncode == 0
    assert '"paused"' not in (tmp_path / "anocir/spec/table.py").read_text().replace("'", '"')


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "minLength": 1},
        {"type": "integer", "exclusiveMinimum": 1},
        {"type": "object", "properties": {}, "minProperties": 1},
        {"type": ["string", "integer"]},
    ],
)
def test_a_keyword_that_the_table_cannot_hold_is_refused(schema: dict[str, Any]) -> None:
    with pytest.raises(SystemExit, match="not understood"):
        load_tool().node(schema, "config")


@pytest.mark.parametrize(
    "pattern", ["a*", "^a*a$(?!\\n)", "^[a-c]*[0-9]*b$(?!\\n)", "^a|b$(?!\\n)"]
)
def test_a_pattern_that_needs_backtracking_or_more_is_refused(pattern: str) -> None:
    with pytest.raises(SystemExit, match="pattern"):
        load_tool().pieces(pattern)


PATTERNS = sorted(
    {
        inner["pattern"]
        for name in DOCUMENTS
        for _, inner in subschemas(explain.load_schema(name), name)
        if "pattern" in inner
    }
)


@DETERMINED
@given(st.sampled_from(PATTERNS), st.text("0123KMGB:, -arwmx_CAP\n", max_size=8))
def test_pieces_match_what_the_pattern_matches(pattern: str, text: str) -> None:
    wanted = re.search(pattern, text) is not None
    assert check.matches(text, load_tool().pieces(pattern)) is wanted


def test_the_type_hints_have_the_names_of_the_schema() -> None:
    """types.py lists every property of the schema, and no other."""

    def compare(hint: Any, node: Any, path: str) -> None:
        while typing.get_origin(hint) in (typing.NotRequired, typing.Required):
            hint = typing.get_args(hint)[0]
        assert (type(None) in typing.get_args(hint)) is (node[0] is None), path
        if node[0] is None:
            hint, node = typing.get_args(hint)[0], node[1]
        if node[0] is list:
            assert typing.get_origin(hint) is list, path
            compare(typing.get_args(hint)[0], node[1], f"{path}[]")
        elif node[0] is dict and typing.get_origin(hint) is dict:
            for inner in [*node[1].values(), *filter(None, [node[3]])]:
                compare(typing.get_args(hint)[1], inner, f"{path}.*")
        elif node[0] is dict:
            hints = typing.get_type_hints(hint, include_extras=True)
            assert set(hints) | FOREIGN == set(node[1]) | FOREIGN, path
            required = {
                name
                for name, inner in hints.items()
                if typing.get_origin(inner) is typing.Required
                or (hint.__total__ and typing.get_origin(inner) is not typing.NotRequired)
            }
            assert required == set(node[2]), path
            for name in hints:
                compare(hints[name], node[1][name], f"{path}.{name}")
        else:
            assert hint is node[0], path

    compare(shapes.Config, table.CONFIG, "config")
    compare(shapes.State, table.STATE, "state")
    compare(shapes.Features, table_features.FEATURES, "features")


@pytest.mark.parametrize("name", DOCUMENTS)
def test_everything_has_every_property_of_the_schema(name: str) -> None:
    known: set[tuple[int, str]] = set()
    present: set[tuple[int, str]] = set()
    names: dict[int, str] = {}

    def look(values: list[Any], node: Any, path: str) -> None:
        if node[0] is None:
            node = node[1]
        if node[0] is list:
            look([item for value in values for item in value], node[1], f"{path}[]")
        elif node[0] is dict:
            names[id(node)] = path
            for key, inner in node[1].items():
                there = [value[key] for value in values if key in value]
                known.add((id(node), key))
                present.update([(id(node), key)] if there else [])
                look(there, inner, f"{path}.{key}")
            if node[3] is not None:
                look([item for value in values for item in value.values()], node[3], f"{path}[]")

    document, root = DOCUMENTS[name]
    look([document], root, name)
    assert [f"{names[node]}.{key}" for node, key in known - present] == []


# The interpreter against jsonschema


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_table_and_jsonschema_agree_at_every_place(name: str) -> None:
    document, node = DOCUMENTS[name]
    count = 0
    for path, value in variants(document, node):
        assert our_places(value, node) == error_places(validator(name), value), (path, value)
        count += 1
    assert count > 100


@DETERMINED
@given(CHANGES)
def test_the_table_and_jsonschema_agree_on_several_places_at_once(
    changes: list[tuple[Place, Any]],
) -> None:
    value = EVERYTHING
    for path, trial in changes:
        value = put(value, path, trial)
    assert our_places(value, table.CONFIG) == error_places(validator("config"), value)
    plain = sorted(check.plain(check.problems(value, table.CONFIG)))
    explained = sorted(explain.explain(value, "config"))
    assert len(plain) == len(explained)
    for one, two in zip(plain, explained, strict=True):
        assert two.startswith(f"{one} (")
