"""The parts of the series: list, compare and check them, and carry a fix through all of them.

    python3 -m tools.parts list
    python3 -m tools.parts diff 04               against the part before; diff 03 head
    python3 -m tools.parts propagate --from 02   carry the change in part 02 up to the head
    python3 -m tools.parts check                 form, size, fixpoint, head
    python3 -m tools.parts steps 04 --out DIR    the states between two runs; --from DIR
    python3 -m tools.parts ahead --write         the table of what the head has more
    python3 -m tools.parts checkout 04 DIR       a part as a directory with bin/anocir
    python3 -m tools.parts strip --to 04 --out DIR   the head without later parts
    python3 -m tools.parts series                the branch and tags for git; --check

Formats and rules are in docs/design/parts.md. Exit status: 0 in order, 1 findings, 2 it could not
run, or a propagation stopped.
"""

from __future__ import annotations

import argparse
import difflib
import signal
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

if not __package__:
    sys.path[0] = str(Path(__file__).resolve().parent.parent)

from tools.series import (
    ahead,
    branch,
    chapters,
    coverage,
    fixpoint,
    layout,
    measure,
    propagate,
    steps,
    strip,
    tree,
    workdir,
)
from tools.series.snippets import Library
from tools.series.tree import REPO, SeriesError

CHECKS = ("layout", "size", "fixpoint", "head")


def list_parts(repo: Path, options: argparse.Namespace) -> int:
    """Print a line for each part."""
    del options
    texts = chapters.read(repo)
    print(
        f"{'part':<20} {'min':>3} {'new':>4}  {'changed lines: shown, waived, missing':<38} title"
    )
    status = 0
    for part in tree.parts(repo):
        try:
            print(_line(repo, part, texts.get(part.number)))
        except SeriesError as error:
            print(f"{part.name:<20} {error}")
            status = 1
    return status


def _line(repo: Path, part: tree.Stage, chapter: chapters.Chapter | None) -> str:
    targets = [include.target for include in chapter.includes] if chapter else []
    names = [t[3:] for t in targets if t.startswith(f"{part.number}/")]
    result, _ = coverage.measure_part(Library(repo).part(part.number), names)
    previous = tree.before(repo, part.number)
    grown = measure.growth(previous.package() if previous else {}, part.sources())
    document = tree.meta(part)
    counts = f"{result.changed}: {len(result.shown)}, {len(result.waived)}, "
    counts += str(len(result.missing)) if chapter else "no chapter"
    minutes, title = document.get("minutes", "?"), document.get("title", "?")
    return f"{part.name:<20} {minutes:>3} {grown:>4}  {counts:<38} {title}"


def diff(repo: Path, options: argparse.Namespace) -> int:
    """Print the difference between two stages."""
    first, second = options.first, options.second
    if second is None:
        previous = tree.before(repo, tree.find(repo, first).number)
        first, second = (previous.number if previous else first), first
    one, two = tree.find(repo, first), tree.find(repo, second)
    old, new = one.package(), two.package()
    for path in sorted(old.keys() | new.keys()):
        before, after = (files.get(path, b"").decode(errors="replace") for files in (old, new))
        name_before = f"{one.name}/{path}" if path in old else "/dev/null"
        name_after = f"{two.name}/{path}" if path in new else "/dev/null"
        for line in difflib.unified_diff(
            before.splitlines(keepends=True),
            after.splitlines(keepends=True),
            name_before,
            name_after,
        ):
            print(
                line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n", end=""
            )
    return 0


def carry(repo: Path, options: argparse.Namespace) -> int:
    """Carry a change through the later parts."""
    if options.resume:
        told = propagate.resume(repo)
    elif options.abort:
        told = propagate.abort(repo)
    else:
        told = propagate.begin(repo, options.start, options.base)
    print("\n".join(told))
    return 0


def check(repo: Path, options: argparse.Namespace) -> int:
    """Print what is wrong with the parts."""
    message = options.message.read_text(encoding="utf-8") if options.message else ""
    kinds: dict[str, Callable[[], Iterable[object]]] = {
        "layout": lambda: layout.problems(repo),
        "size": lambda: layout.size_problems(repo),
        "fixpoint": lambda: fixpoint.check(repo, options.base, message),
        "head": lambda: ahead.problems(repo),
    }
    found: list[str] = []
    for name in options.only or CHECKS:
        try:
            found += map(str, kinds[name]())
        except SeriesError as error:
            found.append(f"{name}: {error}")
    for text in found:
        print(text, file=sys.stderr)
    return 1 if found else 0


def lay_out_steps(repo: Path, options: argparse.Namespace) -> int:
    """Write the states inside a part, or make the patches from them."""
    part = tree.find(repo, options.part)
    written = steps.lay_out(part, options.out) if options.out else steps.take_in(part, options.take)
    print("\n".join(str(path) for path in written))
    return 0


