"""JSON Schema documents as tuples: made by tools/schema_table.py, not to be edited.

A node begins with the Python type that the value must have:

    (bool,)
    (int, minimum, maximum)
    (str, values of an enum, (pattern, pieces of the pattern))
    (list, node of every item, least number of items)
    (dict, {name: node}, required names, node of every other name)

(None, node) is null, or what the node says. In other places None stands for "anything". A piece of
a pattern is (characters, True when these are the ones allowed, least number, greatest or None).
"""
# fmt: off
# ruff: noqa: E501

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Node = tuple[Any, ...]

INT32: Node = (int, -2147483648, 2147483647)
INT64: Node = (int, -9223372036854775808, 9223372036854775807)
UINT16: Node = (int, 0, 65535)
UINT32: Node = (int, 0, 4294967295)
UINT64: Node = (int, 0, 18446744073709551615)
ID: Node = (int, 0, 4294967294)
STRINGS: Node = (list, (str, None, None), 0)
MAP: Node = (dict, {}, (), (str, None, None))
CPU_LIST: Node = (str, None, ('^[0-9, -]*$(?!\\n)', (('0123456789, -', True, 0, None),)))
LINE: Node = (str, None, ('^[^\\n]*$(?!\\n)', (('\n', False, 0, None),)))
ROOT: Node = (dict, {
    'path': (str, None, None),
    'readonly': (bool,),
}, ('path',), None)
ID_MAPPING: Node = (dict, {
    'containerID': ID,
    'hostID': ID,
    'size': UINT32,
}, ('containerID', 'hostID', 'size'), None)
MOUNT: Node = (dict, {
    'destination': (str, None, None),
    'type': (str, None, None),
    'source': (str, None, None),
    'options': STRINGS,
    'uidMappings': (list, ID_MAPPING, 0),
    'gidMappings': (list, ID_MAPPING, 0),
}, ('destination',), None)
CONSOLE_SIZE: Node = (dict, {
    'height': UINT64,
    'width': UINT64,
}, ('height', 'width'), None)
USER: Node = (dict, {
    'uid': ID,
    'gid': ID,
    'umask': UINT32,
    'additionalGids': (list, ID, 0),
    'username': (str, None, None),
}, (), None)
CAPABILITIES: Node = (dict, {
    'bounding': STRINGS,
    'permitted': STRINGS,
    'effective': STRINGS,
    'inheritable': STRINGS,
    'ambient': STRINGS,
}, (), None)
RLIMIT: Node = (dict, {
    'type': (str, ('RLIMIT_AS', 'RLIMIT_CORE', 'RLIMIT_CPU', 'RLIMIT_DATA', 'RLIMIT_FSIZE', 'RLIMIT_LOCKS', 'RLIMIT_MEMLOCK', 'RLIMIT_MSGQUEUE', 'RLIMIT_NICE', 'RLIMIT_NOFILE', 'RLIMIT_NPROC', 'RLIMIT_RSS', 'RLIMIT_RTPRIO', 'RLIMIT_RTTIME', 'RLIMIT_SIGPENDING', 'RLIMIT_STACK'), None),
    'soft': UINT64,
    'hard': UINT64,
}, ('type', 'soft', 'hard'), None)
SCHEDULER_FLAG: Node = (str, ('SCHED_FLAG_RESET_ON_FORK', 'SCHED_FLAG_RECLAIM', 'SCHED_FLAG_DL_OVERRUN', 'SCHED_FLAG_KEEP_POLICY', 'SCHED_FLAG_KEEP_PARAMS', 'SCHED_FLAG_UTIL_CLAMP_MIN', 'SCHED_FLAG_UTIL_CLAMP_MAX'), None)
SCHEDULER: Node = (dict, {
    'policy': (str, ('SCHED_OTHER', 'SCHED_FIFO', 'SCHED_RR', 'SCHED_BATCH', 'SCHED_ISO', 'SCHED_IDLE', 'SCHED_DEADLINE'), None),
    'nice': INT32,
    'priority': INT32,
    'flags': (list, SCHEDULER_FLAG, 0),
    'runtime': UINT64,
    'deadline': UINT64,
    'period': UINT64,
}, ('policy',), None)
IO_PRIORITY: Node = (dict, {
    'class': (str, ('IOPRIO_CLASS_RT', 'IOPRIO_CLASS_BE', 'IOPRIO_CLASS_IDLE'), None),
    'priority': (int, 0, 7),
}, ('class', 'priority'), None)
EXEC_CPU_AFFINITY: Node = (dict, {
    'initial': CPU_LIST,
    'final': CPU_LIST,
}, (), None)
PROCESS: Node = (dict, {
    'terminal': (bool,),
    'consoleSize': CONSOLE_SIZE,
    'cwd': (str, None, None),
    'env': STRINGS,
    'args': STRINGS,
    'commandLine': (str, None, None),
    'user': USER,
    'capabilities': CAPABILITIES,
    'rlimits': (list, RLIMIT, 0),
    'noNewPrivileges': (bool,),
    'apparmorProfile': (str, None, None),
    'selinuxLabel': (str, None, None),
    'oomScoreAdj': (int, -1000, 1000),
    'scheduler': SCHEDULER,
    'ioPriority': IO_PRIORITY,
    'execCPUAffinity': EXEC_CPU_AFFINITY,
}, ('cwd',), None)
HOOK: Node = (dict, {
    'path': (str, None, None),
    'args': STRINGS,
    'env': STRINGS,
    'timeout': (int, 1, None),
}, ('path',), None)
HOOK_LIST: Node = (list, HOOK, 0)
HOOKS: Node = (dict, {
    'prestart': HOOK_LIST,
    'createRuntime': HOOK_LIST,
    'createContainer': HOOK_LIST,
    'startContainer': HOOK_LIST,
    'poststart': HOOK_LIST,
    'poststop': HOOK_LIST,
}, (), None)
NAMESPACE: Node = (dict, {
    'type': (str, ('pid', 'network', 'mount', 'ipc', 'uts', 'user', 'cgroup', 'time'), None),
    'path': (str, None, None),
}, ('type',), None)
TIME_OFFSET: Node = (dict, {
    'secs': INT64,
    'nanosecs': UINT32,
}, (), None)
TIME_OFFSETS: Node = (dict, {
    'monotonic': TIME_OFFSET,
    'boottime': TIME_OFFSET,
}, (), None)
DEVICE: Node = (dict, {
    'type': (str, ('b', 'c', 'p', 'u'), None),
    'path': (str, None, None),
    'major': INT64,
    'minor': INT64,
    'fileMode': UINT32,
    'uid': ID,
    'gid': ID,
}, ('type', 'path'), None)
NET_DEVICE: Node = (dict, {
    'name': (str, None, None),
}, (), None)
DEVICE_RULE: Node = (dict, {
    'allow': (bool,),
    'type': (str, ('a', 'b', 'c'), None),
    'major': INT64,
    'minor': INT64,
    'access': (str, None, ('^[rwm]*$(?!\\n)', (('rwm', True, 0, None),))),
}, ('allow',), None)
MEMORY: Node = (dict, {
    'limit': INT64,
    'reservation': INT64,
    'swap': INT64,
    'kernel': INT64,
    'kernelTCP': INT64,
    'swappiness': (int, 0, 100),
    'disableOOMKiller': (bool,),
    'useHierarchy': (bool,),
    'checkBeforeUpdate': (bool,),
}, (), None)
CPU: Node = (dict, {
    'shares': UINT64,
    'quota': INT64,
    'burst': UINT64,
    'period': UINT64,
    'realtimeRuntime': INT64,
    'realtimePeriod': UINT64,
    'cpus': (str, None, None),
    'mems': (str, None, None),
    'idle': INT64,
}, (), None)
PIDS: Node = (dict, {
    'limit': INT64,
}, ('limit',), None)
WEIGHT_DEVICE: Node = (dict, {
    'major': INT64,
    'minor': INT64,
    'weight': UINT16,
    'leafWeight': UINT16,
}, ('major', 'minor'), None)
THROTTLE_DEVICE: Node = (dict, {
    'major': INT64,
    'minor': INT64,
    'rate': UINT64,
}, ('major', 'minor', 'rate'), None)
BLOCK_IO: Node = (dict, {
    'weight': UINT16,
    'leafWeight': UINT16,
    'weightDevice': (list, WEIGHT_DEVICE, 0),
    'throttleReadBpsDevice': (list, THROTTLE_DEVICE, 0),
    'throttleWriteBpsDevice': (list, THROTTLE_DEVICE, 0),
    'throttleReadIOPSDevice': (list, THROTTLE_DEVICE, 0),
    'throttleWriteIOPSDevice': (list, THROTTLE_DEVICE, 0),
}, (), None)
HUGEPAGE_LIMIT: Node = (dict, {
    'pageSize': (str, None, ('^[1-9][0-9]*[KMG]B$(?!\\n)', (('123456789', True, 1, 1), ('0123456789', True, 0, None), ('KMG', True, 1, 1), ('B', True, 1, 1)))),
    'limit': UINT64,
}, ('pageSize', 'limit'), None)
INTERFACE_PRIORITY: Node = (dict, {
    'name': (str, None, None),
    'priority': UINT32,
}, ('name', 'priority'), None)
NETWORK: Node = (dict, {
    'classID': UINT32,
    'priorities': (list, INTERFACE_PRIORITY, 0),
}, (), None)
RDMA: Node = (dict, {
    'hcaHandles': UINT32,
    'hcaObjects': UINT32,
}, (), None)
RESOURCES: Node = (dict, {
    'unified': MAP,
    'devices': (list, DEVICE_RULE, 0),
    'memory': MEMORY,
    'cpu': CPU,
    'pids': PIDS,
    'blockIO': BLOCK_IO,
    'hugepageLimits': (list, HUGEPAGE_LIMIT, 0),
    'network': NETWORK,
    'rdma': (dict, {}, (), RDMA),
}, (), None)
INTEL_RDT: Node = (dict, {
    'closID': (str, None, None),
    'schemata': (list, LINE, 0),
    'l3CacheSchema': (str, None, None),
    'memBwSchema': (str, None, ('^MB:[^\\n]*$(?!\\n)', (('M', True, 1, 1), ('B', True, 1, 1), (':', True, 1, 1), ('\n', False, 0, None)))),
    'enableMonitoring': (bool,),
}, (), None)
SECCOMP_ACTION: Node = (str, ('SCMP_ACT_KILL', 'SCMP_ACT_KILL_PROCESS', 'SCMP_ACT_KILL_THREAD', 'SCMP_ACT_TRAP', 'SCMP_ACT_ERRNO', 'SCMP_ACT_TRACE', 'SCMP_ACT_ALLOW', 'SCMP_ACT_LOG', 'SCMP_ACT_NOTIFY'), None)
SECCOMP_ARCH: Node = (str, ('SCMP_ARCH_X86', 'SCMP_ARCH_X86_64', 'SCMP_ARCH_X32', 'SCMP_ARCH_ARM', 'SCMP_ARCH_AARCH64', 'SCMP_ARCH_LOONGARCH64', 'SCMP_ARCH_M68K', 'SCMP_ARCH_MIPS', 'SCMP_ARCH_MIPS64', 'SCMP_ARCH_MIPS64N32', 'SCMP_ARCH_MIPSEL', 'SCMP_ARCH_MIPSEL64', 'SCMP_ARCH_MIPSEL64N32', 'SCMP_ARCH_PPC', 'SCMP_ARCH_PPC64', 'SCMP_ARCH_PPC64LE', 'SCMP_ARCH_S390', 'SCMP_ARCH_S390X', 'SCMP_ARCH_SH', 'SCMP_ARCH_SHEB', 'SCMP_ARCH_PARISC', 'SCMP_ARCH_PARISC64', 'SCMP_ARCH_RISCV64'), None)
SECCOMP_FLAG: Node = (str, ('SECCOMP_FILTER_FLAG_TSYNC', 'SECCOMP_FILTER_FLAG_LOG', 'SECCOMP_FILTER_FLAG_SPEC_ALLOW', 'SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV'), None)
SYSCALL_ARG: Node = (dict, {
    'index': UINT32,
    'value': UINT64,
    'valueTwo': UINT64,
    'op': (str, ('SCMP_CMP_NE', 'SCMP_CMP_LT', 'SCMP_CMP_LE', 'SCMP_CMP_EQ', 'SCMP_CMP_GE', 'SCMP_CMP_GT', 'SCMP_CMP_MASKED_EQ'), None),
}, ('index', 'value', 'op'), None)
SYSCALL_RULE: Node = (dict, {
    'names': (list, (str, None, None), 1),
    'action': SECCOMP_ACTION,
    'errnoRet': UINT32,
    'args': (list, SYSCALL_ARG, 0),
}, ('names', 'action'), None)
SECCOMP: Node = (dict, {
    'defaultAction': SECCOMP_ACTION,
    'defaultErrnoRet': UINT32,
    'architectures': (list, SECCOMP_ARCH, 0),
    'flags': (list, SECCOMP_FLAG, 0),
    'listenerPath': (str, None, None),
    'listenerMetadata': (str, None, None),
    'syscalls': (list, SYSCALL_RULE, 0),
}, ('defaultAction',), None)
MEMORY_POLICY_FLAG: Node = (str, ('MPOL_F_NUMA_BALANCING', 'MPOL_F_RELATIVE_NODES', 'MPOL_F_STATIC_NODES'), None)
MEMORY_POLICY: Node = (dict, {
    'mode': (str, ('MPOL_DEFAULT', 'MPOL_BIND', 'MPOL_INTERLEAVE', 'MPOL_WEIGHTED_INTERLEAVE', 'MPOL_PREFERRED', 'MPOL_PREFERRED_MANY', 'MPOL_LOCAL'), None),
    'nodes': (str, None, None),
    'flags': (list, MEMORY_POLICY_FLAG, 0),
}, ('mode',), None)
PERSONALITY: Node = (dict, {
    'domain': (str, ('LINUX', 'LINUX32'), None),
    'flags': STRINGS,
}, ('domain',), None)
LINUX: Node = (dict, {
    'namespaces': (list, NAMESPACE, 0),
    'uidMappings': (list, ID_MAPPING, 0),
    'gidMappings': (list, ID_MAPPING, 0),
    'timeOffsets': TIME_OFFSETS,
    'devices': (list, DEVICE, 0),
    'netDevices': (dict, {}, (), NET_DEVICE),
    'cgroupsPath': (str, None, None),
    'resources': RESOURCES,
    'intelRdt': INTEL_RDT,
    'sysctl': MAP,
    'seccomp': SECCOMP,
    'rootfsPropagation': (str, ('private', 'rprivate', 'shared', 'rshared', 'slave', 'rslave', 'unbindable', 'runbindable'), None),
    'maskedPaths': STRINGS,
    'readonlyPaths': STRINGS,
    'mountLabel': (str, None, None),
    'memoryPolicy': MEMORY_POLICY,
    'personality': PERSONALITY,
}, (), None)
CONFIG: Node = (dict, {
    'ociVersion': (str, None, None),
    'root': ROOT,
    'process': PROCESS,
    'hostname': (str, None, None),
    'domainname': (str, None, None),
    'mounts': (list, MOUNT, 0),
    'hooks': HOOKS,
    'annotations': MAP,
    'linux': LINUX,
    'windows': (dict, {}, (), None),
    'solaris': (dict, {}, (), None),
    'vm': (dict, {}, (), None),
    'zos': (dict, {}, (), None),
    'freebsd': (dict, {}, (), None),
}, ('ociVersion',), None)
STATE_MAP: Node = (dict, {}, (), (str, None, None))
STATE: Node = (dict, {
    'ociVersion': (str, None, None),
    'id': (str, None, None),
    'status': (str, ('creating', 'created', 'running', 'paused', 'stopped'), None),
    'pid': (int, 0, None),
    'bundle': (str, None, None),
    'annotations': STATE_MAP,
    'rootfs': (str, None, None),
    'created': (str, None, None),
    'owner': (str, None, None),
}, ('ociVersion', 'id', 'status', 'bundle'), None)
