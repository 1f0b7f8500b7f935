"""The chapters' code: what is included, what is left out, what has changed since it was read."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import markdown
import pytest
import series_project
from series_project import Project

from tools import snip
from tools.series import snippets, symbols, tree
from tools.series.tree import SeriesError

STORE = "anocir/state/store.py"
IN_02 = f"parts/02-create/{STORE}"
IN_03 = f"parts/03-delete/{STORE}"

CHAPTERS = {
    "00-lab": '--8<-- "00/toy.new.md"\n',
    "01-cli": '--8<-- "01/cli.main.main.new.md"\n\n--8<-- "01/__main__.new.md"\n\n'
    '--8<-- "01/whole.md"\n',
    "02-create": "Make a directory:\n\n"
    '--8<-- "02/state.store.Store.new.md"\n\n'
    '```python\n--8<-- "02/state.store.check_id.py"\n```\n\n'
    '--8<-- "02/whole.md"\n',
    "03-delete": '=== "Mode"\n\n    --8<-- "03/state.store.Store.reserve.diff.md"\n\n'
    '--8<-- "03/state.store.Store.names.new.md"\n',
}


@pytest.fixture(scope="session")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project in order with its chapters, made once."""
    project = Project.make(tmp_path_factory.mktemp("project"))
    for name, text in CHAPTERS.items():
        project.write(f"docs/series/{name}.md", f"# {name}\n\n{text}")
    for number in ("00", "01", "02", "03"):
        assert snip.main(["approve", number], project.root) == 0
    return project.root


@pytest.fixture
def project(original: Path, tmp_path: Path) -> Project:
    shutil.copytree(original, tmp_path / "project", symlinks=True)
    return Project(tmp_path / "project")


class Tool:
    """Runs the tool on a project, and keeps what it said."""

    def __init__(self, project: Project, capsys: pytest.CaptureFixture[str]) -> None:
        self.project = project
        self.capsys = capsys
        self.out = ""

    def __call__(self, *words: str) -> int:
        self.capsys.readouterr()
        status = snip.main(list(words), self.project.root)
        said = self.capsys.readouterr()
        self.out = said.out + said.err
        return status


@pytest.fixture
def tool(project: Project, capsys: pytest.CaptureFixture[str]) -> Tool:
    return Tool(project, capsys)


def snippet(project: Project, target: str) -> snippets.Snippet:
    return snippets.Library(project.root).get(target)


def text(project: Project, target: str) -> str:
    return snippet(project, target).text


def test_chapters_in_order_have_no_findings(tool: Tool) -> None:
    assert tool("--check") == 0, tool.out
    assert tool.out.splitlines() == [
        "00-lab: 5 lines changed, 5 shown, 0 waived, 0 missing",
        "01-cli: 15 lines changed, 15 shown, 0 waived, 0 missing",
        "02-create: 13 lines changed, 13 shown, 0 waived, 0 missing",
        "03-delete: 4 lines changed, 4 shown, 0 waived, 0 missing",
    ]