def show_ahead(repo: Path, options: argparse.Namespace) -> int:
    """Print or write the table of what the head has more than the last part."""
    if options.write:
        ahead.write(repo)
    else:
        print(ahead.table(repo), end="")
    return 0


def checkout(repo: Path, options: argparse.Namespace) -> int:
    """Write a part, or a state inside it, as a directory."""
    part = tree.find(repo, options.part)
    files = part.sources()
    if options.step:
        found = steps.states(part)
        if not 1 <= options.step <= len(found):
            raise SeriesError(f"part {part.number} has the runs 1 to {len(found)}")
        files = found[options.step - 1]
    return _write_out(files, options.directory)


def write_stripped(repo: Path, options: argparse.Namespace) -> int:
    """Write the head without the modules of later parts."""
    return _write_out(strip.stripped(repo, tree.find(repo, options.to)), options.out)


def _write_out(files: dict[str, bytes], directory: Path) -> int:
    workdir.make(directory)
    workdir.write(files, directory)
    if any(path.startswith(tree.PACKAGE) for path in files):
        print(workdir.write_launcher(directory))
    return 0


def series(repo: Path, options: argparse.Namespace) -> int:
    """Make the branch, the tags and parts/TAGS, or compare them with what the parts give."""
    if options.check:
        found = branch.check(repo)
        for text in found:
            print(text, file=sys.stderr)
        return 1 if found else 0
    ids = branch.make(repo)
    (repo / branch.TAGS).write_text(branch.render(ids), encoding="utf-8")
    print(branch.render(ids), end="")
    return 0


def parser() -> argparse.ArgumentParser:
    """The command line."""
    result = argparse.ArgumentParser(
        prog="python3 -m tools.parts", description="The series' parts."
    )
    verbs = result.add_subparsers(required=True)

    def verb(
        name: str, action: Callable[[Path, argparse.Namespace], int], text: str
    ) -> argparse.ArgumentParser:
        added = verbs.add_parser(name, help=text, description=text)
        added.set_defaults(action=action)
        return added

    verb("list", list_parts, "a line for each part")
    sub = verb("diff", diff, "the difference between two parts, or a part and the head")
    sub.add_argument("first", metavar="NN")
    sub.add_argument(
        "second", metavar="MM|head", nargs="?", help="default: NN against its previous"
    )
    sub = verb("propagate", carry, "carry the change in a part through the parts after it")
    how = sub.add_mutually_exclusive_group(required=True)
    how.add_argument("--from", dest="start", metavar="NN", help="the part that was changed")
    how.add_argument("--continue", dest="resume", action="store_true", help="after a stop")
    how.add_argument("--abort", action="store_true", help="forget a propagation that stopped")
    sub.add_argument("--base", metavar="REV", default="HEAD", help="changed since (HEAD)")
    sub = verb("check", check, "form, size, fixpoint, and what the head has more")
    sub.add_argument("--only", action="append", choices=CHECKS)
    sub.add_argument("--base", metavar="REV", help="judge the changes since REV only")
    sub.add_argument("--message", metavar="FILE", type=Path, help="message of the coming commit")
    sub = verb("steps", lay_out_steps, "the states between two runs of a part")
    sub.add_argument("part", metavar="NN")
    how = sub.add_mutually_exclusive_group(required=True)
    how.add_argument(
        "--out", metavar="DIR", type=Path, help="write the states to DIR/1, DIR/2, ..."
    )
    how.add_argument("--from", dest="take", metavar="DIR", type=Path, help="make the patches again")
    sub = verb("ahead", show_ahead, "the table of what the head has more than the last part")
    sub.add_argument("--write", action="store_true", help="put it into parts/README.md")
    sub = verb("checkout", checkout, "write a part as a directory with bin/anocir")
    sub.add_argument("part", metavar="NN")
    sub.add_argument("directory", metavar="DIR", type=Path)
    sub.add_argument("--step", type=int, metavar="K", help="the state of the K-th run instead")
    sub = verb("strip", write_stripped, "write the head without the modules of later parts")
    sub.add_argument("--to", metavar="NN", required=True)
    sub.add_argument("--out", metavar="DIR", type=Path, required=True)
    sub = verb("series", series, "make the branch `series`, its tags, and parts/TAGS")
    sub.add_argument("--check", action="store_true", help="compare with parts/TAGS only")
    return result


def main(argv: list[str] | None = None, repo: Path = REPO) -> int:
    """Run; see the module's text for the exit status."""
    options = parser().parse_args(argv)
    try:
        status: int = options.action(repo, options)
    except SeriesError as error:
        print(f"parts: {error}", file=sys.stderr)
        return 2
    return status


if __name__ == "__main__":
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `| head` is no error.
    sys.exit(main())
