"""Write the code that the chapters include, and check that they show all of it.

    python3 -m tools.snip                  write docs/_snippets
    python3 -m tools.snip --check          nothing skipped, nothing pasted, every change read again
    python3 -m tools.snip list NN          the includes that chapter NN still needs
    python3 -m tools.snip approve NN       the paragraphs of chapter NN are right again

The names and forms of snippets are in docs/design/parts.md. Exit status: 0 in order, 1 findings, 2
it could not run.
"""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

if not __package__:
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

from tools.series import chapters, coverage, pins, snippets, tree
from tools.series.chapters import Chapter
from tools.series.snippets import Library
from tools.series.tree import REPO, SeriesError


def generate(repo: Path) -> int:
    """Write what the parts change and what the chapters include; gives how many files changed."""
    library = Library(repo)
    wanted: dict[str, str] = {}
    for part in tree.parts(repo):
        code = library.part(part.number)
        for name in code.names():
            wanted[f"{part.number}/{name}"] = code.get(name).text
    for chapter in chapters.read(repo).values():
        for include in chapter.includes:
            # A name that doesn't exist is told by --check, and by mkdocs.
            try:
                wanted[include.target] = library.get(include.target).text
            except SeriesError:
                continue
    return snippets.write(repo, wanted)


def measured(
    library: Library, chapter: Chapter | None, number: str
) -> tuple[coverage.Coverage, list[str]]:
    """The coverage of a part by its chapter, and what is wrong with its waivers.

    Raises SeriesError.
    """
    includes = chapter.includes if chapter else []
    own = [i.target[3:] for i in includes if i.target.startswith(f"{number}/")]
    return coverage.measure_part(library.part(number), own)


def check(repo: Path) -> list[str]:
    """All findings; prints each part's counts. Raises SeriesError."""
    library, texts, code = Library(repo), chapters.read(repo), chapters.index(repo)
    approved = pins.load(repo)
    numbers = [part.number for part in tree.parts(repo)]
    found: list[str] = []
    for number, chapter in texts.items():
        if number not in numbers:
            found.append(f"{chapter.name}: there is no part {number}")
        found += chapters.problems(chapter, code)
        found += _unknown(chapter, library)
        found += pins.problems(chapter, pins.current(chapter, library), approved)
    for number, name in approved:
        if number not in texts:
            found.append(f"{pins.LOCK}: {number} {name}: there is no chapter {number}")
    for part in tree.parts(repo):
        if part.number not in texts or texts[part.number].path.stem != part.name:
            found.append(f"part {part.name} has no chapter docs/series/{part.name}.md")
        result, wrong = measured(library, texts.get(part.number), part.number)
        print(f"{part.name}: {result}")
        found += wrong
        for target, count in coverage.to_show(library.part(part.number), result.missing):
            found.append(f"docs/series/{part.name}.md: {count} lines not shown: {target}")
    return found


def _unknown(chapter: Chapter, library: Library) -> list[str]:
    found = []
    for include in chapter.includes:
        if ":" not in include.target:
            try:
                library.get(include.target)
            except SeriesError as error:
                found.append(chapter.at(include.line, str(error)))
    return found


def show(repo: Path, number: str) -> None:
    """Print the includes that a chapter still needs, ready to be pasted. Raises SeriesError."""
    library = Library(repo)
    result, wrong = measured(library, chapters.read(repo).get(number), number)
    for target, count in coverage.to_show(library.part(number), result.missing):
        print(f'<!-- {count} lines -->\n--8<-- "{target}"\n')
    for text in wrong:
        print(text)
    print(result)


def approve(repo: Path, number: str, names: list[str]) -> None:
    """Keep the hashes of a chapter's snippets. Raises SeriesError."""
    chapter = chapters.read(repo).get(number)
    if chapter is None:
        raise SeriesError(f"there is no chapter {number}")
    library = Library(repo)
    wrong = _unknown(chapter, library)
    if wrong:
        raise SeriesError("\n".join(wrong))
    now, told = pins.approve(chapter, pins.current(chapter, library), pins.load(repo), names)
    pins.save(repo, now)
    print("\n".join(told or ["nothing has changed"]))


def parser() -> argparse.ArgumentParser:
    """The command line."""
    result = argparse.ArgumentParser(
        prog="python3 -m tools.snip", description="The code that the chapters include."
    )
    result.add_argument("--check", action="store_true", help="write nothing; print findings")
    verbs = result.add_subparsers(dest="verb")
    verb = verbs.add_parser("list", help="the includes that a chapter still needs")
    verb.add_argument("part", metavar="NN")
    verb = verbs.add_parser("approve", help="the paragraphs of a chapter are right again")
    verb.add_argument("part", metavar="NN")
    verb.add_argument("names", metavar="SNIPPET", nargs="*", help="these only, as included")
    return result


def main(argv: list[str] | None = None, repo: Path = REPO) -> int:
    """Run; see the module's text for the exit status."""
    options = parser().parse_args(argv)
    try:
        if options.verb == "list":
            show(repo, options.part)
        elif options.verb == "approve":
            approve(repo, options.part, options.names)
        elif options.check:
            found = check(repo)
            for text in found:
                print(text, file=sys.stderr)
            return 1 if found else 0
        else:
            print(f"{generate(repo)} files changed in {snippets.DIRECTORY}")
    except SeriesError as error:
        print(f"snip: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `| head` is no error.
    sys.exit(main())
