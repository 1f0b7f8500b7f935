"""What a state document must look like (runtime.md, State), as a JSON Schema of our own."""

from __future__ import annotations

from typing import Any

import jsonschema

from anocir_check.expect import fail

# Numbers and dots, then perhaps a pre-release and build data (semver.org, 2.0.0).
SEMVER = r"^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$"

SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "required": ["ociVersion", "id", "status", "bundle"],
    "properties": {
        "ociVersion": {"type": "string", "pattern": SEMVER},
        "id": {"type": "string", "minLength": 1},
        "status": {"enum": ["creating", "created", "running", "stopped", "paused"]},
        "pid": {"type": "integer", "minimum": 0},
        "bundle": {"type": "string", "pattern": "^/"},
        "annotations": {"type": "object", "additionalProperties": {"type": "string"}},
    },
    "if": {"properties": {"status": {"enum": ["created", "running"]}}},
    "then": {"required": ["pid"], "properties": {"pid": {"minimum": 1}}},
}


def check_state(document: object) -> None:
    """End the check when a document is no state; all that is wrong is said."""
    validator = jsonschema.Draft202012Validator(SCHEMA)
    errors = sorted(validator.iter_errors(document), key=lambda error: error.json_path)
    if errors:
        fail(
            "a state document as runtime.md describes it",
            "; ".join(f"{error.json_path}: {error.message}" for error in errors),
        )
