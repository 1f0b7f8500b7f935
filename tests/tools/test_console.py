"""tools/console.py: reading blocks, comparing output, running shells, rewriting."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tools import _console_backend as backends
from tools import _console_doc as doc
from tools import _console_match as matching
from tools import console

REPO = Path(__file__).resolve().parents[2]


def chapter(tmp_path: Path, body: str) -> Path:
    path = tmp_path / "02-create.md"
    path.write_text(body, encoding="utf-8")
    return path


def run_here(path: Path) -> list[console.Result]:
    """Run the blocks of a file in a shell of this machine."""
    blocks, findings = doc.read(path)
    assert findings == []
    return console.execute(blocks, "02", backends.Host(), backends.Host())


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wrong output is waited for; here it is wrong on purpose."""
    monkeypatch.setattr(console, "LATE", 1.0)
    monkeypatch.setattr(console, "RETRY", 5.0)


def problems(path: Path) -> list[str]:
    return [r.problem for r in run_here(path)]


# --- comparing


@pytest.mark.parametrize(
    ("expected", "actual", "fits"),
    [
        ("pid <pid>", "pid 42", True),
        ("pid <pid>", "pid 0", False),
        ("pid <pid>", "pid 4x", False),
        ("<n>", "-3.5", True),
        ("<n>", "3.", False),
        ("at <time>", "at 2026-11-23T20:57:39.312614257Z", True),
        ("at <time>", "at 2026-11-23T20:57:39+01:00", True),
        ("at <time>", "at 2026-11-23 20:57:39", False),
        ("<date>", "Nov 23 20:57", True),
        ("<date>", "", False),
        ("<hex>", "0xdeadBEEF", True),
        ("<hex>", "xyz", False),
        ("<id>", "demo_1.a-b", True),
        ("<id>", "a b", False),
        ("in <path>", "in /run/a b", False),
        ("in <path>:", "in /run/a:", True),
        ("a <any> c", "a b b c", True),
        ("a <any> c", "a  c", False),
        ("<nobody>", "<nobody>", True),
        ("<nobody>", "nobody", False),
        ("a.c", "abc", False),
    ],
)
def test_line(expected: str, actual: str, fits: bool) -> None:
    assert (matching.match_line(expected, actual, {}) is not None) is fits


def test_dots_stand_for_any_number_of_lines() -> None:
    assert matching.match(["a", "  ...", "z"], ["a", "z"], {}) == {}
    assert matching.match(["a", "...", "z"], ["a", "z", "b", "z"], {}) == {}
    assert matching.match(["a", "...", "z"], ["a", "b"], {}) is None
    assert matching.match(["..."], [], {}) == {}
    assert matching.match(["a..."], ["abc"], {}) is None


def test_dots_in_a_row_do_not_take_for_ever() -> None:
    expected = ["...", "a"] * 12 + ["b"]
    assert matching.match(expected, ["a"] * 60, {}) is None


def test_a_label_stands_for_one_text() -> None:
    bound = matching.match(["<pid:a> <pid:a>"], ["7 7"], {})
    assert bound == {"pid:a": "7"}
    assert matching.match(["<pid:a>"], ["8"], bound) is None
    assert matching.match(["<pid:b>"], ["8"], bound) == {"pid:a": "7", "pid:b": "8"}
    assert matching.match(["<pid:b>"], ["7"], bound) is None
    assert matching.match(["<n:b>"], ["7"], bound) is not None
    assert matching.match(["<pid:a> <pid:a>"], ["7 8"], {}) is None


def test_dots_try_again_when_a_label_does_not_fit() -> None:
    expected = ["...", "pid <pid:a>", "...", "same <pid:a>"]
    actual = ["pid 1", "pid 2", "same 2"]
    assert matching.match(expected, actual, {}) == {"pid:a": "2"}


def test_output_is_cleaned() -> None:
    assert matching.clean("\x1b[1;31mred\x1b[0m  \r\n\n b\n\n\n") == ["red", "", " b"]


def test_merge_keeps_what_fits() -> None:
    expected = ["pid <pid>", "{", "  ...", "}", "gone"]
    actual = ["pid 4", "{", "  a", "  b", "}", "new"]
    assert matching.merge(expected, actual) == ["pid <pid>", "{", "  ...", "}", "new"]


def test_merge_writes_placeholders_into_new_lines() -> None:
    came = ['  "pid": 42,', '  "created": "2026-11-23T20:57:39Z"']
    assert matching.merge([], came) == ['  "pid": <pid>,', '  "created": "<time>"']


