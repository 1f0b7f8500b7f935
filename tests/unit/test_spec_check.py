"""Which configs and states are refused, and in which words."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from anocir.errors import ConfigError
from anocir.spec import bundle, check

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(__file__).parent / "data" / "config"

# Fixtures


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


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        (b'{"ociVersion": "1.0.0", "root": {"path": "a"}, "mounts": [%s]}', b"{}"),
        (
            b'{"ociVersion": "1.0.0", "root": {"path": "a"},'
            b' "process": {"cwd": "/", "args": ["a"], "env": [%s]}}',
            b'""',
        ),
        (b'{"ociVersion": "1.0.0", "x": [%s]}', rb'"\u0000"'),
    ],
)
def test_a_flood_of_faults_ends_after_a_thousand_lines(text: bytes, faults: bytes) -> None:
    with pytest.raises(ConfigError) as caught:
        bundle.parse(text % b",".join([faults] * 20_000), "config.json")
    assert caught.value.violations[1000:] == ["and more"]


def test_a_huge_document_is_not_handed_to_jsonschema() -> None:
    config = {
        "ociVersion": 7,
        "root": {"path": "a"},
        "process": {"cwd": "/", "args": ["a"] * 20_000},
    }
    with pytest.raises(ConfigError) as caught:
        check.check_config(config)
    assert caught.value.violations == ["ociVersion: found 7 (a number), allowed: a string"]


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
