"""linux.mountLabel: which filesystems get it, and what happens without SELinux."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from anocir.linux import consts
from anocir.plan.plan import PREPARE, Step
from anocir.runtime import mountlabel, mounts

LABEL = "system_u:object_r:container_file_t:s0:c1,c2"


def taken(monkeypatch: pytest.MonkeyPatch, directory: str, magic: int) -> Any:
    """The context after the step, on a host where ``directory`` has that magic number."""
    monkeypatch.setattr(mountlabel, "SELINUX", directory)
    monkeypatch.setattr(mountlabel.libc, "filesystem_magic", lambda fd: magic)
    told: list[str] = []
    context: Any = SimpleNamespace(mount_label="", warn=told.append, told=told)
    mountlabel.take(Step(PREPARE, "mount-label", "mount label", LABEL, LABEL), context)
    return context


def test_with_selinux_the_label_is_a_parameter_of_new_filesystems(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    context = taken(monkeypatch, "/", consts.SELINUX_MAGIC)
    assert context.told == []
    for kind in ("tmpfs", "devpts", "ext4", "overlay"):
        assert mounts.label(kind, context) == [f"context={LABEL}"]
    for kind in ("proc", "sysfs", "mqueue", "cgroup2"):
        assert mounts.label(kind, context) == []


@pytest.mark.parametrize(("directory", "magic"), [("/", 0xEF53), ("/no/such", 0)])
def test_without_selinux_it_is_warned_of(
    monkeypatch: pytest.MonkeyPatch, directory: str, magic: int
) -> None:
    context = taken(monkeypatch, directory, magic)
    assert context.told == ["linux.mountLabel: ignored, SELinux is not enabled on this host"]
    assert mounts.label("tmpfs", context) == []


def test_without_a_label_nothing_is_added() -> None:
    context: Any = SimpleNamespace(mount_label="")
    assert mounts.label("tmpfs", context) == []
