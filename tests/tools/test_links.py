"""tools/links.py: a repository and a site that are right, and each way in which one is wrong."""

from __future__ import annotations

from pathlib import Path

import markdown.extensions.toc
import pytest

from tools import _mdhtml, links

SPEC = "https://github.com/opencontainers/runtime-spec"

FILES = {
    "README.md": "# Top\n\n[docs](docs/page.md#a-heading) [x](https://example.org/a)\n",
    "docs/page.md": (
        '# Page\n\n## A `heading`!\n\n??? tip "Hint"\n    ## Inside\n\n    [up](#page)\n'
    ),
    "docs/_snippets/02/a.py": "x = 1\n",
    "docs/series/index.md": "# Series\n\n| a | b |\n| - | - |\n| 02 | Create |\n",
    "docs/series/02-create.md": '# 02. Create\n\n--8<-- "02/a.py"\n\n[p](../page.md#inside)\n',
}


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def sources(repo: Path) -> list[str]:
    return [str(finding) for finding in links.check_sources(repo)]


def test_right_sources(repo: Path) -> None:
    assert sources(repo) == []


@pytest.mark.parametrize(
    ("name", "old", "new", "finding"),
    [
        ("README.md", "#a-heading", "#a-headin", "README.md:3: there is no heading #a-headin"),
        ("README.md", "docs/page.md", "docs/pag.md", "README.md:3: there is no docs/pag.md"),
        ("README.md", "docs/page.md", "/docs/page.md", "absolute"),
        ("README.md", "https://example", "http://example", "not https"),
        ("README.md", "https://example.org/a", "https://example/a", "no host name"),
        ("README.md", "example.org/a", "example.org/a,", "malformed"),
        ("README.md", "https://example.org/a", SPEC, "names no version"),
        ("README.md", "https://example.org/a", f"{SPEC}/blob/main/x.md", "names no version"),
        ("README.md", "https://example.org/a", f"{SPEC}/blob/v1.2.0/x.md", "names no version"),
        ("README.md", "https://example.org/a", f"{SPEC}/blob/v1.3.0/x.md#y", None),
        ("README.md", "https://example.org/a", "mailto:nobody", "no address"),
        ("README.md", "[x](https://example.org/a)", "![x](no.png)", "there is no no.png"),
        ("README.md", "[x](https://example.org/a)", "`[x](no.md)`", None),
        ("docs/page.md", "#page", "#pag", "docs/page.md:8: there is no heading #pag"),
        ("docs/page.md", "## A `heading`!", "## B { #a-heading }", None),
        ("docs/page.md", "## A `heading`!", '<a id="a-heading"></a>', None),
        ("docs/series/index.md", "| 02 |", "| 03 |", "has no row of 02-create.md"),
        ("docs/series/02-create.md", "02/a.py", "02/b.py", ":3: there is no 02/b.py to include"),
        ("docs/series/02-create.md", '--8<-- "02/a.py"', ';--8<-- "02/b.py"', None),
    ],
)
def test_wrong_sources(repo: Path, name: str, old: str, new: str, finding: str | None) -> None:
    assert old in FILES[name]
    (repo / name).write_text(FILES[name].replace(old, new), encoding="utf-8")
    found = sources(repo)
    assert found == [] if finding is None else any(finding in f for f in found), found


def test_files_of_the_top_link_either_way(repo: Path) -> None:
    (repo / "SECURITY.md").write_text("# Security\n\n[c](CONTRIBUTING.md)\n", encoding="utf-8")
    (repo / "CONTRIBUTING.md").write_text("# C\n\n[p](docs/page.md)\n", encoding="utf-8")
    (repo / "docs/page.md").write_text(
        FILES["docs/page.md"] + "\n[s](security.md)\n", encoding="utf-8"
    )
    assert sources(repo) == []


@pytest.mark.parametrize(
    "heading", ["A `heading`!", "What's `x-y`, then?", "Größe: und so", "  two  spaces", "a_b c"]
)
def test_slugs_are_those_of_the_site(heading: str) -> None:
    plain = heading.replace("`", "")
    assert _mdhtml.slug(plain) == markdown.extensions.toc.slugify(plain, "-")


def test_equal_headings_are_numbered(repo: Path) -> None:
    (repo / "docs/page.md").write_text(
        "# Page\n\n## A heading\n\n## A heading\n\n[2](#a-heading_1) [3](#a-heading_2)\n",
        encoding="utf-8",
    )
    found = [f for f in sources(repo) if "page.md:7" in f]
    assert found == ["docs/page.md:7: there is no heading #a-heading_2 in page.md"]


SITE = {
    "index.html": '<p id="top"><a href="a/b.html#x">b</a><a href="#top">t</a><img src="i.png">',
    "a/b.html": '<h1 id="x">b</h1><a href="../index.html">i</a><script src="../s.js"></script>',
    "404.html": '<a href="/index.html">i</a>',
    "i.png": "",
    "s.js": "",
}


@pytest.mark.parametrize(
    ("name", "old", "new", "finding"),
    [
        ("index.html", "", "", None),
        ("index.html", "#x", "#y", "index.html:1: there is no #y in a/b.html"),
        ("index.html", "#top", "#tip", "there is no #tip in index.html"),
        ("index.html", "a/b.html", "a/c.html", "leads nowhere: a/c.html"),
        ("index.html", "i.png", "j.png", "leads nowhere: j.png"),
        ("index.html", "i.png", "https://example.org/i.png", "loads from another host"),
        ("a/b.html", "../s.js", "//example.org/s.js", "loads from another host"),
        ("a/b.html", "../s.js", "s.js", "leads nowhere: s.js"),
        ("a/b.html", "../index.html", "https://example.org/", None),
        ("404.html", "/index.html", "/no.html", "leads nowhere: /no.html"),
    ],
)
def test_site(tmp_path: Path, name: str, old: str, new: str, finding: str | None) -> None:
    for path, text in SITE.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        changed = text.replace(old, new) if path == name else text
        (tmp_path / path).write_text(changed, encoding="utf-8")
    found = [str(f) for f in links.check_site(tmp_path)]
    assert found == [] if finding is None else any(finding in f for f in found), found


def test_no_site(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert links.main(["--site", str(tmp_path / "no")]) == 2
    assert "mkdocs build" in capsys.readouterr().err


def test_external_lists_each_once(
    repo: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (repo / "docs/page.md").write_text("# P\n\n[x](https://example.org/a)\n", encoding="utf-8")
    monkeypatch.setattr(links._md, "REPO", repo)
    assert links.main(["--external"]) == 0
    assert capsys.readouterr().out == "https://example.org/a\n"
