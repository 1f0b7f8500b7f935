"""The parser: what engines and people write, and the words for what is wrong."""

from __future__ import annotations

import pytest

from anocir.cli.commands import COMMANDS, GLOBALS
from anocir.cli.options import Namespace, parse
from anocir.errors import UsageError


def error(*argv: str) -> str:
    with pytest.raises(UsageError) as caught:
        parse(list(argv))
    return caught.value.message


@pytest.mark.parametrize(
    "argv",
    [
        ["--root", "/x", "state", "c1"],
        ["--root=/x", "state", "c1"],
        ["-root", "/x", "state", "c1"],
        ["-root=/x", "state", "c1"],
        ["--root=/y", "--root=/x", "state", "c1"],
        ["--root", "/x", "state", "--", "c1"],
        ["--root", "/x", "--", "state", "c1"],
    ],
)
def test_a_flag_has_many_forms(argv: list[str]) -> None:
    args = parse(argv)
    assert (args.root, args.command, args.id) == ("/x", "state", "c1")


def test_every_flag_and_argument_is_set_even_when_it_is_not_given() -> None:
    args = parse(["create", "c1"])
    assert (args.bundle, args.pid_file, args.dry_run, args.preserve_fds) == (".", None, False, "0")
    assert (args.root, args.log, args.log_format, args.debug) == (None, None, "text", False)


@pytest.mark.parametrize(
    ("word", "value"),
    [
        ("--debug", True),
        ("--debug=true", True),
        ("-debug=1", True),
        ("--debug=T", True),
        ("--debug=false", False),
        ("-debug=0", False),
        ("--debug=F", False),
    ],
)
def test_a_switch_takes_a_boolean(word: str, value: bool) -> None:
    assert parse([word, "list"]).debug is value


def test_a_switch_given_twice_has_the_last_value() -> None:
    assert parse(["--systemd-cgroup", "--systemd-cgroup=false", "list"]).systemd_cgroup is False


@pytest.mark.parametrize(
    "argv",
    [
        ["create", "--bundle", "/b", "--pid-file", "/p", "c1"],
        ["create", "c1", "--bundle", "/b", "--pid-file=/p"],
        ["create", "-b=/b", "c1", "-pid-file", "/p"],
        ["create", "-b", "/b", "--pid-file", "/p", "--", "c1"],
    ],
)
def test_flags_stand_before_and_after_arguments(argv: list[str]) -> None:
    args = parse(argv)
    assert (args.bundle, args.pid_file, args.id) == ("/b", "/p", "c1")


def test_a_value_may_begin_with_a_dash_or_be_empty() -> None:
    assert parse(["create", "--bundle", "-b", "c1"]).bundle == "-b"
    assert parse(["create", "--bundle=", "c1"]).bundle == ""
    assert parse(["create", "--bundle", "", "c1"]).bundle == ""
    assert parse(["create", "--bundle=a=b", "c1"]).bundle == "a=b"


def test_a_single_dash_is_an_argument() -> None:
    assert parse(["validate", "-"]).file == "-"


def test_what_follows_two_dashes_is_an_argument() -> None:
    args = parse(["delete", "-f", "--", "--force"])
    assert (args.force, args.id) == (True, "--force")


def test_arguments_have_defaults() -> None:
    assert parse(["kill", "c1"]).signal == "SIGTERM"
    assert parse(["validate"]).file == "config.json"


def test_a_negative_signal_is_no_flag() -> None:
    args = parse(["kill", "--all", "c1", "-9"])
    assert (args.all, args.id, args.signal) == (True, "c1", "-9")


def test_flags_of_kill_go_first() -> None:
    message = error("kill", "c1", "KILL", "--all")
    assert '"kill" requires a maximum of 2 argument(s)' in message
    assert "flags go first" in message


@pytest.mark.parametrize("argv", [["state"], ["state", "a", "b"], ["start"], ["delete", "a", "b"]])
def test_a_wrong_number_of_arguments(argv: list[str]) -> None:
    assert error(*argv).startswith(f'"{argv[0]}" requires exactly 1 argument(s): anocir {argv[0]}')


