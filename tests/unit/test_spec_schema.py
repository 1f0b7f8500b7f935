"""The schema documents and their table, against jsonschema and the schema of runtime-spec.

``OCI_SCHEMA_DIR`` names a directory with runtime-spec's schema documents; without it the tests
that compare with them are skipped.
"""

from __future__ import annotations

import functools
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import types
import typing
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import referencing
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from anocir.spec import check, explain, table
from anocir.spec import types as shapes
from anocir.spec.json import dotted

ROOT = Path(__file__).resolve().parents[2]
EVERYTHING: Any = json.loads(
    (Path(__file__).parent / "data" / "config" / "good" / "everything.json").read_text()
)
ORACLE = os.environ.get("OCI_SCHEMA_DIR", "")
needs_oracle = pytest.mark.skipif(
    not ORACLE, reason="OCI_SCHEMA_DIR is not set: no schema of runtime-spec to compare with"
)
DETERMINED = settings(
    derandomize=True,
    deadline=None,
    max_examples=150,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
Place = tuple[str | int, ...]


def load_tool() -> types.ModuleType:
    spec = importlib.util.spec_from_file_location(
        "schema_table", ROOT / "tools" / "schema_table.py"
    )
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# Documents with something at one place that may or may not fit


GONE = object()
JUNK: list[Any] = [
    None,
    True,
    False,
    -1,
    0,
    1.0,
    0.5,
    "",
    "x",
    "\n",
    [],
    [1],
    ["x"],
    {},
    {"x": "y"},
]
SAMPLES = [
    *("2MB", "2MB\n", "02MB", "12GB", "1024KB", "2B", "2TB", "MB:", "MB:\n", "MB:a\nb", "MB:0=20"),
    *("MB", "r", "rw", "mwr", "rwx", "0-3,7", "0-3, 7 ", "0\n", "a"),
]
STATE: Any = {
    "ociVersion": "1.3.0",
    "id": "a",
    "status": "running",
    "pid": 7,
    "bundle": "/b",
    "annotations": {"a": "b"},
    "rootfs": "/b/r",
    "created": "2026-01-02T03:04:05Z",
    "owner": "root",
}


def trials(node: Any) -> list[Any]:
    """Return values to put where a node of the table applies: junk, and the edges of the node."""
    if node[0] is int:
        limits = [limit for limit in node[1:] if limit is not None]
        return [GONE, *JUNK, *(limit + step for limit in limits for step in (-1, 0, 1))]
    if node[0] is str and node[1] is not None:
        first = node[1][0]
        return [GONE, *JUNK, *node[1], first.lower(), first + "\n", first[:-1]]
    if node[0] is str and node[2] is not None:
        return [GONE, *JUNK, *SAMPLES]
    if node[0] is dict and node[3] is not None:
        return [GONE, *JUNK, {"": 1}, {"\n": 1}, {"a.b": 1}]
    return [GONE, *JUNK]


def places(value: Any, node: Any, path: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Yield each place of a document that the table knows, with its node."""
    yield path, node
    if isinstance(value, dict):
        for name, item in value.items():
            yield from places(
                item, node[1].get(name, node[3]) or (dict, {}, (), None), (*path, name)
            )
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from places(item, node[1], (*path, index))


def put(document: Any, path: Place, value: Any) -> Any:
    """Return the document with another value at a place; the rest is shared."""
    if not path:
        return {} if value is GONE else value
    if isinstance(document, dict) and path[0] in document:
        rest = {name: item for name, item in document.items() if name != path[0]}
        if len(path) == 1 and value is GONE:
            return rest
        return {**rest, path[0]: put(document[path[0]], path[1:], value)}
    if isinstance(document, list) and isinstance(path[0], int) and path[0] < len(document):
        inner = (
            [] if len(path) == 1 and value is GONE else [put(document[path[0]], path[1:], value)]
        )
        return [*document[: path[0]], *inner, *document[path[0] + 1 :]]
    return document


def chain(document: Any, node: Any, path: Place) -> tuple[Any, Place]:
    """Cut a document down to one place and what is required around it; return its new path."""
    if not path:
        return document, ()
    name = path[0]
    if isinstance(document, list):
        inner, below = chain(document[int(name)], node[1], path[1:])
        return [inner], (0, *below)
    inner, below = chain(document[name], node[1].get(name, node[3]), path[1:])
    return {**{one: document[one] for one in node[2]}, name: inner}, (name, *below)


def variants(document: Any, node: Any) -> Iterator[tuple[Place, Any]]:
    """Yield (place, small document with a trial value at that place), each kind of place once."""
    seen = set()
    for path, there in places(document, node):
        pattern = re.sub(r"\d+", "N", str(path))
        if pattern not in seen and (not path or path[0] not in FOREIGN):
            seen.add(pattern)
            small, short = chain(document, node, path)
            for value in trials(there):
                yield short, put(small, short, value)


FOREIGN = {"windows", "solaris", "vm", "zos", "freebsd"}
CHANGES = st.lists(
    st.sampled_from([one for one in places(EVERYTHING, table.CONFIG) if one[0]]).flatmap(
        lambda place: st.tuples(st.just(place[0]), st.sampled_from(trials(place[1])))
    ),
    max_size=5,
)


# Verdicts as sets of places


def our_places(value: object, node: Any) -> set[Place]:
    return {path for path, _, _ in check.problems(value, node)}


def error_places(validator: Any, value: object) -> set[Place]:
    found: set[Place] = set()
    for error in leaves(validator.iter_errors(value)):
        path = tuple(error.absolute_path)
        if error.validator == "required":
            found |= {(*path, name) for name in error.validator_value if name not in error.instance}
        else:
            found.add(path)
    return found


def leaves(errors: Iterable[Any]) -> Iterator[Any]:
    """Yield errors, those inside an anyOf instead of the anyOf."""
    for error in errors:
        yield from leaves(error.context) if error.context else [error]


@functools.cache
def validator(name: str) -> Any:
    return explain.validator(explain.load_schema(name))


# The documents and the table


@pytest.mark.parametrize("name", ["config", "state"])
def test_the_documents_are_valid_json_schema(name: str) -> None:
    schema = json.loads((ROOT / "anocir" / "spec" / "schema" / f"{name}.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)


def test_every_property_is_described() -> None:
    def undescribed(schema: Any, path: str) -> Iterator[str]:
        if isinstance(schema, dict):
            for name, inner in schema.get("properties", {}).items():
                target = inner.get("$ref", "").removeprefix("#/$defs/")
                if "description" not in inner and "description" not in DEFS.get(target, {}):
                    yield f"{path}.{name}"
            for name, inner in schema.items():
                yield from undescribed(inner, f"{path}.{name}")

    for name in ("config", "state"):
        schema = explain.load_schema(name)
        DEFS = schema.get("$defs", {})
        assert list(undescribed(schema, name)) == []


def test_the_table_is_what_the_documents_say() -> None:
    tool = ROOT / "tools" / "schema_table.py"
    done = subprocess.run(
        [sys.executable, str(tool), "--check"], check=False, capture_output=True, text=True
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_an_outdated_table_is_noticed(tmp_path: Path) -> None:
    for part in ("tools/schema_table.py", "anocir/spec/schema/config.json"):
        (tmp_path / part).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / part, tmp_path / part)
    schema = (ROOT / "anocir/spec/schema/state.json").read_text()
    (tmp_path / "anocir/spec/schema/state.json").write_text(schema.replace('"paused", ', ""))
    shutil.copy(ROOT / "anocir/spec/table.py", tmp_path / "anocir/spec/table.py")
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


PATTERNS = sorted(set(re.findall(r"'(\^.*?\$\(\?!\\\\n\))'", Path(table.__file__).read_text())))


def test_the_patterns_are_found() -> None:
    assert len(PATTERNS) == 4


@DETERMINED
@given(st.sampled_from(PATTERNS), st.text("0123KMGB:, -arwmx\n", max_size=8))
def test_pieces_match_what_the_pattern_matches(source: str, text: str) -> None:
    pattern = source.encode().decode("unicode_escape")
    wanted = re.search(pattern, text) is not None
    assert check.matches(text, load_tool().pieces(pattern)) is wanted


def test_the_type_hints_have_the_names_of_the_schema() -> None:
    """types.py lists every property of the schema, and no other."""

    def compare(hint: Any, node: Any, path: str) -> None:
        while typing.get_origin(hint) in (typing.NotRequired, typing.Required):
            hint = typing.get_args(hint)[0]
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


def test_everything_has_every_property_of_the_schema() -> None:
    known: set[tuple[int, str]] = set()
    present: set[tuple[int, str]] = set()
    names: dict[int, str] = {}

    def look(values: list[Any], node: Any, path: str) -> None:
        if node[0] is list:
            look([item for value in values for item in value], node[1], f"{path}[]")
        elif node[0] is dict:
            names[id(node)] = path
            for name, inner in node[1].items():
                there = [value[name] for value in values if name in value]
                known.add((id(node), name))
                present.update([(id(node), name)] if there else [])
                look(there, inner, f"{path}.{name}")
            if node[3] is not None:
                look([item for value in values for item in value.values()], node[3], f"{path}[]")

    look([EVERYTHING], table.CONFIG, "config")
    assert [f"{names[node]}.{name}" for node, name in known - present] == []


# The interpreter against jsonschema


@pytest.mark.parametrize(
    ("name", "document", "node"),
    [("config", EVERYTHING, table.CONFIG), ("state", STATE, table.STATE)],
)
def test_the_table_and_jsonschema_agree_at_every_place(name: str, document: Any, node: Any) -> None:
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


# Against the schema of runtime-spec

# What we judge otherwise than runtime-spec's own schema, and why: docs/design/schema.md.
STRICTER = {
    "config": [
        r"process\.user\.(uid|gid|additionalGids\[\d+\])",
        r"process\.oomScoreAdj",
        r"process\.ioPriority\.priority",
        r"process\.rlimits\[\d+\]\.type",
        r"process\.execCPUAffinity\.(initial|final)",
        r"mounts\[\d+\]\.[ug]idMappings\[\d+\]\.(containerID|hostID)",
        r"linux\.[ug]idMappings\[\d+\]\.(containerID|hostID)",
        r"linux\.devices\[\d+\]\.(uid|gid)",
        r"linux\.devices\[\d+\]\.type",
        r"linux\.resources\.devices\[\d+\]\.type",
        r"linux\.resources\.devices\[\d+\]\.access",
        r"linux\.resources\.blockIO\.throttle\w+\[\d+\]\.rate",
        r"linux\.resources\.hugepageLimits\[\d+\]\.pageSize",
        r"linux\.intelRdt\.memBwSchema",
        r"linux\.personality\.domain",
        r'(annotations|linux\.sysctl|linux\.resources\.unified)\["(\\n)?"\]',
    ],
    "state": [r"rootfs|created|owner", r'annotations\["(\\n)?"\]'],
}
LAXER = {
    "config": [r"linux\.devices\[\d+\]\.fileMode", r"linux\.rootfsPropagation"],
    "state": ["status"],
}


def oracle(name: str) -> Any:
    """Return a validator for one of runtime-spec's documents."""

    def retrieve(uri: str) -> Any:
        file = Path(ORACLE) / uri.rpartition("/")[2]
        # The schemas of other platforms may be left out: they then allow anything.
        contents = json.loads(file.read_text()) if file.exists() else {file.stem[7:]: {}}
        return referencing.Resource.from_contents(
            contents, default_specification=referencing.jsonschema.DRAFT4
        )

    registry: Any = referencing.Registry(retrieve=retrieve)  # type: ignore[call-arg]
    return jsonschema.Draft4Validator({"$ref": f"urn:oci/{name}"}, registry=registry)


@needs_oracle
@pytest.mark.parametrize(
    ("name", "document", "node"),
    [("config", EVERYTHING, table.CONFIG), ("state", STATE, table.STATE)],
)
def test_every_place_is_judged_as_by_the_spec_but_for_those_listed(
    name: str, document: Any, node: Any
) -> None:
    """And each listed place does differ, or the list would hide what comes later."""
    theirs = oracle(f"{name}-schema.json")
    differing = set()
    for _, value in variants(document, node):
        ours, spec = our_places(value, node), error_places(theirs, value)
        for listed, places in ((STRICTER, ours - spec), (LAXER, spec - ours)):
            for place in places:
                matching = [one for one in listed[name] if re.fullmatch(one, dotted(place))]
                assert matching, (place, value)
                differing.update(matching)
    assert differing == {*STRICTER[name], *LAXER[name]}


@needs_oracle
def test_what_is_for_other_platforms_is_not_looked_into() -> None:
    value = {"ociVersion": "1.3.0", "root": {"path": "a"}, "vm": {"kernel": 7}}
    assert our_places(value, table.CONFIG) == set()
    assert error_places(oracle("config-schema.json"), value) != set()
