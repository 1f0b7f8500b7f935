"""Results for other programs: JSON and JUnit XML."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

from anocir_check.outcome import FAILED, PASSED, Outcome, tally
from anocir_check.report import failure, part_name


def write_json(path: Path, runtime: str, level: int, outcomes: Sequence[Outcome]) -> None:
    """Write one object: the runtime, the counts, and a list of all checks."""
    document = {
        "runtime": runtime,
        "through": level,
        "counts": tally(outcomes),
        "checks": [
            {
                "id": outcome.check.id,
                "part": outcome.check.since,
                "kind": outcome.check.kind,
                "clause": outcome.check.clause,
                "title": outcome.check.title,
                "status": outcome.status,
                "seconds": round(outcome.seconds, 3),
                "commands": len(outcome.transcript),
                "expected": outcome.expected,
                "came": outcome.came,
                "reason": outcome.reason,
            }
            for outcome in outcomes
        ],
    }
    path.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")


def write_junit(path: Path, runtime: str, outcomes: Sequence[Outcome]) -> None:
    """Write the XML that CI systems read: a suite per part."""
    top = ElementTree.Element("testsuites", name=f"anocir-check {runtime}")
    for part in sorted({outcome.check.since for outcome in outcomes}):
        chosen = [outcome for outcome in outcomes if outcome.check.since == part]
        counts = tally(chosen)
        suite = ElementTree.SubElement(
            top,
            "testsuite",
            name=f"part {part_name(part)}",
            tests=str(len(chosen)),
            failures=str(counts[FAILED]),
            skipped=str(len(chosen) - counts[FAILED] - counts[PASSED]),
            time=f"{sum(outcome.seconds for outcome in chosen):.3f}",
        )
        for outcome in chosen:
            _case(suite, outcome)
    ElementTree.indent(top)
    ElementTree.ElementTree(top).write(path, encoding="utf-8", xml_declaration=True)


def _case(suite: ElementTree.Element, outcome: Outcome) -> None:
    case = ElementTree.SubElement(
        suite,
        "testcase",
        classname=outcome.check.clause,
        name=outcome.check.id,
        time=f"{outcome.seconds:.3f}",
    )
    if outcome.status == FAILED:
        found = ElementTree.SubElement(case, "failure", message=_plain(outcome.came))
        found.text = _plain(failure(outcome))
    elif outcome.status != PASSED:
        reason = _plain(f"{outcome.status}: {outcome.reason}")
        ElementTree.SubElement(case, "skipped", message=reason)


def _plain(text: str) -> str:
    """Escape the control characters that XML cannot hold."""
    return "".join(c if c.isprintable() or c in "\n\t" else repr(c)[1:-1] for c in text)
