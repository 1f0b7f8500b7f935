"""Turning argv into a namespace, driven by the table of commands."""

from __future__ import annotations

import argparse

from anocir.cli import stdio
from anocir.cli.commands import COMMANDS, GLOBALS, Command, Flag
from anocir.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn


class Namespace(argparse.Namespace):
    """What was asked for: ``command``, and an attribute per flag and argument."""


class Parser(argparse.ArgumentParser):
    """argparse, with its errors and its output going the way of all others."""

    def print_help(self, file: object = None) -> None:
        """Write the help, with an error when it cannot be written."""
        stdio.write(self.format_help())

    def error(self, message: str) -> NoReturn:
        """Raise UsageError, where argparse would print and leave with 2."""
        raise UsageError(message)


def parse(argv: list[str], args: Namespace | None = None) -> Namespace:
    """Parse a command line, without the program's name.

    ``command`` is empty when none is named. ``args`` is filled from left to right, so that it
    holds ``log`` when something after ``--log`` is wrong. Raises UsageError.
    """
    args = args or Namespace()
    _, rest = _parser().parse_known_args(argv, args)
    for word in rest:
        if word.startswith("-"):
            name = word.partition("=")[0].lstrip("-")
            raise UsageError(f"flag provided but not defined: -{name}")
    if rest:
        raise UsageError(f'too many arguments for "{args.command}": {" ".join(rest)}')
    return args


def show_help() -> None:
    """Print the help for anocir itself."""
    _parser().print_help()


def _parser() -> Parser:
    parser = Parser("anocir", description="Run containers from OCI bundles.", allow_abbrev=False)
    for flag in GLOBALS:
        _add_flag(parser, flag)
    parsers = parser.add_subparsers(title="commands", metavar="COMMAND", dest="command")
    parser.set_defaults(command="")
    for command in COMMANDS:
        child = parsers.add_parser(
            command.name, help=command.summary, description=command.description, allow_abbrev=False
        )
        _fill(child, command)
    return parser


def _fill(parser: Parser, command: Command) -> None:
    for argument in command.arguments:
        parser.add_argument(
            argument.dest,
            metavar=argument.name,
            help=argument.help,
            nargs=None if argument.default is None else "?",
            default=argument.default,
        )
    for flag in command.flags:
        _add_flag(parser, flag)


def _add_flag(parser: Parser, flag: Flag) -> None:
    names = [flag.short, flag.name] if flag.short else [flag.name]
    if not flag.metavar:
        parser.add_argument(*names, help=flag.help, action="store_true")
        return
    choices, default = flag.choices or None, flag.default
    parser.add_argument(
        *names, help=flag.help, metavar=flag.metavar, default=default, choices=choices
    )
