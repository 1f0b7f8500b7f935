"""What the integration tests rely on to end nothing but what they have started."""

from __future__ import annotations

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

REPO = Path(__file__).parents[2]

SESSION = """
import os, signal
from tests.integration.support import world
world.supervise()
print(os.getpid(), flush=True)
signal.pause()
"""


def test_a_session_ends_with_its_supervisor() -> None:
    """Without one, process 1 would be its parent, and the whole machine its descendants."""
    command = [sys.executable, "-c", SESSION]
    with subprocess.Popen(command, cwd=REPO, stdout=subprocess.PIPE, text=True) as supervisor:
        assert supervisor.stdout is not None
        session = os.pidfd_open(int(supervisor.stdout.readline()))
        try:
            supervisor.kill()
            poll = select.poll()
            poll.register(session, select.POLLIN)
            ended = bool(poll.poll(60_000))
            if not ended:
                signal.pidfd_send_signal(session, signal.SIGKILL)
            assert ended
        finally:
            os.close(session)
