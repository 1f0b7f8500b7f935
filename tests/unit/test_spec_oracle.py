"""Our judgement of documents against the schema and the fixtures of runtime-spec itself.

``OCI_SCHEMA_DIR`` names the directory ``schema`` of the specification's module, which
``tools/oracle.sh`` fetches. Without it these tests are skipped.
"""

from __future__ import annotations

import functools
import json
import os
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import referencing
from schema_trials import (
    DOCUMENTS,
    FOREIGN,
    GONE,
    JUNK,
    Place,
    chain,
    error_places,
    our_places,
    places,
    put,
    trials,
    validator,
    variants,
)

from anocir.errors import ConfigError
from anocir.spec import check, explain, table
from anocir.spec.documents import judge_features, judge_state
from anocir.spec.json import dotted, dumps, loads

ORACLE = Path(os.environ.get("OCI_SCHEMA_DIR", ""))
pytestmark = pytest.mark.skipif(
    not os.environ.get("OCI_SCHEMA_DIR"),
    reason="OCI_SCHEMA_DIR is not set: no schema of runtime-spec to compare with",
)
SEED = 20250130
MUTATIONS = {"config": 3000, "state": 300, "features": 1000}

# Where our verdict differs from that of runtime-spec's own schema, and why. A difference is
# written as the place and the value there; docs/design/schema.md has the same list in words.
NO_ID = "4294967295 is the kernel's word for no id (CVE-2024-40635)"
NEWLINE = "$ in a pattern matches before a newline at the end as well"
KEYS = "the pattern of the specification's maps misses a key that is empty or a newline"
STRICTER = {
    "config": {
        r"process\.user\.(uid|gid|additionalGids\[\d+\]): 4294967295": NO_ID,
        r"(mounts\[\d+\]|linux)\.[ug]idMappings\[\d+\]\.(containerID|hostID): 4294967295": NO_ID,
        r"linux\.devices\[\d+\]\.(uid|gid): 4294967295": NO_ID,
        r"process\.oomScoreAdj: -?1001": "proc(5): from -1000 to 1000",
        r"process\.ioPriority\.priority: (nothing|-\d+|[89]\d*)": "config.md: required, 0 to 7",
        r'process\.rlimits\[\d+\]\.type: "RLIMIT_(A|AS\\n)"': "config.md: those of getrlimit(2)",
        r'process\.execCPUAffinity\.(initial|final): "(0-3)?\\n"': NEWLINE,
        r'process\.execCPUAffinity\.(initial|final): "0\\n"': NEWLINE,
        r'linux\.devices\[\d+\]\.type: "b\\n"': NEWLINE,
        r'linux\.resources\.hugepageLimits\[\d+\]\.pageSize: "2MB\\n"': NEWLINE,
        r'linux\.intelRdt\.memBwSchema: "MB:\\n"': NEWLINE,
        r'linux\.intelRdt\.schemata\[\d+\]: ".*\\n.*"': "config-linux.md: no newlines",
        r'linux\.resources\.devices\[\d+\]\.type: ".*"': "config-linux.md: a, b or c",
        r'linux\.resources\.devices\[\d+\]\.access: ".*"': "config-linux.md: letters of r, w, m",
        r"linux\.resources\.memory\.swappiness: \d{3,}": "config-linux.md: from 0 to 100",
        r"linux\.resources\.blockIO\.throttle\w+\[\d+\]\.rate: nothing": (
            "config-linux.md: required"
        ),
        r"linux\.memoryPolicy\.mode: nothing": "config-linux.md: required",
        r"linux\.personality\.domain: nothing": "config-linux.md: required",
        r'(annotations|linux\.sysctl|linux\.resources\.unified)\["(\\n)?"\]: 1': KEYS,
    },
    "state": {
        r"(rootfs|created|owner): .*": "additional properties, which engines read as strings",
        r'annotations\["(\\n)?"\]: 1': KEYS,
    },
    "features": {
        r"linux\.memoryPolicy.*: .*": "features-linux.md has it, the schema does not",
        r"linux\.intelRdt\.(schemata|monitoring): .*": "features-linux.md has it, the schema not",
        r'linux\.capabilities\[\d+\]: "CAP_KILL\\n"': NEWLINE,
        r'annotations\["(\\n)?"\]: 1': KEYS,
    },
}
LAXER = {
    "config": {
        r"linux\.devices\[\d+\]\.fileMode: \d{3,}": (
            "config-linux.md: 32 bits; engines send the bits of the type along"
        ),
        r'linux\.rootfsPropagation: "(rprivate|rshared|rslave|runbindable)"': (
            "engines send them, and all runtimes take them"
        ),
    },
    "state": {r'status: "paused"': "runtime.md: a runtime may define more"},
    "features": {r"(?!ociVersion).*: null": "features.md: all but the versions may be null"},
}


