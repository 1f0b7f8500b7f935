"""The log: the lines that engines read, and what reaches standard error."""

from __future__ import annotations

import json
import os
import re
import select
import stat
from pathlib import Path

import pytest

from anocir.cli.log import Log, printable
from anocir.errors import Error


def opened(
    path: Path | None, form: str = "json", level: str = "warning", debug: bool = False
) -> Log:
    log = Log()
    log.open(None if path is None else str(path), form, level, debug)
    return log


def test_an_error_is_a_json_line_and_a_line_on_stderr(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    opened(tmp_path / "log").error('no "such" file \\ here')
    line = json.loads((tmp_path / "log").read_text(encoding="utf-8"))
    assert line.pop("time").endswith("Z")
    assert line == {"level": "error", "msg": 'no "such" file \\ here'}
    assert capfd.readouterr() == ("", 'anocir: no "such" file \\ here\n')


def test_time_is_rfc_3339(tmp_path: Path) -> None:
    opened(tmp_path / "log").error("x")
    time = json.loads((tmp_path / "log").read_text(encoding="utf-8"))["time"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", time)


def test_a_text_line_has_the_same_three_facts(tmp_path: Path) -> None:
    opened(tmp_path / "log", "text").error('say "hi"')
    line = (tmp_path / "log").read_text(encoding="utf-8")
    assert re.fullmatch(r'time="\S+Z" level=error msg="say \\"hi\\""\n', line)


def test_the_file_is_there_without_a_line(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        opened(tmp_path / "log")
    finally:
        os.umask(old)
    assert (tmp_path / "log").stat().st_size == 0
    assert stat.S_IMODE((tmp_path / "log").stat().st_mode) == 0o644


def test_lines_are_appended(tmp_path: Path) -> None:
    first, second = opened(tmp_path / "log"), opened(tmp_path / "log")
    for log, text in ((first, "a"), (second, "b"), (first, "c")):
        log.error(text)
    lines = (tmp_path / "log").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["msg"] for line in lines] == ["a", "b", "c"]


def test_a_log_that_cannot_be_opened_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "none" / "log"
    with pytest.raises(Error) as caught:
        opened(path)
    assert caught.value.message == f"cannot open the log: {path}: no such file or directory"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain ä → ok", "plain ä → ok"),
        ("a\nb\tc", "a\\nb\\tc"),
        ("\x1b[31mred", "\\x1b[31mred"),
        ("\x9bm", "\\x9bm"),
        ("\u202eevil", "\\u202eevil"),
        ("\udcff", "\\udcff"),
        ("\x7f\0", "\\x7f\\x00"),
    ],
)
def test_control_characters_are_shown_and_not_obeyed(text: str, shown: str) -> None:
    assert printable(text) == shown


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_message_stays_on_one_line(
    form: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    opened(tmp_path / "log", form).error("a\n{}\x1b[2J\udc80")
    assert len((tmp_path / "log").read_bytes().splitlines()) == 1
    assert capfd.readouterr().err == "anocir: a\\n{}\\x1b[2J\\udc80\n"


def test_warnings_go_to_the_log_and_not_to_stderr(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    opened(tmp_path / "log").warning("w")
    opened(None).warning("w")
    assert json.loads((tmp_path / "log").read_text(encoding="utf-8"))["level"] == "warning"
    assert capfd.readouterr().err == ""


def test_warnings_are_shown_with_debug_when_there_is_no_log(
    capfd: pytest.CaptureFixture[str],
) -> None:
    opened(None, debug=True).warning("w")
    assert capfd.readouterr().err == "anocir: warning: w\n"


def test_warnings_are_shown_on_a_terminal() -> None:
    ours, theirs = os.openpty()
    saved = os.dup(2)
    os.dup2(theirs, 2)
    try:
        opened(None).warning("w")
    finally:
        os.dup2(saved, 2)
    assert select.select([ours], [], [], 5)[0]
    assert os.read(ours, 100) == b"anocir: warning: w\r\n"
    for fd in (ours, theirs, saved):
        os.close(fd)


@pytest.mark.parametrize(
    ("level", "debug", "levels"),
    [
        ("error", False, ["error"]),
        ("warning", False, ["warning", "error"]),
        ("debug", False, ["debug", "warning", "error"]),
        ("error", True, ["debug", "warning", "error"]),
    ],
)
def test_the_level_decides_what_is_logged(
    level: str, debug: bool, levels: list[str], tmp_path: Path
) -> None:
    log = opened(tmp_path / "log", "json", level, debug)
    log.debug("x")
    log.warning("x")
    log.error("x")
    lines = (tmp_path / "log").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["level"] for line in lines] == levels


def test_a_full_disk_does_not_hide_the_error(capfd: pytest.CaptureFixture[str]) -> None:
    opened(Path("/dev/full")).error("the reason")
    assert capfd.readouterr().err == "anocir: the reason\n"
