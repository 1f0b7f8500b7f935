"""The parts' tool: form and size, a fix in every part, the head, states, tags."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import series_project
from series_project import Project

from tools import parts
from tools.series import branch, lines, measure, steps, tree

STORE = "anocir/state/store.py"
IN_02 = f"parts/02-create/{STORE}"
IN_03 = f"parts/03-delete/{STORE}"
BUG = "    if not name or len(name) > LIMIT:\n"
FIX = '    if not name or len(name) > LIMIT or "/" in name:\n'


@pytest.fixture(scope="session")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project in order, made once."""
    return Project.make(tmp_path_factory.mktemp("project")).root


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
        status = parts.main(list(words), self.project.root)
        said = self.capsys.readouterr()
        self.out = said.out + said.err
        return status


@pytest.fixture
def tool(project: Project, capsys: pytest.CaptureFixture[str]) -> Tool:
    return Tool(project, capsys)


def test_a_project_in_order_has_no_findings(tool: Tool) -> None:
    assert tool("check") == 0, tool.out
    assert tool.out == ""


def test_runs_as_a_script() -> None:
    done = subprocess.run(
        [sys.executable, "tools/parts.py", "--help"],
        cwd=tree.REPO,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "propagate" in done.stdout


class TestLines:
    def kinds(self, text: str) -> list[str]:
        return [kind.value for kind in lines.kinds(text)]

    def test_kinds(self) -> None:
        text = '''
docstring | """Doc.
docstring |
docstring | """
blank     |
import    | import os
table     | TYPE_CHECKING = False
typing    | if TYPE_CHECKING:
typing    |     from typing import Any
blank     |
comment   | # A comment.
table     | TABLE = (
table     |     Flag("--force", "x"),
table     |     # Inside.
table     |     1 << 3 | os.O_RDONLY,
table     | )
code      | _READ = [line for line in TABLE]
code      | lower = 3
blank     |
table     | class Shape(TypedDict):
docstring |     """Keys."""
table     |     name: str
blank     |
code      | class Thing:
docstring |     """Doc."""
code      |     field: str = "x"
code      |     def f(self):
docstring |         """Doc."""
code      |         import re
code      |         text = """
code      | # no comment
code      | """
'''
        rows = [line.partition("|") for line in text.strip().split("\n")]
        source = "\n".join(line[1:] for _, _, line in rows)
        assert self.kinds(source) == [kind.strip() for kind, _, _ in rows]

    def test_a_one_line_function_with_a_docstring_is_code(self) -> None:
        assert self.kinds('def f(): "doc"') == ["code"]

    def test_what_computes_is_no_table(self) -> None:
        assert self.kinds("LIBRARY = ctypes.util.find_library('c')") == ["code"]
        assert self.kinds("NAMES = {n: 1 for n in OTHERS}") == ["code"]
        assert self.kinds("APPLY = lambda: 1") == ["code"]
        assert self.kinds("ID = re.compile('x')") == ["table"]

    def test_new_lines_counts_what_came_and_runs(self) -> None:
        old = "import os\n\n\ndef f():\n    return 1\n"
        new = (
            'import os\nimport re\n\n\ndef f():\n    """D."""\n    # Why.\n    return 2\n\nX = 3\n'
        )
        assert lines.new_lines(old, new) == 2

    def test_places_have_both_sides(self) -> None:
        old = {"a.py": b"x = f(1)\ny = f(2)\n"}
        new = {"a.py": b"x = f(1)\ny = f(3)\n"}
        assert measure.changed_places(old, new) == {("old", "a.py", 2), ("new", "a.py", 2)}


class TestLayout:
    @pytest.mark.parametrize(
        ("old", "new", "finding"),
        [
            ("minutes = 30", "minutes = 91", "minutes: 91 is greater than the maximum of 90"),
            ("minutes = 30", 'minutes = "an hour"', "minutes: 'an hour' is not of type 'integer'"),
            ('concepts = ["one"]\n', "", "'concepts' is a required property"),
            ('slug = "create"', 'slug = "made"', "slug: found made, allowed create"),
            ("test_02_create", "test_02_nothing", "there is no tests/parts/test_02_nothing.py"),
            ("test_02_create", "test_03_delete", "is not named test_02_*.py"),
            ('["runtime.md#create"]', '["page 3"]', "'page 3' does not match"),
            ("minutes = 30", "minutes = 30\ncolour = 1", "('colour' was unexpected)"),
            ("minutes = 30", "minutes = ", "parts/02-create/part.toml: Invalid value"),
            ('create.py"]\n', 'create.py"]\n[[steps]]\ntitle = "x"\n', "1 are described"),
            ('["one"]', '["since 2019"]', "a year: 2019"),
        ],
    )
    def test_part_toml(
        self, project: Project, tool: Tool, old: str, new: str, finding: str
    ) -> None:
        project.replace("parts/02-create/part.toml", old, new)
        assert tool("check", "--only", "layout") == 1
        assert finding in tool.out

    def test_part_toml_is_missing(self, project: Project, tool: Tool) -> None:
        project.delete("parts/02-create/part.toml")
        assert tool("check", "--only", "layout") == 1
        assert "parts/02-create/part.toml is missing" in tool.out

    def test_numbers_have_no_gap(self, project: Project, tool: Tool) -> None:
        (project.root / "parts/03-delete").rename(project.root / "parts/04-delete")
        assert tool("check", "--only", "layout") == 1
        assert "found the numbers 00 01 02 04" in tool.out

    def test_a_directory_with_another_name(self, project: Project, tool: Tool) -> None:
        project.write("parts/Three/x", "")
        assert tool("check", "--only", "layout") == 1
        assert "parts/Three: not the name of a part" in tool.out

    def test_a_syntax_error_is_a_finding(self, project: Project, tool: Tool) -> None:
        project.write("parts/02-create/anocir/state/store.py", "def f(:\n")
        assert tool("check", "--only", "layout") == 1
        assert "parts/02-create/anocir/state/store.py:1: " in tool.out

    def test_a_file_that_the_head_has_not(self, project: Project, tool: Tool) -> None:
        project.write("parts/02-create/anocir/state/lost.py", INIT)
        assert tool("check", "--only", "layout") == 1
        assert "anocir/state/lost.py: the head has no such file" in tool.out

    def test_a_function_that_the_head_has_not(self, project: Project, tool: Tool) -> None:
        project.replace(IN_02, "def check_id", "def verify_id")
        project.replace(IN_02, "def reserve", "def _reserve")
        assert tool("check", "--only", "layout") == 1
        assert "store.py: verify_id: the head has no such name" in tool.out
        assert "_reserve" not in tool.out

    def test_a_simpler_version_may_have_names_of_its_own(
        self, project: Project, tool: Tool
    ) -> None:
        project.replace(IN_02, "def check_id", "def verify_id")
        entry = '[[simplified]]\nname = "{}"\nuntil = "03"\nwhy = "easier to read at first"\n'
        path = "parts/02-create/part.toml"
        plain = project.read(path)
        project.write(path, plain + entry.format("anocir.state.store.verify_id"))
        assert tool("check", "--only", "layout") == 0, tool.out
        project.write(path, plain + entry.format("anocir.state"))
        assert tool("check", "--only", "layout") == 0, tool.out

    def test_a_simpler_version_ends_in_a_later_part(self, project: Project, tool: Tool) -> None:
        entry = '[[simplified]]\nname = "anocir.cli.main"\nuntil = "{}"\nwhy = "easier to read"\n'
        path = "parts/02-create/part.toml"
        plain = project.read(path)
        project.write(path, plain + entry.format("02"))
        assert tool("check", "--only", "layout") == 1
        assert "until 02 is over" in tool.out
        project.write(path, plain + entry.format("09"))
        assert tool("check", "--only", "layout") == 1
        assert "part 03 has to say so too" in tool.out

    def test_files_beside_the_package_are_named(self, project: Project, tool: Tool) -> None:
        project.write("parts/02-create/notes.txt", "x\n")
        project.replace("parts/00-lab/part.toml", "toy.py", "other.py")
        assert tool("check", "--only", "layout") == 1
        assert "parts/02-create/notes.txt: not below anocir/" in tool.out
        assert "parts/00-lab/toy.py: not below anocir/" in tool.out
        assert "files: there is no other.py" in tool.out

    def test_a_part_is_a_package(self, project: Project, tool: Tool) -> None:
        project.delete("parts/02-create/anocir/__main__.py")
        assert tool("check", "--only", "layout") == 1
        assert "anocir/__main__.py is missing" in tool.out

    def test_version_has_to_run(self, project: Project, tool: Tool) -> None:
        project.replace("parts/02-create/anocir/cli/main.py", "return 0", "return 3")
        assert tool("check", "--only", "size") == 1
        assert "parts/02-create: run 1: anocir --version ends with status 3" in tool.out

    def test_every_module_has_to_import(self, project: Project, tool: Tool) -> None:
        project.replace(IN_02, "import os\n", "import os\n\nimport anocir.nothing\n")
        assert tool("check", "--only", "size") == 1
        assert "parts/02-create: run 1: ModuleNotFoundError: No module named" in tool.out

    @pytest.mark.parametrize(
        ("path", "text", "finding"),
        [
            (STORE, "# TODO: later\n", "a marker comment: TODO"),
            (STORE, "# --8<-- [start:store]\n", "a marker comment: --8<--"),
            (STORE, "# new in part 02\n", "a marker comment"),
            (STORE, "# Copyright 2024 us\n", "a year: 2024"),
            (STORE, 'WHEN = "2024-05-01"\n', "a year: 2024"),
            (STORE, '__version__ = "1.2.3"\n', 'write __version__ = "0"'),
            (STORE, "# needs jsonschema>=4.10\n", "a version: jsonschema>=4.10"),
            (STORE, "x = 1\n<<<<<<< ours\n", "a conflict marker"),
            ("poetry.lock", "", "a lock file"),
            ("anocir/package-lock.json", "", "a lock file"),
        ],
    )
    def test_what_changes_by_itself(
        self, project: Project, tool: Tool, path: str, text: str, finding: str
    ) -> None:
        project.write(f"parts/02-create/{path}", text)
        assert tool("check", "--only", "layout") == 1
        assert f"parts/02-create/{path}" in tool.out
        assert finding in tool.out

    def test_names_of_flaws_and_dialects_are_no_years(self, project: Project, tool: Tool) -> None:
        text = "# CVE-2019-5736, draft/2020-12 and RFC 2026 stay; so do 2048 and part of it.\n"
        for part in (IN_02, IN_03):
            project.write(part, text + project.read(part))
        assert tool("check", "--only", "layout") == 0, tool.out


class TestSize:
    def grow(self, project: Project, count: int, name: str = "grown") -> None:
        text = INIT + "".join(f"{name}{n} = len('{n}')\n" for n in range(count))
        project.write(f"anocir/state/{name}.py", text)
        project.write(f"parts/03-delete/anocir/state/{name}.py", text)

    def test_a_part_of_300_lines_in_steps(self, project: Project, tool: Tool) -> None:
        # Part 03 has three new lines of its own.
        self.grow(project, 298)
        assert tool("check", "--only", "size") == 1
        assert "parts/03-delete: 301 new lines of code; allowed are 300" in tool.out

    def test_a_larger_part_says_why(self, project: Project, tool: Tool) -> None:
        self.grow(project, 298)
        path = "parts/03-delete/part.toml"
        project.write(path, project.read(path) + 'large = "it only makes sense as one"\n')
        assert tool("check", "--only", "size") == 1
        assert "allowed are 300" not in tool.out
        assert "301 new lines of code before run 1; allowed are 120" in tool.out
        self.grow(project, 10)
        assert tool("check", "--only", "size") == 1
        assert "large: 13 new lines of code are not too many" in tool.out

    def test_a_run_of_120_lines(self, project: Project, tool: Tool) -> None:
        self.grow(project, 117)
        assert tool("check", "--only", "size") == 0, tool.out
        self.grow(project, 118)
        assert tool("check", "--only", "size") == 1
        assert "parts/03-delete: 121 new lines of code before run 1; allowed are 120" in tool.out

    def test_tables_and_comments_are_not_counted(self, project: Project, tool: Tool) -> None:
        body = "TABLE = (\n" + "    1,\n" * 400 + ")\n" + "# why\n" * 400
        project.write("anocir/state/table.py", body)
        project.write("parts/03-delete/anocir/state/table.py", body)
        assert tool("check", "--only", "size") == 0, tool.out

    def steps(self, project: Project, tool: Tool, directory: Path) -> None:
        """Put a state between two runs: the new module is not there before the second."""
        self.grow(project, 118)
        assert tool("steps", "03", "--out", str(directory)) == 0
        (directory / "1" / "anocir/state/grown.py").unlink()
        assert tool("steps", "03", "--from", str(directory)) == 0
        text = project.read("parts/03-delete/part.toml")
        project.write("parts/03-delete/part.toml", text + '[[steps]]\ntitle = "Before it"\n')

    def test_a_state_between_makes_two_runs(
        self, project: Project, tool: Tool, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        self.steps(project, tool, tmp_path_factory.mktemp("states") / "03")
        assert tool("check", "--only", "size") == 0, tool.out
        part = tree.find(project.root, "03")
        first, finished = steps.states(part)
        assert "anocir/state/grown.py" not in first
        assert finished == part.sources()
        assert steps.sizes(part, tree.find(project.root, "02").package()) == [3, 118]
        out = tmp_path_factory.mktemp("out") / "x"
        assert tool("checkout", "03", str(out), "--step", "1") == 0
        assert tree.read(out, out) | {"bin/anocir": b""} == {**first, "bin/anocir": b""}

    def test_three_runs(
        self, project: Project, tool: Tool, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        """Patches come off from the last to the first; a copied part.toml is no part of them."""
        states = tmp_path_factory.mktemp("states")
        self.grow(project, 60, "one")
        shutil.copytree(project.root / "parts/03-delete", states / "1")
        self.grow(project, 70, "two")
        shutil.copytree(project.root / "parts/03-delete", states / "2")
        self.grow(project, 80, "three")
        assert tool("steps", "03", "--from", str(states)) == 0
        assert "part.toml" not in project.read("parts/03-delete/steps/2.patch")
        part = tree.find(project.root, "03")
        found = [{p.rpartition("/")[2] for p in state} for state in steps.states(part)]
        assert ["two.py" in names for names in found] == [False, True, True]
        assert ["three.py" in names for names in found] == [False, False, True]
        assert steps.sizes(part, tree.find(project.root, "02").package()) == [63, 70, 80]

    def test_a_patch_has_to_come_off(
        self, project: Project, tool: Tool, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        self.steps(project, tool, tmp_path_factory.mktemp("states") / "03")
        project.replace("parts/03-delete/anocir/state/grown.py", "len('7')", "len('8')")
        assert tool("check", "--only", "size") == 1
        assert "parts/03-delete/steps/1.patch does not come off" in tool.out

    def test_the_states_follow_a_change(
        self, project: Project, tool: Tool, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        """A change of what is there in every state is brought into each of them."""
        self.grow(project, 60, "one")
        states = tmp_path_factory.mktemp("states")
        shutil.copytree(project.root / "parts/03-delete", states / "1")
        path = "parts/03-delete/anocir/state/one.py"
        project.write(path, project.read(path) + "last = 1\n")
        project.write("anocir/state/one.py", project.read(path))
        assert tool("steps", "03", "--from", str(states)) == 0
        project.commit("Two runs")
        project.replace(path, "one57 = len('57')", "one57 = 57")
        assert tool("check", "--only", "size") == 1
        assert tool("propagate", "--from", "03") == 0
        assert tool.out.splitlines() == ["head anocir/state/one.py: merged", "03 steps: merged"]
        found = steps.states(tree.find(project.root, "03"))
        texts = [state["anocir/state/one.py"].decode() for state in found]
        assert ["one57 = 57\n" in text for text in texts] == [True, True]
        assert ["last = 1" in text for text in texts] == [False, True]

    def test_a_state_has_to_run(
        self, project: Project, tool: Tool, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        directory = tmp_path_factory.mktemp("states") / "03"
        self.steps(project, tool, directory)
        (directory / "1/anocir/cli/commands.py").unlink()
        assert tool("steps", "03", "--from", str(directory)) == 0
        assert tool("check", "--only", "size") == 1
        assert "parts/03-delete: run 1: ModuleNotFoundError" in tool.out

    def test_names_of_patches(self, project: Project, tool: Tool) -> None:
        project.write("parts/03-delete/steps/2.patch", "")
        assert tool("check", "--only", "size") == 1
        assert "parts/03-delete/steps: found 2.patch; allowed are at most 3" in tool.out


class TestPropagate:
    def test_a_fix_reaches_the_head(self, project: Project, tool: Tool) -> None:
        project.replace(IN_02, BUG, FIX)
        assert tool("check", "--only", "fixpoint") == 1
        assert tool("propagate", "--from", "02") == 0
        assert tool.out.splitlines() == [f"03 {STORE}: merged", f"head {STORE}: merged"]
        for path in (IN_03, STORE):
            assert FIX in project.read(path)
            assert "def names" in project.read(path), "the later part's own code stays"
        assert tool("check") == 0, tool.out
        before = project.read(IN_03)
        assert tool("propagate", "--from", "02") == 0
        assert "has the change already" in tool.out
        assert project.read(IN_03) == before

    def test_a_part_that_has_more_beside_the_changed_line(
        self, project: Project, tool: Tool
    ) -> None:
        for path in (IN_02, IN_03, STORE):
            more = "\ntwo = 2\n" if path != IN_02 else ""
            project.write(path, f"{project.read(path)}one = 1\n{more}\nthree = 3\n")
        project.commit(f"Lines\n\nResolved: 03 {STORE}: set up")
        project.replace(IN_02, "one = 1\n", "one = 11\n")
        assert tool("propagate", "--from", "02") == 0
        assert tool("check", "--only", "fixpoint") == 0, tool.out
        project.replace(STORE, "one = 11\n", "one = 1\n")
        assert tool("check", "--only", "fixpoint") == 1

    def test_new_and_deleted_files(self, project: Project, tool: Tool) -> None:
        project.write("parts/01-cli/anocir/cli/log.py", INIT)
        project.delete("parts/01-cli/anocir/cli/commands.py")
        project.replace("parts/01-cli/anocir/cli/__init__.py", "A package", "The package")
        for part in ("parts/02-create/", "parts/03-delete/", ""):
            project.write(f"{part}anocir/cli/commands.py", series_project.COMMANDS_01)
        project.git("restore", "parts/01-cli/anocir/cli/commands.py")
        project.commit("The same commands everywhere\n\nStops-at: 01: set up")
        project.delete("parts/01-cli/anocir/cli/commands.py")
        project.write("parts/01-cli/anocir/cli/words.py", INIT)
        assert tool("propagate", "--from", "01") == 0
        assert "02 anocir/cli/commands.py: deleted" in tool.out
        assert "head anocir/cli/words.py: added" in tool.out
        assert not (project.root / "anocir/cli/commands.py").exists()
        assert project.read("anocir/cli/words.py") == INIT
        assert tool("check", "--only", "fixpoint") == 0, tool.out

    def test_a_conflict_stops_and_continues(self, project: Project, tool: Tool) -> None:
        project.replace(IN_02, "os.mkdir(path)", "os.mkdir(path, mode=0o711)")
        project.replace("parts/02-create/anocir/cli/main.py", "unknown command", "no command")
        assert tool("propagate", "--from", "02") == 2
        assert f"{IN_03}: conflict" in tool.out
        text = project.read(IN_03)
        assert "<<<<<<< 03-delete\n" in text
        assert ">>>>>>> 02-create\n" in text
        assert "no command" in project.read("parts/03-delete/anocir/cli/main.py")
        assert project.read(STORE) == series_project.STORE_03, "the head has to wait"

        assert tool("propagate", "--from", "02") == 2
        assert "stopped half-way" in tool.out
        assert tool("propagate", "--continue") == 2
        assert "still has conflict markers" in tool.out

        project.write(IN_03, series_project.STORE_03.replace("0o700", "0o711"))
        assert tool("propagate", "--continue") == 0
        assert "os.mkdir(path, 0o711)" in project.read(STORE)
        assert f"Resolved: 03 {STORE}: REASON" in tool.out
        assert tool("check", "--only", "fixpoint") == 1
        assert f"`Resolved: 03 {STORE}: REASON`" in tool.out
        message = project.root / "message"
        message.write_text(f"Fix it\n\nResolved: 03 {STORE}: the mode was there\n")
        assert tool("check", "--only", "fixpoint", "--message", str(message)) == 0, tool.out
        message.unlink()
        project.commit(f"Fix it\n\nResolved: 03 {STORE}: the mode was there")
        assert tool("check", "--only", "fixpoint") == 0, tool.out
        assert tool("propagate", "--continue") == 2
        assert "no propagation has stopped" in tool.out

    def test_a_file_that_a_later_part_replaced(self, project: Project, tool: Tool) -> None:
        project.write("parts/02-create/anocir/state/fork.py", INIT)
        project.write("parts/01-cli/anocir/state/fork.py", INIT)
        project.commit("Have a simple version\n\nStops-at: 02 anocir/state/fork.py: 03 has another")
        assert tool("check", "--only", "fixpoint") == 0, tool.out
        project.write("parts/02-create/anocir/state/fork.py", INIT + "x = 1\n")
        assert tool("propagate", "--from", "02") == 2
        assert "there is no such file, because this stage has replaced it" in tool.out
        assert tool("propagate", "--continue") == 0
        assert "Stops-at: 02 anocir/state/fork.py: REASON" in tool.out
        assert tool("check", "--only", "fixpoint") == 1
        assert "`Stops-at: 02 anocir/state/fork.py: REASON`" in tool.out

    def test_a_stated_simpler_version_ends_by_itself(self, project: Project, tool: Tool) -> None:
        entry = '[[simplified]]\nname = "anocir.state.store"\nuntil = "03"\nwhy = "easy to read"\n'
        path = "parts/02-create/part.toml"
        project.write(path, project.read(path) + entry)
        project.replace(IN_02, "os.mkdir(path)", "os.mkdir(path, 0o755)")
        assert tool("propagate", "--from", "02") == 0
        assert f"02 {STORE}: ends here, 03 replaces it" in tool.out
        assert project.read(IN_03) == series_project.STORE_03
        assert tool("check", "--only", "fixpoint") == 0, tool.out

    def test_deleted_here_and_changed_there(self, project: Project, tool: Tool) -> None:
        project.delete(IN_02)
        assert tool("propagate", "--from", "02") == 2
        assert "part 02 has no such file any more" in tool.out
        assert (project.root / IN_03).exists()
        assert tool("propagate", "--abort") == 0
        assert tool("propagate", "--continue") == 2

    def test_since_a_commit(self, project: Project, tool: Tool) -> None:
        project.replace(IN_02, BUG, FIX)
        project.commit("Fix one part only")
        assert tool("propagate", "--from", "02") == 2
        assert "part 02 has not changed since HEAD" in tool.out
        assert tool("propagate", "--from", "02", "--base", "HEAD~") == 0
        assert FIX in project.read(STORE)
        assert tool("propagate", "--from", "02", "--base", "nowhere") == 2
        assert "git knows no commit nowhere" in tool.out

    def test_a_part_with_another_number(self, project: Project, tool: Tool) -> None:
        (project.root / "parts/03-delete").rename(project.root / "parts/04-delete")
        (project.root / "parts/02-create").rename(project.root / "parts/03-create")
        project.replace(f"parts/03-create/{STORE}", BUG, FIX)
        assert tool("propagate", "--from", "03") == 0
        assert tool.out.splitlines() == [f"04 {STORE}: merged", f"head {STORE}: merged"]


class TestFixpoint:
    def test_left_out_of_one_part(self, project: Project, tool: Tool) -> None:
        """The part that was forgotten is named, whether or not it is committed."""
        project.replace(IN_02, BUG, FIX)
        project.replace(STORE, BUG, FIX)
        assert tool("check") == 1
        assert f"{IN_03}: the change of {IN_02} since" in tool.out
        assert "propagate --from 02" in tool.out
        project.commit("Fix it, nearly")
        assert tool("check") == 1
        assert f"{IN_03}: the change of {IN_02}" in tool.out
        assert tool("check", "--base", "HEAD~") == 1
        assert tool("check", "--only", "fixpoint", "--base", "HEAD") == 0, tool.out

    def test_a_commit_on_top_does_not_hide_it(self, project: Project, tool: Tool) -> None:
        project.replace(IN_02, BUG, FIX)
        project.commit("Fix it, nearly")
        for number in range(3):
            project.write("docs.md", str(number))
            project.commit("Other work")
        assert tool("check", "--only", "fixpoint") == 1
        project.replace(IN_03, BUG, FIX)
        project.replace(STORE, BUG, FIX)
        assert tool("check", "--only", "fixpoint") == 0, tool.out
        project.commit("Carry it on")
        assert tool("check", "--only", "fixpoint") == 0, tool.out

    def test_later_parts_may_go_on(self, project: Project, tool: Tool) -> None:
        """A change set that was carried stays carried when the later part then changes."""
        for path in (IN_02, IN_03, STORE):
            project.replace(path, BUG, FIX)
        project.commit("Fix it")
        project.replace(IN_03, FIX, '    if not name or "/" in name:\n')
        project.replace(STORE, FIX, '    if not name or "/" in name:\n')
        project.commit("Another rule in part 03")
        assert tool("check", "--only", "fixpoint") == 0, tool.out

    def test_the_parts_own_first_commit_has_no_base(self, project: Project, tool: Tool) -> None:
        project.write("parts/04-more/part.toml", series_project.part_toml("More", "more", "04"))
        for path, text in series_project.HEAD.items():
            project.write(f"parts/04-more/{path}", text.replace("1.4.2", "0"))
        assert tool("check", "--only", "fixpoint") == 0, tool.out
        project.commit("Add a part")
        assert tool("check", "--only", "fixpoint") == 0, tool.out

    def test_a_part_that_comes_with_a_fix(self, project: Project, tool: Tool) -> None:
        """What part 03 changes in the commit that adds part 04 has to be in part 04."""
        project.write("parts/04-more/part.toml", series_project.part_toml("More", "more", "04"))
        for path, text in series_project.HEAD.items():
            project.write(f"parts/04-more/{path}", text.replace("1.4.2", "0"))
        project.replace(IN_03, BUG, FIX)
        project.commit("Add a part and fix the one before")
        assert tool("check", "--only", "fixpoint") == 1
        assert f"parts/04-more/{STORE}: the change of {IN_03}" in tool.out

    @pytest.mark.parametrize(
        ("trailer", "holds"),
        [
            (f"Stops-at: 02 {STORE}: 03 checks elsewhere", True),
            ("Stops-at: 02: 03 checks elsewhere", True),
            (f"Resolved: 03 {STORE}: by hand", True),
            (f"Stops-at: 02 {STORE}:", False),
            (f"Stops-at: 03 {STORE}: wrong part", False),
            ("Stops-at: 02 anocir/cli/main.py: wrong file", False),
            ("Resolved: 03: no file", False),
        ],
    )
    def test_a_commit_may_say_why_not(
        self, project: Project, tool: Tool, trailer: str, holds: bool
    ) -> None:
        project.replace(IN_02, BUG, FIX)
        project.commit(f"Fix it\n\n{trailer}")
        assert tool("check", "--only", "fixpoint") == (0 if holds else 1), tool.out

    def test_it_may_be_said_later_but_only_for_what_was_before(
        self, project: Project, tool: Tool
    ) -> None:
        project.replace(IN_02, BUG, FIX)
        project.commit("Fix it")
        assert tool("check", "--only", "fixpoint") == 1
        project.commit("Say why\n\nStops-at: 02: 03 checks elsewhere")
        assert tool("check", "--only", "fixpoint") == 0, tool.out
        project.replace(IN_02, "os.mkdir(path)", "os.makedirs(path)")
        project.commit("Change it again")
        assert tool("check", "--only", "fixpoint") == 1

    def test_a_file_given_to_an_earlier_part(self, project: Project, tool: Tool) -> None:
        project.write(f"parts/01-cli/{STORE}", series_project.STORE_02.replace("255", "64"))
        assert tool("check", "--only", "fixpoint") == 0, tool.out

    def test_a_new_file_has_to_be_carried(self, project: Project, tool: Tool) -> None:
        project.write("parts/02-create/anocir/state/record.py", INIT)
        assert tool("check", "--only", "fixpoint") == 1
        assert "parts/03-delete/anocir/state/record.py: the change" in tool.out

    def test_renumbering_is_no_change(self, project: Project, tool: Tool) -> None:
        (project.root / "parts/03-delete").rename(project.root / "parts/04-delete")
        (project.root / "parts/02-create").rename(project.root / "parts/03-create")
        assert tool("check", "--only", "fixpoint") == 0, tool.out
        project.commit("Make room")
        assert tool("check", "--only", "fixpoint") == 0, tool.out
        project.replace(f"parts/03-create/{STORE}", BUG, FIX)
        assert tool("check", "--only", "fixpoint") == 1
        assert f"parts/04-delete/{STORE}" in tool.out


class TestHead:
    def test_what_the_head_has_more_is_listed(self, project: Project, tool: Tool) -> None:
        project.write("anocir/state/lock.py", INIT)
        project.replace(STORE, "LIMIT = 255", "LIMIT = 64")
        assert tool("check", "--only", "head") == 1
        assert "anocir/state/lock.py is new in the head" in tool.out
        assert f"{STORE} is changed in the head" in tool.out
        assert tool("ahead", "--write") == 0
        assert tool("check", "--only", "head") == 1
        assert "anocir/state/lock.py: say what it is ahead by" in tool.out
        text = project.read("parts/README.md")
        assert text.endswith("\nThe end.\n")
        assert "| `anocir/runtime/` | signals | 06 |" in text
        project.write("parts/README.md", text.replace("|  |  |", "| locks | 07 |"))
        assert tool("check", "--only", "head") == 0, tool.out

    def test_a_row_for_nothing(self, project: Project, tool: Tool) -> None:
        row = "| `anocir/runtime/` | signals | 06 |\n"
        project.replace("parts/README.md", row, row + f"| `{STORE}` | more | 07 |\n")
        assert tool("check", "--only", "head") == 1
        assert f"{STORE} is not ahead of part 03" in tool.out

    def test_no_table(self, project: Project, tool: Tool) -> None:
        project.write("parts/README.md", "# Parts\n")
        assert tool("check", "--only", "head") == 1
        assert "parts/README.md has no table" in tool.out

    def test_the_same_needs_no_table(self, project: Project, tool: Tool) -> None:
        project.delete("anocir/runtime/kill.py")
        project.delete("anocir/runtime/__init__.py")
        project.delete("parts/README.md")
        assert tool("check", "--only", "head") == 0, tool.out


class TestStrip:
    COMMANDS = """class Command(str):
    pass


COMMANDS = (
    Command("create"),
    Command("later"),
)
"""
    PLANNERS = """from __future__ import annotations

from anocir.plan import later, mounts as m
from anocir.plan.shared import share

TYPE_CHECKING = False
if TYPE_CHECKING:
    import anocir.plan.types

def on_demand(planner: str, *settings: str) -> str:
    return planner


PLANNERS: tuple[object, ...] = (m.plan, later.plan, on_demand("later.plan", "later"))
APPLIED = ("root", "later")
TABLE = {"mount": m.plan, "later": later.plan, "share": share, "rare": "later.plan"}


def make() -> None:
    share()
"""

    def wire(self, project: Project) -> None:
        """Give the head wiring, and of that only mounts and create to part 02."""
        plan = "def plan() -> None:\n    pass\n"
        files = {
            "plan/__init__.py": INIT,
            "plan/planners.py": self.PLANNERS,
            "plan/mounts.py": plan,
            "plan/later.py": plan,
            "plan/types.py": INIT,
            "plan/shared.py": plan.replace("plan", "share"),
            "cli/cmd/__init__.py": INIT,
            "cli/cmd/create.py": "from anocir.plan import planners\n",
            "cli/cmd/later.py": INIT,
            "cli/commands.py": self.COMMANDS,
            "spec/__init__.py": INIT,
            "spec/rules.py": 'ON_DEMAND = (("mounts", "m", "n"), ("later", "l"))\n',
            "spec/rules_mounts.py": INIT,
            "spec/rules_later.py": INIT,
        }
        for path, text in files.items():
            project.write(f"anocir/{path}", text)
        for path in (
            "plan/__init__.py", "plan/mounts.py", "cli/cmd/create.py",
            "spec/rules.py", "spec/rules_mounts.py",
        ):  # fmt: skip
            project.write(f"parts/02-create/anocir/{path}", INIT)

    def test_the_rows_of_later_modules_are_left_out(
        self, project: Project, tool: Tool, tmp_path: Path
    ) -> None:
        self.wire(project)
        out = tmp_path / "out"
        assert tool("strip", "--to", "02", "--out", str(out)) == 0
        found = set(tree.read(out / "anocir/plan"))
        assert found == {"__init__.py", "planners.py", "mounts.py", "shared.py"}
        wiring = (out / "anocir/plan/planners.py").read_text()
        assert "PLANNERS: tuple[object, ...] = (m.plan,)" in wiring
        assert "APPLIED = ('root', 'later')" in wiring
        assert "TABLE = {'mount': m.plan}" in wiring
        assert "from anocir.plan import mounts as m\n" in wiring
        rules = (out / "anocir/spec/rules.py").read_text()
        assert rules == "ON_DEMAND = (('mounts', 'm', 'n'),)\n"
        commands = (out / "anocir/cli/commands.py").read_text()
        assert "COMMANDS = (Command('create'),)" in commands
        code = "import anocir.cli.cmd.create, anocir.plan.planners as p; p.make()"
        done = subprocess.run(
            [sys.executable, "-P", "-c", code], env={"PYTHONPATH": str(out)}, check=False
        )
        assert done.returncode == 0

    def test_a_command_that_is_named_in_the_code(
        self, project: Project, tool: Tool, tmp_path: Path
    ) -> None:
        self.wire(project)
        project.write("anocir/cli/cmd/help.py", INIT)
        project.replace("anocir/cli/main.py", "import sys\n", "import sys\n\nDEFAULT = 'help'\n")
        out = tmp_path / "out"
        assert tool("strip", "--to", "02", "--out", str(out)) == 0
        assert set(tree.read(out / "anocir/cli/cmd")) == {"__init__.py", "create.py", "help.py"}

    def test_only_what_is_reached(self, project: Project, tool: Tool, tmp_path: Path) -> None:
        project.write("anocir/state/lock.py", "from anocir.state import names\n")
        project.write("anocir/state/names.py", INIT)
        project.write("anocir/state/never.py", INIT)
        project.write(
            STORE,
            "TYPE_CHECKING = False\nif TYPE_CHECKING:\n    import anocir.state.never\n"
            + project.read(STORE)
            + "\n\ndef lock() -> None:\n    from . import lock\n",
        )
        out = tmp_path / "out" / "02"
        assert tool("strip", "--to", "02", "--out", str(out)) == 0
        found = {p for p in tree.read(out) if p.startswith("anocir/")}
        data = {"anocir/state/schema.json"}
        more = {"anocir/state/lock.py", "anocir/state/names.py"}
        assert found == series_project.PART_02.keys() | more | data
        assert "def names" in (out / STORE).read_text(), "the head's version"
        done = subprocess.run([out / "bin/anocir", "--version"], capture_output=True, check=True)
        assert done.stdout == b"anocir version 0\n"

    def test_a_module_that_the_head_lost(self, project: Project, tool: Tool) -> None:
        project.delete(STORE)
        out = str(project.root / "out")
        assert tool("strip", "--to", "02", "--out", out) == 2
        assert f"{IN_02}: the head has no such module" in tool.out
        entry = '[[simplified]]\nname = "anocir.state.store"\nuntil = "03"\nwhy = "easy to read"\n'
        path = "parts/02-create/part.toml"
        project.write(path, project.read(path) + entry)
        assert tool("strip", "--to", "02", "--out", out) == 0


class TestCheckout:
    def test_a_part_runs_from_anywhere(self, project: Project, tool: Tool, tmp_path: Path) -> None:
        out = tmp_path / "a b"
        assert tool("checkout", "02", str(out)) == 0
        link = tmp_path / "link"
        link.symlink_to(out / "bin/anocir")
        done = subprocess.run([link, "start"], cwd="/", capture_output=True, check=False)
        assert done.returncode == 0, done.stderr
        done = subprocess.run([link, "kill"], cwd=project.root, capture_output=True, check=False)
        assert done.stderr == b"unknown command kill\n", "not the package of the directory"
        assert not (out / "part.toml").exists()

    def test_nothing_is_overwritten(self, project: Project, tool: Tool) -> None:
        assert tool("checkout", "02", str(project.root)) == 2
        assert "is not an empty directory" in tool.out

    def test_the_lab_has_no_launcher(self, tool: Tool, tmp_path: Path) -> None:
        assert tool("checkout", "00", str(tmp_path / "lab")) == 0
        assert [p.name for p in (tmp_path / "lab").iterdir()] == ["toy.py"]


class TestSeries:
    def test_branch_and_tags(self, project: Project, tool: Tool) -> None:
        assert tool("series", "--check") == 1
        assert "part-00" in tool.out
        assert tool("series") == 0
        assert tool("series", "--check") == 0, tool.out
        assert project.git("diff", "--stat", "part-02", "part-03").count(" | ") == 4
        files = project.git("ls-tree", "-r", "--name-only", "part-02").split()
        assert files == sorted([*series_project.PART_02, "part.toml"])
        subjects = project.git("log", "--format=%s %an %aI", "series").splitlines()
        assert subjects[0].startswith("Part 03: Delete anocir 2000-01-0")
        assert len(subjects) == 4
        ids = project.read("parts/TAGS").split()[1::2]
        assert ids[2] == project.git("rev-parse", "part-02").strip()
        assert ids[3] == project.git("rev-parse", "series").strip()

    def test_again_gives_the_same(self, project: Project, tool: Tool) -> None:
        tool("series")
        first = project.read("parts/TAGS")
        project.write("docs.md", "x")
        project.commit("Other work")
        tool("series")
        assert project.read("parts/TAGS") == first

    def test_a_change_is_seen(self, project: Project, tool: Tool) -> None:
        tool("series")
        project.replace(IN_02, BUG, FIX)
        assert tool("series", "--check") == 1
        assert "parts/TAGS: part-02, part-03 differs" in tool.out

    def test_checking_leaves_no_trace(self, project: Project, tool: Tool) -> None:
        before = project.git("count-objects"), project.git("for-each-ref")
        branch.expected(project.root)
        assert (project.git("count-objects"), project.git("for-each-ref")) == before

    def test_the_branch_may_not_be_checked_out(self, project: Project, tool: Tool) -> None:
        tool("series")
        project.git("add", "-A")
        project.git("symbolic-ref", "HEAD", "refs/heads/series")
        assert tool("series") == 2
        assert "is checked out" in tool.out


def test_list(project: Project, tool: Tool) -> None:
    project.write("docs/series/03-delete.md", '--8<-- "03/state.store.Store.names.new.md"\n')
    assert tool("list") == 0
    rows = {line.split()[0]: line for line in tool.out.splitlines()}
    assert rows["01-cli"].split()[1:3] == ["30", "15"]
    assert "no chapter" in rows["02-create"]
    assert rows["03-delete"].split()[1:7] == ["30", "3", "4:", "2,", "0,", "2"]
    assert rows["03-delete"].endswith("Delete")


def test_diff(tool: Tool) -> None:
    assert tool("diff", "03") == 0
    against_previous = tool.out
    assert tool("diff", "02", "03") == 0
    assert tool.out == against_previous
    assert "+        os.mkdir(path, 0o700)\n" in tool.out
    assert "--- 02-create/anocir/state/store.py" in tool.out
    assert tool("diff", "03", "head") == 0
    assert "--- /dev/null\n+++ head/anocir/runtime/kill.py" in tool.out
    assert tool("diff", "07") == 2
    assert "there is no part 07; there are 00 01 02 03 head" in tool.out


INIT = series_project.INIT