def test_runs_as_a_script() -> None:
    done = subprocess.run(
        [sys.executable, "tools/snip.py", "--help"],
        cwd=tree.REPO,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "approve" in done.stdout


class TestSymbols:
    SOURCE = '''"""Doc."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Why three.
LIMIT = 3
TABLE = (
    Row("create", 1),
    Row(
        "state", 2
    ),
)
KEYS = {"-v": 1, 2: 3}


@decorated
# Said of f.
@twice
def f() -> None:
    pass


class Thing:
    """A thing."""

    __slots__ = ("a",)

    # Said of the method.
    @property
    def a(self) -> int:
        return 1

    @a.setter
    def a(self, value: int) -> None:
        pass

    later = 1


os.umask(0)
'''

    def names(self) -> dict[str, symbols.Symbol]:
        return symbols.symbols("anocir/x.py", self.SOURCE)

    def test_names(self) -> None:
        assert set(self.names()) == {
            "",
            "-imports",
            "-rest",
            "LIMIT",
            "TABLE",
            "TABLE.create",
            "TABLE.state",
            "KEYS",
            "KEYS.v",
            "f",
            "Thing",
            "Thing-head",
            "Thing.a",
        }

    def test_texts(self) -> None:
        found = self.names()
        assert found["LIMIT"].text == "# Why three.\nLIMIT = 3\n"
        assert found["f"].text.startswith("@decorated\n# Said of f.\n@twice\ndef f()")
        assert found["TABLE.state"].text == 'Row(\n    "state", 2\n),\n'
        assert found["-rest"].text == "os.umask(0)\n"
        imports = found["-imports"].text
        assert imports.startswith("from __future__")
        assert imports.endswith("    from typing import Any\n")
        assert "LIMIT" not in imports

    def test_a_property_has_both_of_its_functions(self) -> None:
        method = self.names()["Thing.a"].text
        assert method.startswith("# Said of the method.\n@property\ndef a(self) -> int:\n")
        assert "@a.setter" in method
        assert "later" not in method

    def test_the_head_of_a_class_is_all_but_its_methods(self) -> None:
        expected = 'class Thing:\n    """A thing."""\n\n    __slots__ = ("a",)\n\nlater = 1\n'
        assert self.names()["Thing-head"].text == expected

    def test_every_line_to_be_shown_is_in_a_symbol(self) -> None:
        found = self.names()
        inside = {n for name, s in found.items() if name for n in s.numbers()}
        lines = self.SOURCE.split("\n")
        assert [n for n, line in enumerate(lines[1:], 2) if line.strip() and n not in inside] == []


class TestForms:
    def test_a_symbol_as_it_is(self, project: Project) -> None:
        expected = series_project.STORE_03[series_project.STORE_03.index("def check_id") :]
        assert text(project, "03/state.store.check_id.py") == expected
        assert text(project, "03/state.store.py") == series_project.STORE_03
        assert text(project, "00/toy.py") == series_project.TOY

    def test_a_method_is_dedented(self, project: Project) -> None:
        assert text(project, "03/state.store.Store.names.py") == (
            'def names(self) -> list[str]:\n    """Every container."""\n'
            "    return sorted(os.listdir(self.root))\n"
        )

    def test_new(self, project: Project) -> None:
        assert text(project, "02/state.store.LIMIT.new.md") == (
            '```python title="anocir/state/store.py: LIMIT"\nLIMIT = 255\n```\n'
        )

    def test_a_diff_of_a_symbol_is_whole_and_without_numbers(self, project: Project) -> None:
        assert text(project, "03/state.store.Store.reserve.diff") == (
            " def reserve(self, name: str) -> str:\n"
            '     """Make the directory of one container."""\n'
            "     path = os.path.join(self.root, name)\n"
            "-    os.mkdir(path)\n"
            "+    os.mkdir(path, 0o700)\n"
            "     return path\n"
        )

    def test_tabs(self, project: Project) -> None:
        fragment = text(project, "03/state.store.Store.reserve.tabs.md")
        assert [line for line in fragment.split("\n") if line.startswith("===")] == [
            '=== "Diff"',
            '=== "Result"',
            '=== "Whole file"',
        ]
        assert '    ```diff title="anocir/state/store.py: Store.reserve"\n' in fragment
        assert ' title="anocir/state/store.py: Store.reserve" hl_lines="4"\n' in fragment
        whole = series_project.STORE_03.split("\n")
        marked = whole.index("        os.mkdir(path, 0o700)") + 1
        names = whole.index("    def names(self) -> list[str]:") + 1
        title = 'title="anocir/state/store.py"'
        assert f'{title} hl_lines="{marked} {names}-{names + 2}"' in fragment

    def test_tabs_of_a_file_have_no_result(self, project: Project) -> None:
        fragment = text(project, "03/state.store.tabs.md")
        assert fragment.count("===") == 2

    def test_tabs_are_rendered_as_tabs(self, project: Project) -> None:
        page = markdown.markdown(
            text(project, "03/state.store.Store.reserve.tabs.md"),
            extensions=["pymdownx.superfences", "pymdownx.tabbed", "pymdownx.highlight"],
        )
        assert page.count('class="tabbed-content"') == 3
        assert page.count("<pre") == 3
        assert "```" not in page

    def test_a_fence_in_the_code_does_not_end_the_block(self, project: Project) -> None:
        project.replace(
            IN_02, "Refuse a bad name.", "Refuse a bad name.\n\n    ```text\n    ```\n "
        )
        fragment = text(project, "02/state.store.check_id.new.md")
        assert fragment.startswith("````python ")
        assert fragment.endswith("\n````\n")

    def test_a_row_of_a_table(self, project: Project) -> None:
        rows = 'TABLE = (\n    Row("create"),\n    Row("start"),\n)\n'
        project.write("parts/02-create/anocir/cli/rows.py", rows)
        assert text(project, "02/cli.rows.TABLE.start.py") == 'Row("start"),\n'

    def test_a_piece_of_a_document(self, project: Project) -> None:
        whole = '{"properties": {"id": {"type": "string"}}}\n'
        assert text(project, "03/state/schema.json") == whole
        piece = '"id": {\n  "type": "string"\n}\n'
        assert text(project, "03/state/schema.json.properties.id.json") == piece
        fragment = text(project, "03/state/schema.json.properties.id.new.md")
        assert fragment.startswith('```json title="anocir/state/schema.json: properties.id"\n')

    def test_the_whole_difference(self, project: Project) -> None:
        diff = text(project, "03/whole.diff")
        assert f"--- 02-create/{STORE}\n+++ 03-delete/{STORE}\n@@ " in diff
        assert "--- /dev/null\n+++ 03-delete/anocir/state/schema.json\n" in diff
        assert "cli/main.py" not in diff
        page = text(project, "03/whole.md")
        assert page.startswith('??? example "Everything that this part changes"\n\n    ```diff\n')

    def test_what_is_gone(self, project: Project) -> None:
        project.replace(IN_03, "def check_id", "def check_name")
        assert text(project, "03/state.store.check_id.diff.md").count("\n-") == 4

    @pytest.mark.parametrize(
        ("target", "advice"),
        [
            ("03/state.store.chek_id.py", "near it are state.store.Store"),
            ("03/state.store.Store.names.tabs.md", "it is new: show it with"),
            ("03/state.store.Store.names.diff", "it is new: show it with"),
            ("03/state.store.check_id.tabs.md", "this part does not change it"),
            ("03/state.store.check_id", "part 03 has no state.store.check_id"),
            ("09/state.store.check_id.py", "there is no part 09"),
            ("01/state.store.py", "part 01 has no state.store.py"),
        ],
    )
    def test_what_does_not_exist(self, project: Project, target: str, advice: str) -> None:
        with pytest.raises(SeriesError, match=advice):
            snippet(project, target)


class TestGenerate:
    def files(self, project: Project) -> set[str]:
        top = project.root / "docs/_snippets"
        return {p.relative_to(top).as_posix() for p in top.rglob("*") if p.is_file()}

    def test_what_changes_and_what_is_included(self, project: Project, tool: Tool) -> None:
        assert tool() == 0
        found = self.files(project)
        assert {n for n in found if n.startswith("03/state.store.")} == {
            "03/state.store.diff",
            "03/state.store.py",
            "03/state.store.tabs.md",
            "03/state.store.Store.diff",
            "03/state.store.Store.py",
            "03/state.store.Store.tabs.md",
            "03/state.store.Store.names.new.md",
            "03/state.store.Store.names.py",
            "03/state.store.Store.reserve.diff",
            "03/state.store.Store.reserve.diff.md",
            "03/state.store.Store.reserve.py",
            "03/state.store.Store.reserve.tabs.md",
        }
        assert "03/whole.md" in found
        path = "docs/series/03-delete.md"
        project.write(path, project.read(path) + '--8<-- "02/cli.main.main.new.md"\n')
        tool()
        assert self.files(project) - found == {"02/cli.main.main.new.md"}

    def test_stale_files_go_and_the_rest_stays(self, project: Project, tool: Tool) -> None:
        tool()
        project.write("docs/_snippets/02/old.py", "x")
        tool()
        assert tool.out == "1 files changed in docs/_snippets\n"
        assert "02/old.py" not in self.files(project)
        tool()
        assert tool.out == "0 files changed in docs/_snippets\n"

    def test_every_include_that_is_advised_exists(self, project: Project, tool: Tool) -> None:
        for name in CHAPTERS:
            project.write(f"docs/series/{name}.md", "# Nothing\n")
        tool()
        found = self.files(project)
        for number in ("00", "01", "02", "03"):
            assert tool("list", number) == 0
            advised = [line.split('"')[1] for line in tool.out.splitlines() if "8<" in line]
            assert advised
            assert set(advised) <= found
            chapter = next((project.root / "docs/series").glob(f"{number}-*.md"))
            chapter.write_text(tool.out)
            assert tool("list", number) == 0
            assert "0 missing" in tool.out


class TestCoverage:
    def missing(self, tool: Tool) -> list[str]:
        assert tool("--check") == 1
        return [line for line in tool.out.splitlines() if "not shown" in line]

    def drop(self, project: Project, chapter: str, target: str) -> None:
        line = f'--8<-- "{target}"'
        project.replace(f"docs/series/{chapter}.md", line, "")

    def test_a_new_method_that_is_not_shown(self, project: Project, tool: Tool) -> None:
        self.drop(project, "03-delete", "03/state.store.Store.names.new.md")
        assert self.missing(tool) == [
            "docs/series/03-delete.md: 2 lines not shown: 03/state.store.Store.names.new.md"
        ]
        assert "03-delete: 4 lines changed, 2 shown, 0 waived, 2 missing" in tool.out

    def test_a_changed_line_needs_its_old_side(self, project: Project, tool: Tool) -> None:
        path = "docs/series/03-delete.md"
        project.replace(path, "reserve.diff.md", "reserve.new.md")
        assert self.missing(tool) == [
            f"{path}: 1 lines not shown: 03/state.store.Store.reserve.tabs.md"
        ]

    def test_a_symbol_that_is_gone_is_shown(self, project: Project, tool: Tool) -> None:
        start = series_project.STORE_03.index("\n\ndef check_id")
        project.write(IN_03, series_project.STORE_03[:start])
        assert self.missing(tool) == [
            "docs/series/03-delete.md: 3 lines not shown: 03/state.store.check_id.diff.md"
        ]

    def test_imports_are_shown_by_the_whole_difference(self, project: Project, tool: Tool) -> None:
        self.drop(project, "02-create", "02/whole.md")
        assert self.missing(tool) == ["docs/series/02-create.md: 2 lines not shown: 02/whole.md"]

    def test_the_whole_difference_shows_no_code(self, project: Project, tool: Tool) -> None:
        self.drop(project, "02-create", "02/state.store.Store.new.md")
        assert "8 lines not shown" in self.missing(tool)[0]

    def test_imports_are_shown_by_the_tab_with_the_file(self, project: Project, tool: Tool) -> None:
        project.replace(IN_03, "import os\n", "import os\nimport stat\n")
        assert self.missing(tool) == ["docs/series/03-delete.md: 1 lines not shown: 03/whole.md"]
        project.replace("docs/series/03-delete.md", "reserve.diff.md", "reserve.tabs.md")
        tool("approve", "03")
        assert tool("--check") == 0, tool.out

    def test_the_tab_with_the_file_shows_no_code(self, project: Project, tool: Tool) -> None:
        project.replace("docs/series/03-delete.md", "reserve.diff.md", "reserve.tabs.md")
        self.drop(project, "03-delete", "03/state.store.Store.names.new.md")
        assert self.missing(tool) == [
            "docs/series/03-delete.md: 2 lines not shown: 03/state.store.Store.names.new.md"
        ]

    def test_another_parts_snippet_shows_nothing(self, project: Project, tool: Tool) -> None:
        path = "docs/series/02-create.md"
        project.replace(path, '"02/state.store.check_id.py"', '"03/state.store.check_id.py"')
        assert self.missing(tool)

    def test_tables_and_docstrings_need_not_be_shown(self, project: Project, tool: Tool) -> None:
        project.replace(IN_03, "LIMIT = 255", "LIMIT = 64")
        project.replace(IN_03, "Refuse a bad name.", "Refuse a bad name, also an empty one.")
        assert tool("--check") == 0, tool.out

    def waive(self, project: Project, body: str) -> None:
        path = "parts/02-create/part.toml"
        text = project.read(path)
        project.write(path, text + f"[[waivers]]\n{body}\nreason = 'says nothing new'\n")

    def grow(self, project: Project) -> None:
        """Give part 02 enough lines that a waiver of one is within 5 %."""
        body = "".join(f"print({n})\n" for n in range(30))
        project.write("parts/02-create/anocir/state/more.py", body)
        path = "docs/series/02-create.md"
        project.write(path, project.read(path) + '\n--8<-- "02/state.more.new.md"\n')

    def test_a_waiver_with_a_reason(self, project: Project, tool: Tool) -> None:
        self.grow(project)
        self.waive(project, "path = 'anocir/state/store.py'\nlines = ['raise ValueError(name)']")
        project.replace("docs/series/02-create.md", '--8<-- "02/state.store.check_id.py"', "")
        tool("approve", "02")
        assert tool("--check") == 1
        assert "43 lines changed, 40 shown, 1 waived, 2 missing" in tool.out
        assert "allowed" not in tool.out

    def test_at_most_5_percent_are_waived(self, project: Project, tool: Tool) -> None:
        self.grow(project)
        self.waive(project, "symbol = 'state.store.check_id'")
        project.replace("docs/series/02-create.md", '--8<-- "02/state.store.check_id.py"', "")
        assert tool("--check") == 1
        assert "parts/02-create/part.toml: 3 lines are waived; allowed are 2 of 43" in tool.out

    def test_a_waiver_for_nothing(self, project: Project, tool: Tool) -> None:
        self.waive(project, "symbol = 'cli.main.main'")
        self.waive(project, "symbol = 'cli.main.mian'")
        assert tool("--check") == 1
        assert "waivers: cli.main.main: nothing in it changes" in tool.out
        assert "waivers: part 02 has no cli.main.mian" in tool.out

    def test_a_part_without_a_chapter(self, project: Project, tool: Tool) -> None:
        project.delete("docs/series/03-delete.md")
        project.write("docs/series/04-more.md", "# More\n")
        assert tool("--check") == 1
        assert "part 03-delete has no chapter docs/series/03-delete.md" in tool.out
        assert "docs/series/04-more.md: there is no part 04" in tool.out
        assert "there is no chapter 03" in tool.out


class TestPins:
    def test_changed_code_has_to_be_read_again(self, project: Project, tool: Tool) -> None:
        for path in (IN_02, IN_03):
            project.replace(path, "len(name) > LIMIT", "len(name) >= LIMIT")
        assert tool("--check") == 1
        (finding,) = [line for line in tool.out.splitlines() if "approve" in line]
        assert finding == (
            "docs/series/02-create.md:8: 02/state.store.check_id.py has changed: read its"
            " paragraph again, then python3 -m tools.snip approve 02"
        )
        assert tool("approve", "02") == 0
        assert tool.out == "approved again: 02/state.store.check_id.py\n"
        assert tool("--check") == 0, tool.out
        assert tool("approve", "02") == 0
        assert tool.out == "nothing has changed\n"

    def test_only_the_code_that_is_shown_counts(self, project: Project, tool: Tool) -> None:
        path = "docs/series/03-delete.md"
        project.replace(path, "reserve.diff.md", "reserve.tabs.md")
        tool("approve", "03")
        # The tab with the whole file changes, and the whole difference.
        project.replace(IN_03, "LIMIT = 255", "LIMIT = 64")
        assert tool("--check") == 0, tool.out

    def test_a_difference_depends_on_both_parts(self, project: Project, tool: Tool) -> None:
        project.replace(IN_02, "os.mkdir(path)", "os.mkdir(path, 0o755)")
        assert tool("--check") == 1
        assert "docs/series/02-create.md:5: 02/state.store.Store.new.md has changed" in tool.out
        assert "03/state.store.Store.reserve.diff.md has changed" in tool.out

    def test_new_and_dropped_includes(self, project: Project, tool: Tool) -> None:
        path = "docs/series/03-delete.md"
        project.replace(path, "reserve.diff.md", "reserve.tabs.md")
        assert tool("--check") == 1
        assert f"{path}:5: 03/state.store.Store.reserve.tabs.md is not approved yet" in tool.out
        assert "03 03/state.store.Store.reserve.diff.md is not included any more" in tool.out
        assert tool("approve", "03") == 0
        assert tool("--check") == 0, tool.out

    def test_one_by_one(self, project: Project, tool: Tool) -> None:
        project.replace(IN_02, "len(name) > LIMIT", "len(name) >= LIMIT")
        project.replace(IN_02, "os.mkdir(path)", "os.makedirs(path)")
        assert tool("approve", "02", "02/state.store.check_id.py") == 0
        assert tool("--check") == 1
        assert "02/state.store.Store.new.md has changed" in tool.out
        assert "02/state.store.check_id.py has changed" not in tool.out
        assert tool("approve", "02", "state.store.nothing.py") == 2
        assert "does not include 02/state.store.nothing.py" in tool.out

    def test_other_chapters_keep_theirs(self, project: Project, tool: Tool) -> None:
        before = project.read("docs/snippets.lock")
        project.replace(IN_02, "len(name) > LIMIT", "len(name) >= LIMIT")
        tool("approve", "02")
        old, new = (
            [line for line in text.splitlines() if not line.startswith("02 ")]
            for text in (before, project.read("docs/snippets.lock"))
        )
        assert old == new
        assert before != project.read("docs/snippets.lock")

    def test_a_damaged_lock(self, project: Project, tool: Tool) -> None:
        project.write("docs/snippets.lock", "# x\n<<<<<<< HEAD\n")
        assert tool("--check") == 2
        assert "docs/snippets.lock:2: not `chapter snippet hash`" in tool.out

    def test_nothing_is_approved_that_does_not_exist(self, project: Project, tool: Tool) -> None:
        path = "docs/series/03-delete.md"
        project.write(path, project.read(path) + '--8<-- "03/state.nothing.py"\n')
        assert tool("approve", "03") == 2
        assert "part 03 has no state.nothing" in tool.out


class TestPasted:
    def add(self, project: Project, text: str) -> None:
        path = "docs/series/03-delete.md"
        project.write(path, f"{project.read(path)}\n{text}\n")

    PASTED = (
        "def names(self) -> list[str]:\n"
        '    """Every container."""\n\n'
        "    return sorted(os.listdir(self.root))\n"
    )

    @pytest.mark.parametrize("language", ["python", "text", "py", "diff", "pycon"])
    def test_project_code(self, project: Project, tool: Tool, language: str) -> None:
        code = self.PASTED
        if language == "diff":
            code = "".join(f"+{line}\n" for line in code.splitlines())
        self.add(project, f"<!-- illustrative -->\n```{language}\n{code}```")
        assert tool("--check") == 1
        assert "docs/series/03-delete.md:10: pasted from parts/03-delete/" in tool.out

    def test_of_the_head_too(self, project: Project, tool: Tool) -> None:
        self.add(project, f"<!-- illustrative -->\n```python\n{series_project.KILL}```")
        assert tool("--check") == 1
        assert "pasted from anocir/runtime/kill.py" in tool.out

    def test_what_is_not_marked(self, project: Project, tool: Tool) -> None:
        self.add(project, "```python\npass\n```")
        assert tool("--check") == 1
        assert "docs/series/03-delete.md:9: Python that is not included" in tool.out

    def test_two_illustrations(self, project: Project, tool: Tool) -> None:
        block = "<!-- illustrative -->\n\n```python\nos.open('x')\n```\n\n"
        self.add(project, block * 2)
        assert tool("--check") == 0, tool.out
        self.add(project, block)
        assert tool("--check") == 1
        assert "3 illustrative blocks; allowed are 2" in tool.out

    def test_two_lines_are_a_quotation(self, project: Project, tool: Tool) -> None:
        two = "\n".join(self.PASTED.splitlines()[:2])
        self.add(project, f"<!-- illustrative -->\n```python\n{two}\nelse_here()\n```")
        assert tool("--check") == 0, tool.out

    def test_a_console_session_may_show_files(self, project: Project, tool: Tool) -> None:
        self.add(project, f"```console\n$ cat x\n{self.PASTED}```")
        assert tool("--check") == 0, tool.out

    @pytest.mark.parametrize(
        ("lines", "finding"),
        [
            (['--8<-- "03/state.store.py:3:5"'], "include a symbol, not lines of it"),
            (['--8<-- "03/state.store.Store.py"'], "needs a fence"),
            (["```python", '--8<-- "03/state.store.Store.new.md"', "```"], "its own fence"),
            (["--8<--", "03/state.store.py", "--8<--"], "one include a line"),
            (
                ['```python hl_lines="2"', '--8<-- "03/state.store.Store.py"', "```"],
                "line numbers written by hand",
            ),
            (
                ["```python", '--8<-- "03/state.store.Store.py"', "x = 1", "```"],
                "Python that is not included",
            ),
            (["```python", '--8<-- "03/state.store.Stoer.py"', "```"], "near it are"),
        ],
    )
    def test_forms_of_includes(
        self, project: Project, tool: Tool, lines: list[str], finding: str
    ) -> None:
        self.add(project, "\n".join(lines))
        tool("approve", "03")
        assert tool("--check") == 1
        assert finding in tool.out

    def test_includes_of_pictures_are_left_alone(self, project: Project, tool: Tool) -> None:
        self.add(project, '--8<-- "assets/diagrams/x.svg"')
        assert tool("--check") == 0, tool.out
