"""Completions for bash, zsh and fish, from the table of commands."""

from __future__ import annotations

from anocir.cli.commands import COMMANDS, GLOBALS, HELP, Argument, Flag

HEAD = "# Made by tools/reference.py from anocir/cli/commands.py: edit that.\n"
NAMES = " ".join(command.name for command in COMMANDS)
SIGNALS = "HUP INT QUIT ILL ABRT KILL USR1 SEGV USR2 PIPE ALRM TERM CHLD CONT STOP TSTP WINCH"


def kind(item: Flag | Argument) -> str:
    """Return what completes a value: dir, file, ids, nothing, or a list of words."""
    if isinstance(item, Flag):
        known = {"DIR": "dir", "FILE": "file", "PATH": "file"}
        return " ".join(item.choices) or known.get(item.metavar, "nothing")
    return {"ID": "ids", "FILE": "file", "SIGNAL": SIGNALS, "TOPIC": NAMES}[item.name]


def scopes() -> list[tuple[str, tuple[Flag, ...], tuple[Argument, ...]]]:
    """Return the flags and arguments before a command (called "") and after each."""
    rows: list[tuple[str, tuple[Flag, ...], tuple[Argument, ...]]] = [("", GLOBALS, ())]
    rows += [(c.name, (*c.flags, HELP), c.arguments) for c in COMMANDS]
    return rows


def shown(flags: tuple[Flag, ...]) -> list[Flag]:
    """Return the flags that people type."""
    return [flag for flag in flags if not flag.hidden]


BASH = r"""
# Print what completes the value of flag $2 or argument number $2 of command $1.
_anocir_kind() {
    case "$1 $2" in
@KINDS@
    esac
}

# Print the flags of a command.
_anocir_flags() {
    case "$1" in
@FLAGS@
    esac
}

_anocir() {
    local word=${COMP_WORDS[COMP_CWORD]} command='' pending='' root='' count=0 index seen
    COMPREPLY=()
    [[ $word == = ]] && word=''
    for ((index = 1; index < COMP_CWORD; index++)); do
        seen=${COMP_WORDS[index]}
        if [[ $seen == = ]]; then
            continue
        elif [[ -n $pending ]]; then
            [[ $pending == --root ]] && root=$seen
            pending=''
        elif [[ $seen == -?* ]]; then
            [[ -n $(_anocir_kind "$command" "$seen") ]] && pending=$seen
        elif [[ -z $command ]]; then
            command=$seen
        else
            ((count++))
        fi
    done
    local kind
    if [[ -n $pending ]]; then
        kind=$(_anocir_kind "$command" "$pending")
    elif [[ $word == -* && $word != - ]]; then
        kind=$(_anocir_flags "$command")
    elif [[ -z $command ]]; then
        kind='@NAMES@'
    else
        kind=$(_anocir_kind "$command" "$count")
    fi
    case "$kind" in
    dir) kind=$(compgen -d -- "$word") ;;
    file) kind=$(compgen -f -- "$word") ;;
    ids) kind=$(compgen -W "$(anocir ${root:+--root "$root"} list -q 2>/dev/null)" -- "$word") ;;
    nothing | '') return ;;
    *) kind=$(compgen -W "$kind" -- "$word") ;;
    esac
    mapfile -t COMPREPLY <<<"$kind"
    [[ -n $kind ]] || COMPREPLY=()
}

complete -o filenames -F _anocir anocir
"""


def bash() -> str:
    """Return the completion for bash 4 and later; it needs nothing else."""
    kinds, flags = [], []
    for scope, options, arguments in scopes():
        for flag in options:
            if flag.metavar:
                forms = [flag.name, *([flag.short] if flag.short else [])]
                pattern = " | ".join(f'"{scope} {form}"' for form in forms)
                kinds.append(f'    {pattern}) echo "{kind(flag)}" ;;')
        for index, argument in enumerate(arguments):
            kinds.append(f'    "{scope} {index}") echo "{kind(argument)}" ;;')
        names = " ".join(flag.name for flag in shown(options))
        flags.append(f'    "{scope}") echo "{names}" ;;')
    return HEAD + BASH.replace("@KINDS@", "\n".join(kinds)).replace(
        "@FLAGS@", "\n".join(flags)
    ).replace("@NAMES@", NAMES)


