"""The process that the user asked for (config.md, Process)."""

from __future__ import annotations

import os

from anocir.plan.plan import INIT, START, Step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.spec.types import Config

DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Program:
    """What to execute: the argument list, the environment, and where to start.

    ``search`` is the PATH that a name without a slash is looked up in: the container's own.
    """

    __slots__ = ("args", "cwd", "env", "search")

    def __init__(self, args: list[str], env: dict[str, str], cwd: str) -> None:
        self.args = args
        self.env = env
        self.cwd = cwd
        self.search = env.get("PATH", DEFAULT_PATH)


def parse(config: Config) -> Program | None:
    """Return the program of a config, or None when it has no ``process``."""
    process = config.get("process")
    if process is None:
        return None
    env = dict(split(entry) for entry in process.get("env", []))
    return Program(process["args"], env, os.path.normpath(process["cwd"]))


def split(entry: str) -> tuple[str, str]:
    """Return name and value of an entry of an environment."""
    name, _, value = entry.partition("=")
    return name, value


def plan_session(config: Config, container_id: str) -> list[Step]:
    """Return the step that comes before all others of the process."""
    return [Step(INIT, "session", "session", "a new one, with no terminal")]


def plan(config: Config, container_id: str) -> list[Step]:
    """Return the steps that `create` takes for the process, up to finding its program."""
    program = parse(config)
    if program is None:
        return []
    return [
        Step(INIT, "cwd", "working directory", program.cwd, program.cwd),
        Step(INIT, "find", "executable", program.args[0], program),
    ]


def plan_exec(config: Config, container_id: str) -> list[Step]:
    """Return the last step of all, which has no way back."""
    program = parse(config)
    text = "nothing: the config has no process" if program is None else " ".join(program.args)
    return [Step(START, "exec", "exec", text, program)]
