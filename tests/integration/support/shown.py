"""What a container shows of itself."""

from __future__ import annotations

from tests.integration.support import proc
from tests.integration.support.bundles import Bundle
from tests.integration.support.driver import Runtime


def mounts_of(anocir: Runtime, bundle: Bundle) -> dict[str, proc.Mount]:
    """The mounts of the container by place; where there are several, the last one."""
    text = anocir.output(bundle.args("cat", "/proc/self/mountinfo"))
    return {mount.where: mount for mount in proc.mountinfo(text)}
