"""Run every console block of the chapters, and compare the output with what is written.

    python3 -m tools.console                   every chapter, in the lab's machine
    python3 -m tools.console --part 02         one chapter; --native: on this machine, as root
    python3 -m tools.console --update          write what came into the chapters
    python3 -m tools.console --list            the blocks, and why some are not run

The form of the blocks is defined in docs/design/chapters.md. Exit status: 0 all as written, 1
differences, 2 it could not run.
"""

from __future__ import annotations

import argparse
import difflib
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any, NamedTuple

from tools import _console_backend as backends
from tools import _console_doc as doc
from tools import _console_match as matching
from tools import _console_run as runner
from tools import _md

LATE = 3.0  # seconds that output of a process in the background may take
RETRY = 10.0  # seconds for which a command marked `retry` is repeated

OTHERS = ("README.md", "docs/lab.md")


class Result(NamedTuple):
    """What came of one command of a file; output is None where it did not run."""

    block: doc.Block
    command: doc.Command
    output: list[str] | None
    problem: str


def files(repo: Path, part: str | None = None) -> list[Path]:
    """The files whose blocks are run: one chapter, or all of them and the pages beside them."""
    chapters = [p for p in _md.chapters(repo) if part in {None, _md.chapter_number(p)}]
    others = [] if part else [repo / name for name in OTHERS if (repo / name).exists()]
    return chapters + others


def execute(
    blocks: list[doc.Block], part: str | None, guest: backends.Backend, host: backends.Backend
) -> list[Result]:
    """Run the blocks of one file; those of the machine and of the host in a shell each.

    Raises BackendError.
    """
    results: list[Result] = []
    for where, backend in (("guest", guest), ("host", host)):
        pairs = [(b, c) for b in blocks if b.options.where == where for c in b.commands]
        if not pairs:
            continue
        answers = backend.run(part, [_request(b, c) for b, c in pairs])
        for (block, command), answer in zip(pairs, answers, strict=False):
            results.append(Result(block, command, answer["output"], answer["problem"]))
        for block, command in pairs[len(answers) :]:
            results.append(Result(block, command, None, "not run: the shell had ended"))
    for block in blocks:
        if block.options.where == "host-dry":
            results += [Result(block, c, None, dry(c.text)) for c in block.commands]
    return sorted(results, key=lambda r: r.command.line)


def _request(block: doc.Block, command: doc.Command) -> dict[str, Any]:
    return {
        "text": command.text,
        "expected": list(command.expected),
        "status": command.status,
        "late": 0.0 if block.options.retry else LATE,
        "again": RETRY if block.options.retry else 0.0,
        "timeout": block.options.timeout,
    }


def dry(text: str) -> str:
    """Check a command of the reader's machine without running it; '' if it exists, else why not."""
    words = shlex.split(text, comments=True)
    flags = [w.partition("=")[0] for w in words if w.startswith("--")]
    match words:
        case ["python3", "-m", "lab", verb, *_] if not verb.startswith("-"):
            known = _output([sys.executable, "-m", "lab", verb, "--help"])
            if known is None:
                return f"python3 -m lab has no command {verb}"
            missing = [flag for flag in flags if flag not in known]
            return f"lab {verb} has no option {', '.join(missing)}" if missing else ""
        case ["make", *rest]:
            found = _output(["make", "--dry-run", *rest])
            return "" if found is not None else f"make does not know {' '.join(rest)}"
    return "host-dry can check `python3 -m lab VERB` and `make TARGET` only: use skip"


