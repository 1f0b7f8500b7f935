"""What a check is: a pytest function that carries its id, its clause and its hints."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

SPEC = "https://github.com/opencontainers/runtime-spec/blob/v1.3.0/"
COMMAND_LINE = (
    "https://github.com/opencontainers/runtime-tools/blob/master/docs/command-line-interface.md"
)

KINDS = {
    "spec": "the runtime specification asks for it, or the OCI command-line interface does",
    "engine": "Docker, containerd, Podman or their monitors rely on it",
    "series": "the series decides it so: names of files below --root, words, extra care",
}

PARTS = {
    1: "cli",
    2: "create",
    3: "state-delete",
    4: "init-start",
    5: "hooks",
    6: "kill",
    7: "conformance",
    8: "namespaces",
}

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True)
class Check:
    """One requirement.

    It holds from part ``since`` on, up to and including part ``until`` (None: for ever). ``kind``
    is a key of KINDS. ``clause`` is a file and section of runtime-spec 1.3.0
    (``runtime.md#create``), a section of the command-line interface (``command-line.md#create``)
    or of this project's own page on checks (``checks.md#engines``).
    """

    id: str
    since: int
    until: int | None
    kind: str
    clause: str
    hints: tuple[str, ...]
    needs_root: bool
    title: str
    text: str
    source: str

    def holds_at(self, level: int) -> bool:
        """Whether a runtime that is as far as part ``level`` must pass."""
        return self.since <= level and (self.until is None or level <= self.until)

    @property
    def link(self) -> str:
        """Where the clause can be read."""
        page, _, section = self.clause.partition("#")
        if page == "command-line.md":
            return f"{COMMAND_LINE}#{section}"
        return f"docs/{self.clause}" if page == "checks.md" else SPEC + self.clause


def check(
    id: str,
    *,
    clause: str,
    hints: tuple[str, ...],
    kind: str = "spec",
    until: int | None = None,
    needs_root: bool = True,
) -> Callable[[F], F]:
    """Make a test function a check. The number that leads the id is the part it belongs to.

    The docstring's first line is the title: what a right runtime does. The rest explains why.
    """
    if kind not in KINDS:
        raise ValueError(f"{id}: kind {kind!r} is none of {', '.join(KINDS)}")
    if not hints:
        raise ValueError(f"{id}: a check needs a hint for the one who fails it")

    def mark(function: F) -> F:
        text = inspect.getdoc(function) or ""
        title, _, rest = text.partition("\n")
        if not title:
            raise ValueError(f"{id}: a check needs a docstring that says what is right")
        code = function.__code__
        made = Check(
            id=id,
            since=int(id[:2]),
            until=until,
            kind=kind,
            clause=clause,
            hints=hints,
            needs_root=needs_root,
            title=title.rstrip("."),
            text=rest.strip(),
            source=f"{code.co_filename}:{code.co_firstlineno}",
        )
        function.__dict__["check"] = made
        return function

    return mark
