"""Write what is made from the table of commands; with --check, only compare.

    python3 -m tools.reference [--check]

These are the reference page, the man page and the completions of three shells.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from anocir.cli import help as texts
from anocir.cli.commands import COMMANDS, GLOBALS, Command, Flag
from anocir.cli.options import usage
from tools._completions import bash, fish, zsh
from tools._manpage import manpage

ROOT = Path(__file__).resolve().parent.parent

# A paragraph, or a list of terms with their explanations. `code` is marked as in Markdown.
Body = str | list[tuple[str, str]]

# What no single command owns.
SECTIONS: list[tuple[str, list[Body]]] = [
    (
        "Writing flags",
        [
            "A flag's value follows as the next word or after `=`. One dash is as good as two. A"
            " switch takes `=true` and `=false`. A flag given twice has the last value. Flags may"
            " stand after the arguments, but not after those of `kill`; `--` ends them. Global"
            " flags go before the command.",
        ],
    ),
    (
        "Output",
        [
            "Data goes to standard output, and nothing else does. `create`, `start`, `kill` and"
            " `delete` print nothing when they succeed. The JSON of `state` has the form that runc"
            " gives it, and ends with a newline.",
            "An error is one line on standard error. With `--log` it is a line in the log as"
            " well. Warnings go to the log; without one, to standard error if that is a terminal."
            " Control characters are shown escaped.",
        ],
    ),
    (
        "Exit status",
        [
            [
                ("0", "done"),
                ("1", "not done; the reason is on standard error"),
                ("130", "interrupted from the keyboard"),
                ("141", "nobody reads standard output any more"),
            ],
            "`run` ends with the status of the container's program, and with 128 + N when signal N"
            " ended it.",
        ],
    ),
    (
        "Environment",
        [
            [
                (
                    "XDG_RUNTIME_DIR",
                    "other users than root keep their containers in its directory `anocir`"
                    " (`/run/user/UID/anocir` when it is not set), and so does the root of a user"
                    " namespace, unless `USER` is root",
                ),
            ],
        ],
    ),
    (
        "Files",
        [
            [
                ("config.json", "the configuration, in the bundle"),
                ("/run/anocir/ID/", "what is kept about one container; see `--root`"),
            ],
        ],
    ),
]


def markdown() -> str:
    """Return the reference page."""
    out = [
        "# Command line",
        "<!-- Made by tools/reference.py from anocir/cli/commands.py: edit that. -->",
        f"```text\n{texts.USAGE}\n```",
        "## Global flags",
        _flag_table(GLOBALS),
        "## Commands",
        _table(
            ("command", "what it does"), [(f"[{c.name}](#{c.name})", c.summary) for c in COMMANDS]
        ),
    ]
    for command in COMMANDS:
        out += _markdown_command(command)
    for title, bodies in SECTIONS:
        out.append(f"## {title}")
        kind = {"Exit status": "status", "Environment": "variable"}.get(title, "file")
        for body in bodies:
            if isinstance(body, str):
                out.append(body)
            else:
                out.append(_table((kind, "meaning"), [(f"`{term}`", text) for term, text in body]))
    return "\n\n".join(out) + "\n"


def _markdown_command(command: Command) -> list[str]:
    out = [f"### {command.name}", f"```text\n{usage(command)}\n```", command.description]
    if command.arguments:
        rows = [(f"`{name}`", text) for name, text in texts.arguments(command)]
        out.append(_table(("argument", "what it is"), rows))
    if command.flags:
        out.append(_flag_table(command.flags))
    examples = [f"# {text}\n{line}" for line, text in command.examples]
    out.append("```text\n" + "\n".join(examples) + "\n```")
    return out


def _flag_table(flags: tuple[Flag, ...]) -> str:
    rows = []
    for flag in flags:
        forms, text = texts.describe(flag)
        rows.append((f"`{forms.strip()}`", text))
    return _table(("flag", "what it does"), rows)


def _table(head: tuple[str, str], rows: list[tuple[str, str]]) -> str:
    lines = [f"| {head[0]} | {head[1]} |", "| --- | --- |"]
    lines += [f"| {left} | {right.replace('|', chr(92) + '|')} |" for left, right in rows]
    return "\n".join(lines)


def outputs() -> dict[str, str]:
    """Return each generated file's path, relative to the repository, and its text."""
    return {
        "docs/reference/cli.md": markdown(),
        "docs/reference/anocir.1": manpage(SECTIONS),
        "completions/anocir.bash": bash(),
        "completions/anocir.zsh": zsh(),
        "completions/anocir.fish": fish(),
    }


def main() -> int:
    """Write the files, or with --check name those that are out of date and return 1."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--check", action="store_true", help="write nothing; fail on a difference")
    check = parser.parse_args().check
    stale = 0
    for name, text in outputs().items():
        path = ROOT / name
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        stale += 1
        if check:
            print(f"{name} is out of date: run python3 -m tools.reference", file=sys.stderr)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            print(f"wrote {name}")
    return 1 if check and stale else 0


if __name__ == "__main__":
    sys.exit(main())