# --- reading


def test_commands_continue_and_are_dedented() -> None:
    text = (
        '??? success "Answer"\n\n    ```console\n    $ cat <<X\n'
        "    > a\n    >\n    > X\n    a\n\n    ```\n"
    )
    blocks, findings = doc.parse(text, "x.md")
    assert findings == []
    (command,) = blocks[0].commands
    assert command.text == "cat <<X\na\n\nX"
    assert command.expected == ("a",)
    assert command.out == (7, 8)


def test_a_block_inside_another_block_is_not_run() -> None:
    blocks, _ = doc.parse("````markdown\n```console\n$ rm -rf /\n```\n````\n", "x.md")
    assert blocks == []


@pytest.mark.parametrize(
    ("body", "statuses"),
    [
        ("$ a\n$ b", [0, 0]),
        ("$ a  # exit 3", [3]),
        ("$ a\n$ echo $?\n1", [None, 0]),
        ("$ a  # exit 1\n$ echo $?\n1", [1, 0]),
    ],
)
def test_a_failure_must_be_shown(body: str, statuses: list[int | None]) -> None:
    blocks, _ = doc.parse(f"```console\n{body}\n```\n", "x.md")
    assert [c.status for c in blocks[0].commands] == statuses


def test_options() -> None:
    text = "<!-- console: retry, timeout 120 -->\n<!-- other -->\n\n```console\n$ a\n```\n"
    (block,), _ = doc.parse(text, "x.md")
    assert block.options == doc.Options(retry=True, timeout=120.0)


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("<!-- console: skip -->\n```console\n$ a\n```", "x.md:2: console: skip needs a reason"),
        ("<!-- console: host-dry: -->\n```console\n$ a\n```", "host-dry needs a reason"),
        ("<!-- console: retyr -->\n```console\n$ a\n```", "unknown option 'retyr'"),
        ("<!-- console: timeout 0 -->\n```console\n$ a\n```", "unknown option 'timeout 0'"),
        ("```console\nanocir create\n```", "starts with a command"),
        ("```console\n```", "starts with a command"),
    ],
)
def test_malformed_blocks_are_found(text: str, finding: str) -> None:
    blocks, findings = doc.parse(text + "\n", "x.md")
    assert blocks == []
    assert len(findings) == 1
    assert finding in str(findings[0])


# --- running


def test_one_shell_for_all_blocks(tmp_path: Path) -> None:
    path = chapter(
        tmp_path,
        f"```console\n$ cd {tmp_path}\n$ x=5; f() {{ echo f; }}\n```\n\n"
        f"```console\n$ pwd; echo $x; f\n{tmp_path}\n5\nf\n$ cat\n$ echo err >&2\nerr\n"
        "$ printf 'no newline'\nno newline\n$ [ -t 1 ] || echo pipe\npipe\n```\n",
    )
    assert problems(path) == [""] * 7


def test_wrong_output_is_found(tmp_path: Path) -> None:
    path = chapter(tmp_path, "```console\n$ echo a\nb\n$ echo c\n```\n")
    assert problems(path) == ["the output is not as written"] * 2


def test_unexpected_status_is_found(tmp_path: Path) -> None:
    path = chapter(
        tmp_path, "```console\n$ false\n$ true  # exit 1\n$ sh -c 'exit 3'\n$ echo $?\n3\n```\n"
    )
    assert problems(path) == [
        "exit status 1, expected 0",
        "exit status 0, expected 1",
        "",
        "",
    ]


