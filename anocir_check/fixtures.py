"""The pytest fixtures that checks use, and the selection of the checks that hold."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from anocir_check import environment, kernel
from anocir_check.bundle import BUSYBOX, Bundle
from anocir_check.check import PARTS, Check
from anocir_check.runtime import Runtime
from anocir_check.settings import Settings, caller_environment, command_words

SETTINGS = pytest.StashKey[Settings]()
TRANSCRIPT = pytest.StashKey[Runtime]()


def settings_of(config: pytest.Config) -> Settings | None:
    """Return what anocir-check was told; under plain pytest, what the environment says."""
    if SETTINGS in config.stash:
        return config.stash[SETTINGS]
    command = os.environ.get("ANOCIR_CHECK_RUNTIME")
    if not command:
        return None
    return Settings(
        command=command_words(command),
        level=int(os.environ.get("ANOCIR_CHECK_THROUGH", max(PARTS))),
        environment=caller_environment(),
    )


@pytest.fixture(scope="session", name="settings")
def settings_fixture(pytestconfig: pytest.Config) -> Settings:
    """What this run is told."""
    settings = settings_of(pytestconfig)
    if settings is None:
        pytest.skip("set ANOCIR_CHECK_RUNTIME to a runtime, or use anocir-check --runtime")
    return settings


@pytest.fixture(scope="session", name="busybox")
def busybox_fixture() -> Iterator[Path]:
    """A scratch directory of this run that holds a copy of busybox."""
    kernel.become_subreaper()
    scratch = Path(tempfile.mkdtemp(prefix="anocir-check-", dir="/tmp"))
    scratch.chmod(0o755)
    copy = scratch / "busybox"
    if os.path.exists(BUSYBOX):
        shutil.copy(BUSYBOX, copy)
    yield copy
    shutil.rmtree(scratch, ignore_errors=True)


@pytest.fixture(name="runtime")
def runtime_fixture(
    request: pytest.FixtureRequest, settings: Settings, busybox: Path
) -> Iterator[Runtime]:
    """The runtime under test, with a state root and a scratch directory of this check's own."""
    found: Check = request.function.check
    if found.needs_root and (problems := environment.problems()):
        pytest.skip("; ".join(problems))
    scratch = Path(tempfile.mkdtemp(prefix="", dir=busybox.parent))
    scratch.chmod(0o755)
    runtime = Runtime(settings, scratch, found.id)
    request.node.stash[TRANSCRIPT] = runtime
    yield runtime
    runtime.tidy()


@pytest.fixture(name="bundle")
def bundle_fixture(runtime: Runtime, busybox: Path) -> Callable[[], Bundle]:
    """Make bundles: each call gives another one, complete, with ``cat`` as its program."""
    made = 0

    def make() -> Bundle:
        nonlocal made
        made += 1
        path = runtime.scratch / f"bundle{made}"
        path.mkdir()
        return Bundle(path, busybox).save()

    return make


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is no check, and the checks that don't hold for a runtime at this level."""
    settings = settings_of(config)
    if settings is None:
        return
    found = [(item, check_of(item)) for item in items]
    kept = [item for item, check in found if check and check.holds_at(settings.level)]
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = kept


def check_of(item: pytest.Item) -> Check | None:
    """Return the check that a test function is; None when it is a test of another kind."""
    found = getattr(getattr(item, "function", None), "check", None)
    return found if isinstance(found, Check) else None
