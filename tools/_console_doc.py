"""The console blocks of a Markdown file: reading them, and writing new output into them.

The form is defined in docs/design/chapters.md.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from tools import _md

TIMEOUT = 30.0

_COMMENT = re.compile(r"console:\s*(?P<words>.*)", re.DOTALL)
_EXIT = re.compile(r"\s# exit (?P<status>\d{1,3})$")
_WITH_REASON = ("skip", "host-dry")


class Options(NamedTuple):
    """What the comment above a block says."""

    where: str = "guest"
    reason: str = ""
    retry: bool = False
    timeout: float = TIMEOUT


class Command(NamedTuple):
    """One command of a block. `line` is 0-based, `out` the half-open range of the lines of its
    output.

    `status` is the exit status that it must end with; None where the next command shows it.
    """

    text: str
    expected: tuple[str, ...]
    status: int | None
    line: int
    out: tuple[int, int]


class Block(NamedTuple):
    """A console block; `line` is the 0-based line of its opening fence."""

    line: int
    indent: int
    options: Options
    commands: tuple[Command, ...]


def read(path: Path) -> tuple[list[Block], list[_md.Finding]]:
    """The console blocks of a file, and what is wrong with their form."""
    return parse(path.read_text(encoding="utf-8"), str(path))


def parse(text: str, name: str) -> tuple[list[Block], list[_md.Finding]]:
    """The console blocks of a document, and what is wrong with their form."""
    lines = text.split("\n")
    blocks: list[Block] = []
    findings: list[_md.Finding] = []
    for fence in _md.fences(lines):
        if fence.language != "console":
            continue
        try:
            options = _options(_md.comments_before(lines, fence.first))
            commands = _commands(fence)
        except ValueError as error:
            findings.append(_md.Finding(name, fence.first + 1, str(error)))
            continue
        blocks.append(Block(fence.first, fence.indent, options, commands))
    return blocks, findings


def _options(comments: list[str]) -> Options:
    options = Options()
    for comment in comments:
        match = _COMMENT.fullmatch(comment)
        if match:
            words, _, reason = match["words"].partition(":")
            options = options._replace(reason=reason.strip())
            for word in words.split(","):
                options = _option(options, word.split())
    if options.where in _WITH_REASON and not options.reason:
        raise ValueError(f"console: {options.where} needs a reason: {options.where}: WHY")
    return options


def _option(options: Options, word: list[str]) -> Options:
    match word:
        case ["skip" | "host" | "host-dry" as where]:
            return options._replace(where=where)
        case ["retry"]:
            return options._replace(retry=True)
        case ["timeout", seconds] if seconds.isdecimal() and int(seconds):
            return options._replace(timeout=float(seconds))
    raise ValueError(
        f"console: unknown option {' '.join(word)!r}: "
        "allowed are skip, host, host-dry, retry, timeout SECONDS"
    )


def _commands(fence: _md.Fence) -> tuple[Command, ...]:
    body = fence.body
    starts = [n for n, line in enumerate(body) if line.startswith("$ ")]
    if not starts or starts[0] != 0:
        raise ValueError("a console block starts with a command: `$ COMMAND`")
    ends = [*starts[1:], len(body)]
    found: list[Command] = []
    for start, end in zip(starts, ends, strict=True):
        text, after = [body[start][2:]], start + 1
        while after < end and (body[after].startswith("> ") or body[after] == ">"):
            text.append(body[after][2:])
            after += 1
        out = [line.rstrip() for line in body[after:end]]
        while out and not out[-1]:
            out.pop()
        shown = end < len(body) and "$?" in body[end]
        stated = _EXIT.search(text[-1])
        status = int(stated["status"]) if stated else None if shown else 0
        first = fence.first + 1
        found.append(
            Command(
                "\n".join(text),
                tuple(out),
                status,
                first + start,
                (first + after, first + after + len(out)),
            )
        )
    return tuple(found)


def rewrite(text: str, changes: list[tuple[Block, Command, list[str]]]) -> str:
    """The document with the outputs of some commands replaced."""
    lines = text.split("\n")
    for block, command, output in sorted(changes, key=lambda c: c[1].line, reverse=True):
        first, last = command.out
        lines[first:last] = [(" " * block.indent + line).rstrip() for line in output]
    return "\n".join(lines)
