"""The page of the results: docs/conformance.md."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tools.conformance.results import MACHINES, RUNTIMES, Results

HERE = Path(__file__).resolve().parent
REASONS = HERE / "reasons.toml"
PAGE = HERE.parent.parent / "docs" / "conformance.md"
WHOSE = {"suite": "the suite's", "host": "the machine's", "anocir": "anocir's"}

HEAD = """\
# Conformance

<!-- Made by `make conformance` from tools/conformance/results.json and reasons.toml. -->

The Open Container Initiative has a suite that tries a runtime against the specification: the
programs below `validation/` of [runtime-tools][suite]. `make conformance` builds them at the
version that `tools/conformance/go.mod` pins, and runs each with anocir, runc and crun, one after
the other in the same virtual machine. It needs Go, and is no part of `make test`.

A program passes when it ends well, has done all the checks that it announced, and none failed. A
program that doesn't pass shows how many checks held and how many failed, and `error` when it
gave up.

[suite]: https://github.com/opencontainers/runtime-tools

"""


@dataclass(frozen=True)
class Reason:
    """Why some programs don't pass with anocir.

    whose: a key of WHOSE. cgroups: the versions on which they don't.
    """

    programs: tuple[str, ...]
    cgroups: tuple[str, ...]
    whose: str
    why: str

    def pairs(self) -> Iterator[tuple[str, str]]:
        """(program, cgroup version) of each failure that this explains."""
        for name in self.programs:
            for cgroup in self.cgroups:
                yield name, cgroup


def notes(path: Path = REASONS) -> list[str]:
    """What else a reader has to know about the results."""
    with path.open("rb") as source:
        return [" ".join(note.split()) for note in tomllib.load(source).get("notes", [])]


def reasons(path: Path = REASONS) -> list[Reason]:
    """The reasons in the file's order; KeyError when something is missing in one."""
    with path.open("rb") as source:
        found = tomllib.load(source).get("reason", [])
    return [
        Reason(
            tuple(row["programs"]),
            tuple(row.get("cgroups", MACHINES)),
            row["whose"],
            " ".join(row["why"].split()),
        )
        for row in found
    ]


def unexplained(results: Results, why: list[Reason]) -> list[str]:
    """What is wrong with the reasons, a line each: missing ones, wrong ones."""
    explained = {pair for reason in why for pair in reason.pairs()}
    failing = set(results.failures("anocir"))
    found = [f"{name} fails on {cgroup}, and reasons.toml doesn't say why"
             for name, cgroup in sorted(failing - explained)]  # fmt: skip
    found += [f"{name} passes on {cgroup}, and reasons.toml says why it doesn't"
              for name, cgroup in sorted(explained - failing)]  # fmt: skip
    found += [f"{reason.programs[0]}: whose must be one of {', '.join(WHOSE)}"
              for reason in why if reason.whose not in WHOSE]  # fmt: skip
    return found


def render(results: Results, why: list[Reason]) -> str:
    """The whole page."""
    columns = [(cgroup, runtime) for cgroup in MACHINES for runtime in RUNTIMES]
    parts = [HEAD, "## How many pass\n\n", _totals(results), "\n## The machines\n\n"]
    parts += [
        _machines(results),
        *(f"\n{note}\n" for note in notes()),
        "\n## What anocir doesn't pass, and why\n\n",
    ]
    parts += [_why(why), "\n## Program by program\n\n"]
    rows = [["program", *(f"{runtime} {cgroup}" for cgroup, runtime in columns)]]
    for name in results.programs:
        row = [f"`{name}`"]
        for cgroup, runtime in columns:
            verdict = results.verdicts.get(cgroup, {}).get(runtime, {}).get(name)
            row.append(verdict.word if verdict else "")
        rows.append(row)
    return "".join([*parts, _table(rows)])


def _totals(results: Results) -> str:
    total = len(results.programs)
    rows = [[f"of {total} programs", *RUNTIMES]]
    for cgroup in results.verdicts:
        rows.append([f"cgroup {cgroup}", *(str(results.passed(cgroup, r)) for r in RUNTIMES)])
    text = _table(rows)
    for cgroup, runtimes in results.verdicts.items():
        ours = runtimes["anocir"]
        for peer in RUNTIMES[1:]:
            more = [f"`{n}`" for n, v in ours.items() if v.passed and not runtimes[peer][n].passed]
            less = [f"`{n}`" for n, v in ours.items() if not v.passed and runtimes[peer][n].passed]
            text += f"\nOn {cgroup}, passed by anocir and not by {peer}: {_listed(more)}"
            text += f"; by {peer} and not by anocir: {_listed(less)}.\n"
    return text


def _listed(words: list[str]) -> str:
    return ", ".join(words) or "none"


def _machines(results: Results) -> str:
    names = sorted({name for facts in results.machines.values() for name in facts})
    rows = [["machine", *(f"cgroup {cgroup}" for cgroup in results.machines)]]
    rows.append(["lab image", *(MACHINES[cgroup] for cgroup in results.machines)])
    rows += [[name, *(facts.get(name, "") for facts in results.machines.values())]
             for name in names]  # fmt: skip
    return f"runtime-tools {results.suite}.\n\n" + _table(rows)


def _why(why: list[Reason]) -> str:
    rows = [["program", "cgroup", "whose fault", "why"]]
    for reason in why:
        names = ", ".join(f"`{name}`" for name in reason.programs)
        rows.append([names, " and ".join(reason.cgroups), WHOSE[reason.whose], reason.why])
    return _table(rows) if len(rows) > 1 else "It passes them all.\n"


def _table(rows: list[list[str]]) -> str:
    head, *rest = rows
    lines = [_row(head), _row(["---"] * len(head)), *map(_row, rest)]
    return "".join(f"{line}\n" for line in lines)


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
