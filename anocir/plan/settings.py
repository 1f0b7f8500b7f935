"""What few processes ask for: OOM score, scheduling, I/O priority, execution domain (config.md,
Linux Process; config-linux.md, Personality)."""

from __future__ import annotations

from anocir.linux import consts
from anocir.plan.plan import ATTACH, FINISH, INIT, Step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.spec.types import Config, Scheduler

POLICIES = {
    "SCHED_OTHER": consts.SCHED_NORMAL,
    "SCHED_FIFO": consts.SCHED_FIFO,
    "SCHED_RR": consts.SCHED_RR,
    "SCHED_BATCH": consts.SCHED_BATCH,
    "SCHED_ISO": consts.SCHED_ISO,
    "SCHED_IDLE": consts.SCHED_IDLE,
    "SCHED_DEADLINE": consts.SCHED_DEADLINE,
}
FLAGS = {
    "SCHED_FLAG_RESET_ON_FORK": consts.SCHED_FLAG_RESET_ON_FORK,
    "SCHED_FLAG_RECLAIM": consts.SCHED_FLAG_RECLAIM,
    "SCHED_FLAG_DL_OVERRUN": consts.SCHED_FLAG_DL_OVERRUN,
    "SCHED_FLAG_KEEP_POLICY": consts.SCHED_FLAG_KEEP_POLICY,
    "SCHED_FLAG_KEEP_PARAMS": consts.SCHED_FLAG_KEEP_PARAMS,
    "SCHED_FLAG_UTIL_CLAMP_MIN": consts.SCHED_FLAG_UTIL_CLAMP_MIN,
    "SCHED_FLAG_UTIL_CLAMP_MAX": consts.SCHED_FLAG_UTIL_CLAMP_MAX,
}
IO_CLASSES = {
    "IOPRIO_CLASS_RT": consts.IOPRIO_CLASS_RT,
    "IOPRIO_CLASS_BE": consts.IOPRIO_CLASS_BE,
    "IOPRIO_CLASS_IDLE": consts.IOPRIO_CLASS_IDLE,
}
DOMAINS = {"LINUX": consts.PER_LINUX, "LINUX32": consts.PER_LINUX32}


class Scheduling:
    """The arguments of sched_setattr(2); ``times`` are runtime, deadline and period, in ns."""

    __slots__ = ("flags", "nice", "policy", "priority", "times")

    def __init__(self, wanted: Scheduler) -> None:
        self.policy = POLICIES[wanted["policy"]]
        self.flags = 0
        for name in wanted.get("flags", []):
            self.flags |= FLAGS[name]
        self.nice = wanted.get("nice", 0)
        self.priority = wanted.get("priority", 0)
        self.times = wanted.get("runtime", 0), wanted.get("deadline", 0), wanted.get("period", 0)


def plan(config: Config, container_id: str) -> list[Step]:
    """Return a step for each of these settings that the config makes.

    All but the execution domain are set by the runtime from outside: in a user namespace the
    process itself would not have the rights, and scheduling comes last, so that the work on the
    container goes on at the usual speed.
    """
    steps = []
    process = config.get("process")
    if process is not None:
        score = process.get("oomScoreAdj")
        if score is not None:
            steps.append(Step(ATTACH, "oom-score", "OOM score", f"adjust by {score}", score))
        if "scheduler" in process:
            policy = process["scheduler"]["policy"]
            data = Scheduling(process["scheduler"])
            steps.append(Step(FINISH, "scheduler", "scheduler", policy, data))
        if "ioPriority" in process:
            name, level = process["ioPriority"]["class"], process["ioPriority"]["priority"]
            io = IO_CLASSES[name], level
            steps.append(Step(FINISH, "io-priority", "I/O priority", f"{name} {level}", io))
    personality = config.get("linux", {}).get("personality")
    if personality is not None:
        domain = personality["domain"]
        steps.append(Step(INIT, "personality", "personality", domain, DOMAINS[domain]))
    return steps
