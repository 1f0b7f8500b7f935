"""The commands of `python3 -m lab`."""

from __future__ import annotations

import argparse
import sys

from lab import arch, attach, build, image
from lab.errors import LabError
from lab.vm import CGROUPS, Machine


def main(argv: list[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    args = parser().parse_args(argv)
    try:
        status: int = args.function(args)
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return 255
    return status


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(prog="lab")
    commands = top.add_subparsers(dest="command", required=True)
    for name, function in (("build", do_build), ("up", do_up), ("down", do_down), ("run", do_run)):
        sub = commands.add_parser(name)
        sub.set_defaults(function=function)
        sub.add_argument("--image", default="trixie")
        sub.add_argument("--cgroup", default="v2", choices=CGROUPS)
        if name == "run":
            sub.add_argument("--fresh", action="store_true")
            sub.add_argument("argv", nargs=argparse.REMAINDER)
    return top


def do_build(args: argparse.Namespace) -> int:
    """Make the image."""
    built = build.build(image.named(args.image), arch.host(), build.say_on_stderr)
    print(built.directory)
    return 0


def do_up(args: argparse.Namespace) -> int:
    """Boot the machine that stays."""
    machine = Machine.shared(args.image, args.cgroup)
    machine.start()
    machine.sync()
    return 0


def do_down(args: argparse.Namespace) -> int:
    """End it."""
    Machine.shared(args.image, args.cgroup).stop()
    return 0


def do_run(args: argparse.Namespace) -> int:
    """Run a command."""
    command = args.argv[1:] if args.argv[:1] == ["--"] else args.argv
    if args.fresh:
        with Machine(args.image, args.cgroup) as machine:
            machine.sync()
            return attach.attach(machine.channel(), command)
    machine = Machine.shared(args.image, args.cgroup)
    machine.start()
    machine.sync()
    return attach.attach(machine.channel(), command)
