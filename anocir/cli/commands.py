"""The commands and their flags, as one table.

The parser, ``--help``, the man page, the shell completions and the reference page are all made
from it, so that they cannot disagree.
"""

from __future__ import annotations


class Flag:
    """An option: ``--name METAVAR``, or a switch when ``metavar`` is empty.

    A switch is ``False`` unless given. ``choices`` are the only values allowed (any, when empty).
    ``hidden`` flags are left out of ``--help`` and stay in every other place. ``dest`` is for a
    global flag that a command has too.
    """

    __slots__ = ("_dest", "choices", "default", "help", "hidden", "metavar", "name", "short")

    def __init__(
        self,
        name: str,
        metavar: str,
        help: str,
        *,
        short: str = "",
        default: str | bool | None = None,
        choices: tuple[str, ...] = (),
        hidden: bool = False,
        dest: str = "",
    ) -> None:
        self.name = name
        self._dest = dest
        self.metavar = metavar
        self.help = help
        self.short = short
        self.default = default if metavar else False
        self.choices = choices
        self.hidden = hidden

    @property
    def dest(self) -> str:
        """The attribute that holds the value: ``--pid-file`` becomes ``pid_file``."""
        return self._dest or self.name[2:].replace("-", "_")


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
    """A verb. ``flags_first``: everything after the first argument is an argument, too."""

    __slots__ = ("arguments", "description", "examples", "flags", "flags_first", "name", "summary")

    def __init__(
        self,
        name: str,
        summary: str,
        description: str,
        *,
        arguments: tuple[Argument, ...] = (),
        flags: tuple[Flag, ...] = (),
        flags_first: bool = False,
        examples: tuple[tuple[str, str], ...] = (),
    ) -> None:
        self.name = name
        self.summary = summary
        self.description = description
        self.arguments = arguments
        self.flags = flags
        self.flags_first = flags_first
        self.examples = examples


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
    hidden=True,
)
CONSOLE_SOCKET = Flag(
    "--console-socket",
    "PATH",
    "send the container's terminal to the unix socket at PATH; needed with process.terminal, "
    "unless run stays in the foreground",
)
NO_PIVOT = Flag(
    "--no-pivot",
    "",
    "change the root by a move and chroot, for a host whose root is a ramdisk. Weaker: the host's "
    "files stay mounted below, and a program that may unmount (CAP_SYS_ADMIN) can reach them",
    hidden=True,
)
NO_NEW_KEYRING = Flag("--no-new-keyring", "", "keep the caller's session keyring")
PRESERVE_FDS = Flag(
    "--preserve-fds",
    "N",
    "pass the caller's descriptors 3 to 2+N on to the program; with socket activation "
    "(LISTEN_FDS), those after its sockets",
    default="0",
)

CREATE_FLAGS = (
    BUNDLE,
    PID_FILE,
    DRY_RUN,
    CONSOLE_SOCKET,
    NO_PIVOT,
    NO_NEW_KEYRING,
    PRESERVE_FDS,
    FAIL_AT,
)

HELP = Flag("--help", "", "show help and exit", short="-h")

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
    Flag(
        "--log-level",
        "LEVEL",
        "least level that is logged: debug, info, warning or error",
        default="warning",
        choices=("debug", "info", "warning", "error"),
    ),
    Flag("--debug", "", "log everything, and show a traceback when something fails"),
    Flag(
        "--cgroup-manager",
        "NAME",
        "who makes the control groups; only cgroupfs is supported yet",
        default="cgroupfs",
        choices=("cgroupfs", "systemd", "disabled"),
        hidden=True,
    ),
    Flag(
        "--systemd-cgroup",
        "",
        "have systemd make the control groups: refused by create and run",
        hidden=True,
    ),
    Flag(
        "--rootless",
        "VALUE",
        "accepted: what a user may do is found out",
        hidden=True,
        dest="rootless_mode",
    ),
    Flag("--criu", "PATH", "accepted and ignored, for old engines", hidden=True),
    Flag("--version", "", "show the versions and exit", short="-v"),
    HELP,
)

