"""Results: which program, with which runtime, on which machine, ended how."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lab import paths
from tools.conformance import tap

FILE = Path(__file__).resolve().parent / "results.json"
RUNTIMES = ("anocir", "runc", "crun")
# Image and cgroup version of each machine.
MACHINES = {"v2": "trixie", "v1": "bookworm"}


@dataclass
class Results:
    """What the page shows.

    suite: the module's version. machines: by cgroup version, what is installed there.
    verdicts: by cgroup version, runtime and program.
    """

    suite: str
    machines: dict[str, dict[str, str]] = field(default_factory=dict)
    verdicts: dict[str, dict[str, dict[str, tap.Verdict]]] = field(default_factory=dict)

    @property
    def programs(self) -> list[str]:
        """The names of all programs."""
        return sorted({name for cgroup in self.verdicts.values() for runtime in cgroup.values()
                       for name in runtime})  # fmt: skip

    def failures(self, runtime: str) -> Iterator[tuple[str, str]]:
        """(program, cgroup version) of what doesn't pass with a runtime."""
        for cgroup, runtimes in self.verdicts.items():
            for name, verdict in runtimes.get(runtime, {}).items():
                if not verdict.passed:
                    yield name, cgroup

    def passed(self, cgroup: str, runtime: str) -> int:
        """How many programs a runtime passes."""
        return sum(verdict.passed for verdict in self.verdicts[cgroup][runtime].values())

    def write(self, path: Path = FILE) -> None:
        """Write the results, one line for each program."""
        lines = [f'{{"suite": {json.dumps(self.suite)},',
                 f' "machines": {json.dumps(self.machines, sort_keys=True)},',
                 ' "verdicts": {']  # fmt: skip
        for cgroup, runtimes in sorted(self.verdicts.items()):
            for runtime, verdicts in sorted(runtimes.items()):
                for name, verdict in sorted(verdicts.items()):
                    key = json.dumps(f"{cgroup} {runtime} {name}")
                    lines.append(f"  {key}: {json.dumps(list(verdict.to_json().values()))},")
        lines[-1] = lines[-1].removesuffix(",")
        path.write_text("\n".join([*lines, " }", "}", ""]))


def read(path: Path = FILE) -> Results:
    """Read what write() wrote."""
    document = json.loads(path.read_text())
    results = Results(document["suite"], document["machines"])
    for key, values in document["verdicts"].items():
        cgroup, runtime, name = key.split()
        verdicts = results.verdicts.setdefault(cgroup, {}).setdefault(runtime, {})
        verdicts[name] = tap.Verdict(*values)
    return results


class Cache:
    """What programs said, by everything that it depends on."""

    def __init__(self, *depends: str) -> None:
        """depends: the suite, the machine, the runtime."""
        digest = hashlib.sha256("\0".join(depends).encode()).hexdigest()[:16]
        self.directory = paths.cache() / "conformance" / f"results-{digest}"

    def get(self, program: str) -> dict[str, Any] | None:
        """What was kept, or None."""
        try:
            kept: dict[str, Any] = json.loads((self.directory / program).read_text())
        except (OSError, ValueError):
            return None
        return kept

    def put(self, program: str, said: dict[str, Any]) -> None:
        """Keep it."""
        self.directory.mkdir(parents=True, exist_ok=True)
        (self.directory / program).write_text(json.dumps(said))
