"""Hypothesis for the unit tests: the same cases in every run, and as much time as they take."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("unit", derandomize=True, deadline=None)
settings.load_profile("unit")
