"""tools/mdlint.py: a chapter that is right, and each way in which one is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools import _md, _mdpage, mdlint

REPO = Path(__file__).resolve().parents[2]
SPEC = "https://github.com/opencontainers/runtime-spec/blob/v1.3.0/runtime.md#create"

CHAPTER = f"""# 02. Create

## Goal and time

It works.

**Time:** 60 minutes.

## Concepts

### An id

Why, then what.

## What the spec says

[create]({SPEC}) makes it.

## What breaks

```console
$ anocir-01 create demo  # exit 1
anocir: not there
```

## Code

<!-- illustrative -->
```python
x = 1
```

```python
--8<-- "02/state.store.Store.py"
```

=== "Diff"

    ```diff
    --8<-- "02/cli.main.main.diff"
    ```

## Try it

```console
$ anocir create demo
```

## Recap

It works. The [next chapter](03-state-delete.md) goes on.

## Exercises

### One

*Predict · 5 minutes*

What?

??? tip "Hint"
    Look.

??? success "Answer"
    This.

    ```console
    $ echo a
    a
    ```

### Two

*Extend · 30 minutes*

More.

??? tip "Hint"
    Look.

### Three

*Break it · 1 minute*

Less.

??? tip "Hint"
    Look.
"""


def lint(tmp_path: Path, text: str, name: str = "02-create.md") -> list[str]:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return [f"{f.line}: {f.text}" for f in mdlint.lint(path, tmp_path)]


def changed(old: str, new: str) -> str:
    assert old in CHAPTER
    return CHAPTER.replace(old, new, 1)


def test_a_right_chapter(tmp_path: Path) -> None:
    assert lint(tmp_path, CHAPTER) == []


def test_the_template_is_a_right_chapter(tmp_path: Path) -> None:
    page = (REPO / "docs/design/chapter-template.md").read_text(encoding="utf-8")
    text = page.split("````markdown\n")[1].split("````\n")[0]
    text = text.replace(";--8<--", "--8<--").replace("# NN.", "# 02.").replace("-MM", "-01")
    text = text.replace("assets/diagrams/NN-NAME.svg", "assets/diagrams/two-programs.svg")
    assert lint(tmp_path, text) == []


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        ("# 02. Create", "# 03. Create", "1: the title is `# 02. TITLE`"),
        ("# 02. Create", "# Create", "1: the title is `# 02. TITLE`"),
        ("# 02. Create", "## 02. Create", "1: a page has one title"),
        ("## Recap", "## Summary", "1: the section `## Recap` is missing"),
        ("## Recap", "## Summary", "`## Summary` is none of the fixed sections"),
        ("**Time:** 60 minutes", "an hour", "says how long it takes"),
        (SPEC, "https://example.org/v1.2.0", "links no clause"),
        ("anocir-01 create", "anocir create", "runs no earlier part"),
        ("anocir-01 create", "anocir-02 create", "runs no earlier part"),
        ("<!-- illustrative -->\n", "", "code that is not included"),
        ("```python\nx = 1", "```bash\nx=1", None),
        ("<!-- illustrative -->\n```python", "```sh", "what is typed goes into a console block"),
        ("```python\nx = 1", "```\nx = 1", "code block without a language"),
        ('--8<-- "02/state.store.Store.py"', '-8<- "02/x.py"', "malformed include"),
        ('--8<-- "02/state.store.Store.py"', "--8<-- 02/x.py", "malformed include"),
        ('--8<-- "02/state.store.Store.py"', '--8<-- "02/x.py" x', "malformed include"),
        ("$ anocir create demo\n", "$ sleep 1\n", "waits with sleep"),
        ("$ anocir create demo\n", "anocir create demo\n", "starts with a command"),
        ("The [next chapter](03-state-delete.md) goes on.", "The next chapter goes on.", "a link"),
        ("Why, then what.", "We'll see it, says [x](y.md). And on.", None),
        ("Why, then what.", "We'll see it. Says [x](y.md).", "needs a link"),
        ("Why, then what.", "We will come back to it\nin a later part.", "needs a link"),
        ("Why, then what.", "See https://example.org/x.", "bare URL"),
        ("Why, then what.", "See `https://example.org/x`.", None),
        ("Why, then what.", "![](x.png)", "picture without a text"),
        ("Why, then what.", '<img src="x.png">', "picture without alt"),
        ("Why, then what.", "Why. ", "trailing space"),
        ("Why, then what.", "| a | |\n| - | - |\n| b | c |", "column without a heading"),
        ("Why, then what.", "| a | b |\n| - | - |\n| b | |", None),
        ("Why, then what.", "Why,\tthen.", "tab: use spaces"),
        ("Why, then what.", "In /home/me/anocir.", "means nothing to a reader"),
        ("Why, then what.", "In `/Users/me`.", "means nothing to a reader"),
        ("Why, then what.", "In /var/home/me.", None),
        ("### An id", "#### An id", "heading level 4 after 2"),
        ("*Predict · 5 minutes*", "*Guess · 5 minutes*", "begins with `*KIND"),
        ("*Extend · 30 minutes*", "*Extend · long*", "begins with `*KIND"),
        (
            "*Extend · 30 minutes*\n\nMore.\n\n??? tip",
            "*Extend · 3 minutes*\n\n??? note",
            "no folded",
        ),
        ("    $ echo a\n    a\n", "", "is not backed"),
        ("    ```console\n", "    <!-- console: skip: x -->\n    ```console\n", "is not backed"),
        ("### Two\n\n*Extend · 30 minutes*", "Two", "has 2 exercises"),
    ],
)
def test_a_wrong_chapter(tmp_path: Path, old: str, new: str, finding: str | None) -> None:
    findings = lint(tmp_path, changed(old, new))
    if finding is None:
        assert findings == []
    else:
        assert any(finding in f for f in findings), findings


def test_sections_in_the_wrong_order(tmp_path: Path) -> None:
    text = CHAPTER.replace("## Concepts", "## X").replace("## Recap", "## Concepts")
    text = text.replace("## X", "## Recap")
    assert any("`## Concepts` comes before `Try it`" in f for f in lint(tmp_path, text))


def test_chapter_00_breaks_its_own_toy(tmp_path: Path) -> None:
    text = CHAPTER.replace("# 02.", "# 00.").replace("anocir-01 create", "./toy")
    assert any("comes before" in f for f in lint(tmp_path, text, "00-lab.md"))
    start, end = text.index("## What breaks"), text.index("## Code")
    moved = text[:start] + text[end:].replace("## Recap", text[start:end] + "## Recap")
    assert lint(tmp_path, moved, "00-lab.md") == []


def test_two_illustrative_blocks_and_no_more(tmp_path: Path) -> None:
    block = "<!-- illustrative -->\n```python\nx = 1\n```\n"
    assert lint(tmp_path, changed("## Try it", block + "\n## Try it")) == []
    findings = lint(tmp_path, changed("## Try it", block + "\n" + block + "\n## Try it"))
    assert any("more than 2 illustrative" in f for f in findings)


def test_minutes_are_those_of_the_part(tmp_path: Path) -> None:
    (tmp_path / "parts/02-create").mkdir(parents=True)
    toml = tmp_path / "parts/02-create/part.toml"
    toml.write_text("minutes = 60\n")
    assert lint(tmp_path, CHAPTER) == []
    toml.write_text("minutes = 90\n")
    assert any("says 90 minutes" in f for f in lint(tmp_path, CHAPTER))


def test_containers_in_code_are_code() -> None:
    lines = ["```text", '??? tip "Hint"', "    x", "```", "!!! note", "    y"]
    assert [c.path for c in _md.containers(lines)] == [(), ("!!! note",)]


def test_other_pages_have_less_to_obey(tmp_path: Path) -> None:
    assert lint(tmp_path, "---\ntitle: x\n---\n\n# Page\n\nWe will see.\n", "page.md") == []
    assert any("one title" in f for f in lint(tmp_path, "## Page\n", "page.md"))


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        ('role="img"', "", 'needs role="img"'),
        ("<desc", "<!-- --><desc", None),
        ("shows it</desc>", "</desc>", "needs role"),
        ('id="d-desc"', 'id="other-desc"', "needs role"),
        ("d-", "e-", "ids begin with 'd'"),
        ("0 0 640 200", "0 0 800 200", "wider than 720"),
        ('class="box"', 'fill="red"', "colours and fonts"),
        ("</svg>", "", "not well-formed"),
    ],
)
def test_diagrams(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str, finding: str | None
) -> None:
    svg = (
        '<svg viewBox="0 0 640 200" role="img" aria-labelledby="d-title d-desc" '
        'xmlns="http://www.w3.org/2000/svg"><title id="d-title">A box</title>'
        '<desc id="d-desc">shows it</desc><rect class="box"/></svg>'
    )
    monkeypatch.setattr(mdlint._md, "REPO", tmp_path)
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs/d.svg").write_text(svg.replace(old, new), encoding="utf-8")
    text = '# Page\n\n<figure class="diagram">\n--8<-- "d.svg"\n</figure>\n'
    findings = lint(tmp_path, text, "page.md")
    assert findings == [] if finding is None else any(finding in f for f in findings), findings


def test_a_missing_diagram(tmp_path: Path) -> None:
    assert any("no such file" in f for f in lint(tmp_path, '# P\n\n--8<-- "no.svg"\n', "p.md"))


def test_snippets_are_looked_for_where_the_site_does() -> None:
    config = (REPO / "mkdocs.yml").read_text(encoding="utf-8")
    listed = config.split("base_path:\n")[1].split("check_paths")[0]
    assert tuple(x.strip("- ") for x in listed.split("\n") if x.strip()) == _mdpage.SNIPPETS


def test_main_names_file_and_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "page.md"
    path.write_text("# P\n\nx \n", encoding="utf-8")
    assert mdlint.main([str(path)]) == 1
    assert capsys.readouterr().out == f"{path}:3: trailing space\n1 files, 1 findings\n"
