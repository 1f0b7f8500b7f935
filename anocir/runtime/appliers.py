"""Which function does which kind of step."""

from __future__ import annotations

from anocir.runtime import (
    cgroups,
    container,
    credentials,
    devices,
    mounts,
    namespaces,
    paths,
    process,
    rootfs,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from anocir.plan.plan import Step
    from anocir.runtime.context import Context

APPLIERS: dict[str, Callable[[Step, Context], None]] = {
    "reserve": container.reserve,
    "freeze": container.freeze,
    "record": container.write_record,
    "fifos": container.make_fifos,
    "clone": container.make_process,
    "ready": container.wait_ready,
    "pid": container.record_process,
    "pid-file": container.write_pid_file,
    "open-namespaces": namespaces.open_joined,
    "clone-flags": namespaces.set_clone_flags,
    "join-namespaces": namespaces.join,
    "unshare": namespaces.unshare,
    "hostname": namespaces.set_hostname,
    "cgroup": cgroups.make,
    "cgroup-enter": cgroups.enter,
    "load-device-rules": cgroups.load_device_rules,
    "device-rules": cgroups.apply_device_rules,
    "keyring": namespaces.new_keyring,
    "propagation": rootfs.set_propagation,
    "root": rootfs.attach_root,
    "root-propagation": rootfs.set_root_propagation,
    "mount": mounts.mount,
    "devices": devices.make_devices,
    "device-links": devices.make_links,
    "readonly": paths.make_readonly,
    "open-null": paths.open_null,
    "mask": paths.mask,
    "make-cwd": rootfs.make_directory,
    "pivot": rootfs.pivot,
    "readonly-root": rootfs.make_readonly,
    "session": process.new_session,
    "cwd": process.change_directory,
    "open-stub": process.open_stub,
    "find": process.find_executable,
    "rlimits": credentials.set_rlimits,
    "check-capabilities": credentials.check_capabilities,
    "credentials": credentials.drop_privileges,
    "exec": process.execute,
}
