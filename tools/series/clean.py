"""What may not be in a part: anything that changes by itself, and notes to the author."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator

from tools.series.tree import Tree

_LOCK_FILE = re.compile(
    r"(^|/)([^/]*\.lock|[^/]*-lock\.(json|yaml)|requirements[^/]*\.txt|go\.sum)$"
)
# What follows a hyphen is part of a name: CVE-2019-5736.
_YEAR = re.compile(r"(?<![\w.-])(?:19[7-9]\d|20[0-3]\d)(?!\w|\.\d)")
# The names of standards and JSON Schema dialects stay what they are.
_NAMES = re.compile(r"RFC ?\d+|draft/[\d-]+")
_VERSION = re.compile(r"""^__version__\s*=\s*["'](?=[^"']*[1-9])""", re.MULTILINE)
_PIN = re.compile(r"[A-Za-z][\w-]*\s*(?:==|~=|>=)\s*\d+\.\d+")
# What no part may hold: the marks of tools that cut code out, and notes of unfinished work. A part
# is finished, and what its readers may do is in the exercises.
_MARKER = re.compile(
    r"-{2,}8<-{2,}|\[(?:start|end):|TODO|FIXME|XXX|HACK|NotImplementedError"
    r"|^#+\s*(?:region|endregion|snippet|BEGIN|END|start|end)\b"
    r"|^#.*\b(?:[Pp]art|[Cc]hapter|[Ss]tep) \d\d?\b",
)
# From Python 3.12 on, the text in an f-string is a token of its own.
_TEXTS = {tokenize.COMMENT, tokenize.STRING, getattr(tokenize, "FSTRING_MIDDLE", tokenize.STRING)}
_CONFLICT = re.compile(r"^(<{7}|\|{7}|>{7}) ", re.MULTILINE)


def problems(files: Tree) -> Iterator[str]:
    """`path:line: text` for everything in a part that doesn't belong there."""
    for path, data in files.items():
        if _LOCK_FILE.search(path):
            yield f"{path}: a lock file changes by itself"
            continue
        text = data.decode(errors="replace")
        for match in _CONFLICT.finditer(text):
            yield f"{path}:{_line(text, match.start())}: a conflict marker"
        if path.endswith(".py"):
            yield from _python(path, text)
        elif not path.endswith(".patch"):
            for number, line in enumerate(text.split("\n"), 1):
                yield from _prose(path, number, line)


def _python(path: str, text: str) -> Iterator[str]:
    for match in _VERSION.finditer(text):
        yield f'{path}:{_line(text, match.start())}: a version changes: write __version__ = "0"'
    for token in _tokens(text):
        if token.type == tokenize.COMMENT:
            for match in _MARKER.finditer(token.string):
                yield f"{path}:{token.start[0]}: a marker comment: {match[0]}"
        if token.type in _TEXTS:
            for offset, line in enumerate(token.string.split("\n")):
                yield from _prose(path, token.start[0] + offset, line)


def _tokens(text: str) -> Iterator[tokenize.TokenInfo]:
    try:
        yield from tokenize.generate_tokens(io.StringIO(text).readline)
    except (tokenize.TokenError, SyntaxError):
        return  # That it doesn't compile is said elsewhere.


def _prose(path: str, number: int, line: str) -> Iterator[str]:
    rest = _NAMES.sub("", line)
    for match in _YEAR.finditer(rest):
        yield f"{path}:{number}: a year: {match[0]}"
    for match in _PIN.finditer(rest):
        yield f"{path}:{number}: a version: {match[0]}"


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1
