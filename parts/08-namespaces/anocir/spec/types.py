"""What the JSON values look like, for the type checker only."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Config = dict[str, Any]
    State = dict[str, Any]
    Hooks = dict[str, list[dict[str, Any]]]
    Hook = dict[str, Any]
    HookPoint = str
    Namespace = dict[str, Any]
    TimeOffsets = dict[str, dict[str, int]]
    Clock = str
