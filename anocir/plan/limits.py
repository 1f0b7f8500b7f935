"""What the container may use: ``linux.resources`` but for its devices.

Which files that becomes depends on the host's cgroups, so it is for the cgroup manager to say.
"""

from __future__ import annotations

from anocir.plan.plan import ATTACH, FINISH, PREPARE, Step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from anocir.spec.types import Config


# Below this many bytes the memory of our own init counts. It is 1 MiB and a bit at most.
SMALL = 4 << 20

_UNITS = "kmgtpe"


def plan(config: Config, container_id: str) -> list[Step]:
    """Return the steps that limit the container.

    They come into force when init is ready and no code of the container has run, so a limit may be
    smaller than what it takes to set a container up.
    """
    resources: dict[str, Any] = dict(config["linux"]["resources"])
    asked = {name: part for name, part in resources.items() if part and name != "devices"}
    steps = [
        Step(PREPARE, "load-limits", "load limits", "find out what they are on this host", asked),
        Step(FINISH, "limits", "limits", ", ".join(_describe(asked))),
    ]
    if _counts(asked):
        text = "copy what the process shares with the runtime, so that it need not"
        steps.append(Step(ATTACH, "copy-pages", "shared pages", text))
    return steps


def _counts(asked: dict[str, Any]) -> bool:
    """Tell whether the memory is so little that init's own counts."""
    most = asked.get("unified", {}).get("memory.max", "")
    return 0 < asked.get("memory", {}).get("limit", 0) < SMALL or 0 <= _size(most) < SMALL


def _size(text: str) -> int:
    """Return the bytes that a file of version 2 takes ``text`` for (memparse in lib/cmdline.c).

    -1 for ``max`` and for all that isn't decimal.
    """
    number = text.strip().lower()
    unit = number[-1:]
    power = _UNITS.index(unit) + 1 if unit and unit in _UNITS else 0
    digits = number[:-1] if power else number
    return int(digits) << 10 * power if digits.isdecimal() else -1


def _describe(asked: dict[str, Any]) -> list[str]:
    words = []
    for part, settings in asked.items():
        names = settings if isinstance(settings, dict) else [""]
        words.append(f"{part} ({', '.join(names)})" if names != [""] else part)
    return words
