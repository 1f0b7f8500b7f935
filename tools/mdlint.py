"""Check the form of the chapters and of the other Markdown files.

    python3 -m tools.mdlint                 README, CONTRIBUTING, SECURITY and everything in docs/
    python3 -m tools.mdlint FILE ...        these files

The form of a chapter is defined in docs/design/chapters.md. Exit status: 0 nothing found, 1
findings.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tools import _md, _mdchapter, _mdpage

GENERATED = ("docs/_snippets/", "docs/reference/", "docs/overrides/")


def files(repo: Path) -> list[Path]:
    """The Markdown files that people write."""
    found = [*repo.glob("*.md"), *(repo / "docs").rglob("*.md"), *(repo / "parts").glob("*.md")]
    named = sorted(path.relative_to(repo).as_posix() for path in found)
    return [repo / name for name in named if not name.startswith(GENERATED)]


def lint(path: Path, repo: Path = _md.REPO) -> list[_md.Finding]:
    """What is to mend in one file, by line."""
    page = _mdpage.Page.read(path, repo)
    findings = _mdpage.check(page)
    if _md.chapter_number(path):
        findings += _mdchapter.check(page, repo)
    return sorted(set(findings), key=lambda finding: finding.line)


def main(argv: list[str] | None = None) -> int:
    """Run; see the module's text for the exit status."""
    parser = argparse.ArgumentParser(
        prog="python3 -m tools.mdlint", description="Check the form of Markdown files."
    )
    parser.add_argument("files", nargs="*", type=Path, help="instead of all of them")
    paths = parser.parse_args(argv).files or files(_md.REPO)
    findings = [finding for path in paths for finding in lint(path)]
    for finding in findings:
        print(finding)
    print(f"{len(paths)} files, {len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
