"""The config.json that ``anocir spec`` writes: it runs as it is."""

from __future__ import annotations

from anocir.spec.rules import SPEC_VERSION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.spec.types import Config, Mount

CAPABILITIES = ("CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE")
NAMESPACES = ("pid", "network", "ipc", "uts", "mount", "cgroup")
MASKED = (
    "/proc/acpi",
    "/proc/asound",
    "/proc/kcore",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/timer_list",
    "/proc/timer_stats",
    "/proc/sched_debug",
    "/sys/firmware",
    "/proc/scsi",
)
READONLY = ("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger")
# (destination, type, source, options)
MOUNTS = (
    ("/proc", "proc", "proc", ()),
    ("/dev", "tmpfs", "tmpfs", ("nosuid", "strictatime", "mode=755", "size=65536k")),
    (
        "/dev/pts",
        "devpts",
        "devpts",
        ("nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"),
    ),
    ("/dev/shm", "tmpfs", "shm", ("nosuid", "noexec", "nodev", "mode=1777", "size=65536k")),
    ("/dev/mqueue", "mqueue", "mqueue", ("nosuid", "noexec", "nodev")),
    ("/sys", "sysfs", "sysfs", ("nosuid", "noexec", "nodev", "ro")),
    ("/sys/fs/cgroup", "cgroup", "cgroup", ("nosuid", "noexec", "nodev", "relatime", "ro")),
)


def default_config() -> Config:
    """Return a config for a shell in a read-only root, with few rights and no terminal."""
    return {
        "ociVersion": SPEC_VERSION,
        "process": {
            "terminal": False,
            "user": {"uid": 0, "gid": 0},
            "args": ["sh"],
            "env": [
                "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                "TERM=xterm",
            ],
            "cwd": "/",
            "capabilities": {
                "bounding": list(CAPABILITIES),
                "effective": list(CAPABILITIES),
                "permitted": list(CAPABILITIES),
            },
            "rlimits": [{"type": "RLIMIT_NOFILE", "hard": 1024, "soft": 1024}],
            "noNewPrivileges": True,
        },
        "root": {"path": "rootfs", "readonly": True},
        "hostname": "anocir",
        "mounts": [_mount(*mount) for mount in MOUNTS],
        "linux": {
            "resources": {"devices": [{"allow": False, "access": "rwm"}]},
            "namespaces": [{"type": kind} for kind in NAMESPACES],
            "maskedPaths": list(MASKED),
            "readonlyPaths": list(READONLY),
        },
    }


def rootless_config(uid: int, gid: int) -> Config:
    """Return the default config for an ordinary user, who is root in the container.

    There are no limits, since no cgroup is the user's, and the network is the host's: without
    rights over it nothing could be set up in a new one, and sysfs can't be mounted.
    """
    config = default_config()
    linux = config["linux"]
    del linux["resources"]
    linux["namespaces"] = [{"type": k} for k in (*NAMESPACES, "user") if k != "network"]
    linux["uidMappings"] = [{"containerID": 0, "hostID": uid, "size": 1}]
    linux["gidMappings"] = [{"containerID": 0, "hostID": gid, "size": 1}]
    options = ("rbind", "nosuid", "noexec", "nodev", "ro")
    config["mounts"] = [
        _mount("/sys", "none", "/sys", options) if mount["destination"] == "/sys" else mount
        for mount in config["mounts"]
    ]
    for mount in config["mounts"]:
        if mount["destination"] == "/dev/pts":
            # No group but the user's own exists in there.
            mount["options"].remove("gid=5")
    return config


def _mount(destination: str, kind: str, source: str, options: tuple[str, ...]) -> Mount:
    mount: Mount = {"destination": destination, "type": kind, "source": source}
    if options:
        mount["options"] = list(options)
    return mount
