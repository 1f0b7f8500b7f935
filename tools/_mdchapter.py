"""What a chapter must have: sections, the spec's clauses, the failure, exercises."""

from __future__ import annotations

import itertools
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from tools import _console_doc as console
from tools import _md
from tools._mdpage import Heading, Page

SECTIONS = (
    "Goal and time",
    "Concepts",
    "What the spec says",
    "What breaks",
    "Code",
    "Try it",
    "Recap",
    "Exercises",
)
# Chapter 00 has no earlier part to break: it breaks out of its own toy.
SECTIONS_00 = (*SECTIONS[:3], "Code", "Try it", "What breaks", *SECTIONS[6:])
SPEC = "https://github.com/opencontainers/runtime-spec/blob/v1.3.0/"
KINDS = ("Predict", "Extend", "Break it")
ILLUSTRATIVE = 2

_TITLE = re.compile(r"(?P<number>\d\d)\. \S.*")
_MINUTES = re.compile(r"\*\*Time:\*\* (?P<minutes>\d+) minutes")
_KIND = re.compile(r"\*(?P<kind>[A-Z][a-z]+(?: it)?) · (?P<minutes>\d+) minutes?\*")
_OLD = re.compile(r"\banocir-(?P<number>\d\d)\b")
_SHELLS = {"sh", "bash", "shell", "shell-session", "zsh"}


def check(page: Page, repo: Path) -> list[_md.Finding]:
    """What is to mend in a chapter."""
    number = _md.chapter_number(page.path) or ""
    return [
        *_title(page, number),
        *_sections(page, number),
        *_time(page, repo, number),
        *_spec(page),
        *_failure(page, number),
        *_code(page),
        *_sessions(page),
        *_exercises(page),
    ]


def _span(page: Page, title: str, level: int = 2) -> tuple[int, int] | None:
    """The 0-based lines of a section, its heading included; None where it is missing."""
    headings = page.headings()
    for n, heading in enumerate(headings):
        if heading.level == level and heading.text == title:
            ends = [h.line for h in headings[n + 1 :] if h.level <= level]
            return heading.line, ends[0] if ends else len(page.lines)
    return None


def _blocks(page: Page, span: tuple[int, int] | None) -> list[console.Block]:
    """The console blocks of a span of lines."""
    if span is None:
        return []
    blocks, _ = console.parse("\n".join(page.lines), page.name)
    return [block for block in blocks if span[0] <= block.line < span[1]]


def _title(page: Page, number: str) -> Iterator[_md.Finding]:
    for heading in page.headings()[:1]:
        match = _TITLE.fullmatch(heading.text)
        if match is None or match["number"] != number:
            yield page.finding(heading.line, f"the title is `# {number}. TITLE`")


def _sections(page: Page, number: str) -> Iterator[_md.Finding]:
    expected = SECTIONS_00 if number == "00" else SECTIONS
    found = [h for h in page.headings() if h.level == 2]
    for title in expected:
        if title not in [h.text for h in found]:
            yield page.finding(0, f"the section `## {title}` is missing")
    for heading in found:
        if heading.text not in expected:
            yield page.finding(heading.line, f"`## {heading.text}` is none of the fixed sections")
    known = [h for h in found if h.text in expected]
    for before, heading in itertools.pairwise(known):
        if expected.index(heading.text) < expected.index(before.text):
            yield page.finding(heading.line, f"`## {heading.text}` comes before `{before.text}`")


def _time(page: Page, repo: Path, number: str) -> Iterator[_md.Finding]:
    span = _span(page, "Goal and time")
    if span is None:
        return
    match = _MINUTES.search("\n".join(page.lines[span[0] : span[1]]))
    if match is None:
        yield page.finding(span[0], "says how long it takes: **Time:** N minutes")
        return
    for path in (repo / "parts").glob(f"{number}-*/part.toml"):
        minutes = tomllib.loads(path.read_text(encoding="utf-8")).get("minutes")
        if minutes is not None and minutes != int(match["minutes"]):
            yield page.finding(span[0], f"{path.relative_to(repo)} says {minutes} minutes")


