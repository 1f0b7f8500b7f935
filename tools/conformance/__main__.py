"""The command line; see the package."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

import tools.conformance as package
from lab.errors import LabError
from tools.conformance import build, machine, page, results, tap


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(
        prog="python3 -m tools.conformance", description=package.__doc__, formatter_class=raw
    )
    parser.add_argument("--page", action="store_true", help="write the page from results.json")
    parser.add_argument(
        "--runtime",
        choices=results.RUNTIMES,
        action="append",
        default=[],
        help="this one alone, may be given twice; anocir for named programs",
    )
    parser.add_argument("--cgroup", choices=results.MACHINES, help="v2 or v1 alone")
    parser.add_argument("programs", nargs="*", help="run these, and print what they say")
    args = parser.parse_args(argv)
    try:
        if args.page:
            return finish(results.read())
        cgroups = [args.cgroup] if args.cgroup else list(results.MACHINES)
        if args.programs:
            return show(args.programs, args.runtime or ["anocir"], cgroups)
        return everything(cgroups, args.runtime or results.RUNTIMES)
    except (build.Missing, LabError, FileNotFoundError) as error:
        print(f"conformance: {error}", file=sys.stderr)
        return 2


def everything(cgroups: Sequence[str], runtimes: Sequence[str]) -> int:
    """Run all programs; with all runtimes on all machines, write results and page."""
    suite = build.build()
    found = results.Results(build.version())
    for cgroup in cgroups:
        with machine.Lab(cgroup, suite) as lab:
            found.machines[cgroup] = lab.facts()
            for (program, runtime), said in lab.said(suite.programs, runtimes).items():
                verdict = tap.read(said["out"], said["status"])
                found.verdicts.setdefault(cgroup, {}).setdefault(runtime, {})[program] = verdict
    whole = (set(cgroups), set(runtimes)) == (set(results.MACHINES), set(results.RUNTIMES))
    if whole:
        found.write()
    return finish(found, write=whole)


def show(programs: Sequence[str], runtimes: Sequence[str], cgroups: Sequence[str]) -> int:
    """Run some programs anew, and print what they say; 1 if one doesn't pass."""
    suite = build.build()
    unknown = sorted(set(programs) - set(suite.programs))
    if unknown:
        raise build.Missing(f"no such program: {', '.join(unknown)}; there are "
                            f"{', '.join(suite.programs)}")  # fmt: skip
    status = 0
    for cgroup in cgroups:
        with machine.Lab(cgroup, suite) as lab:
            for (program, runtime), said in lab.said(programs, runtimes, again=True).items():
                verdict = tap.read(said["out"], said["status"])
                print(tap.brief(said["out"]), said["err"], sep="\n")
                print(f"{cgroup}: {program} with {runtime}: {verdict.word}")
                status = status or int(not verdict.passed)
    return status


def finish(found: results.Results, *, write: bool = True) -> int:
    """Write the page; say what passes, and what nobody has explained."""
    why = page.reasons()
    if write:
        page.PAGE.write_text(page.render(found, why))
    for cgroup, runtimes in found.verdicts.items():
        counts = ", ".join(f"{name} {found.passed(cgroup, name)}" for name in runtimes)
        print(f"cgroup {cgroup}, {len(found.programs)} programs: {counts}")
    wrong = page.unexplained(found, why) if write else []
    for line in wrong:
        print(f"conformance: {line}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
