"""Turning argv into a namespace, driven by the table of commands.

It accepts what Go's flag package accepts, because engines and scripts are written against runc:
``-flag`` and ``--flag``, ``--flag value`` and ``--flag=value``, switches as ``--flag=false``,
flags given twice (the last one wins), flags after the arguments, and ``--`` to end them.
"""

from __future__ import annotations

from anocir.cli.commands import COMMANDS, GLOBALS, HELP, Command, Flag, find
from anocir.errors import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

TRUE = ("true", "1", "t")
FALSE = ("false", "0", "f")


class Namespace:
    """What was asked for: ``command``, and an attribute per flag and argument."""

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> Any: ...

        def __setattr__(self, name: str, value: Any) -> None: ...


def parse(argv: list[str], args: Namespace | None = None) -> Namespace:
    """Parse a command line, without the program's name.

    ``command`` is empty when none is named. ``args`` is filled from left to right, so that it
    holds ``log`` when something after ``--log`` is wrong. Raises UsageError.
    """
    args = args or Namespace()
    args.command = ""
    words = _flags(argv, GLOBALS, "", args, first=True)
    if args.help or args.version or not words:
        return args
    command = find(words[0])
    if command is None:
        names = [command.name for command in COMMANDS]
        raise UsageError(f"unknown command {words[0]}{_guess(words[0], names)}")
    args.command = command.name
    values = _flags(words[1:], (*command.flags, HELP), command.name, args, command.flags_first)
    if not args.help:
        _arguments(values, command, args)
    return args


def _flags(
    words: list[str], flags: tuple[Flag, ...], command: str, args: Namespace, first: bool
) -> list[str]:
    """Set the flags found in ``words``; return the other words. ``first``: stop at one of them."""
    for flag in flags:
        setattr(args, flag.dest, flag.default)
    rest: list[str] = []
    queue = iter(words)
    for word in queue:
        if word == "--":
            rest.extend(queue)
        elif not word.startswith("-") or word == "-":
            rest.append(word)
            if first:
                rest.extend(queue)
        else:
            name, equals, text = word.partition("=")
            flag = _find_flag(name, flags, command)
            if not flag.metavar:
                setattr(args, flag.dest, _boolean(flag, text) if equals else True)
            else:
                value = text if equals else next(queue, None)
                setattr(args, flag.dest, _checked(flag, value))
            if flag is HELP and args.help:
                break
    return rest


def _find_flag(name: str, flags: tuple[Flag, ...], command: str) -> Flag:
    for flag in flags:
        if name in (flag.name, flag.name[1:], flag.short):
            return flag
    bare = name.lstrip("-")
    hint = _guess(bare, [flag.name[2:] for flag in flags], "--")
    if command and any(name in (flag.name, flag.name[1:], flag.short) for flag in GLOBALS):
        hint = f" after {command}; it goes before it: anocir {name} ... {command}"
    raise UsageError(f"flag provided but not defined: -{bare}{hint}")


def _boolean(flag: Flag, text: str) -> bool:
    if text.lower() in TRUE:
        return True
    if text.lower() in FALSE:
        return False
    raise UsageError(f'invalid boolean value "{text}" for {flag.name}: use true or false')


def _checked(flag: Flag, value: str | None) -> str:
    if value is None:
        raise UsageError(f"flag needs an argument: {flag.name}")
    if flag.choices and value not in flag.choices:
        raise UsageError(f"invalid {flag.name[2:]}: {value} (one of {', '.join(flag.choices)})")
    return value


def _arguments(values: list[str], command: Command, args: Namespace) -> None:
    """Set the arguments of a command, in order. The wording of the errors is runc's."""
    most = len(command.arguments)
    least = sum(argument.default is None for argument in command.arguments)
    if least <= len(values) <= most:
        for index, argument in enumerate(command.arguments):
            value = values[index] if index < len(values) else argument.default
            setattr(args, argument.dest, value)
        return
    if least == most:
        count = f"exactly {most}"
    elif len(values) < least:
        count = f"a minimum of {least}"
    else:
        count = f"a maximum of {most}"
    message = f'"{command.name}" requires {count} argument(s): {usage(command)}'
    if command.flags_first and any(value.startswith("-") for value in values[most:]):
        message += " (flags go first)"
    raise UsageError(message)


def usage(command: Command) -> str:
    """Return the form of a call, e.g. ``anocir kill [flags] ID [SIGNAL]``."""
    words = ["anocir", command.name]
    if command.flags:
        words.append("[flags]")
    for argument in command.arguments:
        words.append(argument.name if argument.default is None else f"[{argument.name}]")
    return " ".join(words)


def _guess(word: str, names: list[str], dashes: str = "") -> str:
    from difflib import get_close_matches

    close = get_close_matches(word, names, 1)
    return f" (did you mean {dashes}{close[0]}?)" if close else ""
