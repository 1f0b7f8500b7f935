"""What is generated from the table: up to date, and working in the shells."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from anocir.cli import help as texts
from anocir.cli.commands import COMMANDS, GLOBALS
from tools import reference

REPO = Path(__file__).parents[2]


def test_the_generated_files_are_up_to_date() -> None:
    for name, text in reference.outputs().items():
        assert (REPO / name).read_text(encoding="utf-8") == text, f"{name}: run tools.reference"


def test_check_names_what_is_out_of_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(reference, "ROOT", tmp_path)
    monkeypatch.setattr(sys, "argv", ["reference"])
    assert reference.main() == 0
    monkeypatch.setattr(sys, "argv", ["reference", "--check"])
    assert reference.main() == 0
    (tmp_path / "completions/anocir.zsh").write_text("", encoding="utf-8")
    assert reference.main() == 1
    assert "completions/anocir.zsh is out of date" in capsys.readouterr().err
    assert (tmp_path / "completions/anocir.zsh").read_text(encoding="utf-8") == ""


@pytest.mark.parametrize("name", ["docs/reference/cli.md", "docs/reference/anocir.1"])
def test_the_reference_and_the_man_page_show_every_flag(name: str) -> None:
    text = (REPO / name).read_text(encoding="utf-8").replace("\\-", "-")
    for command in COMMANDS:
        assert command.name in text
        for flag in command.flags:
            assert flag.name in text, (command.name, flag.name)
    for flag in GLOBALS:
        assert flag.name in text


def test_help_fits_80_columns() -> None:
    pages = [texts.overview(True)] + [texts.command(command, True) for command in COMMANDS]
    for page in pages:
        assert max(len(line) for line in page.splitlines()) <= 80
        assert "\n\n\n" not in page


def test_the_man_page_has_no_errors() -> None:
    if not (groff := shutil.which("groff")):
        pytest.skip("groff is not installed")
    page = REPO / "docs/reference/anocir.1"
    line = [groff, "-man", "-ww", "-z", "-K", "utf-8", str(page)]
    assert subprocess.run(line, capture_output=True, text=True, check=True).stderr == ""


@pytest.fixture
def path(tmp_path: Path) -> str:
    """A PATH with an anocir that knows two containers, and one more under another root."""
    program = tmp_path / "bin" / "anocir"
    program.parent.mkdir()
    program.write_text(
        '#!/bin/sh\ncase "$*" in\n"list -q") echo web; echo wiki ;;\n'
        '"--root /other list -q") echo far ;;\nesac\n',
        encoding="utf-8",
    )
    program.chmod(0o755)
    (tmp_path / "work" / "bundle").mkdir(parents=True)
    (tmp_path / "work" / "boot.json").touch()
    return f"{program.parent}:{os.environ['PATH']}"


# A line as typed, and some of what must be offered; "!" before what must not be.
LINES = [
    (["anocir", "st"], ["start", "state", "!kill"]),
    (["anocir", "--log-format", "j"], ["json", "!text"]),
    (["anocir", "--log-f"], ["--log-format"]),
    (["anocir", "--debug", "cre"], ["create"]),
    (["anocir", "--root", "/r", "sta"], ["start", "state"]),
    (["anocir", "state", "w"], ["web", "wiki"]),
    (["anocir", "--root", "/other", "state", ""], ["far", "!web"]),
    (["anocir", "kill", "web", "KI"], ["KILL"]),
    (["anocir", "kill", "-a", "w"], ["web"]),
    (["anocir", "kill", "--"], ["--all", "!--force"]),
    (["anocir", "delete", "--f"], ["--force"]),
    (["anocir", "create", "--"], ["--bundle", "--pid-file", "!--fail-at"]),
    (["anocir", "list", "--format", ""], ["table", "json"]),
    (["anocir", "help", "val"], ["validate"]),
    (["anocir", "validate", "bo"], ["boot.json"]),
]


def check(offered: list[str], expected: list[str]) -> None:
    for word in expected:
        if word[0] == "!":
            assert word[1:] not in offered
        else:
            assert word in offered


@pytest.mark.parametrize(("words", "expected"), LINES)
def test_bash(words: list[str], expected: list[str], path: str, tmp_path: Path) -> None:
    script = (
        'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))\n'
        '_anocir; printf "%s\\n" "${COMPREPLY[@]}"'
    )
    line = ["bash", "-c", script, "bash", str(REPO / "completions/anocir.bash"), *words]
    env = os.environ | {"PATH": path}
    done = subprocess.run(
        line, env=env, cwd=tmp_path / "work", capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    check(done.stdout.split(), expected)


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["anocir", "create", "--bundle", "b"], ["bundle"]),
        (["anocir", "create", "--bundle", "=", "b"], ["bundle"]),
        (["anocir", "create", "--bundle", "="], ["bundle"]),
        (["anocir", "list", "--format", "=", "j"], ["json"]),
        (["anocir", "create", "n"], []),
    ],
)
def test_bash_values(words: list[str], offered: list[str], path: str, tmp_path: Path) -> None:
    """bash splits --flag=value into three words."""
    test_bash(words, offered, path, tmp_path)


@pytest.mark.parametrize(("words", "expected"), LINES)
def test_fish(words: list[str], expected: list[str], path: str, tmp_path: Path) -> None:
    if not (fish := shutil.which("fish")):
        pytest.skip("fish is not installed")
    script = 'source $argv[1]; complete -C "$argv[2]"'
    line = " ".join(words)
    env = os.environ | {"PATH": path, "HOME": str(tmp_path)}
    done = subprocess.run(
        [fish, "--no-config", "-c", script, str(REPO / "completions/anocir.fish"), line],
        env=env,
        cwd=tmp_path / "work",
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    check([offer.split("\t")[0] for offer in done.stdout.splitlines()], expected)


# zsh completes only on a terminal: zpty gives it one, and compadd is made to print its matches.
ZSH = r"""
zmodload zsh/zpty
zpty inner zsh -f -i
zpty -w inner 'PS1= PROMPT_EOL_MARK=; unsetopt zle_bracketed_paste 2>/dev/null'
zpty -w inner 'fpath=($FUNCTIONS_DIR $fpath); autoload -U compinit; compinit -u -D'
zpty -w inner 'compadd() {
    local -a found; builtin compadd -O found "$@"
    print -r -- "OFFER:${(j: :)found}:" >>$OFFERS; builtin compadd "$@" }'
