"""JSON text to values and back, strictly."""

from __future__ import annotations

import json

from anocir.errors import ConfigError


def loads(text: bytes | str, what: str) -> object:
    """Read one JSON value (RFC 8259) from UTF-8 text.

    ``what`` names the text in the error, for example ``config.json``. Raises ConfigError.
    """
    try:
        decoded = text.decode("utf-8") if isinstance(text, bytes) else text
        return json.loads(decoded, object_pairs_hook=_object)
    except (ValueError, RecursionError) as error:
        raise ConfigError(what, [str(error)]) from None


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """Build an object. Raises ValueError when a name comes twice (glossary.md, JSON)."""
    value: dict[str, object] = {}
    for name, item in pairs:
        if name in value:
            raise ValueError(f"{name!r} is given more than once in an object")
        value[name] = item
    return value


def dumps(value: object, indent: int | None = None) -> str:
    """Write a value as JSON; ``indent`` is the number of blanks per level, None for one line."""
    return json.dumps(value, indent=indent)
