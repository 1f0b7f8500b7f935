"""tools/_mdnav.py, the hook of mkdocs: patterns in nav, the list of chapters, and a whole build."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tools import _mdnav

REPO = Path(__file__).resolve().parents[2]


@pytest.fixture
def docs(tmp_path: Path) -> Path:
    for name in ("index.md", "series/index.md", "series/01-b.md", "series/00-a.md"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("# T\n")
    return tmp_path


def test_patterns_are_replaced_in_order(docs: Path) -> None:
    nav = [
        {"Home": "index.md"},
        {"Series": ["series/index.md", "series/[0-9]*.md"]},
        {"All": "series/*.md"},
        "lab*.md",
    ]
    assert _mdnav.expand(docs, nav) == [
        {"Home": "index.md"},
        {"Series": ["series/index.md", "series/00-a.md", "series/01-b.md"]},
        {"All": ["series/index.md", "series/00-a.md", "series/01-b.md"]},
    ]


def test_a_page_that_is_named_stays(docs: Path) -> None:
    assert _mdnav.expand(docs, [{"X": "no.md"}, "no.md"]) == [{"X": "no.md"}, "no.md"]


def test_chapters_that_are_there_are_linked() -> None:
    rows = "| 02 | Create | x |\n| 03 | State | y |\n| 04 | [Init](a.md) | z |\n"
    linked = _mdnav.link_chapters(rows, ["02-create.md", "04-init.md"])
    assert linked == (
        "| 02 | [Create](02-create.md) | x |\n| 03 | State | y |\n| 04 | [Init](a.md) | z |\n"
    )


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small site, built with the project's own settings."""
    pytest.importorskip("material", reason="mkdocs-material is not installed")
    top = tmp_path_factory.mktemp("site")
    shutil.copy(REPO / "mkdocs.yml", top)
    for name in ("assets", "overrides"):
        shutil.copytree(REPO / "docs" / name, top / "docs" / name)
    (top / "tools").mkdir()
    shutil.copy(REPO / "tools/_mdnav.py", top / "tools")
    pages = {
        "docs/index.md": "# Home\n",
        "docs/reference/cli.md": "# CLI\n",
        "docs/design/a.md": "# Design\n\n[security](../security.md)\n",
        "docs/series/index.md": "# Series\n\n| a | b |\n| - | - |\n| 02 | Create |\n",
        "docs/series/02-create.md": (
            "# 02. Create\n\n```console\n$ cat <<X\n> a\n>\n> X\na\n```\n\n"
            '--8<-- "02/a.tabs.md"\n\n--8<-- "02/a.tabs.md"\n\n'
            'Text.\n\n--8<-- "02/a.tabs.md"\n'
        ),
        "docs/_snippets/02/a.tabs.md": '=== "Diff"\n\n    A.\n\n=== "Result"\n\n    B.\n',
        "SECURITY.md": "# Security\n\n[design](docs/design/a.md)\n",
    }
    for name, text in pages.items():
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).write_text(text)
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "-q"],
        cwd=top,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return top / "site"


def test_pages_of_the_top_are_part_of_the_site(site: Path) -> None:
    assert 'href="design/a.html"' in (site / "security.html").read_text()


def test_the_list_of_chapters_links_the_chapter(site: Path) -> None:
    assert '<a href="02-create.html">Create</a>' in (site / "series/index.html").read_text()


def test_continued_commands_are_no_output(site: Path) -> None:
    page = (site / "series/02-create.html").read_text()
    assert page.count('<span class="gp">&gt; </span>') == 3
    assert page.count('<span class="go">') == 1


def test_tabs_that_touch_stay_apart(site: Path) -> None:
    page = (site / "series/02-create.html").read_text()
    assert page.count('data-tabs="') == 3
    assert page.count(':2"') == 3


def test_nothing_is_loaded_from_another_host(site: Path) -> None:
    assert "unpkg" not in (site / "index.html").read_text()
    assert (site / "assets/js/iframe-worker.js").exists()


def test_what_only_the_build_needs_is_not_in_the_site(site: Path) -> None:
    assert not (site / "overrides").exists()
    assert not (site / "_snippets").exists()
