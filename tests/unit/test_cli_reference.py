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


# A line as typed, and some of what must be offered; "!" before what must not be.
LINES = [
    ("anocir st", ["start", "state", "!kill"]),
    ("anocir --log-format j", ["json", "!text"]),
    ("anocir --log-f", ["--log-format"]),
    ("anocir --debug cre", ["create"]),
    ("anocir --root /r sta", ["start", "state"]),
    ("anocir state w", ["web", "wiki"]),
    ("anocir --root /other state ", ["far", "!web"]),
    ("anocir kill web KI", ["KILL"]),
    ("anocir kill -a w", ["web"]),
    ("anocir kill --", ["--all", "!--force"]),
    ("anocir delete --f", ["--force"]),
    ("anocir create --", ["--bundle", "--pid-file", "!--fail-at"]),
    ("anocir list --format ", ["table", "json"]),
    ("anocir help val", ["validate"]),
    ("anocir validate bo", ["boot.json"]),
]
# bash splits --flag=value into three words, at the equals sign.
BASH_LINES = [
    *LINES,
    ("anocir create --bundle b", ["bundle"]),
    ("anocir create --bundle = b", ["bundle"]),
    ("anocir create --bundle =", ["bundle"]),
    ("anocir list --format = j", ["json", "!table"]),
    ("anocir create n", ["!bundle", "!create"]),
]

# Each of these prints, for every line of $LINES, what is offered, and END.
BASH = r"""
source "$1"
while IFS= read -r line; do
    IFS=' ' read -ra COMP_WORDS <<<"$line"
    [[ $line == *' ' ]] && COMP_WORDS+=('')
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    _anocir
    printf '%s\n' "${COMPREPLY[@]}" END
done <<<"$TYPED"
"""
FISH = r"""
source $argv[1]
for line in (string split \n -- $TYPED)
    complete -C "$line" | string replace -r '\t.*' ''
    echo END
end
"""
# zsh completes only on a terminal: zpty gives it one, and compadd is made to tell its matches.
ZSH = r"""
zmodload zsh/zpty zsh/zselect
zpty inner zsh -f -i
zpty -w inner 'PS1= PROMPT_EOL_MARK=; fpath=($FUNCTIONS $fpath); autoload -U compinit'
zpty -w inner 'compinit -u -D'
zpty -w inner 'compadd() {
    local -a found; builtin compadd -O found "$@"
    print -rl -- $found >>$OFFERS; builtin compadd "$@" }'
zpty -w inner 'show() { print -r -- END >>$OFFERS; BUFFER= }; zle -N show; bindkey "^X" show'
integer count=0
for line in "${(@f)TYPED}"; do
    zpty -w -n inner "$line"$'\t'$'\x18'
    (( ++count ))
    until [[ -f $OFFERS && $(grep -c '^END$' $OFFERS) -ge $count ]]; do
        zpty -r -t inner text; zselect -t 1
    done
done
zpty -d inner
cat $OFFERS
"""


def offers(shell: str, script: str, file: str, tmp_path: Path, lines: list[str]) -> list[list[str]]:
    """Return what a shell offers for each line, where two containers exist, and one elsewhere."""
    if not (program := shutil.which(shell)):
        pytest.skip(f"{shell} is not installed")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/anocir").write_text(
        '#!/bin/sh\ncase "$*" in\n"list -q") echo web; echo wiki ;;\n'
        '"--root /other list -q") echo far ;;\nesac\n',
        encoding="utf-8",
    )
    (tmp_path / "bin/anocir").chmod(0o755)
    (tmp_path / "functions").mkdir()
    shutil.copy(REPO / "completions/anocir.zsh", tmp_path / "functions/_anocir")
    (tmp_path / "work/bundle").mkdir(parents=True)
    (tmp_path / "work/boot.json").touch()
    env = os.environ | {
        "PATH": f"{tmp_path}/bin:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "TYPED": "\n".join(lines),
        "FUNCTIONS": str(tmp_path / "functions"),
        "OFFERS": str(tmp_path / "offers"),
    }
    quiet = {"fish": ["--no-config"], "zsh": ["-f"], "bash": ["--norc"]}[shell]
    line = [program, *quiet, "-c", script, *([shell] if shell == "bash" else []), str(REPO / file)]
    done = subprocess.run(
        line,
        env=env,
        cwd=tmp_path / "work",
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert done.stderr == ""
    found: list[list[str]] = [[]]
    for word in done.stdout.splitlines():
        if word == "END":
            found.append([])
        else:
            found[-1].append(word)
    assert found.pop() == []
    assert len(found) == len(lines)
    return found


@pytest.mark.parametrize(
    ("shell", "script", "file", "lines"),
    [
        ("bash", BASH, "completions/anocir.bash", BASH_LINES),
        ("fish", FISH, "completions/anocir.fish", LINES),
        ("zsh", ZSH, "completions/anocir.zsh", LINES),
    ],
    ids=["bash", "fish", "zsh"],
)
def test_completion(
    shell: str, script: str, file: str, lines: list[tuple[str, list[str]]], tmp_path: Path
) -> None:
    found = offers(shell, script, file, tmp_path, [line for line, _ in lines])
    for (line, expected), offered in zip(lines, found, strict=True):
        for word in expected:
            if word.startswith("!"):
                assert word[1:] not in offered, line
            else:
                assert word in offered, line