def _output(argv: list[str]) -> str | None:
    done = subprocess.run(argv, cwd=_md.REPO, capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else None


def difference(expected: list[str], actual: list[str]) -> list[str]:
    """Written lines that did not come (-) and lines that came but aren't written (+)."""
    merged = matching.merge(expected, actual)
    if merged == expected:
        return ["each line fits by itself, but a label stands for two texts, or two for one"]
    changes = difflib.unified_diff(expected, merged, lineterm="", n=1)
    return [line for line in changes if not line.startswith(("---", "+++", "@@"))]


def report(path: Path, result: Result) -> str:
    """What a person needs to see of a command that did not do what is written."""
    first = result.command.text.split("\n")[0]
    lines = [f"{path}:{result.command.line + 1}: $ {first}", f"    {result.problem}"]
    if result.output is not None:
        expected = list(result.command.expected)
        lines += [f"    {line}" for line in difference(expected, result.output)]
    return "\n".join(lines)


def update(path: Path, results: list[Result]) -> int:
    """Write the outputs that differ into a file; gives how many commands changed."""
    changes = [
        (r.block, r.command, matching.merge(list(r.command.expected), r.output))
        for r in results
        if r.problem and r.output is not None
    ]
    changes = [c for c in changes if c[2] != list(c[1].expected)]
    if changes:
        text = path.read_text(encoding="utf-8")
        path.write_text(doc.rewrite(text, changes), encoding="utf-8")
    return len(changes)


def show(path: Path, blocks: list[doc.Block]) -> None:
    """Print the blocks of a file, and the reasons of those that are not run."""
    for block in blocks:
        options = block.options
        words = [options.where, "retry" if options.retry else "", options.reason]
        print(f"{path}:{block.line + 1}: {len(block.commands)}", *filter(None, words))


def check(path: Path, blocks: list[doc.Block], results: list[Result], changing: bool) -> int:
    """Print what differs in one file, or write it into the file; gives the number of problems."""
    bad = [r for r in results if r.problem]
    changed = update(path, bad) if changing else 0
    if changed:
        print(f"{path}: {changed} outputs written; read the difference before you commit it")
    # A status or a shell that ended is not mended by writing an output.
    stay = [r for r in bad if r.problem != runner.DIFFERS] if changing else bad
    for result in stay:
        print(report(path, result))
    skipped = sum(b.options.where == "skip" for b in blocks)
    print(f"{path}: {len(results)} commands, {len(bad)} differ, {skipped} blocks not run")
    return len(stay)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    result = argparse.ArgumentParser(
        prog="python3 -m tools.console",
        description="Run the console blocks of the chapters, and compare their output.",
    )
    result.add_argument("--part", help="one chapter, by its number")
    result.add_argument("--native", action="store_true", help="on this machine, as root")
    result.add_argument("--image", help="the image of the lab's machine")
    mode = result.add_mutually_exclusive_group()
    mode.add_argument("--check", action="store_true", help="compare (the default)")
    mode.add_argument("--update", action="store_true", help="write the outputs that came")
    mode.add_argument("--list", action="store_true", help="list blocks and reasons, run nothing")
    result.add_argument("files", nargs="*", type=Path, help="Markdown files instead of chapters")
    return result


def main(argv: list[str] | None = None) -> int:
    """Run; see the module's text for the exit status."""
    options = parser().parse_args(argv)
    paths: list[Path] = options.files or files(_md.REPO, options.part)
    if not paths:
        print(f"there is no chapter {options.part or ''} in {_md.SERIES}", file=sys.stderr)
        return 2
    paths = [_md.relative(path) for path in paths]
    read = [(path, *doc.read(path)) for path in paths]
    findings = [finding for _, _, found in read for finding in found]
    for finding in findings:
        print(finding)
    if options.list:
        for path, blocks, _ in read:
            show(path, blocks)
    if options.list or findings:
        return 1 if findings else 0
    guest: backends.Backend = backends.Native() if options.native else backends.Lab(options.image)
    problems = 0
    try:
        for path, blocks, _ in read:
            part = options.part or _md.chapter_number(path)
            results = execute(blocks, part, guest, backends.Host())
            problems += check(path, blocks, results, options.update)
    except backends.BackendError as error:
        print(f"console: {error}", file=sys.stderr)
        return 2
    finally:
        guest.close()
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
