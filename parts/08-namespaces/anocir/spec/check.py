"""Does a document have the shape that its schema asks for?"""

from __future__ import annotations

import json
import os

import jsonschema

from anocir.errors import ConfigError

DIRECTORY = os.path.join(os.path.dirname(__file__), "schema")


def check_config(config: object) -> None:
    """Refuse a config.json that does not have the shape of runtime-spec 1.3.0 for Linux.

    Raises ConfigError, with one line per violation: JSON path, and what is wrong there.
    """
    _check(config, "config.json")


def check_state(state: object) -> None:
    """Refuse a state document (runtime.md, State) before anyone else reads it.

    Raises ConfigError like ``check_config``.
    """
    _check(state, "state.json")


def _check(value: object, document: str) -> None:
    """Raise ConfigError unless the value fits the schema of the document."""
    with open(os.path.join(DIRECTORY, document), "rb") as file:
        schema = json.load(file)
    validator = jsonschema.Draft202012Validator(schema)
    violations = [
        f"{error.json_path.removeprefix('$.')}: {_reason(error)}"
        for error in validator.iter_errors(value)
    ]
    if violations:
        raise ConfigError(document, violations)


def _reason(error: jsonschema.ValidationError) -> str:
    """Say what is wrong. A value of the wrong type is not shown: it may hold passwords."""
    if error.validator == "type":
        return f"is not of type {error.validator_value!r}"
    return error.message
