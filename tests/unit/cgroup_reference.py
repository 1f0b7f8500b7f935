"""What a list of device rules means, said as plainly as possible, and lists to try it on."""

from __future__ import annotations

from hypothesis import strategies as st

from anocir.plan.devicerules import ANY, DeviceRule

# Few numbers, so that rules and devices often meet.
NUMBERS = (0, 1, 5)
KINDS = ("b", "c")
WANTED = ("r", "w", "m", "rw", "rm", "wm", "rwm")
# What version 1's controller is asked for: to open a device, or to make one (security/
# device_cgroup.c, devcgroup_inode_permission and devcgroup_inode_mknod).
ASKED = ("r", "w", "rw", "m")

LISTS = st.lists(
    st.tuples(
        st.booleans(),
        st.sampled_from(("a", *KINDS)),
        st.sampled_from((ANY, *NUMBERS[:2])),
        st.sampled_from((ANY, *NUMBERS[:2])),
        st.sampled_from(WANTED),
    ),
    max_size=7,
)

DEVICES = [(kind, major, minor) for kind in KINDS for major in NUMBERS for minor in NUMBERS]


def allowed(rules: list[DeviceRule], kind: str, major: int, minor: int, wanted: str) -> bool:
    """Every wanted access is decided by the last rule that names it; by none is a no."""
    for letter in wanted:
        verdict = False
        for allow, rule_kind, rule_major, rule_minor, access in rules:
            if (
                rule_kind in ("a", kind)
                and rule_major in (ANY, major)
                and rule_minor in (ANY, minor)
                and letter in access
            ):
                verdict = allow
        if not verdict:
            return False
    return True