@functools.cache
def oracle(name: str) -> Any:
    """Return a validator for one of runtime-spec's documents, whose references are files.

    The files of other platforms may be left out: they then allow anything.
    """
    base = ORACLE.resolve().as_uri()
    foreign = {f"config-{name}.json": {name: {}} for name in FOREIGN}
    documents = {**foreign, **{file.name: json.loads(file.read_text("utf-8")) for file in files()}}
    registry: Any = referencing.Registry().with_resources(
        (
            f"{base}/{file}",
            referencing.Resource.from_contents(contents, referencing.jsonschema.DRAFT4),
        )
        for file, contents in documents.items()
    )
    reference = {"$ref": f"{base}/{name}-schema.json"}
    return jsonschema.Draft4Validator(reference, registry=registry)


def files() -> list[Path]:
    return sorted(ORACLE.glob("*.json"))


def listed_words() -> set[str]:
    """Return every word that a document of runtime-spec lists as a value."""

    def words(schema: Any) -> Iterator[str]:
        if isinstance(schema, dict):
            yield from schema["enum"] if isinstance(schema.get("enum"), list) else ()
            yield from (word for inner in schema.values() for word in words(inner))
        elif isinstance(schema, list):
            yield from (word for inner in schema for word in words(inner))

    return {word for file in files() for word in words(json.loads(file.read_text("utf-8")))}


def shown(document: Any, path: Place) -> str:
    """Return a place and what is there, in the form of the lists above."""
    value = there(document, path)
    return f"{dotted(path)}: {'nothing' if value is GONE else dumps(value)}"


def there(document: Any, path: Place) -> Any:
    """Return what is at a place, ``GONE`` if nothing is."""
    for name in path:
        inside = name in document if isinstance(document, dict) else int(name) < len(document)
        document = document[name] if inside else GONE
    return document


def differences(name: str, document: Any) -> set[str]:
    """Judge a document three times; return the listed differences that it shows.

    Fails for one that is not listed, and where our two verdicts differ.
    """
    ours = our_places(document, DOCUMENTS[name][1])
    assert ours == error_places(validator(name), document), document
    theirs = error_places(oracle(name), document)
    found = set()
    for listed, differing in ((STRICTER, ours - theirs), (LAXER, theirs - ours)):
        for place in differing:
            difference = shown(document, place)
            matching = {one for one in listed[name] if re.fullmatch(one, difference)}
            assert matching, f"a difference that is not listed: {difference}"
            found |= matching
    return found


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_place_is_judged_as_by_the_spec_but_for_those_listed(name: str) -> None:
    """And each listed difference is one, or the list would hide what comes later."""
    document, node = DOCUMENTS[name]
    found = set()
    for _, value in variants(document, node, sorted(listed_words())):
        found |= differences(name, value)
    assert found == {*STRICTER[name], *LAXER[name]}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_mutations_are_judged_as_by_the_spec_but_for_the_listed_differences(name: str) -> None:
    refused = 0
    for document in mutations(name, MUTATIONS[name]):
        differences(name, document)
        refused += bool(our_places(document, DOCUMENTS[name][1]))
    # Both verdicts come up often, or the comparison would mean little.
    assert MUTATIONS[name] / 10 < refused < MUTATIONS[name] * 9 / 10


def mutations(name: str, count: int) -> Iterator[Any]:
    """Yield documents that were good and have been changed at one to four places.

    A change is a value that may or may not fit the place or comes from elsewhere in the same
    document, a name with a letter too many, nothing at all, or one entry more. The seed is fixed.
    """
    rng = random.Random(SEED)
    document, node = DOCUMENTS[name]
    known = [path for path, _ in places(document, node) if path and path[0] not in FOREIGN]
    parts = [there(document, path) for path in known]
    for _ in range(count):
        small, _ = chain(document, node, rng.choice(known))
        for _ in range(rng.choice((1, 1, 2, 4))):
            inside = list(places(small, node))[1:]
            if not inside:
                break
            path, wanted = rng.choice(inside)
            value = rng.choice(rng.choice((trials(wanted), JUNK, parts)))
            small = changed(rng.choice(("value", "name", "gone", "more")), small, path, value)
        yield small


