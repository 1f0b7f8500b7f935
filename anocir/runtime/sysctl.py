"""Setting kernel parameters of the container's namespaces."""

from __future__ import annotations

import os

from anocir.errors import StepError, reason
from anocir.linux import procfs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.plan.plan import Step
    from anocir.plan.sysctl import Parameter
    from anocir.runtime.context import Context


def note_namespaces(step: Step, context: Context) -> None:
    """Remember which namespaces are the runtime's: their parameters are not the container's."""
    context.own_namespaces = {kind: os.stat(f"/proc/self/ns/{kind}").st_ino for kind in step.data}


def set_parameters(step: Step, context: Context) -> None:
    """Write each parameter to its file; /proc/sys shows those of the writer's namespaces.

    The config has a namespace for each, but one that is joined may be the host's after all.
    """
    parameters: list[Parameter] = step.data
    for parameter in parameters:
        here = os.stat(f"self/ns/{parameter.namespace}", dir_fd=context.proc_fd).st_ino
        if here == context.own_namespaces[parameter.namespace]:
            text = f"{parameter.name}: the {parameter.namespace} namespace is the runtime's own"
            raise StepError(step.name, text)
        try:
            procfs.write(context.proc_fd, f"sys/{parameter.path}", os.fsencode(parameter.value))
        except FileNotFoundError:
            text = f"{parameter.name}: these namespaces have no /proc/sys/{parameter.path}"
            raise StepError(step.name, text) from None
        except OSError as error:
            text = f"{parameter.name}: cannot write {parameter.value!r}: {reason(error)}"
            raise StepError(step.name, text) from None