def _spec(page: Page) -> Iterator[_md.Finding]:
    span = _span(page, "What the spec says")
    if span and SPEC not in "\n".join(page.lines[span[0] : span[1]]):
        yield page.finding(span[0], f"links no clause: {SPEC}...")


def _failure(page: Page, number: str) -> Iterator[_md.Finding]:
    span = _span(page, "What breaks")
    if span is None or number < "02":
        return
    commands = [c.text for b in _blocks(page, span) if _runs(b) for c in b.commands]
    old = {m["number"] for text in commands for m in _OLD.finditer(text)}
    if not any(earlier < number for earlier in old):
        yield page.finding(span[0], "runs no earlier part: a console block with `anocir-NN`")


def _code(page: Page) -> Iterator[_md.Finding]:
    lines = list(page.lines)
    marked = 0
    for fence in _md.fences(lines):
        illustrative = "illustrative" in _md.comments_before(lines, fence.first)
        marked += illustrative
        if fence.language in {"python", "py"} and not illustrative:
            written = [x for x in fence.body if x.strip() and "--8<--" not in x]
            if written:
                yield page.finding(
                    fence.first, "code that is not included: mark it <!-- illustrative -->"
                )
        if fence.language in _SHELLS and not illustrative:
            yield page.finding(fence.first, "what is typed goes into a console block")
        if illustrative and marked > ILLUSTRATIVE:
            yield page.finding(fence.first, f"more than {ILLUSTRATIVE} illustrative blocks")


def _sessions(page: Page) -> Iterator[_md.Finding]:
    blocks, findings = console.parse("\n".join(page.lines), page.name)
    yield from findings
    span = _span(page, "Try it")
    if span and not any(_runs(block) for block in _blocks(page, span)):
        yield page.finding(span[0], "has no console block that is run")
    for block in blocks:
        for command in block.commands:
            if re.search(r"(?:^|[\s;&|(])sleep\s", command.text):
                yield page.finding(command.line, "waits with sleep: wait for the event")


def _runs(block: console.Block) -> bool:
    return block.options.where in {"guest", "host"}


def _exercises(page: Page) -> Iterator[_md.Finding]:
    span = _span(page, "Exercises")
    if span is None:
        return
    headings = [h for h in page.headings() if span[0] < h.line < span[1] and h.level == 3]
    if not 3 <= len(headings) <= 5:
        yield page.finding(span[0], f"has {len(headings)} exercises: 3 to 5")
    ends = [h.line for h in headings[1:]] + [span[1]]
    for heading, end in zip(headings, ends, strict=True):
        yield from _exercise(page, heading, end)


def _exercise(page: Page, heading: Heading, end: int) -> Iterator[_md.Finding]:
    body = page.lines[heading.line + 1 : end]
    first = next((line for line in body if line.strip()), "")
    match = _KIND.fullmatch(first)
    if match is None or match["kind"] not in KINDS:
        kinds = ", ".join(KINDS)
        yield page.finding(heading.line, f"begins with `*KIND · N minutes*`, KIND one of {kinds}")
    if not any(line.startswith('??? tip "') for line in body):
        yield page.finding(heading.line, 'has no folded hint: ??? tip "Hint"')
    if match is not None and match["kind"] == "Predict":
        answers = [
            (container.numbers[0], container.numbers[-1] + 1)
            for container, _ in page.pieces
            if container.path[:1] == ('??? success "Answer"',)
            and container.numbers
            and heading.line < container.numbers[0] < end
        ]
        if not any(_runs(block) for answer in answers for block in _blocks(page, answer)):
            yield page.finding(
                heading.line, 'is not backed: ??? success "Answer" with a console block that is run'
            )
