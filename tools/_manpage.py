"""The man page, from the table of commands."""

from __future__ import annotations

import textwrap

from anocir.cli import help as texts
from anocir.cli.commands import COMMANDS, GLOBALS, Command, Flag
from anocir.cli.options import usage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tools.reference import Body


def manpage(sections: list[tuple[str, list[Body]]]) -> str:
    """Return anocir(1). ``sections`` follow the commands."""
    out = [
        '.\\" Made by tools/reference.py from anocir/cli/commands.py: edit that.',
        '.TH ANOCIR 1 "" anocir',
        ".SH NAME",
        escape(texts.SUMMARY),
        ".SH SYNOPSIS",
        _bold(texts.USAGE),
        ".SH DESCRIPTION",
        _text(
            "anocir makes and runs containers as the OCI runtime specification describes them. A"
            " bundle is a directory that holds a config.json and usually the container's root"
            " filesystem. Container engines call anocir; it can also be used by hand."
        ),
        ".SH GLOBAL FLAGS",
        *_flags(GLOBALS),
        ".SH COMMANDS",
    ]
    for command in COMMANDS:
        out += _command(command)
    for title, bodies in sections:
        out.append(f".SH {title.upper()}")
        for index, body in enumerate(bodies):
            if isinstance(body, str):
                out += [".PP", _text(body)] if index else [_text(body)]
            else:
                for term, text in body:
                    out += [".TP", _bold(term), _text(text)]
    out += [".SH EXAMPLES", *_examples(texts.LIFE)]
    out += [".SH SEE ALSO", ".BR runc (8),", ".BR crun (1),", ".BR podman (1)"]
    return "\n".join(out) + "\n"


def escape(text: str) -> str:
    """Escape what roff would interpret, so that hyphens can be copied and dots start lines."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{text}" if text.startswith((".", "'")) else text


def _text(text: str) -> str:
    """Escape and fill running text; what stands in backquotes becomes bold."""
    lines = textwrap.wrap(text, 72, break_on_hyphens=False, break_long_words=False)
    parts = "\n".join(escape(line) for line in lines).split("`")
    return "".join(rf"\fB{part}\fR" if index % 2 else part for index, part in enumerate(parts))


def _bold(text: str) -> str:
    return rf"\fB{escape(text)}\fR"


def _flags(flags: tuple[Flag, ...]) -> list[str]:
    out = []
    for flag in flags:
        forms, text = texts.describe(flag)
        names = forms.strip().removesuffix(flag.metavar)
        value = rf"\fI{escape(flag.metavar)}\fR" if flag.metavar else ""
        out += [".TP", _bold(names.rstrip()) + (f" {value}" if value else ""), _text(text)]
    return out


def _command(command: Command) -> list[str]:
    out = [f".SS {command.name}", _bold(usage(command)), ".PP", _text(command.description)]
    for name, text in texts.arguments(command):
        out += [".TP", rf"\fI{escape(name)}\fR", _text(text)]
    return out + _flags(command.flags) + _examples(command.examples)


def _examples(examples: tuple[tuple[str, str], ...]) -> list[str]:
    out = []
    for line, text in examples:
        out += [
            ".PP",
            _text(text[0].upper() + text[1:]) + ":",
            ".PP",
            ".RS 4",
            ".nf",
            escape(line),
            ".fi",
            ".RE",
        ]
    return out
