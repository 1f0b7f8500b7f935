"""The commands of `python3 -m lab`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from lab import arch, attach, build, image, lock, part, paths, saved, share
from lab.errors import LabError
from lab.vm import CGROUPS, Machine

DESCRIPTION = """\
A small virtual machine in which you are root and can break nothing that matters.

  python3 -m lab run -- uname -a    build and boot what is missing, run one command
  python3 -m lab shell              a shell in the VM, in /anocir, a copy of this work tree
  python3 -m lab part 04            a shell in which chapter 04 starts
  python3 -m lab reset              forget everything that happened in the VM
  python3 -m lab down               end it

Files that you change here are copied into the VM before each command. What you change
in the VM stays there until `reset` or `down`.
"""
ENVIRONMENT = f"""\
environment:
  ANOCIR_LAB_MIRROR  address of Debian's archive (and, after a space, of its security
                     archive); without it, that of this machine's own apt sources
  ANOCIR_LAB_ACCEL   kvm or tcg; without it, KVM is used if a guest really starts with it
  XDG_CACHE_HOME     images are kept below it, in anocir-lab (now {paths.cache()})
"""
FAILED = 255


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status: that of the command in the VM, 255 for ours."""
    args = parser().parse_args(argv)
    function: Callable[[argparse.Namespace], int] = args.function
    try:
        return function(args)
    except LabError as error:
        say(f"lab: {error}")
    except KeyboardInterrupt:
        say("lab: interrupted")
    except BrokenPipeError:
        # Whoever read our output has gone: nothing is left to say, at exit neither.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    except OSError as error:
        where = f" {error.filename}:" if error.filename else ""
        say(f"lab:{where} {error.strerror or error}")
    return FAILED


