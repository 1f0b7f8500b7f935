"""The code that chapters include: a file for each symbol, and fragments ready for the page.

What each form is for is said in docs/design/parts.md.
"""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tools.series import lines, measure, symbols, tree
from tools.series.measure import Place
from tools.series.tree import SeriesError, Tree

DIRECTORY = "docs/_snippets"
WHOLE_DIFF = "whole.diff"
WHOLE_PAGE = "whole.md"
FOLDED = "Everything that this part changes"

# A difference of a symbol is shown in full up to this length.
FULL = 40
CONTEXT = 3

_FORMS = (".new.md", ".tabs.md", ".diff.md", ".diff")
_LANGUAGES = {"py": "python", "json": "json", "toml": "toml", "sh": "sh", "md": "markdown"}


class Snippet(NamedTuple):
    """A file that a chapter includes.

    `pin` is the hash of the code that is shown, '' where nothing is to be read again. `shows` are
    the lines of the old and the new part that stand on the page.
    """

    text: str
    pin: str
    shows: frozenset[Place]


class Subject(NamedTuple):
    """What a snippet is about: a symbol of a file, in the part before and in this one."""

    path: str
    symbol: str
    old: symbols.Symbol | None
    new: symbols.Symbol | None

    @property
    def stem(self) -> str:
        """The name without the form."""
        module = symbols.module_name(self.path)
        separator = "" if self.symbol.startswith("-") or not self.symbol else "."
        return f"{module}{separator}{self.symbol}"

    @property
    def changed(self) -> bool:
        """Whether the part before has another text of it, or none, or this part has none."""
        return _text(self.old) != _text(self.new)

    @property
    def title(self) -> str:
        """What stands above the code."""
        name = self.symbol.removesuffix(symbols.HEAD)
        return f"{self.path}: {name.lstrip('-')}" if name else self.path


def _text(symbol: symbols.Symbol | None) -> str:
    return symbol.text if symbol else ""


