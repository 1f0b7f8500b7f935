"""The one exception that the lab raises for the person at the terminal."""

from __future__ import annotations


class LabError(Exception):
    """What was being done, what went wrong, and what to try; printed without a traceback."""


class CommandTimeout(LabError):
    """A command in the VM was still running at the end of its time limit, and was killed."""