COMMANDS = (
    Command(
        "create",
        "make a container from a bundle; its process waits for start",
        "Checks the bundle's config.json, then makes the container: everything but the user's "
        "program, which waits for `anocir start`. When a step fails, the steps before it are "
        "undone and nothing is left behind.",
        arguments=(ID,),
        flags=CREATE_FLAGS,
        examples=(
            ("anocir create --bundle /srv/web web", "make the container web"),
            ("anocir create -b /srv/web --dry-run web", "show the steps only"),
        ),
    ),
    Command(
        "start",
        "run the program of a created container",
        "Lets the waiting process of a created container become the user's program. Returns when "
        "the program runs, or with an error when it cannot be executed.",
        arguments=(ID,),
        examples=(("anocir start web", "run what was created"),),
    ),
    Command(
        "state",
        "print the state of a container as JSON",
        "Prints the state document of the OCI runtime specification: ociVersion, id, status, pid, "
        "bundle and annotations, and rootfs, created and owner beside them. The status is "
        "creating, created, running or stopped; the pid is 0 once the container is stopped.",
        arguments=(ID,),
        examples=(
            ("anocir state web", "show the state"),
            ("anocir state web | jq -r .status", "show one field"),
        ),
    ),
    Command(
        "kill",
        "send a signal to a container's first process",
        "Sends a signal, SIGTERM unless another is named. A number, TERM, SIGTERM and sigterm are "
        "understood. Flags go before the container's ID.",
        arguments=(ID, Argument("SIGNAL", "name or number of the signal", default="SIGTERM")),
        flags=(
            Flag(
                "--all",
                "",
                "signal every process of the container; no error when it has stopped",
                short="-a",
            ),
        ),
        flags_first=True,
        examples=(
            ("anocir kill web", "ask the program to end"),
            ("anocir kill web KILL", "end it"),
            ("anocir kill --all web 9", "end whatever is left of it"),
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
        examples=(
            ("anocir delete web", "remove a stopped container"),
            ("anocir delete --force web", "remove it whatever its status"),
        ),
    ),
    Command(
        "run",
        "create, start, wait and delete in one go",
        "Runs a container in the foreground. The exit status is that of its program, 128 + N when "
        "signal N ended it, and 1 when the container could not be made.",
        arguments=(ID,),
        flags=(
            *CREATE_FLAGS,
            Flag("--detach", "", "return once the program runs", short="-d"),
            Flag("--keep", "", "do not delete the container when it ends"),
        ),
        examples=(
            ("anocir run --bundle /srv/web web", "run in the foreground"),
            ("anocir run -d -b /srv/web web", "leave it running"),
        ),
    ),
    Command(
        "list",
        "list the containers",
        "Lists the containers under --root. A container whose state cannot be read is listed as "
        "broken, and does not hide the others.",
        flags=(
            Flag(
                "--format",
                "FORMAT",
                "table, or json: an array of what state prints",
                short="-f",
                default="table",
                choices=("table", "json"),
            ),
            Flag("--quiet", "", "print the IDs only, one per line", short="-q"),
        ),
        examples=(
            ("anocir list", "a table for people"),
            ("anocir list --quiet | xargs -n 1 anocir delete --force", "remove all of them"),
        ),
    ),
    Command(
        "spec",
        "write a config.json to start from",
        "Writes a config.json that runs sh in the directory rootfs. An existing file is never "
        "overwritten.",
        flags=(
            Flag("--bundle", "DIR", "directory to write config.json to", short="-b", default="."),
            Flag("--rootless", "", "for the calling user, who is root in the container only"),
        ),
        examples=(
            ("anocir spec --bundle /srv/web", "write /srv/web/config.json"),
            ("anocir spec --rootless", "write one that needs no root"),
        ),
    ),
    Command(
        "validate",
        "check a config.json, a state or a features document",
        "Checks a file against the OCI runtime specification, without making anything. Every "
        "broken rule is printed on a line of its own, with the JSON path of the value at fault. "
        "The exit status is 0 when the file is valid, and 1 when it is not.",
        arguments=(Argument("FILE", "file to check; - is standard input", default="config.json"),),
        flags=(
            Flag("--state", "", "FILE is what `anocir state` prints"),
            Flag("--features", "", "FILE says what a runtime can do, as its `features` prints it"),
        ),
        examples=(
            ("anocir validate", "check config.json in this directory"),
            ("anocir state web | anocir validate --state -", "check a state document"),
            ("runc features | anocir validate --features -", "check a features document"),
        ),
    ),
    Command(
        "features",
        "print what this runtime can do",
        "Prints the features document of the OCI runtime specification: the versions of it that "
        "are accepted, and the hooks, mount options, namespaces, capabilities and other parts of "
        "a config.json that the runtime applies. It does not depend on the host.",
        examples=(
            ("anocir features", "everything"),
            ("anocir features | jq .mountOptions", "one part"),
        ),
    ),
    Command(
        "help",
        "explain a command, with all its flags",
        "Explains one command, or lists them all. Flags that only engines and experiments use are "
        "shown here and not by --help.",
        arguments=(Argument("TOPIC", "the command to explain", default=""),),
        examples=(("anocir help create", "everything about create"),),
    ),
)


def find(name: str) -> Command | None:
    """Return the command called ``name``, if there is one."""
    for command in COMMANDS:
        if command.name == name:
            return command
    return None
