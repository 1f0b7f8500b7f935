"""The steps that every container takes: state directory, config, record."""

from __future__ import annotations

import time

from anocir.spec import bundle as bundles
from anocir.state.record import Record, timestamp
from anocir.state.store import CONFIG_FILE, Store

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.plan.plan import Step
    from anocir.runtime.context import Context


def reserve(step: Step, context: Context) -> None:
    """Take the id; raises InvalidID, ContainerExists."""
    context.entry = Store(context.root).reserve(step.data)
    context.undo.append(context.entry.remove)


def freeze(step: Step, context: Context) -> None:
    """Copy the text that was checked; every later command reads the copy."""
    context.entry.write(CONFIG_FILE, context.bundle.text)


def write_record(step: Step, context: Context) -> None:
    """Write down what is known before there is a process."""
    config = context.bundle.config
    context.record = Record(
        context.entry.id,
        config["ociVersion"],
        context.bundle.path,
        bundles.root_path(context.bundle),
        timestamp(time.time_ns()),
    )
    context.record.annotations = config.get("annotations", {})
    context.record.save(context.entry)
