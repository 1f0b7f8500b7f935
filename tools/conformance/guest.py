"""In the VM: run one program of the suite with one runtime, and tell how it went as JSON.

    python3 guest.py PROGRAM RUNTIME SECONDS

Whatever the program leaves is taken away: its processes, containers, and temporary files.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

SUITE = Path("/root/conformance")
# To ask a runtime about its own containers; no program of the suite takes this long.
PATIENCE = 60


def run(program: Path, runtime: str, limit: float) -> dict[str, object]:
    """Run the program: exit status (None when its time was up), standard output and error."""
    scratch = tempfile.mkdtemp(prefix="conformance-")
    os.chmod(scratch, 0o755)
    environment = {"PATH": os.environ["PATH"], "RUNTIME": runtime, "TMPDIR": scratch}
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen([program], cwd=SUITE, env=environment, stdin=subprocess.DEVNULL,
                                   stdout=out, stderr=err, start_new_session=True)  # fmt: skip
        status: int | None
        try:
            status = process.wait(limit)
        except subprocess.TimeoutExpired:
            status = None
        # The program leads its session, and is not waited for yet when its time is up: the
        # group's number can't be anybody else's.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        forget(runtime)
        texts = []
        for stream in (out, err):
            stream.seek(0)
            texts.append(stream.read().decode(errors="replace"))
    shutil.rmtree(scratch, ignore_errors=True)
    return {"status": status, "out": texts[0], "err": texts[1]}


def forget(runtime: str) -> None:
    """Delete the containers that a program has left."""
    listed = subprocess.run([runtime, "list", "-q"], capture_output=True, text=True, check=False,
                            timeout=PATIENCE)  # fmt: skip
    for name in listed.stdout.split():
        subprocess.run([runtime, "delete", "--force", name], capture_output=True, check=False,
                       timeout=PATIENCE)  # fmt: skip


if __name__ == "__main__":
    json.dump(run(SUITE / sys.argv[1], sys.argv[2], float(sys.argv[3])), sys.stdout)
