"""In the VM: run one program of the suite with one runtime, and tell how it went as JSON.

    python3 guest.py PROGRAM RUNTIME SECONDS

Whatever the program leaves is taken away: its processes, containers, and temporary files.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
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
    # With a state of its own, so that its containers are no other program's.
    own = Path(scratch, "runtime")
    own.write_text(f'#!/bin/sh\nexec {runtime} --root {scratch}/state "$@"\n')
    own.chmod(0o755)
    environment = {"PATH": os.environ["PATH"], "RUNTIME": str(own), "TMPDIR": scratch}
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen([program], cwd=SUITE, env=environment, stdin=subprocess.DEVNULL,
                                   stdout=out, stderr=err, start_new_session=True)  # fmt: skip
        ended = wait(process.pid, limit)
        # The program leads its group, and has not been reaped: the number can't be another's.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        status = process.wait()
        forget(own)
        texts = []
        for stream in (out, err):
            stream.seek(0)
            texts.append(stream.read().decode(errors="replace"))
    shutil.rmtree(scratch, ignore_errors=True)
    return {"status": status if ended else None, "out": texts[0], "err": texts[1]}


def wait(pid: int, limit: float) -> bool:
    """Wait for the end of a child without reaping it; False when the time is up."""
    fd = os.pidfd_open(pid)
    try:
        poll = select.poll()
        poll.register(fd, select.POLLIN)
        return bool(poll.poll(limit * 1000))
    finally:
        os.close(fd)


def forget(runtime: Path) -> None:
    """Delete the containers that a program has left."""
    listed = subprocess.run([runtime, "list", "-q"], capture_output=True, text=True, check=False,
                            timeout=PATIENCE)  # fmt: skip
    for name in listed.stdout.split():
        subprocess.run([runtime, "delete", "--force", name], capture_output=True, check=False,
                       timeout=PATIENCE)  # fmt: skip


if __name__ == "__main__":
    json.dump(run(SUITE / sys.argv[1], sys.argv[2], float(sys.argv[3])), sys.stdout)
