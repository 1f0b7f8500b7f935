"""The form of the parts: their part.toml, files, names, and size."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tools.series import clean, measure, steps, tree
from tools.series.tree import PACKAGE, SeriesError, Stage, Tree

CHECKS = "tests/parts"


def problems(repo: Path) -> Iterator[str]:
    """Everything that is wrong with the form of the parts, one line each."""
    found = tree.parts(repo)
    for entry in sorted((repo / tree.PARTS).glob("*/")):
        if not tree.NAME.fullmatch(entry.name) and entry.name != "__pycache__":
            yield f"parts/{entry.name}: not the name of a part, which is NN-slug"
    numbers = [part.number for part in found]
    if numbers != [f"{n:02}" for n in range(len(numbers))]:
        yield f"parts: found the numbers {' '.join(numbers)}; they go on from 00 without a gap"
    top = tree.head(repo).package()
    for part in found:
        yield from (f"{part.prefix}{p}" for p in clean.problems(part.tree()))
        try:
            yield from (f"{part.prefix}{p}" for p in _part(repo, part, top))
        except SeriesError as error:
            yield str(error)


def size_problems(repo: Path) -> Iterator[str]:
    """Every step that is too large, or in a state that doesn't run."""
    for part in tree.parts(repo):
        try:
            yield from _size(part, tree.before(repo, part.number))
        except SeriesError as error:
            yield str(error)


def _part(repo: Path, part: Stage, top: Tree) -> Iterator[str]:
    document = tree.meta(part)
    wrong = tree.violations(document)
    yield from (f"part.toml: {text}" for text in wrong)
    files = part.tree()
    yield from _files(part, files, document)
    yield from _compiles(files)
    if not wrong:
        yield from _claims(repo, part, document)
        yield from _names(part, files, top)


def _files(part: Stage, files: Tree, document: dict[str, Any]) -> Iterator[str]:
    local = {p for p in files if not p.startswith((PACKAGE, "steps/")) and p != "part.toml"}
    named = set(document.get("files", []))
    for path in sorted(local - named):
        yield f"{path}: not below anocir/, and not named in `files` of part.toml"
    for path in sorted(named - local):
        yield f"part.toml: files: there is no {path}"
    has_package = f"{PACKAGE}__main__.py" in files
    if part.number == "00" and not any(p.endswith(".py") for p in local):
        yield "there is no program beside part.toml"
    if part.number != "00" and not has_package:
        yield "anocir/__main__.py is missing: a part is a complete package"


def _compiles(files: Tree) -> Iterator[str]:
    for path, data in files.items():
        if path.endswith(".py"):
            try:
                compile(data, path, "exec", dont_inherit=True)
            except (SyntaxError, ValueError) as error:
                yield f"{path}:{getattr(error, 'lineno', 1)}: {error}"


def _claims(repo: Path, part: Stage, document: dict[str, Any]) -> Iterator[str]:
    if document["slug"] != part.slug:
        yield f"part.toml: slug: found {document['slug']}, allowed {part.slug}"
    for name in document["checks"]:
        if not name.startswith(f"test_{part.number}_"):
            yield f"part.toml: checks: {name} is not named test_{part.number}_*.py"
        elif not (repo / CHECKS / name).exists():
            yield f"part.toml: checks: there is no {CHECKS}/{name}"
    patches, named = len(steps.patches(part)), len(document.get("steps", []))
    if patches != named:
        yield f"part.toml: steps: {named} are described, and steps/ has {patches} patches"
    known = {p.number: p for p in tree.parts(repo)}
    for entry in document.get("simplified", []):
        name, until = entry["name"], entry["until"]
        if until <= part.number:
            yield f"part.toml: simplified: {name}: until {until} is over"
        following = known.get(f"{int(part.number) + 1:02}")
        if following and following.number < until and name not in _simplified(following):
            yield f"part.toml: simplified: {name}: part {following.number} has to say so too"


def _simplified(part: Stage) -> tuple[str, ...]:
    """What a part says it has a simpler version of; nothing, if its part.toml can't be read."""
    try:
        entries = tree.meta(part).get("simplified", [])
    except SeriesError:
        return ()
    return tuple(entry["name"] for entry in entries if "name" in entry)


def _names(part: Stage, files: Tree, top: Tree) -> Iterator[str]:
    simpler = _simplified(part)
    for path, data in files.items():
        if not path.startswith(PACKAGE) or tree.covers(simpler, path):
            continue
        if path not in top:
            yield f"{path}: the head has no such file, and `simplified` doesn't name it"
        elif path.endswith(".py"):
            for name in sorted(_public(data) - _public(top[path])):
                dotted = f"{path.removesuffix('.py').replace('/', '.')}.{name}"
                if dotted not in simpler:
                    yield f"{path}: {name}: the head has no such name, nor `simplified` {dotted}"


def _public(data: bytes) -> set[str]:
    """The public functions and classes of a module, and the classes' methods."""
    try:
        body = ast.parse(data).body
    except (SyntaxError, ValueError):
        return set()
    found = set()
    for node in body:
        if isinstance(node, ast.ClassDef):
            found.add(node.name)
            members = [m for m in node.body if isinstance(m, ast.FunctionDef)]
            found.update(f"{node.name}.{m.name}" for m in members)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found.add(node.name)
    return {name for name in found if not name.rpartition(".")[2].startswith("_")}


def _size(part: Stage, previous: Stage | None) -> Iterator[str]:
    if part.number == "00":
        return
    old = previous.package() if previous else {}
    grown = measure.growth(old, part.package())
    large = "large" in tree.meta(part)
    if grown > measure.PART_LIMIT and not large:
        yield (
            f"{part.prefix[:-1]}: {grown} new lines of code; allowed are {measure.PART_LIMIT}:"
            " split it, or say in part.toml's `large` why not"
        )
    if grown <= measure.PART_LIMIT and large:
        yield f"{part.prefix}part.toml: large: {grown} new lines of code are not too many"
    for number, size in enumerate(steps.sizes(part, old), 1):
        if size > measure.STEP_LIMIT:
            yield (
                f"{part.prefix[:-1]}: {size} new lines of code before run {number}; allowed are"
                f" {measure.STEP_LIMIT}: put a state in between with steps/"
            )
    for number, files in enumerate(steps.states(part), 1):
        wrong = steps.run(files)
        if wrong:
            yield f"{part.prefix[:-1]}: run {number}: {wrong}"
