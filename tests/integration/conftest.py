"""Fixtures of the tests that run real containers, as root."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.sabotage import Change, Sabotage, break_runtime
from tests.integration.support import alike, bundles, driver, world
from tests.integration.support.bundles import Bundle
from tests.integration.support.driver import Runtime
from tests.integration.support.hooked import Hooked


def missing() -> str | None:
    """Why no container can be run here, or None."""
    if os.geteuid() != 0:
        return "running containers needs root"
    if not bundles.BUSYBOX.exists():
        return f"{bundles.BUSYBOX} is missing: install Debian's busybox-static"
    return None


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "full: takes long; runs with -m full, or with FULL=1")
    config.addinivalue_line("markers", "native: left out of the quick run in the VM")
    if not missing():
        world.enter()


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the long tests unless they are asked for, and say why others are skipped."""
    here = Path(__file__).parent
    items_here = [item for item in items if here in item.path.parents]
    if not config.option.markexpr and not os.environ.get("FULL"):
        left_out = [item for item in items_here if item.get_closest_marker("full")]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
    why = missing()
    if why:
        for item in items_here:
            item.add_marker(pytest.mark.skip(reason=why))


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    where = tmp_path_factory.mktemp("template") / "rootfs"
    bundles.make_template(where)
    return where


@pytest.fixture(scope="session")
def default_config(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return bundles.default_config(tmp_path_factory.mktemp("spec"))


@pytest.fixture
def bundle(make_bundle: Callable[[], Bundle]) -> Bundle:
    """A bundle with the config of `anocir spec`."""
    return make_bundle()


@pytest.fixture
def make_bundle(
    tmp_path: Path, template: Path, default_config: dict[str, Any]
) -> Callable[[], Bundle]:
    made: list[Bundle] = []

    def make() -> Bundle:
        made.append(Bundle(tmp_path / f"bundle{len(made)}", template, default_config))
        return made[-1]

    return make


@pytest.fixture
def hooked(bundle: Bundle, tmp_path: Path) -> Hooked:
    """A bundle whose hooks leave traces."""
    return Hooked(bundle, tmp_path / "log")


@pytest.fixture
def before() -> world.View:
    """The world as it was before the test."""
    return world.look()


@pytest.fixture
def anocir(tmp_path: Path, before: world.View) -> Iterator[Runtime]:
    """The runtime under test. Whatever a test leaves, `delete --force` must be able to remove."""
    runtime = Runtime(tmp_path / "state", tmp_path / "output")
    yield runtime
    clean(runtime, before)


@pytest.fixture
def runc(tmp_path: Path, before: world.View) -> Iterator[Runtime]:
    """The runtime to compare with."""
    if alike.RUNC is None:
        pytest.skip("runc is missing: install Debian's runc")
    env = {"PATH": os.environ["PATH"]}
    runtime = Runtime(tmp_path / "runc-state", tmp_path / "runc-output", (alike.RUNC,), env)
    yield runtime
    for container_id in runtime.ids():
        runtime.any("delete", "--force", container_id)


def clean(runtime: Runtime, before: world.View) -> None:
    """Delete every container, check that nothing is left, and end what is left all the same."""
    try:
        for container_id in runtime.ids():
            runtime("delete", "--force", container_id)
        left = world.look().since(before)
        assert (runtime.ids(), left) == ([], {})
    finally:
        world.restore(before)


@pytest.fixture
def sabotaged(tmp_path: Path, before: world.View) -> Iterator[Sabotage]:
    """Makes runtimes with defences taken out; the sound one removes what their containers leave."""
    made: list[Runtime] = []

    def make(*changes: Change) -> Runtime:
        made.append(break_runtime(tmp_path, *changes))
        return made[-1]

    yield make
    for runtime in made:
        sound = Runtime(runtime.root, runtime.work)
        for container_id in sound.ids():
            sound.any("delete", "--force", container_id)
    world.restore(before)


@pytest.fixture(scope="session")
def strace() -> str:
    found = shutil.which("strace")
    if found is None:
        pytest.skip("strace is missing: install Debian's strace")
    return found


@pytest.fixture(scope="session")
def launcher(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    """The argv of an installed anocir, which isolates itself from its caller's environment."""
    return driver.installed(tmp_path_factory.mktemp("installed"))


@pytest.fixture
def volume(tmp_path: Path) -> Path:
    """A directory of the host with a file and a directory in it."""
    (tmp_path / "volume/below").mkdir(parents=True)
    (tmp_path / "volume/file").write_text("content\n")
    return tmp_path / "volume"
