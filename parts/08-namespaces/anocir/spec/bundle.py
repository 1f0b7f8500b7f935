"""The bundle on disk: a directory with config.json and a root file system (bundle.md)."""

from __future__ import annotations

import os
import stat

from anocir.errors import ConfigError, Error, reason
from anocir.spec.check import check_config
from anocir.spec.json import loads
from anocir.spec.rules import violations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from anocir.spec.types import Config

NAME = "config.json"
MOST_BYTES = 16 * 1024 * 1024
CHUNK = 1024 * 1024


class Bundle:
    """A bundle whose config.json has been read and found valid.

    ``path`` is the directory's absolute path, ``text`` the bytes of config.json as they were
    judged (later commands work on a copy of them), ``config`` what they say.
    """

    __slots__ = ("config", "path", "text")

    def __init__(self, path: str, text: bytes, config: Config) -> None:
        self.path = path
        self.text = text
        self.config = config


def load(bundle_dir: str) -> Bundle:
    """Read and judge the bundle in a directory; nothing else reads its config.json.

    Raises Error when there is no readable config.json, ConfigError when it breaks the rules.
    """
    path = os.path.realpath(bundle_dir)
    if not os.path.isdir(path):
        wrong = "not a directory" if os.path.exists(path) else "no such file or directory"
        raise Error(f"bundle {bundle_dir}: {wrong}")
    text = read(os.path.join(path, NAME))
    return Bundle(path, text, parse(text, NAME))


def read(path: str) -> bytes:
    """Return the bytes of a config file: a regular file of at most 16 MiB.

    A FIFO must not keep the caller waiting, nor a device give bytes for ever: the file is
    opened without blocking, then looked at. Raises Error.
    """
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    except FileNotFoundError:
        where, name = os.path.split(path)
        raise Error(f"JSON specification file {name} not found in {where}") from None
    except OSError as error:
        raise Error(f"cannot open {reason(error)}") from None
    try:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise Error(f"cannot read {path}: not a regular file")
        chunks = []
        size = 0
        while size <= MOST_BYTES and (chunk := os.read(fd, CHUNK)):
            chunks.append(chunk)
            size += len(chunk)
    except OSError as error:
        raise Error(f"cannot read {path}: {reason(error)}") from None
    finally:
        os.close(fd)
    if size > MOST_BYTES:
        raise Error(f"cannot read {path}: larger than {MOST_BYTES // 1024 // 1024} MiB")
    return b"".join(chunks)


def parse(text: bytes, what: str) -> Config:
    """Return what a config's text says, once it has passed the schema and the rules.

    ``what`` names the text in errors. Raises ConfigError with all violations, see ``judge``.
    """
    return judge(loads(text, what), what)


def judge(config: Any, what: str) -> Config:
    """Return the config if it passes the schema and the rules.

    Raises ConfigError with the violations of both: nobody likes to hear of faults one by one.
    """
    shape: list[str] = []
    try:
        check_config(config)
    except ConfigError as error:
        shape = error.violations
    found = shape + violations(config, shape)
    if found:
        raise ConfigError(what, found)
    return config  # type: ignore[no-any-return]


def root_path(bundle: Bundle) -> str:
    """Return the absolute path of the root file system (config.md, Root).

    Raises Error when no directory is there, worded as runc words it: engines show it.
    """
    path = os.path.join(bundle.path, bundle.config["root"]["path"])
    try:
        mode = os.stat(path).st_mode
    except OSError as error:
        raise Error(f"invalid rootfs: stat {reason(error)}") from None
    if not stat.S_ISDIR(mode):
        raise Error(f"invalid rootfs: {path} is not a directory")
    return os.path.realpath(path)
