"""State and features documents: their shape, and what the spec says beyond it.

Only ``validate`` reads such documents; everyone else writes them.
"""

from __future__ import annotations

from anocir.errors import ConfigError
from anocir.spec.check import check_features, check_state, described
from anocir.spec.rules import SPEC_VERSION, is_semver, judged, must_be_absolute
from anocir.spec.support import unknown
from anocir.spec.table_features import FEATURES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from anocir.spec.rules import Rule
    from anocir.spec.types import Features, State

    # Sorts like a version: see ``precedence``.
    Precedence = tuple[list[int], bool, list[tuple[bool, int, str]]]


def judge_state(state: object, what: str) -> None:
    """Refuse a state document that breaks runtime.md, State.

    ``what`` names it in errors. Raises ConfigError with every violation at once.
    """
    _judge(state, what, check_state, (state_version, state_pid, state_bundle))


def judge_features(features: object, what: str) -> list[str]:
    """Refuse a features document that breaks features.md or features-linux.md.

    Returns a warning for each name that they don't have. Raises ConfigError like ``judge_state``.
    """
    _judge(features, what, check_features, (feature_versions, feature_order))
    return unknown(features, FEATURES)


def _judge(value: Any, what: str, check: Callable[[object], None], rules: tuple[Rule, ...]) -> None:
    shape: list[str] = []
    try:
        check(value)
    except ConfigError as error:
        shape = error.violations
    found = shape + judged(rules, value, shape)
    if found:
        raise ConfigError(what, found)


def state_version(state: State) -> Iterator[str]:
    """ociVersion is a version of the specification, of any age (runtime.md, State)."""
    yield from _version("ociVersion", state["ociVersion"])


def state_pid(state: State) -> Iterator[str]:
    """A created or running container has a process (runtime.md, State: pid)."""
    status, pid = state["status"], state.get("pid", "nothing")
    if status in ("created", "running") and pid in (0, "nothing"):
        yield f"pid: found {pid}, allowed: a process id, for status is {status}"


def state_bundle(state: State) -> Iterator[str]:
    """The bundle's path is absolute (runtime.md, State: bundle)."""
    yield from must_be_absolute([("bundle", state["bundle"])])


def feature_versions(features: Features) -> Iterator[str]:
    """Both versions are such as ociVersion may have (features.md, Specification version)."""
    yield from _version("ociVersionMin", features["ociVersionMin"])
    yield from _version("ociVersionMax", features["ociVersionMax"])


def feature_order(features: Features) -> Iterator[str]:
    """ociVersionMax is no less than ociVersionMin (features.md, Specification version)."""
    least, most = features["ociVersionMin"], features["ociVersionMax"]
    if is_semver(least) and is_semver(most) and precedence(most) < precedence(least):
        yield f"ociVersionMax: found {described(most)}, allowed: ociVersionMin, {least}, or more"


def _version(path: str, version: str) -> Iterator[str]:
    if not is_semver(version):
        yield f"{path}: found {described(version)}, allowed: a version such as {SPEC_VERSION}"


def precedence(version: str) -> Precedence:
    """Return what sorts as the version does (semver.org, 2.0.0, item 11).

    A pre-release comes before its release; in it numbers come before words, and a number counts
    as one: alpha, alpha.2, alpha.10, alpha.beta, rc.
    """
    core, _, rest = version.partition("+")[0].partition("-")
    numbers = [int(number) for number in core.split(".")]
    words = [
        (not word.isdigit(), int(word) if word.isdigit() else 0, word) for word in rest.split(".")
    ]
    return numbers, not rest, words