def test_too_few_and_too_many_optional_arguments() -> None:
    assert '"kill" requires a minimum of 1 argument(s)' in error("kill")
    assert '"validate" requires a maximum of 1 argument(s)' in error("validate", "a", "b")
    assert '"list" requires exactly 0 argument(s)' in error("list", "a")


@pytest.mark.parametrize("form", ["--frob", "-frob", "--frob=1"])
def test_an_unknown_flag_is_named_as_runc_names_it(form: str) -> None:
    assert error("create", form, "c1") == "flag provided but not defined: -frob"
    assert error(form, "list") == "flag provided but not defined: -frob"


def test_an_unknown_flag_that_resembles_one_is_a_guess() -> None:
    assert error("create", "--bundel", "/b", "c1").endswith("(did you mean --bundle?)")


def test_a_global_flag_after_the_command_says_where_it_belongs() -> None:
    assert error("state", "--root", "/x", "c1") == (
        "flag provided but not defined: -root after state;"
        " it goes before it: anocir --root ... state"
    )


def test_a_flag_without_its_value() -> None:
    assert error("create", "c1", "--bundle") == "flag needs an argument: --bundle"
    assert error("--root") == "flag needs an argument: --root"


def test_values_that_are_not_allowed() -> None:
    assert error("--log-format", "foo", "list").startswith("invalid log-format: foo")
    assert error("--log-level=loud", "list").startswith("invalid log-level: loud")
    assert error("list", "-f", "xml").startswith("invalid format: xml")
    assert 'invalid boolean value "maybe" for --debug' in error("--debug=maybe", "list")


def test_an_unknown_command_even_with_help() -> None:
    assert error("checkpoint", "--help") == "unknown command checkpoint"
    assert error("crate") == "unknown command crate (did you mean create?)"


def test_bundled_short_flags_are_unknown() -> None:
    assert error("list", "-qf", "json").startswith("flag provided but not defined: -qf")


def test_help_needs_no_arguments() -> None:
    for argv in (["create", "--help"], ["create", "-h"], ["create", "c1", "c2", "-help", "-x"]):
        args = parse(argv)
        assert (args.command, args.help) == ("create", True)
    assert parse(["--help"]).help
    assert parse([]).command == ""


def test_version_comes_before_the_command() -> None:
    assert parse(["--version"]).version
    assert parse(["-v"]).version
    assert "not defined: -version" in error("list", "--version")


def test_the_log_is_known_when_the_rest_is_wrong() -> None:
    args = Namespace()
    with pytest.raises(UsageError):
        parse(["--log", "/l", "--log-format", "json", "create", "--frob"], args)
    assert (args.log, args.log_format, args.log_level) == ("/l", "json", "warning")


@pytest.mark.parametrize(
    "argv",
    [
        "--root /r --log /l --log-format json create --bundle /b --pid-file /p ID",
        "--root /r --log /l --log-format json --systemd-cgroup start ID",
        "--log-format=json --log /l --cgroup-manager disabled create --bundle /b --pid-file /p"
        " --no-pivot --no-new-keyring --preserve-fds 2 --console-socket /s ID",
        "kill --all ID 9",
        "kill -a ID 9",
        "delete --force ID",
        "--log /l --log-format json run --bundle /b --keep ID",
        "--root=/r --systemd-cgroup --root=/r --systemd-cgroup create --bundle /b --pid-file /p"
        " --console-socket=/s ID",
        "--criu /usr/sbin/criu --rootless=true state ID",
    ],
)
def test_lines_of_engines_are_understood(argv: str) -> None:
    assert parse(argv.split()).id == "ID"


def test_no_flag_of_a_command_hides_another_value() -> None:
    """Global flags, the command's own and its arguments share one namespace."""
    taken = {flag.dest for flag in GLOBALS} | {"command"}
    for command in COMMANDS:
        names = [flag.dest for flag in command.flags] + [a.dest for a in command.arguments]
        assert len(set(names)) == len(names)
        assert not taken & set(names), command.name
