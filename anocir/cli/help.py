"""The help texts, made from the table of commands."""

from __future__ import annotations

import textwrap

from anocir.cli.commands import COMMANDS, GLOBALS, HELP, Command, Flag
from anocir.cli.options import usage

SUMMARY = "anocir - run containers from OCI bundles"
USAGE = "anocir [global flags] COMMAND [flags] [arguments]"
LIFE = (
    ("anocir spec --bundle /srv/web", "write a config.json to edit"),
    ("anocir create --bundle /srv/web web", "make the container"),
    ("anocir start web", "run its program"),
    ("anocir state web", "see how it is"),
    ("anocir kill web TERM", "ask it to end"),
    ("anocir delete web", "remove it"),
)
WIDTH = 80


def overview(everything: bool) -> str:
    """Return the help for anocir itself. ``everything``: hidden flags, too."""
    parts = [
        f"{SUMMARY}\n",
        _section("Usage", f"  {USAGE}"),
        _section("Commands", _columns([(c.name, c.summary) for c in COMMANDS])),
        _section("Global flags", flags(GLOBALS, everything)),
        _section("Examples", _columns(LIFE)),
        "`anocir COMMAND --help` explains a command.\n",
    ]
    return "\n".join(parts)


def command(command: Command, everything: bool) -> str:
    """Return the help for one command. ``everything``: hidden flags, too."""
    parts = [
        f"anocir {command.name} - {command.summary}\n",
        _section("Usage", f"  {usage(command)}"),
        f"{textwrap.fill(command.description, WIDTH)}\n",
    ]
    if command.arguments:
        parts.append(_section("Arguments", _columns(arguments(command))))
    parts.append(_section("Flags", flags((*command.flags, HELP), everything)))
    parts.append(_section("Examples", _columns(command.examples)))
    if not everything and any(flag.hidden for flag in command.flags):
        parts.append(f"`anocir help {command.name}` shows the flags for engines, too.\n")
    return "\n".join(parts)


def arguments(command: Command) -> list[tuple[str, str]]:
    """Return a name and a text for each argument."""
    return [
        (a.name, a.help + (f" (default: {a.default})" if a.default else ""))
        for a in command.arguments
    ]


def flags(flags: tuple[Flag, ...], everything: bool) -> str:
    """Return two columns: the forms of each flag, and what it does."""
    return _columns([describe(flag) for flag in flags if everything or not flag.hidden])


def describe(flag: Flag) -> tuple[str, str]:
    """Return the forms of a flag, and what it does with its default."""
    short = f"{flag.short}, " if flag.short else "    "
    default = f" (default: {flag.default})" if flag.default else ""
    return f"{short}{flag.name} {flag.metavar}".rstrip(), flag.help + default


def _section(title: str, body: str) -> str:
    return f"{title}:\n{body}\n"


def _columns(rows: list[tuple[str, str]] | tuple[tuple[str, str], ...]) -> str:
    """Align the texts beside the names, on as many lines as they need."""
    left = max(len(name) for name, _ in rows) + 4
    indent = " " * left
    return "\n".join(
        textwrap.fill(
            f"  {name:{left - 2}}{text}", WIDTH, subsequent_indent=indent, drop_whitespace=True
        )
        for name, text in rows
    )
