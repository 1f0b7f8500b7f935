"""The shapes of config.json, of state and of features documents, for the type checker alone.

Modules import this under ``if TYPE_CHECKING:``; at run time a config is the plain dict that
JSON gives. ``schema/config.json`` is the law: a property that a function reads is listed here
under the same name.
"""

from __future__ import annotations

from typing import Literal, NotRequired, Required, TypedDict

CapabilitySet = Literal["bounding", "permitted", "effective", "inheritable", "ambient"]
Clock = Literal["monotonic", "boottime"]
HookPoint = Literal[
    "prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"
]


class Root(TypedDict):
    path: str
    readonly: NotRequired[bool]


class IdMapping(TypedDict):
    containerID: int
    hostID: int
    size: int


class Mount(TypedDict, total=False):
    destination: Required[str]
    type: str
    source: str
    options: list[str]
    uidMappings: list[IdMapping]
    gidMappings: list[IdMapping]


class ConsoleSize(TypedDict):
    height: int
    width: int


class User(TypedDict, total=False):
    uid: int
    gid: int
    umask: int
    additionalGids: list[int]
    username: str


class Capabilities(TypedDict, total=False):
    bounding: list[str]
    permitted: list[str]
    effective: list[str]
    inheritable: list[str]
    ambient: list[str]


class Rlimit(TypedDict):
    type: str
    soft: int
    hard: int


class Scheduler(TypedDict, total=False):
    policy: Required[str]
    nice: int
    priority: int
    flags: list[str]
    runtime: int
    deadline: int
    period: int


IoPriority = TypedDict("IoPriority", {"class": str, "priority": int})


class ExecCPUAffinity(TypedDict, total=False):
    initial: str
    final: str


class Process(TypedDict, total=False):
    cwd: Required[str]
    args: list[str]
    env: list[str]
    terminal: bool
    consoleSize: ConsoleSize
    commandLine: str
    user: User
    capabilities: Capabilities
    rlimits: list[Rlimit]
    noNewPrivileges: bool
    apparmorProfile: str
    selinuxLabel: str
    oomScoreAdj: int
    scheduler: Scheduler
    ioPriority: IoPriority
    execCPUAffinity: ExecCPUAffinity


class Hook(TypedDict, total=False):
    path: Required[str]
    args: list[str]
    env: list[str]
    timeout: int


class Hooks(TypedDict, total=False):
    prestart: list[Hook]
    createRuntime: list[Hook]
    createContainer: list[Hook]
    startContainer: list[Hook]
    poststart: list[Hook]
    poststop: list[Hook]


class Namespace(TypedDict):
    type: str
    path: NotRequired[str]


class TimeOffset(TypedDict, total=False):
    secs: int
    nanosecs: int


class TimeOffsets(TypedDict, total=False):
    monotonic: TimeOffset
    boottime: TimeOffset


class Device(TypedDict, total=False):
    type: Required[str]
    path: Required[str]
    major: int
    minor: int
    fileMode: int
    uid: int
    gid: int


class NetDevice(TypedDict, total=False):
    name: str


class DeviceRule(TypedDict, total=False):
    allow: Required[bool]
    type: str
    major: int
    minor: int
    access: str


class Memory(TypedDict, total=False):
    limit: int
    reservation: int
    swap: int
    kernel: int
    kernelTCP: int
    swappiness: int
    disableOOMKiller: bool
    useHierarchy: bool
    checkBeforeUpdate: bool


class Cpu(TypedDict, total=False):
    shares: int
    quota: int
    burst: int
    period: int
    realtimeRuntime: int
    realtimePeriod: int
    cpus: str
    mems: str
    idle: int


class Pids(TypedDict):
    limit: int


class WeightDevice(TypedDict):
    major: int
    minor: int
    weight: NotRequired[int]
    leafWeight: NotRequired[int]


class ThrottleDevice(TypedDict):
    major: int
    minor: int
    rate: int


class BlockIO(TypedDict, total=False):
    weight: int
    leafWeight: int
    weightDevice: list[WeightDevice]
    throttleReadBpsDevice: list[ThrottleDevice]
    throttleWriteBpsDevice: list[ThrottleDevice]
    throttleReadIOPSDevice: list[ThrottleDevice]
    throttleWriteIOPSDevice: list[ThrottleDevice]


