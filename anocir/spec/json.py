"""JSON text to values and back, strictly, without importing the json package.

``json`` pulls in ``re`` and costs 6 ms of every command. Its C core, ``_json``, costs 0.3 ms.
``_json`` is private: whatever goes wrong with it, the public package reads the text again, for
its result or for its error message. ``docs/design/schema.md`` has the figures and says why the
text is read more strictly than ``json.loads`` reads it.
"""

from __future__ import annotations

import _json

from anocir.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    Path = tuple[str | int, ...]

WHITESPACE = " \t\n\r"
MOST_LINES = 1000


class Repeated(dict[str, object]):
    """An object in which a name appears twice; ``name`` is the last such name."""

    __slots__ = ("name",)

    def __init__(self, pairs: list[tuple[str, object]]) -> None:
        super().__init__()
        for name, value in pairs:
            if name in self:
                self.name = name
            self[name] = value


class _Scan:
    """The context that the C scanner takes its hooks from.

    ``doubts`` tells whether the scanner met something that only a look at the values can judge.
    """

    __slots__ = ("doubts",)

    strict = True
    object_hook = None
    parse_int = int

    def __init__(self, doubts: bool) -> None:
        self.doubts = doubts

    def object_pairs_hook(self, pairs: list[tuple[str, object]]) -> dict[str, object]:
        """Build an object, and keep in mind a name that appears twice."""
        value = dict(pairs)
        if len(value) == len(pairs):
            return value
        self.doubts = True
        return Repeated(pairs)

    def parse_float(self, text: str) -> float:
        """Read a fraction or one of NaN, Infinity and -Infinity, which JSON does not have."""
        self.doubts = True
        return float(text)

    parse_constant = parse_float


def loads(text: bytes | str, what: str) -> object:
    """Read one JSON value (RFC 8259), and nothing that another parser may read differently.

    Refused, by JSON path where there is one: text that is not UTF-8, a byte order mark, data
    after the value, a name that appears twice in an object, a NUL or half of a surrogate pair in
    a string, NaN and infinite numbers, numbers of thousands of digits, nesting that exhausts the
    interpreter's stack.

    ``what`` names the text in the error, for example ``config.json``.
    Raises ConfigError.
    """
    decoded = _decode(text, what)
    scan = _Scan(doubts="\\u" in decoded)
    try:
        start = len(decoded) - len(decoded.lstrip(WHITESPACE))
        value, end = _json.make_scanner(scan)(decoded, start)  # type: ignore[arg-type]
        if decoded[end:].strip(WHITESPACE):
            raise ValueError("data after the value")
    except Exception:
        value = _read_slowly(decoded, scan, what)
    if scan.doubts:
        try:
            violations = first(_strange(value, ()))
        except RecursionError:
            violations = ["the values are nested too deeply"]
        if violations:
            raise ConfigError(what, violations)
    return value


def _decode(text: bytes | str, what: str) -> str:
    """Return the text as a string; only UTF-8 without a byte order mark will do."""
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8")
        except UnicodeDecodeError as error:
            where = f"byte 0x{text[error.start]:02x} at offset {error.start}"
            raise ConfigError(what, [f"not UTF-8 text: {where}"]) from None
    elif not _encodable(text):
        raise ConfigError(what, ["holds half of a surrogate pair, which is no character"])
    if text.startswith("\ufeff"):
        raise ConfigError(what, ["begins with a byte order mark, which JSON does not allow"])
    if "\0" in text:
        raise ConfigError(what, ["holds NUL characters; is it UTF-16? Write it as UTF-8"])
    return text