zpty -w inner 'show() { print -r -- END >>$OFFERS }; zle -N show; bindkey "^X" show'
zpty -w -n inner "$LINE"$'\t'$'\x18'
while ! [[ -f $OFFERS ]] || ! grep -q END $OFFERS; do zpty -r -t inner text; zselect -t 1; done
zpty -d inner
"""


@pytest.mark.parametrize(("words", "expected"), LINES)
def test_zsh(words: list[str], expected: list[str], path: str, tmp_path: Path) -> None:
    if not (zsh := shutil.which("zsh")):
        pytest.skip("zsh is not installed")
    functions = tmp_path / "functions"
    functions.mkdir()
    shutil.copy(REPO / "completions/anocir.zsh", functions / "_anocir")
    offers = tmp_path / "offers"
    env = os.environ | {
        "PATH": path,
        "HOME": str(tmp_path),
        "FUNCTIONS_DIR": str(functions),
        "OFFERS": str(offers),
        "LINE": " ".join(words),
    }
    script = "zmodload zsh/zselect\n" + ZSH
    subprocess.run(
        [zsh, "-f", "-c", script], env=env, cwd=tmp_path / "work", check=True, timeout=30
    )
    text = offers.read_text(encoding="utf-8")
    offered = [word for line in text.splitlines() for word in line.strip(":").split()]
    check([word.removeprefix("OFFER:") for word in offered], expected)
