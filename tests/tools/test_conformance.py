"""tools/conformance: what a program says is judged rightly, and the page says it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.conformance import page, results, tap
from tools.conformance.results import Results

GOOD = "TAP version 13\nok 1 - a\n  ---\n  not ok inside\n  ...\nok 2 # SKIP b\n1..2\n"


@pytest.mark.parametrize(
    ("text", "status", "word"),
    [
        (GOOD, 0, "pass"),
        (GOOD, 1, "1/0 error"),
        (GOOD, None, "1/0 hangs"),
        (GOOD, -9, "1/0 error"),
        (GOOD.replace("1..2", "1..3"), 0, "1/0 no plan"),
        (GOOD.replace("1..2", ""), 0, "1/0 no plan"),
        (GOOD.replace("ok 1", "not ok 1"), 0, "0/1"),
        ("1..1\nok 1 # skip not here\n", 0, "skip"),
        (GOOD + GOOD, 0, "pass"),
        ("1..0\n", 0, "pass"),
        ("", 0, "0/0 no plan"),
        ("", 1, "0/0 error"),
    ],
)
def test_verdict(text: str, status: int | None, word: str) -> None:
    verdict = tap.read(text, status)
    assert verdict.word == word
    assert verdict.passed == (word == "pass")


def made(**words: str) -> Results:
    """Results in which `anocir` passes or fails the programs as said, on both versions."""
    verdicts = {name: tap.Verdict(1, int(word != "pass"), 0, True, 0)
                for name, word in words.items()}  # fmt: skip
    every = dict.fromkeys(results.RUNTIMES, verdicts)
    return Results("v1", {"v2": {"kernel": "6"}, "v1": {"kernel": "5"}},
                   dict.fromkeys(results.MACHINES, every))  # fmt: skip


def test_results_are_read_as_they_were_written(tmp_path: Path) -> None:
    path = tmp_path / "results.json"
    made(a="pass", b="fails").write(path)
    assert results.read(path) == made(a="pass", b="fails")


def test_every_failure_needs_a_reason_and_every_reason_a_failure() -> None:
    found = made(a="pass", b="fails")

    def wrong(programs: str, cgroups: str = "v2 v1", whose: str = "suite") -> list[str]:
        reason = page.Reason(tuple(programs), tuple(cgroups.split()), whose, "x")
        return page.unexplained(found, [reason])

    assert wrong("b") == []
    assert wrong("b", "v1") == ["b fails on v2, and reasons.toml doesn't say why"]
    assert len(wrong("ab")) == 2
    assert wrong("ab", "v2 v1")[0] == "a passes on v1, and reasons.toml says why it doesn't"
    assert wrong("b", whose="nobody") == ["b: whose must be one of suite, host, anocir"]
    assert len(page.unexplained(found, [])) == 2


def test_the_page_is_the_one_of_the_results() -> None:
    found, why = results.read(), page.reasons()
    assert page.unexplained(found, why) == []
    assert page.PAGE.read_text() == page.render(found, why)
    assert set(found.programs) == set(found.verdicts["v1"]["anocir"])


def test_the_chapter_shows_the_table_of_the_page() -> None:
    _, _, rest = page.render(results.read(), page.reasons()).partition("## How many pass\n\n")
    table, _, _ = rest.partition("\n\n")
    assert table in (page.PAGE.parent / "series/07-conformance.md").read_text()