def changed(kind: str, document: Any, path: Place, value: Any) -> Any:
    """Return a document with one change at a place."""
    outer = there(document, path[:-1])
    if kind == "name" and isinstance(outer, dict):
        names = {f"{name}s" if name == path[-1] else name: outer[name] for name in outer}
        return put(document, path[:-1], names) if path[:-1] else names
    if kind == "more" and isinstance(outer, list):
        return put(document, path[:-1], [*outer, value])
    return put(document, path, GONE if kind == "gone" else value)


# Fixtures


def fixtures(kind: str, verdict: str) -> list[Path]:
    """Return fixtures of the specification, which lie in ``test`` of its module."""
    return sorted(
        file for top in ("test", "fixtures") for file in (ORACLE / top / kind / verdict).glob("*")
    )


def judge(kind: str, text: bytes) -> None:
    """Judge a fixture by its schema, and as a whole where the fixture is a whole document."""
    value = loads(text, "fixture")
    if kind == "state":
        judge_state(value, "fixture")
    elif kind == "features":
        judge_features(value, "fixture")
    else:
        check.check_config(value)


@pytest.mark.parametrize("kind", DOCUMENTS)
def test_good_fixtures_of_the_spec_are_taken(kind: str) -> None:
    good = fixtures(kind, "good")
    assert good
    for file in good:
        judge(kind, file.read_bytes())
        assert explain.explain(loads(file.read_bytes(), file.name), kind) == []


@pytest.mark.parametrize("kind", DOCUMENTS)
def test_bad_fixtures_of_the_spec_are_refused(kind: str) -> None:
    """But for those that are wrong in what they say of another platform."""
    bad = [file for file in fixtures(kind, "bad") if file.name.partition("-")[0] not in FOREIGN]
    assert bad
    for file in bad:
        with pytest.raises(ConfigError):
            judge(kind, file.read_bytes())


def test_what_is_for_other_platforms_is_not_looked_into() -> None:
    value = {"ociVersion": "1.3.0", "root": {"path": "a"}, "vm": {"kernel": 7}}
    assert our_places(value, table.CONFIG) == set()
    if (ORACLE / "config-vm.json").exists():
        assert error_places(oracle("config"), value) != set()


# Clauses


def anchors(text: str) -> set[str]:
    """Return the anchors that a Markdown file's headings get."""
    headings = re.findall(r"^#+ (?:<a [^>]*/> ?)?(.*)$", text, re.MULTILINE)
    return {
        re.sub(r"[^\w -]", "", heading.strip().lower()).replace(" ", "-") for heading in headings
    }


def test_every_clause_that_a_definition_names_is_in_the_spec() -> None:
    spec = ORACLE.resolve().parent
    if not (spec / "config.md").exists():
        pytest.skip("the text of the specification does not lie beside its schema")
    for name in DOCUMENTS:
        for clause in re.findall(r'"\$comment": "([^"]+)"', json.dumps(explain.load_schema(name))):
            file, _, anchor = clause.partition("#")
            assert anchor in anchors((spec / file).read_text("utf-8")), clause


def test_every_name_of_the_specs_go_types_is_in_our_schema() -> None:
    """The schema of the specification is not always complete; its Go types are."""
    go = ORACLE.resolve().parent / "specs-go"
    if not go.exists():
        pytest.skip("the Go types of the specification do not lie beside its schema")
    files = {"config": "config.go", "state": "state.go", "features": "features/features.go"}
    for name, file in files.items():
        text = json.dumps(explain.load_schema(name))
        names = 0
        for struct, body in re.findall(
            r"type (\w+) struct \{(.*?)\n\}", (go / file).read_text(), re.S
        ):
            if not struct.startswith(NOT_OURS):
                for tag in re.findall(r'json:"(\w+)', body):
                    assert f'"{tag}"' in text, (struct, tag)
                    names += 1
        assert names > 5


# Of other platforms and of machines, or sent to the agent of a seccomp filter.
NOT_OURS = ("Windows", "Solaris", "ZOS", "FreeBSD", "VM", "HWConfig", "IOMems", "ContainerProcess")
