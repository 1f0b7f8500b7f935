"""Comparing the output of a command with what a chapter says.

Standard library only: it also runs inside the lab's machine. The words are defined in
docs/design/chapters.md.
"""

from __future__ import annotations

import itertools
import re

DOTS = "..."

KINDS = {
    "pid": r"[1-9][0-9]*",
    "n": r"-?[0-9]+(?:\.[0-9]+)?",
    "time": r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)",
    "date": r"[A-Za-z0-9][A-Za-z0-9 :+.,/-]*",
    "hex": r"(?:0x)?[0-9a-fA-F]+",
    "id": r"[A-Za-z0-9_+.-]+",
    "path": r"/[^\s'\":,;]*",
    "any": r".+?",
}

_PLACEHOLDER = re.compile(rf"<(?P<kind>{'|'.join(KINDS)})(?::(?P<label>[A-Za-z0-9_-]+))?>")
_ESCAPE = re.compile(r"\x1b(?:\[[0-9;?]*[A-Za-z]|\][^\x07]*\x07|[()][A-Z0-9])")

Bindings = dict[str, str]


def clean(text: str) -> list[str]:
    """Lines of an output without colour codes, carriage returns, trailing spaces and trailing blank
    lines.
    """
    lines = [line.rstrip() for line in _ESCAPE.sub("", text).replace("\r", "").split("\n")]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def is_dots(line: str) -> bool:
    """Whether a written line stands for any number of lines."""
    return line.strip() == DOTS


def match(expected: list[str], actual: list[str], bound: Bindings) -> Bindings | None:
    """Compare written lines with real ones.

    `bound` maps the labels met so far ('pid:init') to their texts. Returns it extended by the
    labels met here, or None where the output isn't as written.
    """
    return _match(expected, actual, bound, set())


def match_line(expected: str, actual: str, bound: Bindings) -> Bindings | None:
    """Compare one written line with a real one; the result is that of `match`."""
    groups: dict[str, str] = {}
    pattern = ""
    end = 0
    for found in _PLACEHOLDER.finditer(expected):
        pattern += re.escape(expected[end : found.start()]) + _part(found, bound, groups)
        end = found.end()
    pattern += re.escape(expected[end:])
    result = re.fullmatch(pattern, actual)
    if result is None:
        return None
    return _bind(bound, {label: result[group] for label, group in groups.items()})


def _part(found: re.Match[str], bound: Bindings, groups: dict[str, str]) -> str:
    kind, label = found["kind"], found["label"]
    if label is None:
        return f"(?:{KINDS[kind]})"
    name = f"{kind}:{label}"
    if name in bound:
        return re.escape(bound[name])
    if name in groups:
        return f"(?P={groups[name]})"
    groups[name] = f"g{len(groups)}"
    return f"(?P<{groups[name]}>{KINDS[kind]})"


def _bind(bound: Bindings, new: Bindings) -> Bindings | None:
    """Bind labels; those of one kind stand for different texts: two pids, two processes."""
    result = dict(bound)
    for name, text in new.items():
        kind = name.partition(":")[0]
        if any(n.partition(":")[0] == kind and t == text for n, t in result.items()):
            return None
        result[name] = text
    return result


def _match(
    expected: list[str],
    actual: list[str],
    bound: Bindings,
    failed: set[tuple[int, int, tuple[tuple[str, str], ...]]],
) -> Bindings | None:
    if not expected:
        return None if actual else bound
    state = (len(expected), len(actual), tuple(sorted(bound.items())))
    if state in failed:
        return None
    result = None
    if is_dots(expected[0]):
        for start in range(len(actual) + 1):
            if result is None:
                result = _match(expected[1:], actual[start:], bound, failed)
    elif actual:
        after = match_line(expected[0], actual[0], bound)
        if after is not None:
            result = _match(expected[1:], actual[1:], after, failed)
    if result is None:
        failed.add(state)
    return result


_NEW = (
    (re.compile(KINDS["time"]), "<time>"),
    (re.compile(r'(?<="pid": )[1-9][0-9]*'), "<pid>"),
)


def merge(expected: list[str], actual: list[str]) -> list[str]:
    """Write real lines over written ones, but keep each written line, with its placeholders, that
    still fits.

    `...` is kept where the lines above and below it are kept. In new lines, times and the pid of a
    state are replaced by placeholders.
    """
    pairs = [(-1, -1), *_common(expected, actual), (len(expected), len(actual))]
    merged: list[str] = []
    for (i, j), (next_i, next_j) in itertools.pairwise(pairs):
        written = expected[i + 1 : next_i]
        if written and all(is_dots(line) for line in written):
            merged += written
        else:
            merged += [_generalise(line) for line in actual[j + 1 : next_j]]
        merged += expected[next_i : next_i + 1]
    return merged


def _generalise(line: str) -> str:
    for pattern, placeholder in _NEW:
        line = pattern.sub(placeholder, line)
    return line


def _common(expected: list[str], actual: list[str]) -> list[tuple[int, int]]:
    """Indexes of the longest sequence of written lines that fit real ones."""
    fits = [[not is_dots(e) and match_line(e, a, {}) is not None for a in actual] for e in expected]
    best = [[0] * (len(actual) + 1) for _ in range(len(expected) + 1)]
    for i in reversed(range(len(expected))):
        for j in reversed(range(len(actual))):
            best[i][j] = max(best[i + 1][j], best[i][j + 1])
            if fits[i][j]:
                best[i][j] = max(best[i][j], best[i + 1][j + 1] + 1)
    pairs: list[tuple[int, int]] = []
    i = j = 0
    while i < len(expected) and j < len(actual):
        if fits[i][j] and best[i][j] == best[i + 1][j + 1] + 1:
            pairs.append((i, j))
            i, j = i + 1, j + 1
        elif best[i + 1][j] >= best[i][j + 1]:
            i += 1
        else:
            j += 1
    return pairs
