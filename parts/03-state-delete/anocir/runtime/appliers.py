"""Which function does which kind of step."""

from __future__ import annotations

from anocir.runtime import container

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from anocir.plan.plan import Step
    from anocir.runtime.context import Context

APPLIERS: dict[str, Callable[[Step, Context], None]] = {
    "reserve": container.reserve,
    "freeze": container.freeze,
    "record": container.write_record,
}
