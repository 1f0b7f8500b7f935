"""JSON text to values and back, strictly."""

from __future__ import annotations

import json

from anocir.errors import ConfigError


def loads(text: bytes | str, what: str) -> object:
    """Read one JSON value (RFC 8259) from UTF-8 text.

    ``what`` names the text in the error, for example ``config.json``. Raises ConfigError.
    """
    try:
        return json.loads(text.decode("utf-8") if isinstance(text, bytes) else text)
    except (ValueError, RecursionError) as error:
        raise ConfigError(what, [str(error)]) from None


def dumps(value: object, indent: int | None = None) -> str:
    """Write a value as JSON; ``indent`` is the number of blanks per level, None for one line."""
    return json.dumps(value, indent=indent)
