"""The checker itself: what it prints, what it returns, and that no check passes for nothing."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from anocir_check import environment
from anocir_check.check import PARTS
from anocir_check.deviations import BadList, load
from anocir_check.main import main
from tests.checker.conftest import REPO, Checker

PEERS = ("runc-1.1", "crun-1.8")
CHAPTERS = [(number, slug) for number, slug in PARTS.items() if number <= 7]


def test_list_names_every_check_with_its_clause(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("02-create-duplicate-id ") for line in lines)
    assert any("03-03" in line for line in lines), "a check that ends with part 03 is listed"
    ids = [line.split()[0] for line in lines[1:]]
    assert len(ids) == len(set(ids)), "ids are unique"
    assert {name[:2] for name in ids} == {"01", "02", "03", "04", "05", "06", "07", "08"}


def test_the_score_in_chapter_07_is_that_of_the_lists(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What fails now and then is counted as passed there."""
    main(["--list", "--through", "07", "--spec-only"])
    checks = {line.split()[0] for line in capsys.readouterr().out.splitlines()[1:]}
    failing = [
        {name for name, found in load(path).items() if not found.sometimes}
        for path in (REPO / "tests/parts/deviations" / f"{peer}.toml" for peer in PEERS)
    ]
    rows = []
    for name, digits in [*((f"{n:02} {slug}", f"{n:02}") for n, slug in CHAPTERS), ("all", "")]:
        these = {check for check in checks if check.startswith(digits)}
        passed = [len(these)] * 2 + [len(these - peer) for peer in failing]
        rows.append(f"| {name} | {' | '.join(map(str, passed))} |\n")
    assert "".join(rows) in (REPO / "docs/series/07-conformance.md").read_text()


def test_a_list_may_be_cut_off() -> None:
    script = '{ "$0" -m anocir_check --list; echo "exit $?" >&2; } | true'
    done = subprocess.run(
        ["sh", "-c", script, sys.executable], capture_output=True, text=True, check=False
    )
    assert done.stderr == "exit 141\n"


