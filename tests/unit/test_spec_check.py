"""The schema documents, their table and its interpreter, against jsonschema and the spec's own.

``OCI_SCHEMA_DIR`` names a directory with runtime-spec's schema documents and fixtures; without
it the tests that compare with them are skipped.
"""

from __future__ import annotations

import importlib.util
import json
import os
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
import referencing
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from anocir.errors import ConfigError
from anocir.spec import bundle, check, explain, table
from anocir.spec import types as shapes
from anocir.spec.json import dotted, loads

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(__file__).parent / "data" / "config"
ORACLE = os.environ.get("OCI_SCHEMA_DIR", "")
needs_oracle = pytest.mark.skipif(
    not ORACLE, reason="OCI_SCHEMA_DIR is not set: no schema of runtime-spec to compare with"
)
DETERMINED = settings(
    derandomize=True,
    deadline=None,
    max_examples=400,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
Path_ = tuple[str | int, ...]


def load_tool() -> types.ModuleType:
    spec = importlib.util.spec_from_file_location(
        "schema_table", ROOT / "tools" / "schema_table.py"
    )
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# Documents that are nearly right, made from the table

JUNK = st.sampled_from(
    [None, True, False, -1, 0, 1.0, 0.5, "", "x", "\n", [], [1], ["x"], {}, {"x": "y"}, {"": 1}]
)


def nearly(node: Any, wrong: int = 12) -> st.SearchStrategy[Any]:
    """Return values that mostly fit a node: about one place in ``wrong`` holds something else."""
    good = GOOD[node[0]](node, wrong)
    return st.integers(0, wrong).flatmap(lambda roll: JUNK if roll == wrong else good)


def strings(node: Any, wrong: int) -> st.SearchStrategy[str]:
    if node[1] is not None:
        return st.sampled_from([*node[1], *node[1], "", node[1][0].lower(), node[1][0] + "\n"])
    if node[2] is not None:
        return st.from_regex(node[2][0].replace("$(?!\n)", "$")) | st.sampled_from(
            ["", "2MB", "2MB\n", "02MB", "12GB", "MB:", "MB:\n", "MB:a\nb", "rw", "rwx", "0-3,\n"]
        )
    return st.text(max_size=3)


def integers(node: Any, wrong: int) -> st.SearchStrategy[int]:
    least = node[1] if node[1] is not None else 0
    most = node[2] if node[2] is not None else least + 10
    edges = [least, least + 1, most - 1, most, least - 1, most + 1, 4294967295]
    return st.sampled_from(edges) | st.integers(least, most)


def arrays(node: Any, wrong: int) -> st.SearchStrategy[list[Any]]:
    return st.lists(nearly(node[1], wrong * 2), max_size=2)


def objects(node: Any, wrong: int) -> st.SearchStrategy[dict[str, Any]]:
    _, names, required, other = node

    def members(chosen: list[str]) -> st.SearchStrategy[dict[str, Any]]:
        return st.fixed_dictionaries({name: nearly(names[name], wrong * 2) for name in chosen})

    if not names:
        inner = nearly(other, wrong * 2) if other is not None else JUNK
        return st.dictionaries(st.sampled_from(["", "a", "b.c", "\n"]), inner, max_size=2)
    optional = [
        name for name in names if name not in ("windows", "solaris", "vm", "zos", "freebsd")
    ]
    chosen = st.lists(st.sampled_from(optional), max_size=3, unique=True)
    kept = st.integers(0, wrong).map(lambda roll: [] if roll == wrong else list(required))
    return st.tuples(chosen, kept).flatmap(lambda both: members(list({*both[0], *both[1]})))


GOOD: dict[type, Any] = {
    str: strings,
    int: integers,
    bool: lambda node, wrong: st.booleans(),
    list: arrays,
    dict: objects,
}
configs = nearly(table.CONFIG, 40)
states = nearly(table.STATE, 12)


# Verdicts as sets of paths


def our_paths(value: object, node: Any) -> set[Path_]:
    return {path for path, _, _ in check.problems(value, node)}


def error_paths(validator: Any, value: object) -> set[Path_]:
    found: set[Path_] = set()
    for error in validator.iter_errors(value):
        path = tuple(error.absolute_path)
        if error.validator == "required":
            found |= {(*path, name) for name in error.validator_value if name not in error.instance}
        else:
            found.add(path)
    return found


@pytest.fixture(scope="module")
def config_validator() -> Any:
    return explain.validator(explain.load_schema("config"))


@pytest.fixture(scope="module")
def state_validator() -> Any:
    return explain.validator(explain.load_schema("state"))


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
            assert set(hints) | FOREIGN_TOP == set(node[1]) | FOREIGN_TOP, path
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


FOREIGN_TOP = {"windows", "solaris", "vm", "zos", "freebsd"}


# The interpreter against jsonschema


@DETERMINED
@given(configs)
def test_the_table_and_jsonschema_find_the_same_places_in_a_config(
    config_validator: Any, config: Any
) -> None:
    assert our_paths(config, table.CONFIG) == error_paths(config_validator, config)


@DETERMINED
@given(states)
def test_the_table_and_jsonschema_find_the_same_places_in_a_state(
    state_validator: Any, state: Any
) -> None:
    assert our_paths(state, table.STATE) == error_paths(state_validator, state)


@DETERMINED
@given(configs)
def test_words_with_and_without_jsonschema_differ_in_the_description_alone(config: Any) -> None:
    found = check.problems(config, table.CONFIG)
    plain = sorted(check.plain(found))
    explained = sorted(explain.explain(config, "config"))
    assert len(plain) == len(explained)
    for one, two in zip(plain, explained, strict=True):
        assert two.startswith(f"{one} ("), (one, two)


# Against the schema of runtime-spec

# What we judge otherwise than runtime-spec's own schema, and why: docs/design/schema.md.
STRICTER = (
    r"process\.(user\.(uid|gid|additionalGids\[\d+\])|oomScoreAdj)",
    r"process\.ioPriority\.priority",
    r"process\.rlimits\[\d+\]\.type",
    r"linux\.devices\[\d+\]\.(uid|gid|type)",
    r"(linux|mounts\[\d+\])\.[ug]idMappings\[\d+\]\.(containerID|hostID)",
    r"linux\.resources\.devices\[\d+\]\.(type|access)",
    r"linux\.resources\.blockIO\.throttle\w+\[\d+\]\.rate",
    r"linux\.resources\.hugepageLimits\[\d+\]\.pageSize",
    r"linux\.intelRdt\.memBwSchema",
    r"process\.execCPUAffinity\.(initial|final)",
    r"linux\.personality\.domain",
    r'(annotations|linux\.sysctl|linux\.resources\.unified)\["(\\n)?"\]',
    r"rootfs|created|owner",
)
LAXER = (
    r"linux\.devices\[\d+\]\.fileMode",
    r"linux\.rootfsPropagation",
    r"vm(\..*)?",
    r"status",
)


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


def assert_same_but_for_the_listed(ours: set[Path_], theirs: set[Path_], value: object) -> None:
    for path in ours - theirs:
        assert any(re.fullmatch(one, dotted(path)) for one in STRICTER), (path, value)
    for path in theirs - ours:
        assert any(re.fullmatch(one, dotted(path)) for one in LAXER), (path, value)


@needs_oracle
@DETERMINED
@given(configs)
def test_configs_are_judged_as_by_the_spec_but_for_listed_places(config: Any) -> None:
    theirs = error_paths(CONFIG_ORACLE, config)
    assert_same_but_for_the_listed(our_paths(config, table.CONFIG), theirs, config)


@needs_oracle
@DETERMINED
@given(states)
def test_states_are_judged_as_by_the_spec_but_for_listed_places(state: Any) -> None:
    theirs = error_paths(STATE_ORACLE, state)
    assert_same_but_for_the_listed(our_paths(state, table.STATE), theirs, state)


CONFIG_ORACLE = oracle("config-schema.json") if ORACLE else None
STATE_ORACLE = oracle("state-schema.json") if ORACLE else None


@needs_oracle
@pytest.mark.parametrize(
    ("path", "value", "theirs"),
    [
        (("process", "user", "uid"), 4294967295, True),
        (("process", "oomScoreAdj"), 1001, True),
        (("process", "ioPriority", "priority"), 8, True),
        (("process", "rlimits", 0, "type"), "RLIMIT_OPEN", True),
        (("linux", "devices", 0, "gid"), 4294967295, True),
        (("linux", "uidMappings", 0, "hostID"), 4294967295, True),
        (("linux", "resources", "devices", 1, "type"), "p", True),
        (("linux", "resources", "devices", 1, "access"), "rx", True),
        (("linux", "resources", "blockIO", "throttleReadBpsDevice", 0, "rate"), None, True),
        (("linux", "resources", "hugepageLimits", 0, "pageSize"), "2MB\n", True),
        (("linux", "personality", "domain"), None, True),
        (("linux", "devices", 0, "fileMode"), 8630, False),
        (("linux", "rootfsPropagation"), "rshared", False),
        (("vm",), {}, False),
    ],
)
def test_each_listed_difference_is_one(path: Path_, value: object, theirs: bool) -> None:
    """``theirs``: the spec's schema takes the value and ours does not; None removes it."""
    config = json.loads((DATA / "good" / "everything.json").read_text())
    inside = config
    for name in path[:-1]:
        inside = inside[name]
    if value is None:
        del inside[path[-1]]
    else:
        inside[path[-1]] = value
    assert (path in our_paths(config, table.CONFIG)) is theirs
    touched = {one[: len(path)] for one in error_paths(CONFIG_ORACLE, config)}
    assert (path in touched) is not theirs


# Fixtures


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

    look([json.loads((DATA / "good" / "everything.json").read_text())], table.CONFIG, "config")
    assert [f"{names[node]}.{name}" for node, name in known - present] == []


@pytest.mark.parametrize("file", sorted((DATA / "good").glob("*.json")), ids=lambda f: f.stem)
def test_good_configs_pass(file: Path) -> None:
    bundle.parse(file.read_bytes(), "config.json")


@pytest.mark.parametrize("file", sorted((DATA / "bad").glob("*.json")), ids=lambda f: f.stem)
def test_bad_configs_are_refused_with_every_violation_at_once(file: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        bundle.parse(file.read_bytes(), "config.json")
    assert sorted(caught.value.violations) == sorted(
        file.with_suffix(".txt").read_text().splitlines()
    )


@needs_oracle
@pytest.mark.parametrize("kind", ["config", "state"])
def test_fixtures_of_the_spec(kind: str) -> None:
    judge = {"config": check.check_config, "state": check.check_state}[kind]
    fixtures = Path(ORACLE) / "fixtures" / kind
    good, bad = (
        sorted((fixtures / "good").glob("*.json")),
        sorted((fixtures / "bad").glob("*.json")),
    )
    assert good and bad
    for file in good:
        judge(loads(file.read_bytes(), file.name))
    for file in bad:
        with pytest.raises(ConfigError):
            judge(loads(file.read_bytes(), file.name))


# Words


def test_no_value_of_the_environment_or_an_annotation_is_shown() -> None:
    canary = "hunter2"
    config = {
        "ociVersion": "1.3.0",
        "root": {"path": "rootfs"},
        "process": {"cwd": "/", "args": ["a"], "env": [canary, {canary: canary}, [canary]]},
        "hooks": {"poststop": [{"path": "/bin/true", "env": canary}]},
        "annotations": {"a": 77777, "b": [canary], "c": {"d": canary}},
    }
    with pytest.raises(ConfigError) as caught:
        bundle.judge(config, "config.json")
    assert len(caught.value.violations) == 7
    assert canary not in caught.value.message and "77777" not in caught.value.message


def test_a_long_value_is_cut_and_control_characters_are_escaped() -> None:
    with pytest.raises(ConfigError) as caught:
        check.check_state(
            {"ociVersion": "1", "id": "a", "bundle": "/", "status": "\x1b[31m\n" + "x" * 500}
        )
    assert len(caught.value.message) < 300
    assert '"\\u001b[31m\\nxxx' in caught.value.message


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({}, "an object"),
        ([], "an empty array"),
        (["x"], "an array"),
        ("x", '"x" (a string)'),
        (7, "7 (a number)"),
        (1.5, "1.5 (a fraction)"),
        (True, "true (a boolean)"),
        (None, "null"),
    ],
)
def test_what_was_found_is_said_in_json_words(value: object, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        check.check_state({"ociVersion": "1", "id": "a", "bundle": "/", "status": value})
    wanted = "one of creating, created, running, paused, stopped"
    assert caught.value.violations[0].startswith(f"status: found {words}, allowed: {wanted} (")


def test_a_document_that_is_no_object() -> None:
    with pytest.raises(
        ConfigError, match=r"^config\.json: the document: found an array, allowed: an"
    ):
        check.check_config([1])


def run_isolated(package: Path, program: str) -> str:
    """Run a program as the launcher does: no site-packages, no environment."""
    start = f"import sys; sys.path.insert(0, {str(package)!r})\n"
    done = subprocess.run(
        [sys.executable, "-IBSc", start + program],
        check=True,
        capture_output=True,
        text=True,
        env={},
    )
    return done.stdout


REFUSED = """
from anocir.errors import ConfigError
from anocir.spec import check
try:
    check.check_config({"ociVersion": 7})
except ConfigError as error:
    print(error.message)
print("jsonschema" in sys.modules)
"""


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    shutil.copytree(
        ROOT / "anocir", tmp_path / "anocir", ignore=shutil.ignore_patterns("__pycache__")
    )
    return tmp_path


def test_without_jsonschema_the_checker_has_words_of_its_own(installed: Path) -> None:
    (installed / "anocir" / "site-dir").unlink(missing_ok=True)
    assert run_isolated(installed, REFUSED) == (
        "config.json: ociVersion: found 7 (a number), allowed: a string\nFalse\n"
    )


def test_jsonschema_comes_from_the_recorded_site_directory(installed: Path) -> None:
    (installed / "anocir" / "site-dir").write_text(f"{Path(jsonschema.__file__).parents[1]}\n")
    out = run_isolated(installed, REFUSED)
    assert "allowed: a string (Version of runtime-spec" in out
    assert out.endswith("True\n")


def test_a_wrong_site_directory_does_no_harm(installed: Path) -> None:
    (installed / "anocir" / "site-dir").write_text("/nonexistent\n")
    assert run_isolated(installed, REFUSED).endswith("allowed: a string\nFalse\n")


def test_a_good_config_is_judged_without_costly_modules() -> None:
    program = (
        "from anocir.spec import bundle, default, json\n"
        'bundle.parse(json.dumps(default.default_config()).encode(), "x")\n'
        'costly = {"json", "re", "enum", "typing", "jsonschema", "ctypes", "collections"}\n'
        "print(sorted(costly & set(sys.modules)))"
    )
    assert run_isolated(ROOT, program) == "[]\n"