class HugepageLimit(TypedDict):
    pageSize: str
    limit: int


class InterfacePriority(TypedDict):
    name: str
    priority: int


class Network(TypedDict, total=False):
    classID: int
    priorities: list[InterfacePriority]


class Rdma(TypedDict, total=False):
    hcaHandles: int
    hcaObjects: int


class Resources(TypedDict, total=False):
    unified: dict[str, str]
    devices: list[DeviceRule]
    memory: Memory
    cpu: Cpu
    pids: Pids
    blockIO: BlockIO
    hugepageLimits: list[HugepageLimit]
    network: Network
    rdma: dict[str, Rdma]


class IntelRdt(TypedDict, total=False):
    closID: str
    schemata: list[str]
    l3CacheSchema: str
    memBwSchema: str
    enableMonitoring: bool


class SyscallArg(TypedDict):
    index: int
    value: int
    valueTwo: NotRequired[int]
    op: str


class SyscallRule(TypedDict):
    names: list[str]
    action: str
    errnoRet: NotRequired[int]
    args: NotRequired[list[SyscallArg]]


class Seccomp(TypedDict, total=False):
    defaultAction: Required[str]
    defaultErrnoRet: int
    architectures: list[str]
    flags: list[str]
    listenerPath: str
    listenerMetadata: str
    syscalls: list[SyscallRule]


class MemoryPolicy(TypedDict, total=False):
    mode: Required[str]
    nodes: str
    flags: list[str]


class Personality(TypedDict):
    domain: str
    flags: NotRequired[list[str]]


class Linux(TypedDict, total=False):
    namespaces: list[Namespace]
    uidMappings: list[IdMapping]
    gidMappings: list[IdMapping]
    timeOffsets: TimeOffsets
    devices: list[Device]
    netDevices: dict[str, NetDevice]
    cgroupsPath: str
    resources: Resources
    intelRdt: IntelRdt
    sysctl: dict[str, str]
    seccomp: Seccomp
    rootfsPropagation: str
    maskedPaths: list[str]
    readonlyPaths: list[str]
    mountLabel: str
    memoryPolicy: MemoryPolicy
    personality: Personality


class Config(TypedDict, total=False):
    ociVersion: Required[str]
    root: Root
    process: Process
    hostname: str
    domainname: str
    mounts: list[Mount]
    hooks: Hooks
    annotations: dict[str, str]
    linux: Linux


class State(TypedDict):
    ociVersion: str
    id: str
    status: str
    bundle: str
    pid: NotRequired[int]
    annotations: NotRequired[dict[str, str]]
    rootfs: NotRequired[str]
    created: NotRequired[str]
    owner: NotRequired[str]


class CgroupFeatures(TypedDict, total=False):
    v1: bool | None
    v2: bool | None
    systemd: bool | None
    systemdUser: bool | None
    rdma: bool | None


class SeccompFeatures(TypedDict, total=False):
    enabled: bool | None
    actions: list[str] | None
    operators: list[str] | None
    archs: list[str] | None
    knownFlags: list[str] | None
    supportedFlags: list[str] | None


class EnabledFeature(TypedDict, total=False):
    enabled: bool | None


class MemoryPolicyFeatures(TypedDict, total=False):
    modes: list[str] | None
    flags: list[str] | None


class IntelRdtFeatures(TypedDict, total=False):
    enabled: bool | None
    schemata: bool | None
    monitoring: bool | None


class MountExtensions(TypedDict, total=False):
    idmap: EnabledFeature | None


class LinuxFeatures(TypedDict, total=False):
    namespaces: list[str] | None
    capabilities: list[str] | None
    cgroup: CgroupFeatures | None
    seccomp: SeccompFeatures | None
    apparmor: EnabledFeature | None
    selinux: EnabledFeature | None
    memoryPolicy: MemoryPolicyFeatures | None
    intelRdt: IntelRdtFeatures | None
    mountExtensions: MountExtensions | None
    netDevices: EnabledFeature | None


class Features(TypedDict, total=False):
    ociVersionMin: Required[str]
    ociVersionMax: Required[str]
    hooks: list[str] | None
    mountOptions: list[str] | None
    annotations: dict[str, str] | None
    potentiallyUnsafeConfigAnnotations: list[str] | None
    linux: LinuxFeatures | None