def test_list_through_an_early_part_leaves_later_checks_out(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--list", "--through", "02"]) == 0
    ids = [line.split()[0] for line in capsys.readouterr().out.splitlines()[1:]]
    assert {name[:2] for name in ids} == {"01", "02"}


def test_explain_gives_clause_link_and_hints(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--explain", "02-create-duplicate-id"]) == 0
    text = capsys.readouterr().out
    assert "blob/v1.3.0/runtime.md#create" in text
    assert "  1. mkdir" in text


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--explain", "99-nothing"], "no check 99-nothing"),
        ([], "--runtime"),
        (["--runtime", "/no/such"], "/no/such: there is no such program"),
        (["--runtime", "/etc/passwd"], "not an executable file"),
        (["--runtime", "true", "--only", "nothing"], "no check fits"),
        (["--runtime", "true", "--checks", "/etc"], "/etc holds no checks"),
        (["--runtime", "true", "--deviations", "/no/such"], "/no/such"),
    ],
)
def test_wrong_command_lines_exit_with_2(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == 2
    assert words in capsys.readouterr().err


def test_missing_package_is_named() -> None:
    """The system's Python runs without site-packages here."""
    command = [sys.executable, "-S", "-m", "anocir_check", "--list"]
    result = subprocess.run(command, cwd=REPO, capture_output=True, text=True, check=False)
    assert result.returncode == 2
    assert result.stderr == "anocir-check: pytest is missing: pip install 'anocir[test]'\n"


def test_deviations_need_a_reason(tmp_path: Path) -> None:
    path = tmp_path / "list.toml"
    path.write_text('[always]\n01-cli-help = ""\n')
    with pytest.raises(BadList, match="has no reason"):
        load(path)
    path.write_text('[never]\n01-cli-help = "x"\n')
    with pytest.raises(BadList, match="unknown tables: never"):
        load(path)


def test_failure_says_what_ran_what_was_expected_and_what_came(checker: Checker) -> None:
    result = checker("--runtime", "true", "--only", "01-cli-unknown-command", "--through", "01")
    assert result.returncode == 1
    for words in ("$ /", "true frobnicate", "expected", "came", "exit 0", "clause", "hint"):
        assert words in result.stdout


def test_json_and_junit_hold_the_same_outcomes(checker: Checker, tmp_path: Path) -> None:
    as_json, as_xml = tmp_path / "a.json", tmp_path / "a.xml"
    checker(
        *("--runtime", "true", "--through", "01"),
        *("--json", str(as_json), "--junit", str(as_xml)),
    )
    document = json.loads(as_json.read_text())
    failed = {check["id"] for check in document["checks"] if check["status"] == "failed"}
    assert document["counts"]["failed"] == len(failed) > 0
    cases = ElementTree.parse(as_xml).iter("testcase")
    assert {case.get("name") for case in cases if case.find("failure") is not None} == failed


def test_listed_deviation_is_known_and_a_stale_one_fails(checker: Checker, tmp_path: Path) -> None:
    path = tmp_path / "list.toml"
    path.write_text('[always]\n01-cli-help = "prints nothing"\n')
    only = ("--runtime", "true", "--through", "01", "--deviations", str(path), "--only")
    result = checker(*only, "01-cli-help")
    assert result.returncode == 0
    assert "known 01-cli-help" in result.stdout
    path.write_text('[always]\n01-cli-root = "x"\n')
    result = checker(*only, "01-cli-root")
    assert result.returncode == 1
    assert "take it off the list" in result.stdout


def test_ordinary_user_is_told_what_was_not_checked(
    checker: Checker, monkeypatch: pytest.MonkeyPatch
) -> None:
    if os.geteuid() == 0:
        user = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
        python = (sys.executable, "-m", "anocir_check")
        arguments = ("--runtime", "true", "--through", "02", "--only", "02-create-valid")
        result = subprocess.run(
            [*user, *python, *arguments], cwd=REPO, capture_output=True, text=True, check=False
        )
    else:
        result = checker("--runtime", "true", "--through", "02", "--only", "02-create-valid")
    assert result.returncode == 3, result.stdout + result.stderr
    assert "note: containers are made as root, and you are not" in result.stdout


def test_a_command_that_hangs_is_ended_and_reported(checker: Checker, tmp_path: Path) -> None:
    script = tmp_path / "hang"
    script.write_text("#!/bin/sh\nexec tail -f /dev/null\n")
    script.chmod(0o755)
    result = checker(
        *("--runtime", str(script), "--only", "01-cli-help", "--through", "01"),
        *("--timeout", "0.5"),
    )
    assert result.returncode == 1
    assert "no end within" in result.stdout


def test_watch_runs_again_after_a_change(tmp_path: Path) -> None:
    script = tmp_path / "mine"
    script.write_text("#!/bin/sh\nexit 0\n")
    script.chmod(0o755)
    arguments = ["--runtime", str(script), "--only", "01-cli-help", "--through", "01"]
    # A shell lets what it starts in the background ignore Ctrl-C; here it must count.
    python = ("env", "--default-signal=INT", sys.executable)
    with subprocess.Popen(
        [*python, "-m", "anocir_check", *arguments, "--watch", str(tmp_path)],
        cwd=REPO,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        seen = []
        try:
            for line in process.stdout:
                seen.append(line)
                if line.startswith("waiting for a change"):
                    if sum(each.startswith("waiting") for each in seen) == 2:
                        break
                    words = "create start state kill delete"
                    script.write_text(f"#!/bin/sh\necho {words}\n")
        finally:
            process.send_signal(signal.SIGINT)
            process.stdout.read()
        assert process.wait() == 0
    text = "".join(seen)
    assert text.index("FAIL  01-cli-help") < text.index("ok    01-cli-help")


@pytest.mark.usefixtures("as_root")
def test_no_check_passes_with_a_program_that_does_nothing(checker: Checker, tmp_path: Path) -> None:
    """A check that programs pass which do nothing, with status 0 and with 1, checks nothing."""
    passed: dict[str, set[str]] = {}
    for status in ("0", "1"):
        runtime = tmp_path / f"exit{status}"
        runtime.write_text(f"#!/bin/sh\nexit {status}\n")
        runtime.chmod(0o755)
        for level in ("03", "08"):
            path = tmp_path / f"{status}{level}.json"
            checker(
                *("--runtime", str(runtime), "--through", level, "--json", str(path)),
                *("--timeout", "1", "--rounds", "2"),
            )
            for check in json.loads(path.read_text())["checks"]:
                if check["status"] == "passed":
                    passed.setdefault(check["id"], set()).add(status)
    assert [name for name, by in passed.items() if len(by) == 2] == []


def test_environment_names_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    environment.problems.cache_clear()
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(environment, "BUSYBOX", "/no/busybox")
    found = environment.problems()
    environment.problems.cache_clear()
    assert len(found) == 2
    assert "/no/busybox is missing" in found[1]
