"""anocir features: print what the runtime can do as JSON."""

from __future__ import annotations

from anocir.cli import stdio
from anocir.runtime import features
from anocir.spec import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from anocir.cli.log import Log
    from anocir.cli.options import Namespace


def run(args: Namespace, log: Log) -> int:
    """Print the features document; engines read standard error as well, so that has nothing."""
    stdio.write(json.dumps(features.features(), indent=4) + "\n")
    return 0
