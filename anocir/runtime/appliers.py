"""Which function does which kind of step.

A function that few containers need is named instead, as ``module.function`` of this package, and
loaded only for a plan that has its kind of step.
"""

from __future__ import annotations

from anocir.runtime import (
    cgroupmount,
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
    from anocir.plan.plan import Plan
    from anocir.runtime.context import Applier

APPLIERS: dict[str, Applier | str] = {
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
    "domainname": namespaces.set_domainname,
    "check-time": "timens.check_kernel",
    "time-offsets": "timens.set_offsets",
    "sources": "userns.open_sources",
    "middle": "userns.use_middle",
    "id-maps": "userns.write_maps",
    "become-root": "userns.become_root",
    "outer-rlimits": "userns.set_rlimits",
    "cgroup": cgroups.make,
    "cgroup-enter": cgroups.enter,
    "load-device-rules": cgroups.load_device_rules,
    "device-rules": cgroups.apply_device_rules,
    "cgroup-owner": "ownership.give",
    "load-limits": "limits.load",
    "limits": "limits.apply",
    "copy-pages": "pages.copy",
    "keyring": namespaces.new_keyring,
    "propagation": rootfs.set_propagation,
    "root": rootfs.attach_root,
    "root-propagation": rootfs.set_root_propagation,
    "mount": mounts.mount,
    "mount-cgroup": cgroupmount.mount,
    "mount-long": "longmount.mount",
    "mount-copyup": "copyup.mount",
    "id-map": "idmounts.prepare",
    "mount-idmapped": "idmounts.mount",
    "mount-label": "mountlabel.take",
    "remount": "remount.change",
    "devices": devices.make_devices,
    "device-links": devices.make_links,
    "device-nodes": "nodes.make",
    "readonly": paths.make_readonly,
    "open-null": paths.open_null,
    "mask": paths.mask,
    "make-cwd": rootfs.make_directory,
    "pivot": rootfs.pivot,
    "open-mount-namespace": "mountns.open_namespace",
    "enter-mount-namespace": "mountns.enter",
    "chroot": "chroot.move",
    "readonly-root": rootfs.make_readonly,
    "session": process.new_session,
    "cwd": process.change_directory,
    "open-stub": process.open_stub,
    "find": process.find_executable,
    "rlimits": credentials.set_rlimits,
    "check-capabilities": credentials.check_capabilities,
    "seccomp-filter": "seccomp.make_filter",
    "seccomp": "seccomp.load",
    "seccomp-listener": "listener.load",
    "credentials": credentials.drop_privileges,
    "keep-hooks": "hooks.keep",
    "runtime-hooks": "hooks.ask",
    "container-hooks": "hooks.run_in_namespaces",
    "start-hooks": "hooks.run_in_container",
    "exec": process.execute,
    "console-socket": "console.open_socket",
    "console": "console.open_terminal",
    "take-terminal": "console.take_terminal",
    "oom-score": "settings.adjust_oom_score",
    "scheduler": "settings.set_scheduler",
    "io-priority": "settings.set_io_priority",
    "personality": "settings.set_personality",
    "note-namespaces": "sysctl.note_namespaces",
    "sysctl": "sysctl.set_parameters",
    "open-proc": "labels.open_proc",
    "check-label": "labels.check",
    "exec-label": "labels.set_label",
}


def needed(plan: Plan) -> dict[str, Applier]:
    """Return the function for each kind of step in a plan.

    Called before the container's process is made, which imports nothing any more.
    """
    return {step.kind: _loaded(APPLIERS[step.kind]) for step in plan.steps}


def _loaded(applier: Applier | str) -> Applier:
    if not isinstance(applier, str):
        return applier
    module, _, function = applier.partition(".")
    loaded = __import__(f"anocir.runtime.{module}", fromlist=(function,))
    found: Applier = getattr(loaded, function)
    return found