class Snippets:
    """The snippets of one part."""

    def __init__(self, repo: Path, number: str) -> None:
        """Read the part and the one before it. Raises SeriesError."""
        self.part = tree.find(repo, number)
        self.previous = tree.before(repo, number)
        self.new = _texts(self.part.sources())
        self.old = _texts(self.previous.package()) if self.previous else {}
        self._modules = {symbols.module_name(p): p for p in [*self.old, *self.new]}

    def subjects(self) -> Iterator[Subject]:
        """Every changed file and symbol of the part; of a document no pieces, they are too many."""
        for path in sorted(self.old.keys() | self.new.keys()):
            if self.old.get(path) != self.new.get(path):
                old, new = self._symbols(self.old, path), self._symbols(self.new, path)
                names = {**new, **old} if path.endswith(".py") else [symbols.WHOLE]
                for name in names:
                    subject = Subject(path, name, old.get(name), new.get(name))
                    if subject.changed:
                        yield subject

    def _symbols(self, files: dict[str, str], path: str) -> dict[str, symbols.Symbol]:
        try:
            return symbols.symbols(path, files[path]) if path in files else {}
        except SyntaxError as error:
            raise SeriesError(f"{self.part.prefix}{path}:{error.lineno}: {error.msg}") from None

    def names(self) -> Iterator[str]:
        """The names of all that this part changes, in the forms that fit the change."""
        for subject in self.subjects():
            forms = {
                (False, True): ("", ".new.md"),
                (True, True): ("", ".diff", ".tabs.md"),
                (True, False): (".diff", ".diff.md"),
            }[subject.old is not None, subject.new is not None]
            yield from (subject.stem + form if form else raw_name(subject) for form in forms)
        yield WHOLE_DIFF
        yield WHOLE_PAGE

    def get(self, name: str) -> Snippet:
        """The snippet of this name. Raises SeriesError when there is none."""
        if name in {WHOLE_DIFF, WHOLE_PAGE}:
            return self._whole(name)
        form = next((f for f in _FORMS if name.endswith(f)), "")
        subject = self.subject(name.removesuffix(form), bool(form))
        if subject.old is None and form in {".diff", ".diff.md", ".tabs.md"}:
            raise SeriesError(f"{name}: it is new: show it with {subject.stem}.new.md")
        if subject.new is None and form in {"", ".new.md", ".tabs.md"}:
            raise SeriesError(f"{name}: it is gone: show it with {subject.stem}.diff.md")
        if form and form != ".new.md" and not subject.changed:
            raise SeriesError(f"{name}: this part does not change it: use {subject.stem}.new.md")
        match form:
            case ".new.md":
                text = _fence(subject, _text(subject.new))
            case ".diff.md":
                text = _fence(subject, _difference(subject), "diff")
            case ".tabs.md":
                text = self._tabs(subject)
            case ".diff":
                text = _difference(subject)
            case _:
                text = _text(subject.new)
        return Snippet(text, _pin(subject, form), _shows(subject, form))

    def subject(self, stem: str, plain: bool = True) -> Subject:
        """The subject of a name; `plain` when its form was taken off. Raises SeriesError."""
        for module, path in sorted(self._modules.items(), key=lambda m: -len(m[0])):
            for symbol in _candidates(stem, module, path, plain):
                old = self._symbols(self.old, path).get(symbol)
                new = self._symbols(self.new, path).get(symbol)
                if old or new:
                    return Subject(path, symbol, old, new)
        near = difflib.get_close_matches(stem, [s.stem for s in self.subjects()], n=3)
        hint = f"; near it are {', '.join(near)}" if near else ""
        raise SeriesError(f"part {self.part.number} has no {stem}{hint}")

    def _tabs(self, subject: Subject) -> str:
        tabs = [("Diff", _fence(subject, _difference(subject), "diff"))]
        if subject.symbol:
            marked = lines.changed(_text(subject.old), _text(subject.new))[1]
            tabs.append(("Result", _fence(subject, _text(subject.new), marked=marked)))
        whole, before = self.new[subject.path], self.old[subject.path]
        file = Subject(subject.path, symbols.WHOLE, None, None)
        tabs.append(("Whole file", _fence(file, whole, marked=lines.changed(before, whole)[1])))
        return "\n".join(f'=== "{title}"\n\n{_indent(body)}' for title, body in tabs)

    def _whole(self, name: str) -> Snippet:
        text = "".join(self._file_diff(p) for p in sorted(self.old.keys() | self.new.keys()))
        shows = measure.changed_places(_bytes(self.old), _bytes(self.new))
        imports = frozenset(p for p in shows if self._kind(p) is not lines.Kind.CODE)
        if name == WHOLE_PAGE:
            text = f'??? example "{FOLDED}"\n\n{_indent(_block(text, "diff"))}'
        return Snippet(text, "", imports)

    def _file_diff(self, path: str) -> str:
        old, new = self.old.get(path), self.new.get(path)
        if old == new:
            return ""
        name = self.previous.name if self.previous else ""
        head = f"--- {f'{name}/{path}' if old is not None else '/dev/null'}\n"
        head += f"+++ {f'{self.part.name}/{path}' if new is not None else '/dev/null'}\n"
        return head + _unified(old or "", new or "", CONTEXT)

    def _kind(self, place: Place) -> lines.Kind:
        side, path, number = place
        return lines.kinds((self.old if side == "old" else self.new)[path])[number - 1]


class Library:
    """The snippets of all parts, each part read once."""

    def __init__(self, repo: Path) -> None:
        """Begin with nothing read."""
        self.repo = repo
        self._parts: dict[str, Snippets] = {}

    def part(self, number: str) -> Snippets:
        """The snippets of one part. Raises SeriesError."""
        if number not in self._parts:
            self._parts[number] = Snippets(self.repo, number)
        return self._parts[number]

    def get(self, target: str) -> Snippet:
        """The snippet of an include: `04/state.record.Record.tabs.md`. Raises SeriesError."""
        number, _, name = target.partition("/")
        return self.part(number).get(name)


def raw_name(subject: Subject) -> str:
    """The name of the plain file: with the file's own ending, `.py` for a symbol in Python."""
    ending = "." + subject.path.rpartition(".")[2]
    return subject.stem if subject.stem.endswith(ending) else subject.stem + ending


