"""State documents: their shape, and what the spec says beyond it.

Only ``validate`` reads such documents; everyone else writes them.
"""

from __future__ import annotations

from anocir.errors import ConfigError
from anocir.spec.check import check_state
from anocir.spec.rules import SPEC_VERSION, is_semver, judged, must_be_absolute

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from anocir.spec.types import State


def judge_state(state: Any, what: str) -> None:
    """Refuse a state document that breaks runtime.md, State.

    ``what`` names it in errors. Raises ConfigError with every violation at once.
    """
    shape: list[str] = []
    try:
        check_state(state)
    except ConfigError as error:
        shape = error.violations
    found = shape + judged((state_version, state_pid, state_bundle), state, shape)
    if found:
        raise ConfigError(what, found)


def state_version(state: State) -> Iterator[str]:
    """ociVersion is a version of the specification, of any age (runtime.md, State)."""
    version = state["ociVersion"]
    if not is_semver(version):
        yield f"ociVersion: found {version!r}, allowed: a version such as {SPEC_VERSION}"


def state_pid(state: State) -> Iterator[str]:
    """A created or running container has a process (runtime.md, State: pid)."""
    status, pid = state["status"], state.get("pid", "nothing")
    if status in ("created", "running") and pid in (0, "nothing"):
        yield f"pid: found {pid}, allowed: a process id, for status is {status}"


def state_bundle(state: State) -> Iterator[str]:
    """The bundle's path is absolute (runtime.md, State: bundle)."""
    yield from must_be_absolute([("bundle", state["bundle"])])