def say(text: str) -> None:
    """Progress and errors go to stderr: stdout is for what was asked for."""
    print(text, file=sys.stderr, flush=True)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    raw = argparse.RawDescriptionHelpFormatter
    top = argparse.ArgumentParser(
        prog="python3 -m lab", description=DESCRIPTION, epilog=ENVIRONMENT, formatter_class=raw
    )
    commands = top.add_subparsers(metavar="COMMAND", required=True)

    def add(name: str, function: Callable[..., int], text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
        sub.set_defaults(function=function)
        sub.add_argument(
            "--image",
            default="trixie",
            help="trixie or debian13 (the default), bookworm or debian12",
        )
        if name != "build":
            sub.add_argument(
                "--cgroup",
                default="v2",
                choices=CGROUPS,
                help="which cgroup hierarchy the VM mounts (default: v2)",
            )
        return sub

    sub = add("build", do_build, "make the image, unless it is there")
    sub.add_argument("--init", default="busybox", help="process 1 of the image (busybox)")
    sub.add_argument("--force", action="store_true", help="make it even if it is there")
    sub.add_argument("--lock", action="store_true", help="record its packages in lab/image.lock")
    either = sub.add_mutually_exclusive_group()
    either.add_argument("--export", metavar="FILE", type=Path, help="write it to one file")
    either.add_argument("--import", metavar="FILE", type=Path, dest="take", help="take it from one")

    add("up", do_up, "boot the VM that stays until `down`")
    add("sync", do_sync, "copy what has changed in the work tree to /anocir in the VM")
    sub = add("reset", do_reset, "boot it again with a fresh disk")
    add("down", do_down, "end the VM")
    add("status", do_status, "say what is built, what runs, and what its kernel printed last")

    sub = add("shell", do_shell, "open a shell in the VM")
    sub.add_argument("--cwd", "-C", default="/anocir", help="where it starts (default: /anocir)")

    sub = add("run", do_run, "run a command in the VM, and exit with its status")
    sub.add_argument("--fresh", action="store_true", help="in a VM of its own, ended after it")
    sub.add_argument("--tty", "-t", action="store_true", help="give the command a terminal")
    sub.add_argument("--cwd", "-C", default="/anocir", help="where it starts (default: /anocir)")
    sub.add_argument("--env", "-e", metavar="NAME=VALUE", action="append", default=[])
    sub.add_argument("argv", metavar="-- COMMAND", nargs=argparse.REMAINDER)

    sub = add("part", do_part, "open a shell where a chapter starts, or run a command there")
    sub.add_argument("--reset", action="store_true", help="with a fresh disk")
    sub.add_argument("part", metavar="NN", help="the part's number, or head")
    sub.add_argument("argv", metavar="-- COMMAND", nargs=argparse.REMAINDER)
    return top


def do_build(args: argparse.Namespace) -> int:
    """lab build."""
    here = arch.host()
    if args.take is not None:
        chosen, built = share.take(args.take, image.IMAGES, here)
    else:
        chosen = image.named(args.image, args.init)
        built = build.build(chosen, here, say, args.force)
    packages = lock.read_built(built.packages)
    if args.lock:
        lock.write(lock.read() | {lock.key(chosen, here): packages})
    for line in lock.differences(lock.read().get(lock.key(chosen, here), []), packages):
        say(f"lab: {line}")
    if args.export is not None:
        say(f"lab: compressing to {args.export}, half a minute")
        share.export(chosen, here, args.export)
        say(f"lab: {args.export} holds {args.export.stat().st_size / 1e6:.0f} MB")
    print(built.directory)
    return 0


def command_in(args: argparse.Namespace) -> list[str]:
    """The command after the options; argparse leaves the `--` before it or not."""
    words: list[str] = args.argv
    return words[1:] if words[:1] == ["--"] else words


def machine_of(args: argparse.Namespace, fresh: bool = False) -> Machine:
    """The machine that the options name, its image built."""
    kind = Machine if fresh else Machine.shared
    machine = kind(args.image, args.cgroup)
    if not machine.built.exists():
        build.build(machine.image, machine.arch, say)
    return machine


def started(args: argparse.Namespace, fresh: bool = False) -> Machine:
    """That machine, running, with the work tree as it is now."""
    machine = machine_of(args, fresh)
    if machine.start(say):
        warn_of_differences(machine)
    machine.sync()
    return machine


def warn_of_differences(machine: Machine) -> None:
    """Say which packages are not those that the chapters were written with."""
    locked = lock.read().get(lock.key(machine.image, machine.arch), [])
    found = lock.differences(locked, lock.read_built(machine.built.packages))
    if found:
        names = ", ".join(line.partition(":")[0] for line in found)
        say(
            f"lab: warning: {len(found)} packages differ from lab/image.lock, so what chapters "
            f"show may differ too (`lab status` says how): {names}"
        )


def do_up(args: argparse.Namespace) -> int:
    """lab up."""
    started(args).disconnect()
    return 0


def do_sync(args: argparse.Namespace) -> int:
    """lab sync."""
    machine = Machine.shared(args.image, args.cgroup)
    if not machine.running():
        raise LabError("no VM is up: run `python3 -m lab up`")
    say(f"lab: {machine.sync()} files copied or removed")
    return 0


def do_reset(args: argparse.Namespace) -> int:
    """lab reset."""
    machine = machine_of(args)
    machine.stop()
    return do_up(args)


def do_down(args: argparse.Namespace) -> int:
    """lab down."""
    if not Machine.shared(args.image, args.cgroup).stop():
        say("lab: no VM was up")
    return 0


def do_status(args: argparse.Namespace) -> int:
    """lab status: 0 if the VM runs, else 1."""
    machine = Machine.shared(args.image, args.cgroup)
    print(f"image    {machine.image.name} for {machine.arch.debian}: ", end="")
    print(machine.built.directory if machine.built.exists() else "not built")
    if machine.built.exists():
        locked = lock.read().get(lock.key(machine.image, machine.arch), [])
        for line in lock.differences(locked, lock.read_built(machine.built.packages)):
            print(f"         {line}")
    running = machine.running()
    print(f"machine  {'up' if running else 'down'}, cgroup {machine.cgroup}", end="")
    print(f", {machine.describe()}" if running else "")
    print(f"files    {machine.directory}")
    print(f"cache    {paths.cache()}, memory of booted machines in {saved.directory()}")
    print(machine.log(), end="")
    return 0 if running else 1


def do_shell(args: argparse.Namespace) -> int:
    """lab shell."""
    return shell(started(args), args.cwd)


def shell(machine: Machine, cwd: str) -> int:
    """A login shell with our terminal; without one, it reads commands from our input."""
    terminal = os.isatty(0)
    argv = ["bash", "-l"] if terminal else ["bash", "-l", "-s"]
    return attach.attach(machine.channel(), argv, cwd, terminal=terminal)


def do_run(args: argparse.Namespace) -> int:
    """lab run."""
    command = command_in(args)
    if not command:
        raise LabError("no command: say `python3 -m lab run -- COMMAND`")
    for word in args.env:
        if "=" not in word:
            raise LabError(f"--env takes NAME=VALUE, not {word!r}")
    env = dict(word.split("=", 1) for word in args.env)
    machine = started(args, args.fresh)
    try:
        return attach.attach(machine.channel(), command, args.cwd, env, terminal=args.tty)
    finally:
        if args.fresh:
            machine.stop()


def do_part(args: argparse.Namespace) -> int:
    """lab part."""
    name = part.number(args.part, paths.REPO)
    command = command_in(args)
    if args.reset:
        machine_of(args).stop()
    machine = started(args)
    part.enter(machine, name)
    if command:
        return attach.attach(machine.channel(), command, part.DIRECTORY)
    return shell(machine, part.DIRECTORY)
