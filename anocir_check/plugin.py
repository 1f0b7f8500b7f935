"""The pytest plugin behind anocir-check: chooses the checks, and turns reports into outcomes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from anocir_check.check import Check
from anocir_check.deviations import Deviation
from anocir_check.expect import Failed
from anocir_check.fixtures import SETTINGS, TRANSCRIPT, check_of
from anocir_check.outcome import DEVIATES, FAILED, PASSED, SKIPPED, Outcome
from anocir_check.settings import Settings


class Plugin:
    """``wanted`` chooses; ``report`` is told each outcome as it comes."""

    def __init__(
        self,
        settings: Settings,
        wanted: Callable[[Check], bool],
        deviations: dict[str, Deviation],
        report: Callable[[Outcome], None],
    ) -> None:
        self.settings = settings
        self.wanted = wanted
        self.deviations = deviations
        self.report = report
        self.found: list[Check] = []
        self.outcomes: list[Outcome] = []
        self.broken: list[str] = []

    def pytest_configure(self, config: pytest.Config) -> None:
        """Hand the settings to the fixtures."""
        config.stash[SETTINGS] = self.settings

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        """Keep the checks wanted, in the order in which they are written."""
        found = [(item, check) for item in items if (check := check_of(item)) is not None]
        self.found = [check for _, check in found]
        items[:] = [item for item, check in found if self.wanted(check)]

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Remember files that can't even be read as checks."""
        if report.failed:
            self.broken.append(f"{report.nodeid}: {report.longreprtext}")

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[Any]) -> Any:
        """Make an outcome of the first phase that did not pass, else of the check itself."""
        report = (yield).get_result()
        if report.failed or report.skipped or report.when == "call":
            self._add(item, call, report)

    def _add(self, item: pytest.Item, call: pytest.CallInfo[Any], report: Any) -> None:
        found = check_of(item)
        if found is None or any(outcome.check is found for outcome in self.outcomes):
            return  # its tidying up failed after the check itself; the first finding counts
        runtime = item.stash.get(TRANSCRIPT, None)
        expected, came, where, reason = "", "", "", ""
        status = {"passed": PASSED, "failed": FAILED, "skipped": SKIPPED}[report.outcome]
        if status == SKIPPED:
            reason = str(call.excinfo.value) if call.excinfo else ""
        elif status == FAILED and call.excinfo is not None:
            expected, came = _finding(call.excinfo.value)
            last = next(
                (e for e in reversed(call.excinfo.traceback) if str(e.path) == str(item.path)),
                call.excinfo.traceback[-1],
            )
            where = f"{last.path}:{last.lineno + 1}"
        deviation = self.deviations.get(found.id)
        if deviation and status == FAILED:
            status, reason = DEVIATES, deviation.reason
        elif deviation and status == PASSED and not deviation.sometimes:
            status = FAILED
            expected = f"a deviation, as listed: {deviation.reason}"
            came = "the check passes: take it off the list"
        outcome = Outcome(
            check=found,
            status=status,
            seconds=call.duration,
            expected=expected,
            came=came,
            where=where,
            reason=reason,
            transcript=tuple(runtime.transcript) if runtime else (),
        )
        self.outcomes.append(outcome)
        self.report(outcome)


def _finding(error: BaseException) -> tuple[str, str]:
    if isinstance(error, Failed):
        return error.expected, error.came
    return "that the check can be made", f"{type(error).__name__}: {error}"