def _encodable(text: str) -> bool:
    """Tell whether a string is made of characters: a surrogate alone is not one."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _read_slowly(text: str, scan: _Scan, what: str) -> object:
    """Read with the public json package: for its error message, or if ``_json`` has changed."""
    import json

    scan.doubts = True
    try:
        return json.loads(
            text,
            object_pairs_hook=scan.object_pairs_hook,
            parse_float=scan.parse_float,
            parse_constant=scan.parse_constant,
        )
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise ConfigError(
            what, [f"not JSON at {where}: {error.msg.lower().removesuffix(' at')}"]
        ) from None
    except RecursionError:
        raise ConfigError(what, ["the values are nested too deeply"]) from None
    except ValueError:
        # sys.set_int_max_str_digits: the only other error that int() and float() can give here.
        raise ConfigError(what, ["a number has too many digits"]) from None


def _strange(value: object, path: Path) -> Iterator[str]:
    """Yield a line for each part that JSON text can express and the kernel cannot."""
    if isinstance(value, str):
        yield from (f"{dotted(path)}: {flaw}" for flaw in _flaws(value))
    elif isinstance(value, float):
        if not _finite(value):
            yield f"{dotted(path)}: found {value!r}, allowed: a finite number"
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _strange(item, (*path, index))
    elif isinstance(value, dict):
        if isinstance(value, Repeated):
            yield f"{dotted((*path, value.name))}: given more than once"
        for key, item in value.items():
            yield from (f"{dotted((*path, key))}: the name {flaw}" for flaw in _flaws(key))
            yield from _strange(item, (*path, key))


def _finite(value: float) -> bool:
    """Tell whether JSON has this number (it has neither infinities nor NaN)."""
    return value - value == 0


def _flaws(text: str) -> Iterator[str]:
    """Yield what makes a string unfit to be handed to the kernel."""
    if "\0" in text:
        yield "holds a NUL character, where the kernel would cut the text off"
    if not _encodable(text):
        yield "holds half of a surrogate pair, which is no character"


def first(lines: Iterable[str]) -> list[str]:
    """Return all lines, or so many that nobody could want more: 1000, and a line that says so."""
    kept: list[str] = []
    for line in lines:
        if len(kept) == MOST_LINES:
            kept.append("and more")
            break
        kept.append(line)
    return kept


def dotted(path: Path) -> str:
    """Write a path as people write it: ``process.args[1]``, ``annotations["a b"]``."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif part.isidentifier() and part.isascii():
            text += f".{part}" if text else part
        else:
            text += f"[{quoted(part)}]"
    return text or "the document"


def quoted(text: str) -> str:
    """Return a string as JSON writes it: in ASCII, in quotes, control characters escaped."""
    return _json.encode_basestring_ascii(text)


def dumps(value: object, indent: int | None = None) -> str:
    """Write a value as ``json.dumps(value, indent=indent)`` writes it, in ASCII.

    ``value`` is made of dicts with str keys, lists, tuples, str, int, finite float, bool and
    None. Raises TypeError for anything else, ValueError for a number that JSON does not have.
    """
    return _written(value, indent, "\n")


def _written(value: object, indent: int | None, newline: str) -> str:
    """Return the text of a value; ``newline`` ends with the indentation of its first line."""
    inner = newline if indent is None else newline + " " * indent
    if isinstance(value, dict):
        items = [f"{_name(name)}: {_written(item, indent, inner)}" for name, item in value.items()]
        brackets = "{}"
    elif isinstance(value, (list, tuple)):
        items = [_written(item, indent, inner) for item in value]
        brackets = "[]"
    else:
        return _scalar(value)
    if not items:
        return brackets
    if indent is None:
        return brackets[0] + ", ".join(items) + brackets[1]
    return brackets[0] + inner + ("," + inner).join(items) + newline + brackets[1]


def _scalar(value: object) -> str:
    """Return the text of a value that holds no other value."""
    if isinstance(value, str):
        return quoted(value)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return int.__repr__(value)
    if isinstance(value, float):
        if not _finite(value):
            raise ValueError(f"JSON has no {value!r}")
        return float.__repr__(value)
    raise TypeError(f"JSON has no {type(value).__name__}")


def _name(name: object) -> str:
    """Return the text of a name in an object."""
    if isinstance(name, str):
        return quoted(name)
    raise TypeError(f"a name in JSON is a string, not a {type(name).__name__}")