ZSH = r"""
_anocir_ids() {
    local -a ids
    ids=(${(f)"$(anocir $root list -q 2>/dev/null)"})
    _wanted containers expl container compadd -a ids
}

_anocir_commands() {
    local -a commands=(
@COMMANDS@
    )
    _describe command commands
}

_anocir() {
    local context state state_descr line
    local -A opt_args
    _arguments -S -C \
@GLOBALS@
        '1:command:_anocir_commands' \
        '*:: :->arguments' && return
    [[ $state == arguments ]] || return 1
    local -a root
    [[ -n $opt_args[--root] ]] && root=(--root ${(Q)opt_args[--root]})
    case $line[1] in
@CASES@
    esac
}

_anocir "$@"
"""


def zsh() -> str:
    """Return the completion for zsh."""
    cases = []
    for scope, options, arguments in scopes()[1:]:
        lines = [_zsh_flag(flag) for flag in shown(options)]
        for index, argument in enumerate(arguments, 1):
            optional = "" if argument.default is None else ":"
            action = _zsh_action(kind(argument))
            lines.append(f"'{index}:{optional}{argument.name.lower()}:{action}'")
        body = " \\\n            ".join(lines)
        cases.append(f"    {scope})\n        _arguments -S \\\n            {body}\n        ;;")
    globals_ = "\n".join(f"        {_zsh_flag(flag)} \\" for flag in shown(GLOBALS))
    commands = "\n".join(f"        '{c.name}:{_zsh_text(c.summary)}'" for c in COMMANDS)
    text = ZSH.replace("@GLOBALS@", globals_).replace("@CASES@", "\n".join(cases))
    return "#compdef anocir\n" + HEAD + text.replace("@COMMANDS@", commands)


def _zsh_flag(flag: Flag) -> str:
    value = f":{flag.metavar.lower()}:{_zsh_action(kind(flag))}" if flag.metavar else ""
    text = f"'[{_zsh_text(flag.help)}]{value}'"
    if flag.short:
        return f"'({flag.short} {flag.name})'{{{flag.short},{flag.name}}}{text}"
    return f"{flag.name}{text}"


def _zsh_text(text: str) -> str:
    return text.replace("'", "'\\''").replace(":", "\\:").replace("[", "\\[").replace("]", "\\]")


def _zsh_action(kind: str) -> str:
    known = {"dir": "_directories", "file": "_files", "ids": "_anocir_ids", "nothing": " "}
    return known.get(kind, f"({kind})")


FISH = r"""
# The flags that take a value, wherever they stand.
set -g __anocir_valued @VALUED@

# Print the words before the cursor that are neither flags nor their values.
function __anocir_words
    set -l skip 0
    for word in (commandline -opc)[2..-1]
        if test $skip = 1
            set skip 0
        else if contains -- $word $__anocir_valued
            set skip 1
        else if not string match -q -- '-?*' $word
            echo $word
        end
    end
end

# Whether command $argv[1] is being completed, at argument number $argv[2] if that is given.
function __anocir_at
    set -l words (__anocir_words)
    test "$words[1]" = "$argv[1]"; or return 1
    test (count $argv) = 1; or test (count $words) = (math $argv[2] + 1)
end

function __anocir_ids
    set -l line (commandline -opc)
    set -l root
    if set -l index (contains -i -- --root $line)
        set root --root $line[(math $index + 1)]
    end
    anocir $root list -q 2>/dev/null
end

complete -c anocir -f
"""


def fish() -> str:
    """Return the completion for fish."""
    valued: dict[str, None] = {}
    lines = []
    for scope, options, arguments in scopes():
        at = f"__anocir_at {scope}" if scope else "not count (__anocir_words) >/dev/null"
        for flag in options:
            if flag.metavar:
                valued |= dict.fromkeys(form for form in (flag.name, flag.short) if form)
        for flag in shown(options):
            short = f" -s {flag.short[1:]}" if flag.short else ""
            value = f" -r{_fish_values(kind(flag))}" if flag.metavar else ""
            text = _fish_quoted(flag.help)
            lines.append(f"complete -c anocir -n '{at}' -l {flag.name[2:]}{short}{value} -d {text}")
        for index, argument in enumerate(arguments):
            values = _fish_values(kind(argument))
            lines.append(f"complete -c anocir -n '__anocir_at {scope} {index}'{values}")
    for command in COMMANDS:
        lines.append(
            f"complete -c anocir -n 'not count (__anocir_words) >/dev/null' -a {command.name}"
            f" -d {_fish_quoted(command.summary)}"
        )
    return HEAD + FISH.replace("@VALUED@", " ".join(valued)) + "\n".join(lines) + "\n"


def _fish_values(kind: str) -> str:
    known = {
        "dir": " -a '(__fish_complete_directories)'",
        "file": " -F",
        "ids": " -a '(__anocir_ids)'",
        "nothing": "",
    }
    return known.get(kind, f" -a '{kind}'")


def _fish_quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