def _candidates(stem: str, module: str, path: str, plain: bool) -> Iterator[str]:
    """The symbol that a name can mean in this file; the name has its ending unless `plain`."""
    ending = "." + path.rpartition(".")[2]
    bare = [stem] if plain else [stem.removesuffix(ending)] if stem.endswith(ending) else []
    if not plain and ending != ".py":
        bare.append(stem)  # `spec/schema/state.json` is a module's name, ending included.
    for name in bare:
        if name == module:
            yield symbols.WHOLE
        elif name.startswith((module + ".", module + "-")):
            yield name.removeprefix(module).removeprefix(".")


def _texts(files: Tree) -> dict[str, str]:
    return {path: tree.text(data, path) for path, data in files.items()}


def _bytes(files: dict[str, str]) -> dict[str, bytes]:
    return {path: text.encode() for path, text in files.items()}


def _pin(subject: Subject, form: str) -> str:
    """Of the code shown, not of the page: a tab with the whole file changes more often."""
    shown = (
        [_text(subject.new)]
        if form in {"", ".new.md"}
        else [_text(subject.old), _text(subject.new)]
    )
    return hashlib.sha256("\0".join(shown).encode()).hexdigest()[:16]


def _shows(subject: Subject, form: str) -> frozenset[Place]:
    found: set[Place] = set()
    if subject.new:
        found.update(("new", subject.path, n) for n in subject.new.numbers())
    if subject.old and form in {".diff", ".diff.md", ".tabs.md"}:
        found.update(("old", subject.path, n) for n in subject.old.numbers())
    return frozenset(found)


def _difference(subject: Subject) -> str:
    old, new = _text(subject.old), _text(subject.new)
    longest = max(old.count("\n"), new.count("\n"))
    context = longest if longest <= FULL and subject.symbol else CONTEXT
    text = _unified(old, new, context)
    # The numbers would be those of the snippet, which mean nothing to a reader.
    pieces = re.split(r"^@@.*\n", text, flags=re.MULTILINE)[1:]
    return "@@\n".join(pieces)


def _unified(old: str, new: str, context: int) -> str:
    # Lines are cut at newlines only: splitlines() would cut at form feeds as well.
    before, after = _cut(old), _cut(new)
    return "\n".join(
        [*list(difflib.unified_diff(before, after, "", "", n=context, lineterm=""))[2:], ""]
    )


def _cut(text: str) -> list[str]:
    return text.removesuffix("\n").split("\n") if text else []


def _fence(
    subject: Subject, text: str, language: str = "", marked: frozenset[int] = frozenset()
) -> str:
    named = language or _LANGUAGES.get(subject.path.rpartition(".")[2], "text")
    return _block(text, named, subject.title, marked)


def _block(text: str, language: str, title: str = "", marked: frozenset[int] = frozenset()) -> str:
    longest = max((len(m[0]) for m in re.finditer(r"`{3,}", text)), default=2)
    marks = "`" * (longest + 1)
    options = f' title="{title}"' if title else ""
    rows = text.split("\n")
    # A blank line at the edge of a change is nothing to look at.
    inner = {n for n in marked if rows[n - 1].strip() or {n - 1, n + 1} <= marked}
    if inner:
        options += f' hl_lines="{_ranges(inner)}"'
    return f"{marks}{language}{options}\n{text.rstrip()}\n{marks}\n"


def _ranges(numbers: set[int]) -> str:
    """`3 5-7` for {3, 5, 6, 7}."""
    found: list[list[int]] = []
    for number in sorted(numbers):
        if found and found[-1][1] == number - 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return " ".join(str(a) if a == b else f"{a}-{b}" for a, b in found)


def _indent(text: str) -> str:
    return "".join(f"    {line}\n" if line else "\n" for line in text.rstrip("\n").split("\n"))


def write(repo: Path, wanted: dict[str, str]) -> int:
    """Make docs/_snippets hold exactly these files; gives how many were written or deleted."""
    top = repo / DIRECTORY
    stale = {p.relative_to(top).as_posix() for p in top.rglob("*") if p.is_file()} - wanted.keys()
    count = len(stale)
    for name in stale:
        (top / name).unlink()
    for name, text in wanted.items():
        path = top / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            count += 1
    return count
