"""jsonschema's judgement of a document that has already failed, in words for people.

The cold path: nothing here is imported while all is well. jsonschema reads the schema document
itself, so an error can quote the document's description of the property. Where jsonschema
cannot be imported the caller falls back on its own words.
"""

from __future__ import annotations

import os
import sys

from anocir.spec.check import MISSING, violation
from anocir.spec.json import first, loads

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from anocir.spec.json import Path

MOST_VALUES = 10_000
HERE = os.path.dirname(os.path.abspath(__file__))


def explain(value: object, document: str) -> list[str]:
    """Return one line per violation of a schema document, or [] if jsonschema cannot say.

    ``document`` is the name of one in ``schema/``. jsonschema takes some 50 microseconds for each
    value inside: nobody is kept waiting for its words on a huge document.
    """
    if is_huge(value):
        return []
    try:
        _reach_jsonschema()
        schema = load_schema(document)
        return _lines(list(validator(schema).iter_errors(value)), schema)
    except (ImportError, OSError, RecursionError):
        return []


def is_huge(value: object) -> bool:
    """Tell whether a value holds more values than jsonschema reads in half a second."""
    waiting = [value]
    seen = 0
    while waiting and seen <= MOST_VALUES:
        inside = waiting.pop()
        seen += 1
        if isinstance(inside, dict):
            waiting.extend(inside.values())
        elif isinstance(inside, list):
            waiting.extend(inside)
    return seen > MOST_VALUES


def site_directory() -> str | None:
    """Return the directory that holds jsonschema, as ``make install`` recorded it.

    The installed launcher runs ``python3 -IS``: site-packages is not on the path, which saves
    time and keeps strangers' code out. The file ``site-dir`` in the package's directory holds
    the one path that is added when a document must be explained.
    """
    try:
        with open(os.path.join(os.path.dirname(HERE), "site-dir"), encoding="utf-8") as file:
            return file.read().strip() or None
    except OSError:
        return None


def _reach_jsonschema() -> None:
    """Put the recorded site directory last on the path, once."""
    directory = site_directory()
    if directory and directory not in sys.path:
        sys.path.append(directory)


def load_schema(document: str) -> dict[str, Any]:
    """Return one of our schema documents. Raises OSError when it is not installed."""
    with open(os.path.join(HERE, "schema", f"{document}.json"), "rb") as file:
        schema: Any = loads(file.read(), file.name)
    return schema  # type: ignore[no-any-return]


def validator(schema: dict[str, Any]) -> Any:
    """Return a jsonschema validator for one of our documents.

    JSON Schema takes 1.0 for an integer. Here an integer is one that is written as one: 1.0
    would reach system calls as a float.
    """
    from jsonschema import Draft202012Validator
    from jsonschema.validators import extend

    def is_integer(checker: object, value: object) -> bool:
        return isinstance(value, int) and not isinstance(value, bool)

    types = Draft202012Validator.TYPE_CHECKER.redefine("integer", is_integer)
    strict = extend(Draft202012Validator, type_checker=types)  # type: ignore[no-untyped-call]
    return strict(schema)


def _lines(errors: list[Any], schema: dict[str, Any]) -> list[str]:
    """Word jsonschema's errors: one line per place, in the order of the document."""
    found: dict[Path, object] = {}
    for error in errors:
        path = tuple(error.absolute_path)
        if error.validator == "required":
            gone = [name for name in error.validator_value if name not in error.instance]
            found.update({(*path, name): MISSING for name in gone})
        else:
            found[path] = error.instance
    return first(violation(path, there, _allowed(schema, path)) for path, there in found.items())


def _allowed(schema: dict[str, Any], path: Path) -> str:
    """Say what the document allows at a path, with its description of the property."""
    here, description = schema, schema["description"]
    for name in path:
        if isinstance(name, int):
            inner = here["items"]
        else:
            inner = here.get("properties", {}).get(name) or here["additionalProperties"]
        here, nearer = _resolved(inner, schema)
        description = nearer or description
    if isinstance(here["type"], list):
        return f"{_wanted({**here, 'type': here['type'][0]})}, or null ({description})"
    return f"{_wanted(here)} ({description})"


def _resolved(inner: dict[str, Any], schema: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """Follow ``$ref``; the description beside a reference says more than the one it leads to."""
    description = inner.get("description", "")
    while "$ref" in inner:
        reference, inner = inner["$ref"], schema
        for name in reference.split("/")[1:]:
            inner = inner[name]
        description = description or inner.get("description", "")
    return inner, description


def _wanted(inner: dict[str, Any]) -> str:
    """Say which values a schema without references takes."""
    if "enum" in inner:
        return "one of " + ", ".join(inner["enum"])
    if "pattern" in inner:
        pattern: str = inner["pattern"]
        return "a string that matches " + pattern.removesuffix(r"(?!\n)")
    if "minItems" in inner:
        return "an array with at least one entry"
    if "maximum" in inner:
        return f"a whole number from {inner['minimum']} to {inner['maximum']}"
    if "minimum" in inner:
        return f"a whole number of {inner['minimum']} or more"
    return KINDS[inner["type"]]


KINDS = {
    "object": "an object",
    "array": "an array",
    "string": "a string",
    "boolean": "true or false",
}
