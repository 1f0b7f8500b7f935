"""anocir spec: write a config.json to start from."""

from __future__ import annotations

import os

from anocir.errors import Error, reason
from anocir.spec import json
from anocir.spec.default import default_config, rootless_config

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.cli.log import Log
    from anocir.cli.options import Namespace


def run(args: Namespace, log: Log) -> int:
    """Write the default configuration. Whatever is there already stays as it is."""
    path = os.path.join(args.bundle, "config.json")
    config = rootless_config(os.geteuid(), os.getegid()) if args.rootless else default_config()
    text = json.dumps(config, indent=4) + "\n"
    try:
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    except FileExistsError:
        raise Error("File config.json exists. Remove it first") from None
    except OSError as error:
        raise Error(f"cannot write the configuration: {reason(error)}") from None
    try:
        with open(fd, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        os.unlink(path)
        raise Error(f"cannot write {path}: {reason(error)}") from None
    return 0
