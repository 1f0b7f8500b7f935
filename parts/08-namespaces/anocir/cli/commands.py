"""The commands and their flags, as one table.

The parser and ``--help`` are made from it, so that they cannot disagree.
"""

from __future__ import annotations


class Flag:
    """An option: ``--name METAVAR``, or a switch when ``metavar`` is empty.

    A switch is ``False`` unless given. ``choices`` are the only values allowed (any, when empty).
    """

    __slots__ = ("choices", "default", "help", "metavar", "name", "short")

    def __init__(
        self,
        name: str,
        metavar: str,
        help: str,
        *,
        short: str = "",
        default: str | bool | None = None,
        choices: tuple[str, ...] = (),
    ) -> None:
        self.name = name
        self.metavar = metavar
        self.help = help
        self.short = short
        self.default = default if metavar else False
        self.choices = choices

    @property
    def dest(self) -> str:
        """The attribute that holds the value: ``--pid-file`` becomes ``pid_file``."""
        return self.name[2:].replace("-", "_")


class Argument:
    """A positional argument. One with a default may be left out."""

    __slots__ = ("default", "help", "name")

    def __init__(self, name: str, help: str, *, default: str | None = None) -> None:
        self.name = name
        self.help = help
        self.default = default

    @property
    def dest(self) -> str:
        """The attribute that holds the value: ``ID`` becomes ``id``."""
        return self.name.lower()


class Command:
    """A verb."""

    __slots__ = ("arguments", "description", "flags", "name", "summary")

    def __init__(
        self,
        name: str,
        summary: str,
        description: str,
        *,
        arguments: tuple[Argument, ...] = (),
        flags: tuple[Flag, ...] = (),
    ) -> None:
        self.name = name
        self.summary = summary
        self.description = description
        self.arguments = arguments
        self.flags = flags


ID = Argument("ID", "the container's name: letters, digits, and _ + . -")

BUNDLE = Flag(
    "--bundle", "DIR", "directory that holds config.json and the rootfs", short="-b", default="."
)
PID_FILE = Flag("--pid-file", "FILE", "write the pid of the container's process to FILE")
DRY_RUN = Flag("--dry-run", "", "print what would be done, step by step, and touch nothing")
FAIL_AT = Flag(
    "--fail-at",
    "STEP",
    "fail at the named step, to see what is undone (steps as --dry-run names them)",
)
GLOBALS = (
    Flag(
        "--root",
        "DIR",
        "where the state of containers is kept (default: /run/anocir, "
        "for other users than root $XDG_RUNTIME_DIR/anocir)",
    ),
    Flag("--log", "FILE", "append errors and warnings to FILE as well"),
    Flag(
        "--log-format",
        "FORMAT",
        "form of the lines in FILE: text or json",
        default="text",
        choices=("text", "json"),
    ),
    Flag("--debug", "", "log everything, and show a traceback when something fails"),
    Flag("--version", "", "show the versions and exit", short="-v"),
)

COMMANDS = (
    Command(
        "create",
        "make a container from a bundle; its process waits for start",
        "Checks the bundle's config.json, then makes the container: everything but the user's "
        "program, which waits for `anocir start`. When a step fails, the steps before it are "
        "undone and nothing is left behind.",
        arguments=(ID,),
        flags=(BUNDLE, PID_FILE, DRY_RUN, FAIL_AT),
    ),
    Command(
        "start",
        "run the program of a created container",
        "Lets the waiting process of a created container become the user's program. Returns when "
        "the program runs, or with an error when it cannot be executed.",
        arguments=(ID,),
    ),
    Command(
        "state",
        "print the state of a container as JSON",
        "Prints the state document of the OCI runtime specification: ociVersion, id, status, pid, "
        "bundle and annotations, and rootfs, created and owner beside them. The status is "
        "creating, created, running or stopped; the pid is 0 once the container is stopped.",
        arguments=(ID,),
    ),
    Command(
        "kill",
        "send a signal to a container's first process",
        "Sends a signal, SIGTERM unless another is named. A number, TERM, SIGTERM and sigterm are "
        "understood.",
        arguments=(ID, Argument("SIGNAL", "name or number of the signal", default="SIGTERM")),
        flags=(
            Flag(
                "--all",
                "",
                "signal every process of the container; no error when it has stopped",
                short="-a",
            ),
        ),
    ),
    Command(
        "delete",
        "remove a stopped container",
        "Removes what create made. A container that has not stopped is refused, unless --force is "
        "given. The bundle stays as it is.",
        arguments=(ID,),
        flags=(
            Flag(
                "--force",
                "",
                "kill the container first if need be; no error when there is none",
                short="-f",
            ),
        ),
    ),
    Command(
        "validate",
        "check a config.json, or a state document",
        "Checks a file against the OCI runtime specification, without making anything. Every "
        "broken rule is printed on a line of its own, with the JSON path of the value at fault. "
        "The exit status is 0 when the file is valid, and 1 when it is not.",
        arguments=(Argument("FILE", "file to check; - is standard input", default="config.json"),),
        flags=(Flag("--state", "", "FILE is what `anocir state` prints"),),
    ),
)