def test_late_output_is_waited_for(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    path = chapter(
        tmp_path,
        f"```console\n$ mkfifo {fifo}\n$ (cat {fifo}; echo late) &\n"
        f"$ (sleep 0.3; echo go > {fifo}) &\ngo\nlate\n```\n",
    )
    assert problems(path) == ["", "", ""]


def test_retry_repeats_until_it_is_as_written(tmp_path: Path) -> None:
    count = tmp_path / "count"
    body = f"```console\n$ echo x >> {count}; wc -l < {count}\n3\n```\n"
    assert problems(chapter(tmp_path, body)) == ["the output is not as written"]
    count.unlink()
    assert problems(chapter(tmp_path, "<!-- console: retry -->\n" + body)) == [""]


def test_a_command_that_hangs_ends_the_chapter(tmp_path: Path) -> None:
    path = chapter(
        tmp_path, "<!-- console: timeout 1 -->\n```console\n$ sleep 60\n$ echo a\na\n```\n"
    )
    first, second = problems(path)
    assert "within 1 s" in first
    assert second == "not run: the shell had ended"


def test_exit_is_found(tmp_path: Path) -> None:
    path = chapter(tmp_path, "```console\n$ exit 0\n$ echo a\na\n```\n")
    assert "ended the shell" in problems(path)[0]


def test_skipped_blocks_are_not_run(tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    path = chapter(tmp_path, f"<!-- console: skip: why -->\n```console\n$ touch {marker}\n```\n")
    assert run_here(path) == []
    assert not marker.exists()


def test_host_blocks_run_at_the_top_of_the_repository(tmp_path: Path) -> None:
    path = chapter(tmp_path, f"<!-- console: host -->\n```console\n$ pwd\n{REPO}\n```\n")
    blocks, _ = doc.read(path)

    class Nowhere(backends.Backend):
        def run(self, part: object, commands: object) -> list[dict[str, object]]:
            raise AssertionError("a host block went to the machine")

    results = console.execute(blocks, "02", Nowhere(), backends.Host())
    assert [r.problem for r in results] == [""]


def test_dry_commands_must_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []

    def output(argv: list[str]) -> str | None:
        asked.append(argv)
        return "usage: lab up [--image NAME]" if "up" in argv else None

    monkeypatch.setattr(console, "_output", output)
    assert console.dry("python3 -m lab up --image=debian12  # the older one") == ""
    assert console.dry("python3 -m lab up --imgae x") == "lab up has no option --imgae"
    assert console.dry("python3 -m lab down") == "python3 -m lab has no command down"
    assert console.dry("make no-such-target") == "make does not know no-such-target"
    assert [argv[-2:] for argv in asked[-2:]] == [
        ["down", "--help"],
        ["--dry-run", "no-such-target"],
    ]
    assert "use skip" in console.dry("rm -rf /")


# --- updating


def test_update_rewrites_and_then_all_is_as_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = chapter(
        tmp_path,
        "    ```console\n    $ echo a; echo $$\n    old\n    <pid>\n"
        "    $ printf 'x\\n\\ny\\n'\n    ```\n"
        "\n```console\n$ echo z\n```\ntext\n",
    )
    monkeypatch.setattr(backends, "Native", backends.Host)
    assert console.main(["--native", str(path)]) == 1
    out = capsys.readouterr().out
    assert f"{path}:2: $ echo a; echo $$" in out
    assert "    -old\n    +a\n" in out
    assert console.main(["--native", "--update", str(path)]) == 0
    assert path.read_text() == (
        "    ```console\n    $ echo a; echo $$\n    a\n    <pid>\n"
        "    $ printf 'x\\n\\ny\\n'\n    x\n\n    y\n"
        "    ```\n\n```console\n$ echo z\nz\n```\ntext\n"
    )
    assert console.main(["--native", str(path)]) == 0


def test_update_does_not_hide_a_status(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = chapter(tmp_path, "```console\n$ echo a; false\nb\n```\n")
    monkeypatch.setattr(backends, "Native", backends.Host)
    assert console.main(["--native", "--update", str(path)]) == 1
    assert "exit status 1" in capsys.readouterr().out


def test_list_gives_reasons(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = chapter(tmp_path, "<!-- console: skip: needs a disk -->\n```console\n$ a\n```\n")
    assert console.main(["--list", str(path)]) == 0
    assert capsys.readouterr().out == f"{path}:2: 1 skip needs a disk\n"


def test_malformed_blocks_stop_the_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = chapter(tmp_path, "```console\nno prompt\n```\n")
    assert console.main(["--native", str(path)]) == 1
    assert "starts with a command" in capsys.readouterr().out


# --- the namespaces of --native


@pytest.mark.skipif(os.geteuid() != 0, reason="--native makes namespaces: needs root")
def test_native_starts_afresh_and_leaves_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = chapter(
        tmp_path,
        "```console\n$ pwd; ls\n/root/lab\nbundle\n$ ls bundle\nconfig.json\nrootfs\n"
        "$ test ! -e /root/mark && touch /root/mark /run/mark /tmp/mark\n"
        "$ ls -d /anocir/tools\n/anocir/tools\n$ hostname elsewhere\n"
        "$ bundle/rootfs/bin/sh -c 'echo $0'\nbundle/rootfs/bin/sh\n```\n",
    )
    for _ in range(2):
        assert console.main(["--native", "--part", "02", str(path)]) == 0, capsys.readouterr().out
    assert not any(Path(p).exists() for p in ("/run/mark", "/tmp/mark", "/root/mark"))
    assert os.uname().nodename != "elsewhere"
