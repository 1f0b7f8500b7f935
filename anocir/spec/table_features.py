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

FEATURES_MAP: Node = (None, (dict, {}, (), (str, None, None)))
FEATURES_NAMESPACE_TYPE: Node = (str, ('pid', 'network', 'mount', 'ipc', 'uts', 'user', 'cgroup', 'time'), None)
FEATURES_CAPABILITY: Node = (str, None, ('^CAP_[A-Z_]+$(?!\\n)', (('C', True, 1, 1), ('A', True, 1, 1), ('P', True, 1, 1), ('_', True, 1, 1), ('ABCDEFGHIJKLMNOPQRSTUVWXYZ_', True, 1, None))))
FEATURES_CGROUP: Node = (None, (dict, {
    'v1': (None, (bool,)),
    'v2': (None, (bool,)),
    'systemd': (None, (bool,)),
    'systemdUser': (None, (bool,)),
    'rdma': (None, (bool,)),
}, (), None))
FEATURES_SECCOMP_ACTION: Node = (str, ('SCMP_ACT_KILL', 'SCMP_ACT_KILL_PROCESS', 'SCMP_ACT_KILL_THREAD', 'SCMP_ACT_TRAP', 'SCMP_ACT_ERRNO', 'SCMP_ACT_TRACE', 'SCMP_ACT_ALLOW', 'SCMP_ACT_LOG', 'SCMP_ACT_NOTIFY'), None)
FEATURES_SECCOMP_OPERATOR: Node = (str, ('SCMP_CMP_NE', 'SCMP_CMP_LT', 'SCMP_CMP_LE', 'SCMP_CMP_EQ', 'SCMP_CMP_GE', 'SCMP_CMP_GT', 'SCMP_CMP_MASKED_EQ'), None)
FEATURES_SECCOMP_ARCH: Node = (str, ('SCMP_ARCH_X86', 'SCMP_ARCH_X86_64', 'SCMP_ARCH_X32', 'SCMP_ARCH_ARM', 'SCMP_ARCH_AARCH64', 'SCMP_ARCH_LOONGARCH64', 'SCMP_ARCH_M68K', 'SCMP_ARCH_MIPS', 'SCMP_ARCH_MIPS64', 'SCMP_ARCH_MIPS64N32', 'SCMP_ARCH_MIPSEL', 'SCMP_ARCH_MIPSEL64', 'SCMP_ARCH_MIPSEL64N32', 'SCMP_ARCH_PPC', 'SCMP_ARCH_PPC64', 'SCMP_ARCH_PPC64LE', 'SCMP_ARCH_S390', 'SCMP_ARCH_S390X', 'SCMP_ARCH_SH', 'SCMP_ARCH_SHEB', 'SCMP_ARCH_PARISC', 'SCMP_ARCH_PARISC64', 'SCMP_ARCH_RISCV64'), None)
FEATURES_SECCOMP_FLAG: Node = (str, ('SECCOMP_FILTER_FLAG_TSYNC', 'SECCOMP_FILTER_FLAG_LOG', 'SECCOMP_FILTER_FLAG_SPEC_ALLOW', 'SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV'), None)
FEATURES_SECCOMP: Node = (None, (dict, {
    'enabled': (None, (bool,)),
    'actions': (None, (list, FEATURES_SECCOMP_ACTION, 0)),
    'operators': (None, (list, FEATURES_SECCOMP_OPERATOR, 0)),
    'archs': (None, (list, FEATURES_SECCOMP_ARCH, 0)),
    'knownFlags': (None, (list, FEATURES_SECCOMP_FLAG, 0)),
    'supportedFlags': (None, (list, FEATURES_SECCOMP_FLAG, 0)),
}, (), None))
FEATURES_ENABLED: Node = (None, (dict, {
    'enabled': (None, (bool,)),
}, (), None))
FEATURES_MEMORY_POLICY_MODE: Node = (str, ('MPOL_DEFAULT', 'MPOL_BIND', 'MPOL_INTERLEAVE', 'MPOL_WEIGHTED_INTERLEAVE', 'MPOL_PREFERRED', 'MPOL_PREFERRED_MANY', 'MPOL_LOCAL'), None)
FEATURES_MEMORY_POLICY_FLAG: Node = (str, ('MPOL_F_NUMA_BALANCING', 'MPOL_F_RELATIVE_NODES', 'MPOL_F_STATIC_NODES'), None)
FEATURES_MEMORY_POLICY: Node = (None, (dict, {
    'modes': (None, (list, FEATURES_MEMORY_POLICY_MODE, 0)),
    'flags': (None, (list, FEATURES_MEMORY_POLICY_FLAG, 0)),
}, (), None))
FEATURES_INTEL_RDT: Node = (None, (dict, {
    'enabled': (None, (bool,)),
    'schemata': (None, (bool,)),
    'monitoring': (None, (bool,)),
}, (), None))
FEATURES_MOUNT_EXTENSIONS: Node = (None, (dict, {
    'idmap': FEATURES_ENABLED,
}, (), None))
FEATURES_LINUX: Node = (None, (dict, {
    'namespaces': (None, (list, FEATURES_NAMESPACE_TYPE, 0)),
    'capabilities': (None, (list, FEATURES_CAPABILITY, 0)),
    'cgroup': FEATURES_CGROUP,
    'seccomp': FEATURES_SECCOMP,
    'apparmor': FEATURES_ENABLED,
    'selinux': FEATURES_ENABLED,
    'memoryPolicy': FEATURES_MEMORY_POLICY,
    'intelRdt': FEATURES_INTEL_RDT,
    'mountExtensions': FEATURES_MOUNT_EXTENSIONS,
    'netDevices': FEATURES_ENABLED,
}, (), None))
FEATURES: Node = (dict, {
    'ociVersionMin': (str, None, None),
    'ociVersionMax': (str, None, None),
    'hooks': (None, (list, (str, None, None), 0)),
    'mountOptions': (None, (list, (str, None, None), 0)),
    'annotations': FEATURES_MAP,
    'potentiallyUnsafeConfigAnnotations': (None, (list, (str, None, None), 0)),
    'linux': FEATURES_LINUX,
}, ('ociVersionMin', 'ociVersionMax'), None)
