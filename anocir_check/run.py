"""anocir-check: choose the checks, run them, tell what came of it."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import pytest

from anocir_check import environment, formats, report
from anocir_check.check import PARTS, Check
from anocir_check.deviations import BadList, Deviation, load
from anocir_check.options import parser
from anocir_check.outcome import FAILED, SKIPPED
from anocir_check.plugin import Plugin
from anocir_check.settings import Settings, UnusableRuntime, caller_environment, command_words
from anocir_check.watch import Watch

OK, SOME_FAILED, USAGE, NOT_ALL_MADE = 0, 1, 2, 3

CHECKS = Path(__file__).resolve().parent.parent / "tests" / "parts"


class UsageError(Exception):
    """The command line asks for something that can't be."""


def main(argv: list[str] | None = None) -> int:
    """Run one command line and return its exit status."""
    options = parser().parse_args(argv)
    try:
        if options.list or options.explain:
            return _tell(options)
        if not options.runtime:
            raise UsageError("name a runtime: --runtime ./mine (or use --list, --explain ID)")
        if options.watch:
            return _watch(options)
        return _run(options)
    except (UsageError, UnusableRuntime, BadList) as error:
        print(f"anocir-check: {error}", file=sys.stderr)
        return USAGE


def _level(options: argparse.Namespace) -> int:
    return int(options.through or options.part or max(PARTS))


def _wanted(options: argparse.Namespace, check: Check) -> bool:
    return (
        check.kind in options.kinds
        and (options.part is None or check.since == options.part)
        and (not options.only or check.id in options.only)
    )


def _pytest(options: argparse.Namespace, plugin: Plugin, *arguments: str) -> None:
    """Run pytest on the directory of checks, without its own output and configuration."""
    directory = options.checks or CHECKS
    if not (directory / "conftest.py").is_file():
        raise UsageError(f"{directory} holds no checks; name their directory with --checks")
    pytest.main(
        [
            str(directory),
            "-c",
            "/dev/null",
            f"--rootdir={directory}",
            *("-p", "no:terminal", "-p", "no:cacheprovider", "-p", "no:junitxml"),
            *("-p", "no:faulthandler", "--import-mode=importlib", "--capture=no"),
            *arguments,
        ],
        plugins=[plugin],
    )
    if plugin.broken:
        raise UsageError("\n".join(["checks that can't be read:", *plugin.broken]))


def _tell(options: argparse.Namespace) -> int:
    """List or explain."""
    checks = _collect(options)
    if options.list:
        print(report.listing(check for check in checks if _wanted(options, check)))
        return OK
    chosen = [check for check in checks if check.id == options.explain]
    if not chosen:
        raise UsageError(f"there is no check {options.explain} (see --list)")
    print(report.explanation(chosen[0]))
    return OK


def _collect(options: argparse.Namespace) -> list[Check]:
    """Return all checks there are, also those that hold only for early parts."""
    found: dict[str, Check] = {}
    for level in PARTS if options.through is None else [options.through]:
        plugin = Plugin(Settings((), level=level), lambda check: True, {}, lambda outcome: None)
        _pytest(options, plugin, "--collect-only")
        found |= {check.id: check for check in plugin.found}
    return sorted(found.values(), key=lambda check: check.id)


def _run(options: argparse.Namespace) -> int:
    """Run the checks once."""
    deviations: dict[str, Deviation] = load(options.deviations) if options.deviations else {}
    settings = Settings(
        command=command_words(options.runtime),
        level=_level(options),
        timeout=options.timeout,
        rounds=options.rounds,
        seed=options.seed,
        environment=caller_environment(),
    )
    terminal = report.Terminal()
    terminal.line(f"checking {options.runtime} as a runtime at part {settings.level:02}")
    for problem in environment.problems():
        terminal.line(f"note: {problem}")
    plugin = Plugin(settings, lambda check: _wanted(options, check), deviations, terminal.outcome)
    started = time.monotonic()
    _pytest(options, plugin, *(["-x"] if options.stop else []))
    outcomes = plugin.outcomes
    if not outcomes:
        raise UsageError("no check fits: see --list")
    terminal.failures(outcomes, options.details)
    terminal.table(outcomes, time.monotonic() - started)
    if options.json:
        formats.write_json(options.json, options.runtime, settings.level, outcomes)
    if options.junit:
        formats.write_junit(options.junit, options.runtime, outcomes)
    if any(outcome.status == FAILED for outcome in outcomes):
        return SOME_FAILED
    return NOT_ALL_MADE if any(outcome.status == SKIPPED for outcome in outcomes) else OK


def _watch(options: argparse.Namespace) -> int:
    """Run the checks, and again after each change, until Ctrl-C."""
    try:
        while True:
            watch = Watch()
            watch.add_tree(options.watch)
            try:
                _run(options)
            except UnusableRuntime as error:
                print(f"anocir-check: {error}", file=sys.stderr)
            print(f"\nwaiting for a change below {options.watch} (Ctrl-C ends)", flush=True)
            watch.wait()
            watch.settle()
            watch.close()
    except KeyboardInterrupt:
        return OK
